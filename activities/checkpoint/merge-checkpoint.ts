import { type BlobFolder, requireBlob, sha256Hex } from '#activities/blobs.ts';
import { mergeInThread, type WindowGradients } from '#activities/checkpoint/merge-in-thread.ts';
import type { CheckpointFolder, HeldOutLoss } from '#activities/checkpoint/ports.ts';
import type { ModelFiles } from '#activities/gradient/ports.ts';
import { abandonable, beating } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { fromHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { gradientForm } from '#core/gradient/codec.ts';
import { decodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { outerLearningRate } from '#core/gradient/merge.ts';
import type { CheckpointOutcome, MergePlan } from '#core/gradient/messages.ts';
import { encodeCheckpoint, shareCheckpoint } from '#model/safetensors.ts';
import type { Logger } from '#runtime/log.ts';

interface MergeDeps {
	readonly chain: Pick<ChainReader, 'hparamsAt'>;
	readonly blobs: Pick<BlobFolder, 'read'>;
	readonly files: Pick<ModelFiles, 'manifest' | 'read'>;
	readonly checkpoints: Pick<CheckpointFolder, 'write'>;
	readonly heldOutLoss: HeldOutLoss;
	readonly log: Logger;
}

/** JSON has no infinity. */
const finite = (loss: number) => (Number.isFinite(loss) ? loss : Number.MAX_VALUE);

/**
 * Merges what the plan says and looks at the result: the next checkpoint, in this validator's folder, or KEEP when fewer gradients were selected than the
 * network wants for a step (it takes the mean of them, with a rate that suits the mean of many) or the held-out loss rises beyond the bound. Every validator computes the same bytes; nobody attests what it has not merged itself.
 */
export function createMergeCheckpoint(deps: MergeDeps) {
	const { files, log } = deps;
	const manifest = decodeManifest(files.manifest);
	return async function mergeCheckpoint({ plan }: { readonly plan: MergePlan }): Promise<CheckpointOutcome> {
		let progress = 'reading the parent';
		return beating(
			() => progress,
			async (signal): Promise<CheckpointOutcome> => {
				const boundary = BigInt(plan.boundary);
				const { values } = await deps.chain.hparamsAt(boundary);
				// Shared memory: the thread that merges takes no copy.
				const parent = shareCheckpoint(manifest, await files.read(plan.parentHash));
				const heldOutLossBefore = await abandonable(signal, deps.heldOutLoss(parent));
				const selected = plan.windows.reduce((sum, { gradients }) => sum + gradients.length, 0);
				if (BigInt(selected) < values.min_merge_gradients) {
					log.info('Too few gradients are selected to merge', { boundary, selected, min_merge_gradients: values.min_merge_gradients });
					return { kind: 'keep', reason: 'too-few-selected', heldOutLossBefore, heldOutLoss: heldOutLossBefore };
				}
				progress = 'merging';
				const context = {
					parameters: manifest.parameters,
					checkpointHash: fromHex(plan.parentHash),
					manifestHash: manifestHash(files.manifest),
				};
				const base = { parameters: parent, outerLearningRate: outerLearningRate(values) };
				const merged = await mergeInThread(context, gradientsOf(deps, plan), base, signal);
				if (merged === undefined) throw new VramhubError('INVARIANT', `${selected} gradients merge into nothing`);
				progress = 'evaluating';
				const heldOutLoss = finite(await abandonable(signal, deps.heldOutLoss(merged)));
				const bound = heldOutLossBefore * (1 + Number(values.held_out_loss_bound_ppm) / 1e6);
				const losses = { held_out_loss_before: rounded(heldOutLossBefore), held_out_loss: rounded(heldOutLoss) };
				if (!(heldOutLoss <= bound) || !merged.every(Number.isFinite)) {
					log.warn('Merge refused: the held-out loss rises', { boundary, ...losses });
					return { kind: 'keep', reason: 'loss-rose', heldOutLossBefore, heldOutLoss };
				}
				progress = 'writing';
				const file = encodeCheckpoint(manifest, merged);
				const hash = sha256Hex(file);
				await deps.checkpoints.write(boundary, file);
				log.info('Checkpoint merged', { boundary, hash, ...losses });
				return { kind: 'new', hash, heldOutLossBefore, heldOutLoss };
			},
		);
	};
}

async function* gradientsOf({ chain, blobs, log }: MergeDeps, plan: MergePlan): AsyncGenerator<WindowGradients> {
	for (const { window, gradients } of plan.windows) {
		log.info(`Merging ${gradients.length} gradients`, { window });
		yield {
			window: BigInt(window),
			...gradientForm((await chain.hparamsAt(BigInt(window))).values),
			gradients: await Promise.all(gradients.map(async ({ uid, sha256 }) => ({ uid, bytes: await requireBlob(blobs, sha256) }))),
		};
	}
}

const rounded = (loss: number) => Number(loss.toPrecision(6));
