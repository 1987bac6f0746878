/** Executed transactions as the ledger remembers them, and the plain form that the log keeps. */
import { Encoder } from 'cbor-x';
import type { BalanceChange, ChangedObject, Effects } from '#devnet/ledger/effects.ts';
import { ExecutionFailure, type FailureStatus } from '#devnet/ledger/failure.ts';
import type { GasCost } from '#devnet/ledger/gas.ts';
import type { Signature } from '#devnet/ledger/keys.ts';
import type { ChainObject, TypeOrigin } from '#devnet/ledger/objects.ts';
import type { Address, Owner } from '#devnet/move/api.ts';
import { formatType, parseType } from '#devnet/move/types.ts';

export interface TransactionRecord {
	/** Base58. */
	readonly digest: string;
	readonly bytes: Uint8Array;
	/** Serialised signatures, as submitted. */
	readonly signatures: readonly Uint8Array[];
	readonly sender: Address;
	readonly effects: Effects;
	readonly timestampMs: bigint;
	/** Each transaction has a checkpoint of its own; 0 is genesis. */
	readonly checkpoint: bigint;
	/** Base58. */
	readonly checkpointDigest: string;
}

export interface TransactionEntry {
	readonly kind: 'transaction';
	readonly record: TransactionRecord;
	/** Transaction's and system's objects. */
	readonly written: readonly ChainObject[];
	readonly removed: readonly Address[];
	readonly randomRound: bigint;
	/** Of what it can be found by (`keys.ts`). */
	readonly signature: Signature;
}

/** One entry of the log. The first is `genesis`. */
export type LogEntry =
	| {
			readonly kind: 'genesis';
			readonly chainId: string;
			readonly genesisTimeMs: bigint;
			readonly clockOffsetMs: number;
			readonly objects: readonly ChainObject[];
	  }
	| TransactionEntry
	| { readonly kind: 'clock'; readonly clockOffsetMs: number };

/** What a snapshot says besides the objects. */
export interface SnapshotHead {
	readonly chainId: string;
	readonly genesisTimeMs: bigint;
	readonly clockOffsetMs: number;
	/** The last time that was seen on chain. */
	readonly newestMs: bigint;
	readonly randomRound: bigint;
	/** Newest checkpoint, and its digest. */
	readonly tip: bigint;
	readonly checkpointDigest: string;
}

/** A snapshot is its head, its objects in batches, and an end that counts them. */
export type SnapshotPart =
	| { readonly kind: 'head'; readonly head: SnapshotHead }
	| { readonly kind: 'objects'; readonly objects: readonly ChainObject[] }
	| { readonly kind: 'end'; readonly objects: number; readonly removed: readonly Address[] };

const encoder = new Encoder({ useRecords: false, mapsAsObjects: true });

export function encodeEntry(entry: LogEntry): Uint8Array {
	switch (entry.kind) {
		case 'genesis':
			return encoder.encode({ ...entry, objects: entry.objects.map(plainObject) });
		case 'transaction':
			return encoder.encode({
				...entry,
				record: plainRecord(entry.record),
				written: entry.written.map(plainObject),
				signature: new Uint8Array(entry.signature.buffer),
			});
		case 'clock':
			return encoder.encode(entry);
		default:
			throw new TypeError(`unknown entry ${entry satisfies never}`);
	}
}

/** The bytes must be what {@link encodeEntry} made: the log's checksum says so. */
export function decodeEntry(bytes: Uint8Array): LogEntry {
	const plain = encoder.decode(bytes) as PlainEntry;
	switch (plain.kind) {
		case 'genesis':
			return { ...plain, genesisTimeMs: BigInt(plain.genesisTimeMs), objects: plain.objects.map(objectFromPlain) };
		case 'transaction':
			return {
				...plain,
				record: recordFromPlain(plain.record),
				written: plain.written.map(objectFromPlain),
				randomRound: BigInt(plain.randomRound),
				signature: new Uint32Array(Uint8Array.from(plain.signature).buffer),
			};
		case 'clock':
			return plain;
		default:
			throw new TypeError(`unknown entry ${JSON.stringify(plain satisfies never)}`);
	}
}

