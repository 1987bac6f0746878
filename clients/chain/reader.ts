import { bcs } from '@mysten/sui/bcs';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import * as layouts from '#clients/chain/bindings.ts';
import { CLOCK_ID } from '#clients/chain/calls.ts';
import { readObject, readTable, readTableEntry, type TableLayout } from '#clients/chain/objects.ts';
import type { Boundary, BoundaryOutcome, ChainReader, CheckpointAnchor, Miner, SettledMiner, Validator, WindowConsensus } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';
import { minerCodeName } from '#core/gradient/codes.ts';
import { type Hparams, HparamsBcs, hparamsFromList } from '#core/gradient/hparams.ts';
import { WINDOW_STATUS, type WindowRecord } from '#core/gradient/records.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';

export interface ChainReaderOptions {
	readonly client: ClientWithCoreApi;
	/** The package that introduced the types: the first version that was published. */
	readonly packageId: string;
	readonly objects: NetworkObjects;
}

/**
 * Reads the contracts' state as BCS of objects and table entries: no indexer, no server-side rendering, so any full node answers alike.
 * Errors: WINDOW_PRUNED for lists of a window that the chain has given up, CHAIN_UNAVAILABLE, CHAIN_OBJECT_MISSING when a shared object itself is not there, INVARIANT when its layout is another one.
 */
