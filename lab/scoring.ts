import type { WindowBatches } from '#core/gradient/batches.ts';
import { decodeGradient, type GradientContext, gradientNorm } from '#core/gradient/codec.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import type { SketchedGradient } from '#core/gradient/copies.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { SparseGradient } from '#core/gradient/layout.ts';
import { INTERVAL_SKETCH_HASHES, sketchOf, WINDOW_SKETCH_HASHES } from '#core/gradient/overlap.ts';
import { toMicroNats } from '#core/gradient/score.ts';
import type { LabModel } from '#lab/model.ts';
import { mean } from '#model/pool.ts';

const PPM = 1e6;

export interface SketchSeeds {
	readonly window: Uint8Array;
	readonly interval: Uint8Array;
}

/** A committed object as every validator that gets it sees it. */
export interface Submission {
	readonly uid: number;
	readonly bytes: Uint8Array;
	/** 0, or a proven code. */
	readonly code: number;
	readonly decoded:
		| { readonly gradient: SparseGradient; readonly norm: number; readonly sketches: Pick<SketchedGradient, 'inWindow' | 'inInterval'> }
		| undefined;
}

/** `seeds` of sketches, as an enclave's session has them. */
export function openSubmission(bytes: Uint8Array, expected: GradientContext, values: HparamValues, seeds: SketchSeeds): Submission {
	const result = decodeGradient(bytes, { ...expected, maxBytes: Number(values.max_gradient_bytes) });
	if (result.kind === 'rejected') return { uid: expected.uid, bytes, code: MINER_CODE[result.code], decoded: undefined };
	const { gradient } = result;
	const sketches = {
		inWindow: sketchOf(gradient, seeds.window, WINDOW_SKETCH_HASHES),
		inInterval: sketchOf(gradient, seeds.interval, INTERVAL_SKETCH_HASHES),
	};
	return { uid: expected.uid, bytes, code: MINER_CODE.scored, decoded: { gradient, norm: gradientNorm(gradient), sketches } };
}

export interface Improvements {
	/** Micro-nats. */
	readonly own: number;
	readonly random: number;
}

/** What validators take a gradient's improvements from. */
export type Scoring = Pick<WindowScoring, 'evaluate'>;

/** The evaluations of one window, by the formulas of enclave/evaluate.ts. What validators have in common is computed once. */
export class WindowScoring {
	readonly #model: LabModel;
	readonly #values: HparamValues;
	readonly #theta: Float32Array;
	readonly #batches: WindowBatches;
	readonly #known = new Map<string, Improvements>();
	readonly #ownBefore = new Map<number, number>();
	#randomBefore: number | undefined;

	constructor(model: LabModel, values: HparamValues, theta: Float32Array, batches: WindowBatches) {
		this.#model = model;
		this.#values = values;
		this.#theta = theta;
		this.#batches = batches;
	}

	async evaluate(uid: number, { gradient, norm }: Pick<NonNullable<Submission['decoded']>, 'gradient' | 'norm'>, clip: number): Promise<Improvements> {
		const scale = (Number(this.#values.evaluation_learning_rate_ppm) / PPM) * Math.min(1, clip / norm);
		const key = `${uid}/${scale}`;
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const own = this.#model.dataset.sequences(this.#batches.own.get(uid)!);
		const random = this.#model.dataset.sequences(this.#batches.random);
		this.#randomBefore ??= await this.#model.meanLoss(this.#theta, random);
		const ownBefore = this.#ownBefore.get(uid) ?? (await this.#model.meanLoss(this.#theta, own));
		this.#ownBefore.set(uid, ownBefore);
		const after = await this.#model.losses(this.#model.moved(this.#theta, gradient, scale), [...own, ...random]);
		const improvements = {
			own: toMicroNats(ownBefore - mean(after.subarray(0, own.length))),
			random: toMicroNats(this.#randomBefore - mean(after.subarray(own.length))),
		};
		this.#known.set(key, improvements);
		return improvements;
	}
}