export function encodeSnapshotPart(part: SnapshotPart): Uint8Array {
	return encoder.encode(part.kind === 'objects' ? { ...part, objects: part.objects.map(plainObject) } : part);
}

/** The bytes must be what {@link encodeSnapshotPart} made. */
export function decodeSnapshotPart(bytes: Uint8Array): SnapshotPart {
	const part = encoder.decode(bytes) as PlainPart;
	if (part.kind === 'objects') return { kind: 'objects', objects: part.objects.map(objectFromPlain) };
	if (part.kind === 'end') return part;
	const { genesisTimeMs, newestMs, randomRound, tip, ...head } = part.head;
	const integers = { genesisTimeMs: BigInt(genesisTimeMs), newestMs: BigInt(newestMs), randomRound: BigInt(randomRound), tip: BigInt(tip) };
	return { kind: 'head', head: { ...head, ...integers } };
}

type PlainPart =
	| {
			kind: 'head';
			head: Pick<SnapshotHead, 'chainId' | 'clockOffsetMs' | 'checkpointDigest'> & Record<'genesisTimeMs' | 'newestMs' | 'randomRound' | 'tip', Integer>;
	  }
	| { kind: 'objects'; objects: PlainObject[] }
	| { kind: 'end'; objects: number; removed: Address[] };

/** CBOR gives small integers back as numbers. */
type Integer = number | bigint;

type PlainEntry =
	| { kind: 'genesis'; chainId: string; genesisTimeMs: Integer; clockOffsetMs: number; objects: PlainObject[] }
	| { kind: 'transaction'; record: PlainRecord; written: PlainObject[]; removed: Address[]; randomRound: Integer; signature: Uint8Array }
	| { kind: 'clock'; clockOffsetMs: number };

interface PlainObject {
	kind: 'move' | 'package';
	id: Address;
	version: Integer;
	owner: PlainOwner;
	previousTransaction: string;
	storageRebate: Integer;
	type?: string;
	contents?: Uint8Array;
	hasPublicTransfer?: boolean;
	modules?: [string, Uint8Array][];
	typeOrigins?: TypeOrigin[];
	originalId?: Address;
	dependencies?: { originalId: Address; id: Address; version: Integer }[];
}

type PlainOwner = { kind: Owner['kind']; address?: Address; parent?: Address; initialVersion?: Integer; startVersion?: Integer };

function ownerFromPlain(owner: PlainOwner): Owner {
	switch (owner.kind) {
		case 'shared':
			return { kind: 'shared', initialVersion: BigInt(owner.initialVersion ?? 0) };
		case 'consensusAddress':
			return { kind: 'consensusAddress', address: owner.address ?? '', startVersion: BigInt(owner.startVersion ?? 0) };
		default:
			return owner as Owner;
	}
}

function plainObject(object: ChainObject): PlainObject {
	if (object.kind === 'move') return { ...object, type: formatType(object.type) };
	return { ...object, modules: [...object.modules], typeOrigins: [...object.typeOrigins], dependencies: [...object.dependencies] };
}

function objectFromPlain(plain: PlainObject): ChainObject {
	const common = { id: plain.id, version: BigInt(plain.version), previousTransaction: plain.previousTransaction, storageRebate: BigInt(plain.storageRebate) };
	if (plain.kind === 'move') {
		return {
			...common,
			kind: 'move',
			owner: ownerFromPlain(plain.owner),
			type: parseType(plain.type ?? ''),
			contents: new Uint8Array(plain.contents ?? []),
			hasPublicTransfer: plain.hasPublicTransfer === true,
		};
	}
	return {
		...common,
		kind: 'package',
		owner: { kind: 'immutable' },
		modules: new Map((plain.modules ?? []).map(([name, bytes]) => [name, new Uint8Array(bytes)])),
		typeOrigins: plain.typeOrigins ?? [],
		originalId: plain.originalId ?? plain.id,
		dependencies: (plain.dependencies ?? []).map((dependency) => ({ ...dependency, version: BigInt(dependency.version) })),
	};
}

type PlainState = { version: Integer; digest: string; owner: PlainOwner };

