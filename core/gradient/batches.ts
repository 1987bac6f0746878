import type { HparamValues } from '#core/gradient/hparams.ts';
import { assignableSequences, type ModelManifest } from '#core/gradient/manifest.ts';
import type { RosterEntry } from '#core/gradient/records.ts';
import { ownBatch, ownDataDigest, randomBatch, randomBatchSeed, randomDataDigest } from '#core/gradient/sampling.ts';

/** Indices of sequences that a window's evaluation uses. */
export interface WindowBatches {
	/** Of the whole roster, ascending uid. */
	readonly own: ReadonlyMap<number, readonly number[]>;
	readonly random: readonly number[];
	readonly ownDataDigest: Uint8Array;
	readonly randomDataDigest: Uint8Array;
}

/** Own batches of the roster and the random batch outside their union. The enclave derives the same; a host needs it to know which shards to bring. */
export function windowBatches(request: {
	readonly network: string;
	readonly window: bigint;
	readonly randomness: Uint8Array;
	readonly roster: readonly RosterEntry[];
	readonly manifest: Pick<ModelManifest, 'context' | 'dataset'>;
	readonly hparams: Pick<HparamValues, 'own_batch_sequences' | 'random_batch_sequences'>;
}): WindowBatches {
	const { network, window, randomness, roster, manifest, hparams } = request;
	const population = assignableSequences(manifest);
	const own = new Map(roster.map(({ uid }) => [uid, ownBatch(uid, window, Number(hparams.own_batch_sequences), population)]));
	const random = randomBatch(randomBatchSeed(network, window, randomness), Number(hparams.random_batch_sequences), population, own.values());
	return {
		own,
		random,
		ownDataDigest: ownDataDigest([...own].map(([uid, indices]) => ({ uid, indices }))),
		randomDataDigest: randomDataDigest(random),
	};
}

/** Sequences that are read: the random batch, and the own batches of these miners (those who committed). */
export function neededSequences(batches: WindowBatches, uids: Iterable<number>): number[] {
	return [...batches.random, ...[...uids].flatMap((uid) => batches.own.get(uid) ?? [])];
}