export function createChainReader({ client, packageId, objects }: ChainReaderOptions): ChainReader {
	const tables = {
		params: { keyType: 'u32', key: bcs.u32(), value: HparamsBcs, what: 'parameters' },
		miners: { keyType: 'u16', key: bcs.u16(), value: layouts.Miner, what: 'a miner' },
		validators: { keyType: 'u16', key: bcs.u16(), value: layouts.Validator, what: 'a validator' },
		enclaves: { keyType: 'u16', key: bcs.u16(), value: layouts.EnclaveRecord, what: 'an enclave record' },
		commitments: { keyType: 'u64', key: bcs.u64(), value: layouts.WindowCommitments, what: "a window's commitments" },
		windows: { keyType: 'u64', key: bcs.u64(), value: layouts.WindowEntry, what: 'a window record' },
		chains: { keyType: 'u16', key: bcs.u16(), value: layouts.PayloadChain, what: "a validator's payloads" },
		settled: { keyType: `${packageId}::score_ledger::SettledKey`, key: layouts.SettledKey, value: layouts.SettledScores, what: 'settled scores' },
		boundaries: { keyType: 'u64', key: bcs.u64(), value: layouts.Boundary, what: "a boundary's attestations" },
		consensus: { keyType: 'u64', key: bcs.u64(), value: layouts.WindowConsensus, what: "a window's consensus" },
	} as const satisfies Record<string, TableLayout<never, unknown>>;

	const hparams = () => readObject(client, objects.hparams, layouts.Hparams, 'the parameters');
	const peers = () => readObject(client, objects.peerRegistry, layouts.PeerRegistry, 'the peer registry');
	const validators = () => readObject(client, objects.validatorRegistry, layouts.ValidatorRegistry, 'the validator registry');
	const gradients = () => readObject(client, objects.gradientRegistry, layouts.GradientRegistry, 'the gradient registry');
	const enclaves = () => readObject(client, objects.enclaveRegistry, layouts.EnclaveRegistry, 'the enclave registry');
	const rounds = () => readObject(client, objects.roundState, layouts.RoundState, 'the round state');
	const ledger = () => readObject(client, objects.scoreLedger, layouts.ScoreLedger, 'the score ledger');
	const consensus = () => readObject(client, objects.consensus, layouts.Consensus, 'the consensus');

	// A table's id never changes, so it is asked for once.
	const tableIds = {
		params: once(async () => (await hparams()).versions.id),
		miners: once(async () => (await peers()).miners.id),
		validators: once(async () => (await validators()).validators.id),
		enclaves: once(async () => (await enclaves()).enclaves.id),
		commitments: once(async () => (await gradients()).windows.id),
		windows: once(async () => (await rounds()).windows.id),
		chains: once(async () => (await ledger()).chains.id),
		settled: once(async () => (await ledger()).settled.id),
		boundaries: once(async () => (await rounds()).boundaries.id),
		consensus: once(async () => (await consensus()).windows.id),
	};

	const network = once(async () => {
		const { window_duration_ms } = await readObject(client, objects.network, layouts.Network, 'the network');
		return { id: objects.network, windowDurationMs: BigInt(window_duration_ms) };
	});

	const windowEntry = async (window: bigint) => readTableEntry(client, await tableIds.windows(), tables.windows, window);

	/** What is not there any more must not pass for what never was. */
	const refusePruned = (window: bigint, entry: WindowEntry | undefined) => {
		if (entry?.pruned) throw new VramhubError('WINDOW_PRUNED', `window ${window} is pruned: its lists are not on the chain any more`);
	};
	const unlessPruned = async <T>(window: bigint, found: T | undefined): Promise<T | undefined> => {
		if (found === undefined) refusePruned(window, await windowEntry(window));
		return found;
	};

	return {
		async clockMs() {
			return BigInt((await readObject(client, CLOCK_ID, layouts.Clock, 'the clock')).timestamp_ms);
		},

		network,

		async hparamsAt(window): Promise<Hparams> {
			const { schedule } = await hparams();
			const scheduled = schedule.findLast(({ from_window }) => BigInt(from_window) <= window);
			if (scheduled === undefined) throw new VramhubError('BAD_ARGUMENT', `window ${window} is older than the network`);
			const params = await readTableEntry(client, await tableIds.params(), tables.params, scheduled.version);
			if (params === undefined) throw new VramhubError('INVARIANT', `version ${scheduled.version} of the parameters is not there`);
			return {
				version: scheduled.version,
				values: hparamsFromList(params.values.map(BigInt)),
				modelManifestHash: params.model_manifest_hash,
				datasetRoot: params.dataset_root,
			};
		},

		async checkpointAt(window) {
			const { checkpoints } = await rounds();
			const anchor = checkpoints.findLast(({ activation }) => BigInt(activation) <= window);
			if (anchor === undefined) throw new VramhubError('BAD_ARGUMENT', `window ${window} is older than the network`);
			return toAnchor(anchor);
		},

		async windowRecord(window) {
			const entry = await windowEntry(window);
			return entry === undefined ? undefined : toWindowRecord(entry);
		},

		async commitments(window) {
			const entry = await unlessPruned(window, await readTableEntry(client, await tableIds.commitments(), tables.commitments, window));
			return (entry?.commitments ?? []).map((commitment) => ({
				seq: commitment.seq,
				uid: commitment.uid,
				generation: commitment.generation,
				sha256: commitment.sha256,
				size: BigInt(commitment.size),
				credVersion: commitment.cred_version,
				ms: BigInt(commitment.ms),
			}));
		},

		async roster(window) {
			const entry = await windowEntry(window);
			refusePruned(window, entry);
			return entry?.roster ?? [];
		},

		async miner(uid) {
			const miner = await readTableEntry(client, await tableIds.miners(), tables.miners, uid);
			return miner === undefined ? undefined : toMiner(miner);
		},

		async miners() {
			const { miners, uids } = await peers();
			const all = await readTable(
				client,
				miners.id,
				tables.miners,
				Array.from({ length: uids.next_uid }, (_, uid) => uid),
			);
			return all.filter((miner) => miner !== undefined).map(toMiner);
		},

		async validator(uid) {
			const validator = await readTableEntry(client, await tableIds.validators(), tables.validators, uid);
			return validator === undefined ? undefined : toValidator(validator);
		},

		async enclave(validatorUid) {
			const record = await readTableEntry(client, await tableIds.enclaves(), tables.enclaves, validatorUid);
			if (record === undefined) return undefined;
			return {
				validatorUid: record.validator_uid,
				validatorGeneration: record.validator_generation,
				publicKey: record.public_key,
				pcrRow: record.pcr_row,
				registeredMs: BigInt(record.registered_ms),
				documentMs: BigInt(record.document_ms),
			};
		},

		async payloadChain(validatorUid) {
			const chain = await readTableEntry(client, await tableIds.chains(), tables.chains, validatorUid);
			if (chain === undefined) return undefined;
			return {
				validatorGeneration: chain.validator_generation,
				lastWindow: BigInt(chain.last_window),
				lastDigest: chain.last_digest,
				lastPayload: chain.last_payload,
				settledRows: Number(chain.settled_rows),
				totalRows: Number(chain.total_rows),
			};
		},

		async settledScores(window, validatorUid) {
			const key = { window, validator_uid: validatorUid };
			const settled = await unlessPruned(window, await readTableEntry(client, await tableIds.settled(), tables.settled, key));
			if (settled === undefined) return undefined;
			return {
				window,
				validatorUid,
				payloadSha256: settled.payload_sha256,
				miners: toSettledMiners(settled.columns),
			};
		},

		async consensus(window) {
			const settled = await unlessPruned(window, await readTableEntry(client, await tableIds.consensus(), tables.consensus, window));
			return settled === undefined ? undefined : toWindowConsensus(settled);
		},

		async selection(window) {
			const entry = await windowEntry(window);
			if (entry === undefined || entry.record.status !== WINDOW_STATUS.final) return undefined;
			return { window, selected: entry.selected, selectionHash: entry.selection_hash };
		},

		async checkpoints() {
			return (await rounds()).checkpoints.map(toAnchor);
		},

		async intervalStart() {
			const { checkpoints, interval_start } = await rounds();
			const [activation, start] = [BigInt(checkpoints.at(-1)!.activation), BigInt(interval_start)];
			return activation > start ? activation : start;
		},

		async boundary(boundary) {
			const attested = await readTableEntry(client, await tableIds.boundaries(), tables.boundaries, boundary);
			return attested === undefined ? undefined : toBoundary(attested);
		},
	};
}