interface PlainRecord {
	digest: string;
	bytes: Uint8Array;
	signatures: Uint8Array[];
	sender: Address;
	timestampMs: Integer;
	checkpoint: Integer;
	checkpointDigest: string;
	effects: {
		bytes: Uint8Array;
		digest: string;
		failure: { status: FailureStatus; detail: string; command: number | undefined } | undefined;
		cost: Record<keyof GasCost, Integer>;
		version: Integer;
		gasId: Address;
		events: { packageId: Address; module: string; type: string; contents: Uint8Array }[];
		changed: (Omit<ChangedObject, 'input' | 'output'> & { input?: PlainState; output?: PlainState & { isPackage: boolean } })[];
		unchangedShared: { id: Address; version: Integer; digest: string }[];
		eventsDigest: string | undefined;
		eventsBytes: Uint8Array;
		dependencies: string[];
		balanceChanges: { address: Address; coinType: string; amount: string }[];
	};
}

function plainRecord(record: TransactionRecord): PlainRecord {
	const { outcome, ...effects } = record.effects;
	const failure =
		outcome.failure === undefined
			? undefined
			: { status: outcome.failure.failure.status, detail: outcome.failure.failure.detail, command: outcome.failure.command };
	return {
		...record,
		signatures: [...record.signatures],
		effects: {
			...effects,
			failure,
			cost: outcome.cost,
			version: outcome.version,
			gasId: outcome.gasId,
			events: outcome.events.map((event) => ({ ...event, type: formatType(event.type) })),
			changed: [...effects.changed],
			unchangedShared: [...effects.unchangedShared],
			dependencies: [...effects.dependencies],
			balanceChanges: effects.balanceChanges.map((change) => ({ ...change, amount: change.amount.toString() })),
		},
	};
}

function stateFromPlain<T extends PlainState>(state: T): Omit<T, 'version' | 'owner'> & { version: bigint; owner: Owner } {
	return { ...state, version: BigInt(state.version), owner: ownerFromPlain(state.owner) };
}

function recordFromPlain(plain: PlainRecord): TransactionRecord {
	const { failure, cost, version, gasId, events, ...effects } = plain.effects;
	const changes: BalanceChange[] = effects.balanceChanges.map((change) => ({ ...change, amount: BigInt(change.amount) }));
	return {
		...plain,
		bytes: new Uint8Array(plain.bytes),
		signatures: plain.signatures.map((signature) => new Uint8Array(signature)),
		timestampMs: BigInt(plain.timestampMs),
		checkpoint: BigInt(plain.checkpoint),
		effects: {
			...effects,
			bytes: new Uint8Array(effects.bytes),
			eventsBytes: new Uint8Array(effects.eventsBytes),
			balanceChanges: changes,
			changed: effects.changed.map(({ input, output, ...rest }) => ({
				...rest,
				input: input === undefined ? undefined : stateFromPlain(input),
				output: output === undefined ? undefined : stateFromPlain(output),
			})),
			unchangedShared: effects.unchangedShared.map((object) => ({ ...object, version: BigInt(object.version) })),
			outcome: {
				failure:
					failure === undefined ? undefined : { failure: new ExecutionFailure(statusFromPlain(failure.status), failure.detail), command: failure.command },
				cost: {
					computationCost: BigInt(cost.computationCost),
					storageCost: BigInt(cost.storageCost),
					storageRebate: BigInt(cost.storageRebate),
					nonRefundableStorageFee: BigInt(cost.nonRefundableStorageFee),
				},
				version: BigInt(version),
				gasId,
				events: events.map((event) => ({ ...event, type: parseType(event.type), contents: new Uint8Array(event.contents) })),
			},
		},
	};
}

function statusFromPlain(status: FailureStatus): FailureStatus {
	if (status.$kind === 'MoveAbort') return { ...status, reason: { ...status.reason, code: BigInt(status.reason.code) } };
	if (status.$kind === 'MoveObjectTooBig' || status.$kind === 'MovePackageTooBig') {
		return { ...status, size: BigInt(status.size), limit: BigInt(status.limit) };
	}
	return status;
}
