/**
 * What becomes of the parameters of a chunk when its samples are taken off them, and put back: four f32 an instruction, in the memory of core/gradient/chunk-kernel.ts.
 */
import { DCT_END, SAMPLES } from '#core/gradient/dct-kernel.ts';
import { CHUNK_ELEMENTS } from '#core/gradient/layout.ts';
import {
	add,
	addF32,
	anyTrue,
	type Code,
	constant,
	demote,
	differentI32,
	doWhile,
	get,
	increase,
	type KernelFunction,
	laneI32,
	lessThan,
	loadVector,
	set,
	shiftLeft,
	storeI16,
	storeI32,
	storeVector,
	subtractF32,
	times,
	when,
} from '#core/gradient/wasm.ts';

const LANES = 4;

// The memory, bytes; of alignment 16.
export const PARAMETERS = Math.ceil(DCT_END / 16) * 16;
export const LOST_VALUES = PARAMETERS + CHUNK_ELEMENTS * 4;
export const LOST_INDICES = LOST_VALUES + CHUNK_ELEMENTS * 4;
export const UPDATE_END = LOST_INDICES + CHUNK_ELEMENTS * 2;

/** Argument: elements. */
const COUNT = 0;
/** First of four elements. */
const ELEMENT = 1;
const LOST = 2;
const I32_LOCALS = 2;
const SAMPLE = 3;
const OLD = 4;
const NEW = 5;
const DIFFERENT = 6;
const V128_LOCALS = 4;

const parametersAt: Code = shiftLeft(get(ELEMENT), 2);
const samplesAt: Code = shiftLeft(get(ELEMENT), 3);
const sample: Code = demote(loadVector(samplesAt, SAMPLES), loadVector(samplesAt, SAMPLES + 16));

/** parameter ← parameter − fround(sample), and a list of those whose bits fround(parameter + fround(sample)) would not bring back. Answers how many that are. */
export const SUBTRACT: KernelFunction = {
	parameters: 1,
	answers: true,
	i32Locals: I32_LOCALS,
	v128Locals: V128_LOCALS,
	code: [
		...doWhile(
			lessThan(get(ELEMENT), get(COUNT)),
			set(SAMPLE, sample),
			set(OLD, loadVector(parametersAt, PARAMETERS)),
			set(NEW, subtractF32(get(OLD), get(SAMPLE))),
			storeVector(parametersAt, get(NEW), PARAMETERS),
			set(DIFFERENT, differentI32(addF32(get(NEW), get(SAMPLE)), get(OLD))),
			when(
				anyTrue(get(DIFFERENT)),
				...times(LANES, (lane) =>
					when(
						laneI32(get(DIFFERENT), lane),
						storeI16(shiftLeft(get(LOST), 1), add(get(ELEMENT), constant(lane)), LOST_INDICES),
						storeI32(shiftLeft(get(LOST), 2), laneI32(get(OLD), lane), LOST_VALUES),
						increase(LOST, 1),
					),
				),
			),
			increase(ELEMENT, LANES),
		),
		...get(LOST),
	],
};

/** parameter ← parameter + fround(sample). */
export const ADD: KernelFunction = {
	parameters: 1,
	answers: false,
	i32Locals: I32_LOCALS,
	v128Locals: V128_LOCALS,
	code: doWhile(
		lessThan(get(ELEMENT), get(COUNT)),
		storeVector(parametersAt, addF32(loadVector(parametersAt, PARAMETERS), sample), PARAMETERS),
		increase(ELEMENT, LANES),
	),
};