function toAnchor({ boundary, hash, activation }: typeof layouts.Anchor.$inferType): CheckpointAnchor {
	return { boundary: BigInt(boundary), hash, activation: BigInt(activation) };
}

function toWindowConsensus(consensus: typeof layouts.WindowConsensus.$inferType): WindowConsensus {
	const { window, validators, submitted_stake, own, random, weight, finalized } = consensus;
	return {
		window: BigInt(window),
		validators: validators.map(({ uid, generation, stake }) => ({ uid, generation, stake: BigInt(stake) })),
		submittedStake: BigInt(submitted_stake),
		// An i32 in two's complement.
		medians: own.map((value, row) => ({ own: value | 0, random: random[row]! | 0, weight: weight[row]! })),
		finalized,
	};
}

/** As `checkpoints` numbers them. */
const OUTCOME = { open: 0, new: 1, keep: 2 } as const;

function toBoundary(attested: typeof layouts.Boundary.$inferType): Boundary {
	const { boundary, parent_boundary, merge_digest, votes } = attested;
	return {
		boundary: BigInt(boundary),
		parentBoundary: BigInt(parent_boundary),
		// The contract takes no other digest than the one that it computes, so it is kept once.
		votes: votes.map(({ validator_uid, stake, hash }) => ({ validatorUid: validator_uid, stake: BigInt(stake), hash, mergeDigest: merge_digest })),
		outcome: toOutcome(attested),
	};
}

function toOutcome({ boundary, outcome, hash, activation }: typeof layouts.Boundary.$inferType): BoundaryOutcome {
	switch (outcome) {
		case OUTCOME.open:
			return { kind: 'open' };
		case OUTCOME.new:
			return { kind: 'new', hash, activation: BigInt(activation) };
		case OUTCOME.keep:
			return { kind: 'keep' };
		default:
			throw new VramhubError('INVARIANT', `boundary ${boundary} has the unknown outcome ${outcome}`);
	}
}

type WindowEntry = typeof layouts.WindowEntry.$inferType;

const STATUS_NAMES = { [WINDOW_STATUS.sealed]: 'sealed', [WINDOW_STATUS.final]: 'final', [WINDOW_STATUS.unscored]: 'unscored' } as const;

function toWindowRecord({ record, pruned }: WindowEntry): WindowRecord {
	const status = STATUS_NAMES[record.status as keyof typeof STATUS_NAMES];
	if (status === undefined) throw new VramhubError('INVARIANT', `window ${record.window} has the unknown status ${record.status}`);
	return {
		window: BigInt(record.window),
		status,
		sealedAtMs: BigInt(record.sealed_at_ms),
		randomness: record.randomness,
		commitmentsHash: record.commitments_hash,
		commitmentsCount: Number(record.commitments_count),
		checkpointHash: record.checkpoint_hash,
		checkpointBoundary: BigInt(record.checkpoint_boundary),
		hparamsVersion: record.hparams_version,
		hparamsHash: record.hparams_hash,
		rosterHash: record.roster_hash,
		rosterCount: Number(record.roster_count),
		validators: record.validators.map(({ uid, generation, stake }) => ({ uid, generation, stake: BigInt(stake) })),
		totalStake: BigInt(record.total_stake),
		emission: BigInt(record.emission),
		pruned,
	};
}

function toSettledMiners({ uids, generations, codes, scores, randoms, weights }: typeof layouts.Columns.$inferType): SettledMiner[] {
	return uids.map((uid, row) => ({
		uid,
		generation: generations[row]!,
		code: codes[row]!,
		codeName: minerCodeName(codes[row]!),
		// An i32 in two's complement.
		score: scores[row]! | 0,
		random: randoms[row]! | 0,
		weight: weights[row]!,
	}));
}

/** As the contracts write that somebody has not left. */
const FOREVER = (1n << 64n) - 1n;

function toMiner(miner: typeof layouts.Miner.$inferType): Miner {
	const { uid, generation, owner, operator, credentials } = miner;
	return {
		uid,
		generation,
		owner,
		operator,
		registeredWindow: BigInt(miner.registered_window),
		credVersion: miner.cred_version,
		credentials,
		active: BigInt(miner.until_window) === FOREVER,
		stake: BigInt(miner.stake),
	};
}

function toValidator(validator: typeof layouts.Validator.$inferType): Validator {
	const { uid, generation, owner, operator, slashed } = validator;
	return {
		uid,
		generation,
		owner,
		operator,
		registeredWindow: BigInt(validator.registered_window),
		active: BigInt(validator.until_window) === FOREVER,
		slashed,
		stake: BigInt(validator.stakes.at(-1)?.amount ?? 0),
	};
}

/** Remembers the first answer; a failure is forgotten, so that the next call asks again. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
	let answer: Promise<T> | undefined;
	return () => {
		answer ??= ask().catch((error: unknown) => {
			answer = undefined;
			throw error;
		});
		return answer;
	};
}
