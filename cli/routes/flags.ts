/** Flags and parsers that several commands share. */

export function positiveInteger(input: string): number {
	const value = Number(input);
	if (!Number.isInteger(value) || value < 1) throw new Error(`expected a whole number of at least 1, got ${input}`);
	return value;
}

export function number(input: string): number {
	const value = Number(input);
	if (!/^\d+$/.test(input) || value > 0xffff) throw new Error(`expected a whole number from 0 to 65535, got ${input}`);
	return value;
}

/** Milliseconds since the epoch. */
export function instant(input: string): number {
	const ms = /^\d+$/.test(input) ? Number(input) : Date.parse(input);
	if (!Number.isSafeInteger(ms) || ms < 0) throw new Error(`expected milliseconds or an ISO date, got ${input}`);
	return ms;
}

export function windowNumber(input: string): bigint {
	if (!/^\d{1,15}$/.test(input)) throw new Error(`expected the number of a window, got ${input}`);
	return BigInt(input);
}

export const text = (brief: string) => ({ kind: 'parsed', parse: String, optional: true, brief }) as const;
export const output = { json: { kind: 'boolean', default: false, brief: 'one line of JSON on stdout; errors too' } } as const;
export const source = {
	...output,
	data: text('data folder of a local network (VRAMHUB_DATA)'),
	// Not --env-file: Node takes that for its own, even after the script's name.
	settings: text('environment file; without it, .env in the working folder when there is one'),
} as const;
export const network = { ...source, rpcUrl: text('gRPC endpoint of a full node (VRAMHUB_SUI_RPC_URL)') } as const;
export const validatorUid = { kind: 'parsed', parse: number, optional: true, brief: 'which validator (VRAMHUB_VALIDATOR_UID)' } as const;
export const minerUid = { kind: 'parsed', parse: number, optional: true, brief: 'which miner (VRAMHUB_MINER_UID)' } as const;
export const enclaveUrl = text("the validator's enclave (VRAMHUB_NAUTILUS_URL)");
export const stake = text("SUI to stake; without it, the network's least");

export const act = { ...network, dryRun: { kind: 'boolean', default: false, brief: 'say what would happen and what it would cost; send nothing' } } as const;
export const registered = {
	...act,
	role: { kind: 'enum', values: ['miner', 'validator'], brief: 'whose stake' },
	uid: { kind: 'parsed', parse: number, brief: 'which miner or validator' },
} as const;
export const amount = { kind: 'parsed', parse: String, brief: 'SUI' } as const;
