import { addressBytes, ByteWriter, equalBytes, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';

/**
 * The header of a signed payload: constant length, the last bytes of the payload, read by offset from the end.
 * Integers are big-endian. `contracts/sources/score_payload.move` has the same table; `tests/vectors/payload.json` pins both.
 */
export const HEADER_FIELDS = [
	['format', 1],
	['family', 1],
	['network', 32],
	['validator_uid', 2],
	['validator_generation', 4],
	['enclave_key', 32],
	['window', 8],
	['checkpoint_hash', 32],
	['prev_payload', 32],
	['prev_window', 8],
	['hparams_hash', 32],
	['commitments_hash', 32],
	['commitments_count', 2],
	['roster_hash', 32],
	['roster_count', 2],
	['randomness', 32],
	['own_data_digest', 32],
	['random_data_digest', 32],
	['median_norm', 8],
	['baseline_loss', 8],
	['state_after', 32],
	['runtime_hash', 32],
	['cpu_class', 1],
	['flags', 1],
	['results_len', 2],
] as const satisfies readonly (readonly [string, number])[];

export type HeaderFieldName = (typeof HEADER_FIELDS)[number][0];

export const HEADER_LENGTH = HEADER_FIELDS.reduce((sum, [, size]) => sum + size, 0);

/** Field → offset from the header's start. */
export const HEADER_OFFSETS: Readonly<Record<HeaderFieldName, number>> = (() => {
	let offset = 0;
	return Object.fromEntries(
		HEADER_FIELDS.map(([name, size]) => {
			const entry = [name, offset] as const;
			offset += size;
			return entry;
		}),
	) as Record<HeaderFieldName, number>;
})();

export const PAYLOAD_FORMAT = 1;
/** Families of work that share the chain. */
export const FAMILY = { gradient: 1, inference: 2, skill: 3 } as const;
/** Bit 0 of `flags`: the validator's state was reset, `prev_payload` and `prev_window` are zero. */
export const FLAG_STATE_RESET = 1;
/** Bit 1: the sketches of the previous payload's state could not be had, though it has the same checkpoint in force. Never with bit 0, which leaves nothing to lose. */
export const FLAG_SKETCHES_LOST = 2;

/** Columns of `results`, one after the other, each n entries in ascending uid: 34 bytes a miner. */
export const RESULT_COLUMNS = [
	['uid', 2],
	['generation', 4],
	['code', 1],
	['random', 4],
	['proof_of_work', 4],
	['mu', 8],
	['sigma', 8],
	['weight', 2],
	['missed', 1],
] as const satisfies readonly (readonly [string, number])[];

export const RESULT_BYTES_PER_MINER = 34;

export interface PayloadHeader {
	readonly network: string;
	readonly validatorUid: number;
	readonly validatorGeneration: number;
	readonly enclaveKey: Uint8Array;
	readonly window: bigint;
	readonly checkpointHash: Uint8Array;
	/** SHA-256 of this validator's previous signed payload; zeros first or after a reset. */
	readonly prevPayload: Uint8Array;
	readonly prevWindow: bigint;
	readonly hparamsHash: Uint8Array;
	readonly commitmentsHash: Uint8Array;
	readonly commitmentsCount: number;
	readonly rosterHash: Uint8Array;
	readonly rosterCount: number;
	readonly randomness: Uint8Array;
	readonly ownDataDigest: Uint8Array;
	readonly randomDataDigest: Uint8Array;
	/** L2 norm that larger gradients are clipped to. */
	readonly medianNorm: number;
	/** Micro-nats: mean loss of the checkpoint on the random batch. */
	readonly baselineLoss: bigint;
	readonly stateAfter: Uint8Array;
	readonly runtimeHash: Uint8Array;
	readonly cpuClass: number;
	readonly flags: number;
	readonly resultsLength: number;
}

export function encodeHeader(header: PayloadHeader): Uint8Array {
	return new ByteWriter()
		.u8(PAYLOAD_FORMAT)
		.u8(FAMILY.gradient)
		.fixed(addressBytes(header.network), 32)
		.u16(header.validatorUid)
		.u32(header.validatorGeneration)
		.fixed(header.enclaveKey, 32)
		.u64(header.window)
		.fixed(header.checkpointHash, 32)
		.fixed(header.prevPayload, 32)
		.u64(header.prevWindow)
		.fixed(header.hparamsHash, 32)
		.fixed(header.commitmentsHash, 32)
		.u16(header.commitmentsCount)
		.fixed(header.rosterHash, 32)
		.u16(header.rosterCount)
		.fixed(header.randomness, 32)
		.fixed(header.ownDataDigest, 32)
		.fixed(header.randomDataDigest, 32)
		.f64(header.medianNorm)
		.i64(header.baselineLoss)
		.fixed(header.stateAfter, 32)
		.fixed(header.runtimeHash, 32)
		.u8(header.cpuClass)
		.u8(header.flags)
		.u16(header.resultsLength)
		.done();
}

/** Throws PAYLOAD_MALFORMED unless the bytes are a header of format 1 of the gradient family. Unknown flags are refused. */
export function decodeHeader(bytes: Uint8Array): PayloadHeader {
	if (bytes.length !== HEADER_LENGTH) throw new VramhubError('PAYLOAD_MALFORMED', `a header has ${HEADER_LENGTH} bytes, not ${bytes.length}`);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const at = HEADER_OFFSETS;
	const take = (name: HeaderFieldName, size = 32) => bytes.slice(at[name], at[name] + size);
	if (view.getUint8(at.format) !== PAYLOAD_FORMAT) throw new VramhubError('PAYLOAD_MALFORMED', `unknown payload format ${view.getUint8(at.format)}`);
	if (view.getUint8(at.family) !== FAMILY.gradient) throw new VramhubError('PAYLOAD_MALFORMED', `not a payload of the gradient family`);
	const flags = view.getUint8(at.flags);
	if (flags > FLAG_SKETCHES_LOST) throw new VramhubError('PAYLOAD_MALFORMED', `unknown flags ${flags}`);
	const header: PayloadHeader = {
		network: `0x${toHex(take('network'))}`,
		validatorUid: view.getUint16(at.validator_uid),
		validatorGeneration: view.getUint32(at.validator_generation),
		enclaveKey: take('enclave_key'),
		window: view.getBigUint64(at.window),
		checkpointHash: take('checkpoint_hash'),
		prevPayload: take('prev_payload'),
		prevWindow: view.getBigUint64(at.prev_window),
		hparamsHash: take('hparams_hash'),
		commitmentsHash: take('commitments_hash'),
		commitmentsCount: view.getUint16(at.commitments_count),
		rosterHash: take('roster_hash'),
		rosterCount: view.getUint16(at.roster_count),
		randomness: take('randomness'),
		ownDataDigest: take('own_data_digest'),
		randomDataDigest: take('random_data_digest'),
		medianNorm: view.getFloat64(at.median_norm),
		baselineLoss: view.getBigInt64(at.baseline_loss),
		stateAfter: take('state_after'),
		runtimeHash: take('runtime_hash'),
		cpuClass: view.getUint8(at.cpu_class),
		flags,
		resultsLength: view.getUint16(at.results_len),
	};
	if (!equalBytes(encodeHeader(header), bytes)) throw new VramhubError('PAYLOAD_MALFORMED', 'the header does not encode back to the same bytes');
	return header;
}
