import type { FinalWindow } from '#activities/gradient/finalize-window.ts';
import { networkLabel } from '#core/gradient/names.ts';
import { activitiesUnder, type GradientWindowInput } from './settings.ts';

export const finalityWorkflowId = (network: string, window: bigint | string, validatorUid: number) =>
	`gradient/${networkLabel(network)}/finality/${window}/validator/${validatorUid}`;

/**
 * Sees one window through to FINAL or UNSCORED on the chain. Apart from {@link gradientWindow}, because it does not depend on it: a validator whose own
 * scoring failed, or that was not in the snapshot, finalizes what the others scored.
 */
export async function gradientFinality({ window, settings }: GradientWindowInput): Promise<FinalWindow> {
	return activitiesUnder(settings).finalizeWindow({ window });
}
