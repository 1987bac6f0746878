/** What the system itself writes: the clock's object and the state of on-chain randomness, in the layouts of the framework's sources. */
import { blake2b } from '@noble/hashes/blake2.js';
import { BcsWriter, hashOf } from '#devnet/ledger/encoding.ts';
import { CLOCK_ID, RANDOM_ID } from '#devnet/ledger/inputs.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { deriveDynamicFieldId, deriveObjectId } from '#devnet/move/object-runtime.ts';
import { datatype, U64 } from '#devnet/move/types.ts';

const FRAMEWORK: Address = `0x${'0'.repeat(63)}2`;
const ZERO: Address = `0x${'0'.repeat(64)}`;
const CLOCK_TYPE = datatype(FRAMEWORK, 'clock', 'Clock');
const RANDOM_TYPE = datatype(FRAMEWORK, 'random', 'Random');
const RANDOM_INNER_TYPE = datatype(FRAMEWORK, 'random', 'RandomInner');
const INNER_VERSION = 1n;
/** The id of `Random.inner`: any fresh one does. */
const VERSIONED_ID = deriveObjectId(new Uint8Array(32), 0n);
const RANDOM_FIELD_ID = deriveDynamicFieldId(VERSIONED_ID, U64, new BcsWriter().u64(INNER_VERSION).done());

/** All system objects are shared at this version. */
export const GENESIS_VERSION = 1n;

/** Digest of a `ConsensusCommitPrologue` transaction: `TransactionData::V1` of kind 3 from 0x0, without gas. */
export function prologueDigest(round: bigint, timestampMs: bigint): string {
	const out = new BcsWriter().u8(0).u8(3).u64(0n).u64(round).u64(timestampMs);
	return hashOf('TransactionData', out.address(ZERO).length(0).address(ZERO).u64(1n).u64(0n).u8(0).done());
}

function systemObject(
	id: Address,
	type: MoveType,
	version: bigint,
	contents: Uint8Array,
	previousTransaction: string,
	owner?: MoveObject['owner'],
): MoveObject {
	return {
		kind: 'move',
		id,
		version,
		type,
		owner: owner ?? { kind: 'shared', initialVersion: GENESIS_VERSION },
		contents,
		hasPublicTransfer: false,
		previousTransaction,
		storageRebate: 0n,
	};
}

/** `Clock { id, timestamp_ms }`. */
export function clockObject(version: bigint, timestampMs: bigint, digest: string): MoveObject {
	return systemObject(CLOCK_ID, CLOCK_TYPE, version, new BcsWriter().address(CLOCK_ID).u64(timestampMs).done(), digest);
}

/** The clock's object of that version: its version is the time since genesis. */
export function clockAtVersion(version: bigint, genesisTimeMs: bigint): MoveObject {
	const now = genesisTimeMs + version - GENESIS_VERSION;
	return clockObject(version, now, prologueDigest(version, now));
}

/** What changes beside transactions. */
export function isSystemState(id: Address): boolean {
	return id === CLOCK_ID || id === RANDOM_ID || id === RANDOM_FIELD_ID;
}

/** `Random { id, inner: Versioned { id, version } }` and its field `RandomInner { version, epoch, randomness_round, random_bytes }`. */
export function randomObjects(version: bigint, round: bigint, randomBytes: Uint8Array, digest: string): MoveObject[] {
	const outer = new BcsWriter().address(RANDOM_ID).address(VERSIONED_ID).u64(INNER_VERSION).done();
	const inner = new BcsWriter().address(RANDOM_FIELD_ID).u64(INNER_VERSION).u64(INNER_VERSION).u64(0n).u64(round).bytes(randomBytes).done();
	const fieldType = datatype(FRAMEWORK, 'dynamic_field', 'Field', [U64, RANDOM_INNER_TYPE]);
	return [
		systemObject(RANDOM_ID, RANDOM_TYPE, version, outer, digest),
		systemObject(RANDOM_FIELD_ID, fieldType, version, inner, digest, { kind: 'object', parent: VERSIONED_ID }),
	];
}

/** 32 bytes a round: from the system, or from a seed so that a test's draws repeat. */
export function randomSource(seed: string | undefined): (round: bigint) => Uint8Array {
	if (seed === undefined) return () => crypto.getRandomValues(new Uint8Array(32));
	return (round) => blake2b(new BcsWriter().text(seed).u64(round).done(), { dkLen: 32 });
}
