import { VramhubError } from '#core/errors.ts';

/**
 * How a miner makes what it commits. All but `honest` are what validators must see through; they are here because a network that is shown without them
 * shows nothing.
 *
 * - `honest`: trains on its own batch.
 * - `garbage`: well-formed, random numbers.
 * - `no-work`: well-formed, and next to nothing in it.
 * - `copycat`: the gradient of another miner, which hands it over before the deadline, under its own name and with a few values changed.
 * - `stale`: one gradient that it trained for an earlier window, under each window's name.
 * - `sign-flipped`: trains, and puts the opposite.
 */
export const MINER_KINDS = ['honest', 'garbage', 'no-work', 'copycat', 'stale', 'sign-flipped'] as const;

export type MinerKind = (typeof MINER_KINDS)[number];

export const DISHONEST_KINDS: readonly MinerKind[] = MINER_KINDS.filter((kind) => kind !== 'honest');

/** Throws BAD_ARGUMENT. */
export function parseMinerKind(text: string): MinerKind {
	const kind = MINER_KINDS.find((kind) => kind === text);
	if (kind === undefined) throw new VramhubError('BAD_ARGUMENT', `there is no kind of miner ${text}; there are ${MINER_KINDS.join(', ')}`);
	return kind;
}
