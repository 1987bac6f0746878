import { bcs } from '@mysten/bcs';
import { blake2b } from '@noble/hashes/blake2.js';
import { addressBytes } from '#core/bytes.ts';

/** One miner's promise for one window, in order of arrival (`seq`), as `gradient_registry::Commitment`. */
export interface Commitment {
	readonly seq: number;
	readonly uid: number;
	readonly generation: number;
	/** SHA-256 of the gradient object. */
	readonly sha256: Uint8Array;
	/** Bytes of the gradient object. */
	readonly size: bigint;
	readonly credVersion: number;
	/** Chain clock when it was made. */
	readonly ms: bigint;
}

export const CommitmentBcs = bcs.struct('Commitment', {
	seq: bcs.u32(),
	uid: bcs.u16(),
	generation: bcs.u32(),
	sha256: bcs.byteVector(),
	size: bcs.u64(),
	cred_version: bcs.u32(),
	ms: bcs.u64(),
});

/** H before the first commitment of a window. */
export const EMPTY_COMMITMENTS_HASH = new Uint8Array(32);

/** H = blake2b256(H ‖ bcs(Commitment)), folded in order of `seq`. */
export function foldCommitments(commitments: readonly Commitment[]): Uint8Array {
	let hash = EMPTY_COMMITMENTS_HASH;
	for (const commitment of commitments) {
		const encoded = CommitmentBcs.serialize({
			seq: commitment.seq,
			uid: commitment.uid,
			generation: commitment.generation,
			sha256: commitment.sha256,
			size: commitment.size,
			cred_version: commitment.credVersion,
			ms: commitment.ms,
		}).toBytes();
		const input = new Uint8Array(hash.length + encoded.length);
		input.set(hash);
		input.set(encoded, hash.length);
		hash = blake2b(input, { dkLen: 32 });
	}
	return hash;
}

/** A miner as of a window. The roster is ascending by uid. */
export interface RosterEntry {
	readonly uid: number;
	readonly generation: number;
}

export const RosterBcs = bcs.vector(bcs.struct('RosterEntry', { uid: bcs.u16(), generation: bcs.u32() }));

/** blake2b256(bcs(vector<RosterEntry>)). */
export function rosterHash(roster: readonly RosterEntry[]): Uint8Array {
	return blake2b(RosterBcs.serialize(roster.map(({ uid, generation }) => ({ uid, generation }))).toBytes(), { dkLen: 32 });
}

export interface SnapshotValidator {
	readonly uid: number;
	readonly generation: number;
	/** MIST, as of the window. */
	readonly stake: bigint;
}

/** As `round_state::status` numbers them. */
export const WINDOW_STATUS = { sealed: 1, final: 2, unscored: 3 } as const;

/** What a person sees of a window: `open` before it is sealed, `scored` once a payload is settled, `void` when nobody sealed it in time. */
export type WindowState = 'open' | 'sealed' | 'scored' | 'final' | 'unscored' | 'void';

/** `round_state::WindowRecord`: everything as of the window, written once when it is sealed. */
export interface WindowRecord {
	readonly window: bigint;
	readonly status: 'sealed' | 'final' | 'unscored';
	readonly sealedAtMs: bigint;
	readonly randomness: Uint8Array;
	readonly commitmentsHash: Uint8Array;
	readonly commitmentsCount: number;
	readonly checkpointHash: Uint8Array;
	readonly checkpointBoundary: bigint;
	readonly hparamsVersion: number;
	readonly hparamsHash: Uint8Array;
	readonly rosterHash: Uint8Array;
	readonly rosterCount: number;
	/** Empty once the window is pruned. */
	readonly validators: readonly SnapshotValidator[];
	readonly totalStake: bigint;
	readonly emission: bigint;
	/** Whether the chain has given up the window's lists: commitments, roster, scores and medians are unavailable then, not absent. */
	readonly pruned: boolean;
}

/** `user_data` of an attestation document that registers an enclave key: binds it to one validator of one network. */
const EnclaveUserDataBcs = bcs.struct('EnclaveUserData', {
	domain: bcs.byteVector(),
	network: bcs.bytes(32),
	validator_uid: bcs.u16(),
	validator_generation: bcs.u32(),
	owner: bcs.bytes(32),
});

export const ENCLAVE_USER_DATA_DOMAIN = 'vramhub-enclave-1';

export interface EnclaveBinding {
	readonly network: string;
	readonly validatorUid: number;
	readonly validatorGeneration: number;
	readonly owner: string;
}

export function enclaveUserData(binding: EnclaveBinding): Uint8Array {
	return EnclaveUserDataBcs.serialize({
		domain: new TextEncoder().encode(ENCLAVE_USER_DATA_DOMAIN),
		network: addressBytes(binding.network),
		validator_uid: binding.validatorUid,
		validator_generation: binding.validatorGeneration,
		owner: addressBytes(binding.owner),
	}).toBytes();
}
