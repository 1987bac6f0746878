import { type EncodedGradient, encodeGradient, gradientForm } from '#core/gradient/codec.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { SparseGradient } from '#core/gradient/layout.ts';
import { ownBatch } from '#core/gradient/sampling.ts';
import { objectOf } from '#lab/coefficients.ts';
import type { LabModel } from '#lab/model.ts';
import { relabelled } from '#miner/kinds/relabel.ts';
import { type LocalTraining, trainLocally } from '#miner/train.ts';
import type { Xoshiro128 } from '#model/random.ts';

/** A gradient that was put in the window before: from then on everybody who can read the bucket has it. */
export interface PublicGradient {
	readonly uid: number;
	readonly bytes: Uint8Array;
	readonly gradient: SparseGradient;
	readonly norm: number;
	/** Median score, micro-nats. */
	readonly own: number;
}

/** What a miner may know while a window's commitments are taken. */
export interface PublicView {
	readonly window: bigint;
	/** Counted from the run's first window. */
	readonly index: number;
	readonly network: string;
	readonly theta: Float32Array;
	readonly checkpointHash: Uint8Array;
	/** Accepted gradients of the window before, ascending uid. */
	readonly previous: readonly PublicGradient[];
	/** θ − θ' of the last merge. */
	readonly lastUpdate: Float32Array | undefined;
}

/** Forward alone, as a part of forward and backward: a third of the multiplications. */
const FORWARD_SHARE = 1 / 3;

/** One player's machine. It counts what it does. */
export class Workplace {
	/** Sequences forward and backward so far, a forward pass alone a third. */
	compute = 0;
	readonly random: Xoshiro128;
	readonly parameters: number;
	readonly #model: LabModel;
	readonly #values: HparamValues;
	readonly #manifestHash: Uint8Array;

	constructor(model: LabModel, values: HparamValues, manifestHash: Uint8Array, random: Xoshiro128) {
		this.#model = model;
		this.#values = values;
		this.#manifestHash = manifestHash;
		this.random = random;
		this.parameters = model.genesis.length;
	}

	/** The reference miner's training on a uid's own batch, or on the first part of it. */
	async train(view: PublicView, uid: number, training: LocalTraining, part = 1): Promise<Float32Array> {
		const batch = this.#ownSequences(view, uid);
		const counting = {
			gradient: (theta: Float32Array, sequences: readonly Uint8Array[]) => {
				this.compute += sequences.length;
				return this.#model.gradient(theta, sequences);
			},
		};
		return (await trainLocally(counting, view.theta, batch.slice(0, Math.max(1, Math.round(batch.length * part))), training)).pseudoGradient;
	}

	/** Loss of a uid's own batch before anything is done. */
	ownLoss(view: PublicView, uid: number): Promise<number> {
		const batch = this.#ownSequences(view, uid);
		this.compute += FORWARD_SHARE * batch.length;
		return this.#model.meanLoss(view.theta, batch);
	}

	encode(view: PublicView, uid: number, dense: Float32Array): EncodedGradient {
		const { window, checkpointHash } = view;
		const { parameters } = this.#model.graph;
		return encodeGradient({ uid, window, checkpointHash, manifestHash: this.#manifestHash, parameters, ...gradientForm(this.#values), dense });
	}

	/** Another's object under this miner's header: unlike everything else here it costs nothing. */
	relabel({ window, checkpointHash }: PublicView, uid: number, bytes: Uint8Array): Uint8Array {
		return relabelled(bytes, { uid, window, checkpoint: { hash: checkpointHash, boundary: 0n, activation: 0n } });
	}

	/** An object of these coefficients, in the form of another's. */
	encodeCoefficients(view: PublicView, uid: number, coefficients: Float64Array, { bytes, gradient }: PublicGradient): Uint8Array {
		return objectOf(this.relabel(view, uid, bytes), coefficients, gradient.header, this.#model.graph.parameters);
	}

	#ownSequences({ window }: PublicView, uid: number): Uint8Array[] {
		const { dataset } = this.#model;
		return dataset.sequences(ownBatch(uid, window, Number(this.#values.own_batch_sequences), dataset.assignable));
	}
}
