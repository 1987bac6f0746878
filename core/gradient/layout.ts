/**
 * The gradient object, byte by byte. Big-endian. Nothing may follow the last chunk, nothing may be left out.
 *
 *   offset size field
 *        0    4 magic            'VRMG' (56 52 4d 47)
 *        4    1 format           1
 *        5    1 codec            1 = 64×64 orthonormal DCT-II, top-k, delta indices, 8-bit values (see below)
 *        6    2 uid              u16
 *        8    8 window           u64
 *       16   32 checkpoint_hash  the checkpoint that it was trained from
 *       48   32 manifest_hash    SHA-256 of the model manifest: fixes the tensors, their order and shapes
 *       80    4 tensor_count     u32, equals the manifest's
 *       84    4 chunk_elements   u32, 4096
 *       88    4 top_k            u32, most coefficients a chunk may carry
 *       92    4 chunk_count      u32, equals the sum over tensors of ceil(elements / chunk_elements)
 *       96      chunks           tensors in manifest order, chunks ascending
 *
 * A tensor is flattened row-major and cut into chunks of 4096 elements, the last padded with zeros; codec 1 reads a chunk as a
 * 64×64 row-major block of DCT coefficients.
 *
 *   chunk: count u16 (≤ top_k) ‖ scale f32 ‖ count × delta u16 ‖ count × value i8
 *
 * The first delta is the first index; each later one is the distance to the index before it and at least 1; indices stay below
 * 4096. value is in −127…127 and never 0; the largest |value| of a chunk is 127; the coefficient is f64(scale) · value. scale is finite and at
 * least 2^−126, or +0 when count is 0. The same coefficients therefore have exactly one encoding.
 */
export const GRADIENT_MAGIC = Uint8Array.of(0x56, 0x52, 0x4d, 0x47);
export const GRADIENT_FORMAT = 1;
export const GRADIENT_HEADER_LENGTH = 96;
export const GRADIENT_CODEC = { dct64TopkInt8: 1 } as const;
export const CHUNK_ELEMENTS = 4096;
/** count u16 ‖ scale f32 */
export const CHUNK_HEADER_LENGTH = 6;
/** delta u16 ‖ value i8 */
export const COEFFICIENT_LENGTH = 3;
/** Version in the object's key. */
export const GRADIENT_OBJECT_VERSION = 1;

export interface GradientHeader {
	readonly codec: number;
	readonly uid: number;
	readonly window: bigint;
	readonly checkpointHash: Uint8Array;
	readonly manifestHash: Uint8Array;
	readonly tensorCount: number;
	readonly chunkElements: number;
	readonly topK: number;
	readonly chunkCount: number;
}

/** Sparse coefficients: chunk c owns entries [starts[c], starts[c+1]) of `indices` (inside the chunk) and `values`. */
export interface SparseGradient {
	readonly header: GradientHeader;
	readonly starts: Uint32Array;
	readonly indices: Uint16Array;
	/** Dequantised coefficients, f64(scale) · value. */
	readonly values: Float64Array;
}

/** Key in the miner's bucket, after its prefix: `gradient-{window}-{uid}-v{version}`. */
export function gradientObjectKey(window: bigint, uid: number): string {
	return `gradient-${window}-${uid}-v${GRADIENT_OBJECT_VERSION}`;
}

/** Checkpoints are safetensors: `checkpoint-{window}-v{version}`. */
export function checkpointObjectKey(boundary: bigint): string {
	return `checkpoint-${boundary}-v1`;
}
