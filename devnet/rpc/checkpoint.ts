/** Checkpoints, of which each holds one transaction; checkpoint 0 is genesis and holds none that was submitted. */
import type { GrpcTypes } from '@mysten/sui/grpc';
import { EPOCH, type Ledger } from '#devnet/ledger/ledger.ts';
import type { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderRecord, renderTimestamp } from '#devnet/rpc/render-transaction.ts';
import { notFound } from '#devnet/rpc/rpc-error.ts';

export const CHECKPOINT_MASK = ['sequence_number', 'digest'];

/** Throws NOT_FOUND. */
export function renderCheckpoint(ledger: Pick<Ledger, 'history' | 'vm' | 'chainId' | 'genesisTimeMs'>, sequence: bigint, mask: ReadMask): GrpcTypes.Checkpoint {
	const record = ledger.history.at(sequence);
	if (sequence !== 0n && record === undefined) throw notFound(`Checkpoint ${sequence} not found`);
	const digest = record?.checkpointDigest ?? ledger.chainId;
	const previousDigest = sequence === 0n ? undefined : sequence === 1n ? ledger.chainId : ledger.history.at(sequence - 1n)?.checkpointDigest;
	return {
		sequenceNumber: mask.pick('sequence_number', () => sequence),
		digest: mask.pick('digest', () => digest),
		summary: mask.pick('summary', () => ({
			digest,
			epoch: EPOCH,
			sequenceNumber: sequence,
			totalNetworkTransactions: sequence,
			previousDigest,
			timestamp: renderTimestamp(record?.timestampMs ?? ledger.genesisTimeMs),
			commitments: [],
		})),
		contents: mask.pick('contents', () => ({
			version: 1,
			transactions: record === undefined ? [] : [{ transaction: record.digest, effects: record.effects.digest, signatures: [], addressAliasesVersions: [] }],
		})),
		transactions: mask.pick('transactions', () => (record === undefined ? [] : [renderRecord(record, mask.under('transactions'), ledger.vm)])) ?? [],
	};
}
