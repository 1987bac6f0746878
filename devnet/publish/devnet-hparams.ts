import { VramhubError } from '#core/errors.ts';
import { defaultHparamValues, type HparamValues } from '#core/gradient/hparams.ts';

/** Shortest window in which a miner trains and a validator scores on two cores. */
export const SHORTEST_WINDOW_SECONDS = 6;

/**
 * Parameters of a development network whose window lasts `windowSeconds`: the same proportions for short and long windows.
 * Commit during the first 40 %, put until about 53 %, evaluate in the rest. Delays that protect a real network (PCR rows, warm-up, immunity) are off, so that
 * what is started scores at once; so is the power of the proof of work, of which a few windows make a lottery, and ratings begin at openskill's μ, from which who fails drops
 * to nothing soon. One validator is enough.
 */
export function devnetHparams(windowSeconds: number): { readonly windowDurationMs: bigint; readonly values: HparamValues } {
	if (!(windowSeconds >= SHORTEST_WINDOW_SECONDS)) {
		throw new VramhubError('BAD_ARGUMENT', `a window of ${windowSeconds} s is too short; at least ${SHORTEST_WINDOW_SECONDS} s are needed`);
	}
	const duration = Math.round(windowSeconds * 1_000);
	const part = (share: number) => BigInt(Math.round(duration * share));
	return {
		windowDurationMs: BigInt(duration),
		values: defaultHparamValues({
			put_window_open_ms: part(0.4),
			put_window_close_ms: part(8 / 15),
			checkpoint_frequency: 3n,
			max_merge_windows: 6n,
			immunity_windows: 0n,
			validator_offset_windows: 0n,
			validator_warmup_windows: 0n,
			pcr_delay_windows: 0n,
			min_consensus_validators: 1n,
			evaluation_learning_rate_ppm: 2_000_000n,
			outer_learning_rate_ppm: 2_000_000n,
			max_gradient_bytes: 4_194_304n,
			proof_of_work_floor_ppm: 0n,
			proof_of_work_exponent: 1n,
			rating_mu_nano: 25_000_000_000n,
		}),
	};
}
