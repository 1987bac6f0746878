import type { ChainReader, CheckpointAnchor } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';
import { mergeDigest } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';

/** The windows that may be merged at a boundary B: from ≤ w < B. */
export interface Interval {
	/** Latest anchored checkpoint before B: the base of every gradient in these windows. */
	readonly parent: CheckpointAnchor;
	readonly from: bigint;
	/** Parameters in force at B. */
	readonly values: HparamValues;
}

/** Of a boundary that is not decided yet; afterwards the chain's interval begins at a later window. */
export async function readInterval(chain: Pick<ChainReader, 'checkpoints' | 'intervalStart' | 'hparamsAt'>, boundary: bigint): Promise<Interval> {
	const [checkpoints, intervalStart, { values }] = await Promise.all([chain.checkpoints(), chain.intervalStart(), chain.hparamsAt(boundary)]);
	const parent = checkpoints.findLast((checkpoint) => checkpoint.boundary < boundary);
	if (parent === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `no checkpoint before window ${boundary}`);
	const from = later(later(parent.activation, intervalStart), boundary - values.max_merge_windows);
	return { parent, from, values };
}

/** Of the windows `from ≤ w < boundary` the digest over those that are FINAL, as the contract computes it. Throws CHAIN_UNAVAILABLE. */
export async function mergeDigestOf(chain: Pick<ChainReader, 'windowRecord' | 'selection'>, from: bigint, boundary: bigint): Promise<Uint8Array> {
	const hashes: Uint8Array[] = [];
	for (let window = from; window < boundary; window++) {
		if ((await chain.windowRecord(window))?.status !== 'final') continue;
		const selection = await chain.selection(window);
		if (selection === undefined) throw new VramhubError('CHAIN_UNAVAILABLE', `the selection of window ${window} cannot be read yet`);
		hashes.push(selection.selectionHash);
	}
	return mergeDigest(hashes);
}

/** A window that is not sealed when so many have begun since can never be, as `round_state` has it. */
const SEALING_WINDOWS = 2n;

/**
 * Before a boundary's digest is signed: what is not decided may still become FINAL and change it. Throws CHAIN_UNAVAILABLE that names the first window
 * that is open or sealed only.
 */
export async function assertDecided(chain: Pick<ChainReader, 'windowRecord'>, from: bigint, boundary: bigint, current: bigint): Promise<void> {
	if (current < boundary) throw new VramhubError('CHAIN_UNAVAILABLE', `boundary ${boundary} is not reached: it is window ${current}`);
	for (let window = from; window < boundary; window++) {
		const status = (await chain.windowRecord(window))?.status;
		if (status === 'sealed' || (status === undefined && current < window + SEALING_WINDOWS))
			throw new VramhubError('CHAIN_UNAVAILABLE', `window ${window}, that boundary ${boundary} may merge, is not decided yet`);
	}
}

const later = (a: bigint, b: bigint) => (a > b ? a : b);

/** Attestations of boundary B are accepted until (B + F) · D. */
export function attestationDeadlineMs(
	boundary: bigint,
	{ checkpoint_frequency }: Pick<HparamValues, 'checkpoint_frequency'>,
	windowDurationMs: bigint,
): bigint {
	return (boundary + checkpoint_frequency) * windowDurationMs;
}
