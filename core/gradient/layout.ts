/**
 * The gradient object, byte by byte; docs/gradient-format.md says the same at length. Big-endian. Nothing may follow the last chunk, nothing may be left out.
 *
 *   offset size field
 *        0    4 magic            'VRMG' (56 52 4d 47)
 *        4    1 format           1
 *        5    1 codec            the network's in this window (hparams `gradient_codec`), see below
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
 * A tensor is flattened row-major and cut into chunks of 4096 elements, the last padded with zeros. A chunk begins with count u16 (≤ top_k).
 *
 * Codec 1: the chunk is a 64×64 row-major block of orthonormal DCT-II coefficients (core/gradient/codec-dct-int8.ts).
 * Codec 2: the coefficients are the elements themselves, in two magnitudes (core/gradient/codec-sample-2bit.ts).
 *
 * In either the same coefficients have exactly one encoding.
 */
export const GRADIENT_MAGIC = Uint8Array.of(0x56, 0x52, 0x4d, 0x47);
export const GRADIENT_FORMAT = 1;
export const GRADIENT_HEADER_LENGTH = 96;
export const GRADIENT_CODEC = { dct64TopkInt8: 1, sampleTopk2bit: 2 } as const;
export type GradientCodec = (typeof GRADIENT_CODEC)[keyof typeof GRADIENT_CODEC];
export const CHUNK_ELEMENTS = 4096;
/** Version in the object's key. */
export const GRADIENT_OBJECT_VERSION = 1;

export interface GradientHeader {
	readonly codec: GradientCodec;
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
	/** Dequantised coefficients. */
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
