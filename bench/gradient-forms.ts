import { GRADIENT_CODEC, type GradientCodec } from '#core/gradient/layout.ts';

/** Codec and most coefficients a chunk: the default, the demo's, and what newer Templar configurations keep. */
export const FORMS: readonly (readonly [name: string, codec: GradientCodec, topK: number])[] = [
	['dct-int8', GRADIENT_CODEC.dct64TopkInt8, 32],
	['dct-int8', GRADIENT_CODEC.dct64TopkInt8, 64],
	['dct-int8', GRADIENT_CODEC.dct64TopkInt8, 512],
	['sample-2bit', GRADIENT_CODEC.sampleTopk2bit, 64],
	['sample-2bit', GRADIENT_CODEC.sampleTopk2bit, 512],
];
