import { getPublicKeyAsync, signAsync } from '@noble/ed25519';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { PayloadHeader } from '#core/gradient/header.ts';
import { encodePayload, type MinerRow, payloadDigest } from '#core/gradient/payload.ts';
import type { Commitment, RosterEntry, WindowRecord } from '#core/gradient/records.ts';
import { stateFileOf } from '#core/gradient/state.ts';
import { stateFileDigest } from '#core/gradient/state-file.ts';

export interface EnclaveKey {
	readonly secretKey: Uint8Array;
	readonly publicKey: Uint8Array;
}

/** An Ed25519 key from a number, so that a test gives the same bytes each time. */
export async function enclaveKey(seed: number): Promise<EnclaveKey> {
	const secretKey = new Uint8Array(32).fill(seed);
	return { secretKey, publicKey: await getPublicKeyAsync(secretKey) };
}

export interface PayloadFacts {
	readonly network: string;
	readonly validatorUid: number;
	readonly validatorGeneration: number;
	readonly key: EnclaveKey;
	readonly record: WindowRecord;
	/** The signed bytes before, for the chain of payloads; undefined at the first. */
	readonly previous?: { readonly window: bigint; readonly payload: Uint8Array };
	readonly miners: readonly MinerRow[];
	readonly header?: Partial<PayloadHeader>;
}

/** A row for each roster miner: a score for those who committed, `not_committed` for the others. */
export function rowsFor(roster: readonly RosterEntry[], commitments: readonly Commitment[]): MinerRow[] {
	const committed = new Set(commitments.map(({ uid }) => uid));
	return roster.map(({ uid, generation }) => {
		const scored = committed.has(uid);
		return {
			uid,
			generation,
			code: scored ? MINER_CODE.scored : MINER_CODE.not_committed,
			score: scored ? 1_000 + uid : null,
			random: scored ? 300 : 0,
			proofOfWork: scored ? 50_000 : 0,
			mu: 25_000_000_000n,
			sigma: 8_333_333_333n,
			weight: scored ? 65_535 : 0,
			missed: scored ? 0 : 1,
		};
	});
}

/** The state file of such a payload: nobody overlaps with anybody, no sketches. */
export function stateFor({ network, record, miners }: Pick<PayloadFacts, 'network' | 'record' | 'miners'>): Uint8Array {
	return stateFileOf(miners, { network, window: record.window, checkpointHash: record.checkpointHash, overlaps: [], sketches: [] });
}

/** What an honest enclave would sign, with made-up scores: the header repeats the window record. */
export function payloadFor(facts: PayloadFacts): Uint8Array {
	const { record, previous, miners } = facts;
	return encodePayload({
		header: {
			network: facts.network,
			validatorUid: facts.validatorUid,
			validatorGeneration: facts.validatorGeneration,
			enclaveKey: facts.key.publicKey,
			window: record.window,
			checkpointHash: record.checkpointHash,
			prevPayload: previous === undefined ? new Uint8Array(32) : payloadDigest(previous.payload),
			prevWindow: previous?.window ?? 0n,
			hparamsHash: record.hparamsHash,
			commitmentsHash: record.commitmentsHash,
			commitmentsCount: record.commitmentsCount,
			rosterHash: record.rosterHash,
			rosterCount: record.rosterCount,
			randomness: record.randomness,
			ownDataDigest: new Uint8Array(32).fill(1),
			randomDataDigest: new Uint8Array(32).fill(2),
			medianNorm: 0.5,
			baselineLoss: 2_332_062n,
			stateAfter: stateFileDigest(stateFor(facts)),
			runtimeHash: new Uint8Array(32).fill(4),
			cpuClass: 1,
			flags: 0,
			...facts.header,
		},
		miners,
	});
}

export function signPayload(payload: Uint8Array, key: EnclaveKey): Promise<Uint8Array> {
	return signAsync(payload, key.secretKey);
}
