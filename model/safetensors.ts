import { createHash } from 'node:crypto';
import { VramhubError } from '#core/errors.ts';
import { elementCount, type ModelManifest, parameterCount } from '#core/gradient/manifest.ts';

/**
 * Checkpoint files: safetensors, so that other tools read them, in exactly one form for each manifest, so that equal
 * parameters are equal bytes. Format (safetensors documentation): u64 little-endian header length, JSON header, tensor data.
 * Ours: tensors in manifest order, keys dtype, shape, data_offsets in that order, no white space but the spaces that fill the
 * header up to a multiple of 8, no metadata, F32 little-endian.
 */

type Parameters = Pick<ModelManifest, 'parameters'>;

const LENGTH_BYTES = 8;
const ELEMENT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Length field and header: the part of a checkpoint that the manifest alone decides. */
export function safetensorsHeader(manifest: Parameters): Uint8Array {
	let offset = 0;
	const tensors = manifest.parameters.map((parameter) => {
		const end = offset + elementCount(parameter) * ELEMENT_BYTES;
		const entry = `${JSON.stringify(parameter.name)}:{"dtype":"F32","shape":[${parameter.shape.join(',')}],"data_offsets":[${offset},${end}]}`;
		offset = end;
		return entry;
	});
	const json = new TextEncoder().encode(`{${tensors.join(',')}}`);
	const length = Math.ceil(json.length / 8) * 8;
	const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
	new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
	header.set(json, LENGTH_BYTES);
	return header;
}

/** Bytes of the checkpoint with these parameters, θ in manifest order. */
export function encodeCheckpoint(manifest: Parameters, parameters: Float32Array): Uint8Array<ArrayBuffer> {
	const count = parameterCount(manifest);
	if (parameters.length !== count) throw new VramhubError('BAD_ARGUMENT', `the manifest has ${count} parameters, not ${parameters.length}`);
	const header = safetensorsHeader(manifest);
	const file = new Uint8Array(header.length + count * ELEMENT_BYTES);
	file.set(header);
	const view = new DataView(file.buffer);
	for (let i = 0; i < count; i++) view.setFloat32(header.length + i * ELEMENT_BYTES, parameters[i]!, true);
	return file;
}

/**
 * θ in manifest order. Nothing in the file decides how much memory is taken: length and header must be those of the manifest.
 * Throws CHECKPOINT_MISMATCH when they are not, or when a parameter is not finite.
 */
export function decodeCheckpoint(manifest: Parameters, file: Uint8Array): Float32Array<ArrayBuffer> {
	return readParameters(manifest, file, (count) => new Float32Array(count));
}

/**
 * The same in memory that threads share. When the file is in such memory already it is θ itself, no copy (where the machine's order of bytes is the
 * format's): neither may then be written.
 */
export function shareCheckpoint(manifest: Parameters, file: Uint8Array): Float32Array<SharedArrayBuffer> {
	const start = file.byteOffset + safetensorsHeader(manifest).length;
	const inPlace = file.buffer instanceof SharedArrayBuffer && start % ELEMENT_BYTES === 0 && LITTLE_ENDIAN ? file.buffer : undefined;
	return readParameters(manifest, file, (count) =>
		inPlace === undefined ? new Float32Array(new SharedArrayBuffer(count * ELEMENT_BYTES)) : new Float32Array(inPlace, start, count),
	);
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Reads into what `allocate` gives, after everything but the values was checked. */
function readParameters<T extends Float32Array>(manifest: Parameters, file: Uint8Array, allocate: (count: number) => T): T {
	const header = safetensorsHeader(manifest);
	const count = parameterCount(manifest);
	const expected = header.length + count * ELEMENT_BYTES;
	if (file.length !== expected) throw new VramhubError('CHECKPOINT_MISMATCH', `the checkpoint has ${file.length} bytes, not ${expected}`);
	if (Buffer.compare(file.subarray(0, header.length), header) !== 0) {
		throw new VramhubError('CHECKPOINT_MISMATCH', 'the header of the checkpoint is not that of the model manifest');
	}
	const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
	const parameters = allocate(count);
	const copied = parameters.buffer !== file.buffer;
	for (let i = 0; i < count; i++) {
		const value = view.getFloat32(header.length + i * ELEMENT_BYTES, true);
		if (!Number.isFinite(value)) throw new VramhubError('CHECKPOINT_MISMATCH', `parameter ${i} is not finite`);
		if (copied) parameters[i] = value;
	}
	return parameters;
}

/** SHA-256 of the file that {@link encodeCheckpoint} would make of these parameters. */
export function parametersHash(manifest: Parameters, parameters: Float32Array): Uint8Array {
	const hash = createHash('sha256').update(safetensorsHeader(manifest));
	if (LITTLE_ENDIAN) return hash.update(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength)).digest();
	return checkpointHash(encodeCheckpoint(manifest, parameters));
}

/** What the chain anchors: SHA-256 of the file. */
export function checkpointHash(file: Uint8Array): Uint8Array {
	return createHash('sha256').update(file).digest();
}
