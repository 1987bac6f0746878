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

const later = (a: bigint, b: bigint) => (a > b ? a : b);

/** Attestations of boundary B are accepted until (B + F) · D. */
export function attestationDeadlineMs(
	boundary: bigint,
	{ checkpoint_frequency }: Pick<HparamValues, 'checkpoint_frequency'>,
	windowDurationMs: bigint,
): bigint {
	return (boundary + checkpoint_frequency) * windowDurationMs;
}
