import { defaultHparamValues, type HparamValues } from '#core/gradient/hparams.ts';
import type { LocalTraining } from '#miner/train.ts';
import type { GptConfig } from '#model/gpt.ts';

/** 100 800 parameters: small enough that a hundred windows take minutes, and still a transformer that learns English. */
export const LAB_MODEL: GptConfig = { vocabulary: 256, context: 32, width: 80, layers: 1, heads: 4 };
/** Sequences of a run: of the training graph one step of a miner, of the forward graph one own batch. */
export const TRAINING_BATCH = 8;
export const FORWARD_BATCH = 16;
export const GENESIS = { seed: 'vramhub-lab-1', steps: 120 } as const;
export const HELD_OUT_SEQUENCES = 512;

/** Full work, as the reference miner does it; attacks are measured against its 32 sequences forward and backward a window. */
export const FULL_WORK: LocalTraining = { steps: 4, stepSequences: 8, learningRate: 0.001, clipNorm: 1 };

/** Windows whose rewards are not counted: by then ratings and proofs of work are near where they stay. */
export const SETTLING_WINDOWS = 30;
/** Where a late miner registers. */
export const LATE_WINDOW = 40;

/**
 * Part of the downloads that fail for one validator and for no other, from a miner's store as well as of what another validator published. Without it honest validators would never
 * differ, and a colluding one could not move a median at all: the first is the network's, collusion is told for the second as well.
 */
export const FAILED_DOWNLOADS = [0.001, 0.01] as const;

/** The defaults, but for what a small model and a short simulation need. */
export function labHparams(): HparamValues {
	return defaultHparamValues({
		checkpoint_frequency: 10n,
		max_merge_windows: 20n,
		top_k: 512n,
		own_batch_sequences: 32n,
		random_batch_sequences: 48n,
		evaluation_learning_rate_ppm: 200_000n,
	});
}
