import { sha256 } from '@noble/hashes/sha2.js';
import { ByteWriter, equalBytes } from '#core/bytes.ts';
import { type CborKey, type DecodedCbor, decodeCanonical, encodeCanonical } from '#core/cbor.ts';
import { VramhubError } from '#core/errors.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { decodeHeader, encodeHeader, type PayloadHeader, RESULT_BYTES_PER_MINER, RESULT_COLUMNS } from '#core/gradient/header.ts';

/** One roster miner in a signed payload. */
export interface MinerRow {
	readonly uid: number;
	readonly generation: number;
	/** A {@link MINER_CODE}. */
	readonly code: number;
	/** Own improvement, micro-nats; null exactly when the code is not 0. */
	readonly score: number | null;
	/** Improvement on the random batch, micro-nats. */
	readonly random: number;
	/** Bounded moving average of whether own beats random by the margin, ppm. */
	readonly proofOfWork: number;
	/** Rating, 1e-9. */
	readonly mu: bigint;
	readonly sigma: bigint;
	/** Share of this validator's weights, of 65535. */
	readonly weight: number;
	/** Windows without a score in a row, at most 255. */
	readonly missed: number;
}

/** What an enclave signs for one window: payload.cddl. */
export interface Payload {
	readonly header: PayloadHeader;
	/** The roster, ascending uid. */
	readonly miners: readonly MinerRow[];
}

const MAX_ROSTER = 256;
/** Uids grow beyond the number of places while those that were left rest: `UIDS_A_PLACE` of contracts/sources/uid_pool.move. */
export const MAX_UID = 4 * MAX_ROSTER - 1;
const MAX_PAYLOAD_BYTES = 16_384;

/** `results` of a payload: the columns of header.ts, one after the other. */
export function encodeResults(miners: readonly Omit<MinerRow, 'score'>[]): Uint8Array {
	const writer = new ByteWriter();
	for (const [column] of RESULT_COLUMNS) {
		for (const miner of miners) {
			switch (column) {
				case 'uid':
					writer.u16(miner.uid);
					break;
				case 'generation':
					writer.u32(miner.generation);
					break;
				case 'code':
					writer.u8(miner.code);
					break;
				case 'random':
					writer.i32(miner.random);
					break;
				case 'proof_of_work':
					writer.i32(miner.proofOfWork);
					break;
				case 'mu':
					writer.i64(miner.mu);
					break;
				case 'sigma':
					writer.u64(miner.sigma);
					break;
				case 'weight':
					writer.u16(miner.weight);
					break;
				case 'missed':
					writer.u8(miner.missed);
					break;
				default:
					column satisfies never;
			}
		}
	}
	return writer.done();
}

/**
 * The bytes that are signed. `resultsLength` follows from the miners. Throws BAD_ARGUMENT on rows that no decoder would take:
 * uids not ascending or above {@link MAX_UID}, more than 256, a roster count that differs, a score without code 0 or the reverse.
 */
export function encodePayload(payload: { readonly header: Omit<PayloadHeader, 'resultsLength'>; readonly miners: readonly MinerRow[] }): Uint8Array {
	const { header, miners } = payload;
	if (miners.length > MAX_ROSTER || miners.length !== header.rosterCount) {
		throw new VramhubError('BAD_ARGUMENT', `${miners.length} miners in a payload for a roster of ${header.rosterCount}`);
	}
	const scores = new Map<number, number>();
	let previous = -1;
	for (const { uid, code, score } of miners) {
		if (uid <= previous || uid > MAX_UID) throw new VramhubError('BAD_ARGUMENT', `uid ${uid} is not above ${previous} and at most ${MAX_UID}`);
		if ((code === MINER_CODE.scored) !== (score !== null)) throw new VramhubError('BAD_ARGUMENT', `miner ${uid} has code ${code} and score ${score}`);
		if (score !== null) scores.set(uid, assertScore(score));
		previous = uid;
	}
	const results = encodeResults(miners);
	return encodeCanonical([header.window, header.checkpointHash, scores, [results, encodeHeader({ ...header, resultsLength: results.length })]]);
}

/** Throws PAYLOAD_MALFORMED unless the bytes are exactly what {@link encodePayload} gives for some payload. */
export function decodePayload(bytes: Uint8Array): Payload {
	let value: DecodedCbor;
	try {
		value = decodeCanonical(bytes, { maxBytes: MAX_PAYLOAD_BYTES, maxDepth: 3 });
	} catch (cause) {
		throw new VramhubError('PAYLOAD_MALFORMED', 'the payload is not canonical CBOR', { cause });
	}
	if (!Array.isArray(value) || value.length !== 4) throw malformed('not an array of four');
	const [, , scores, tail] = value as readonly DecodedCbor[];
	if (!(scores instanceof Map)) throw malformed('the scores are not a map');
	if (!Array.isArray(tail) || !(tail[0] instanceof Uint8Array) || !(tail[1] instanceof Uint8Array)) throw malformed('no results and header');
	const header = decodeHeader(tail[1]);
	const miners = decodeRows(tail[0], scores);
	const payload = { header, miners };
	let encoded: Uint8Array;
	try {
		encoded = encodePayload(payload);
	} catch (cause) {
		throw new VramhubError('PAYLOAD_MALFORMED', 'rows, scores and header do not belong together', { cause });
	}
	// Window, checkpoint, lengths and the order of everything at once.
	if (!equalBytes(encoded, bytes)) throw malformed('it does not encode back to the same bytes');
	return payload;
}

/** SHA-256 of the signed bytes: `prev_payload` of the next header. */
export function payloadDigest(bytes: Uint8Array): Uint8Array {
	return sha256(bytes);
}

function malformed(why: string): VramhubError {
	return new VramhubError('PAYLOAD_MALFORMED', `the payload is malformed: ${why}`);
}

function assertScore(score: number): number {
	if (!Number.isInteger(score) || score < -0x8000_0000 || score > 0x7fff_ffff) throw new VramhubError('BAD_ARGUMENT', `a score is an i32, not ${score}`);
	return score;
}

function decodeRows(results: Uint8Array, scores: ReadonlyMap<CborKey, DecodedCbor>): MinerRow[] {
	const count = results.length / RESULT_BYTES_PER_MINER;
	if (!Number.isInteger(count) || count > MAX_ROSTER) throw malformed(`results of ${results.length} bytes`);
	const view = new DataView(results.buffer, results.byteOffset, results.byteLength);
	const starts = new Map<string, number>();
	let start = 0;
	for (const [name, size] of RESULT_COLUMNS) {
		starts.set(name, start);
		start += size * count;
	}
	const at = (column: (typeof RESULT_COLUMNS)[number][0], size: number, row: number) => starts.get(column)! + size * row;
	return Array.from({ length: count }, (_, row) => {
		const uid = view.getUint16(at('uid', 2, row));
		const code = view.getUint8(at('code', 1, row));
		const score = scores.get(uid) ?? null;
		if (score !== null && typeof score !== 'number') throw malformed(`the score of ${uid} is not an i32`);
		return {
			uid,
			generation: view.getUint32(at('generation', 4, row)),
			code,
			score,
			random: view.getInt32(at('random', 4, row)),
			proofOfWork: view.getInt32(at('proof_of_work', 4, row)),
			mu: view.getBigInt64(at('mu', 8, row)),
			sigma: view.getBigUint64(at('sigma', 8, row)),
			weight: view.getUint16(at('weight', 2, row)),
			missed: view.getUint8(at('missed', 1, row)),
		};
	});
}
