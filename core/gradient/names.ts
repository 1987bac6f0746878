/** Names that processes, operators and the Temporal Web UI share. */

/** First ten hexadecimal digits of a network's id: enough to read, unique on one Temporal namespace. */
export function networkLabel(network: string): string {
	return network.slice(0, 12);
}

export const validatorTaskQueue = (network: string, validatorUid: number) => `gradient-${networkLabel(network)}-validator-${validatorUid}`;
export const aggregatorTaskQueue = (network: string, validatorUid: number) => `gradient-${networkLabel(network)}-aggregator-${validatorUid}`;

export const driverWorkflowId = (network: string, validatorUid: number) => `gradient/${networkLabel(network)}/driver/validator/${validatorUid}`;
export const windowWorkflowId = (network: string, window: bigint | string, validatorUid: number) =>
	`gradient/${networkLabel(network)}/window/${window}/validator/${validatorUid}`;
export const checkpointWorkflowId = (network: string, boundary: bigint | string, validatorUid: number) =>
	`gradient/${networkLabel(network)}/checkpoint/${boundary}/validator/${validatorUid}`;

export const WORKFLOW_TYPES = { driver: 'gradientDriver', window: 'gradientWindow', checkpoint: 'gradientCheckpoint' } as const;

/** Search attributes; declared in temporal.yaml with these types. */
export const SEARCH_ATTRIBUTES = { window: 'Window', validatorUid: 'ValidatorUid', family: 'Family', network: 'Network' } as const;
