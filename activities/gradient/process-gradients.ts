import { type BlobFolder, requireBlob } from '#activities/blobs.ts';
import type { GradientsRequest, StoredGradient } from '#activities/gradient/measure-gradients.ts';
import type { EnclaveClient } from '#activities/gradient/ports.ts';
import { resuming } from '#activities/heartbeat.ts';
import type { Logger } from '#runtime/log.ts';

export interface Processed {
	readonly uid: number;
	/** Improvement on the miner's own batch, micro-nats. */
	readonly score: number;
	/** Improvement on the random batch, micro-nats. */
	readonly random: number;
}

/** The second pass: the enclave evaluates the loss with each gradient. Its answers are for people; only the closing payload counts. */
export function createProcessGradients(deps: {
	readonly enclave: Pick<EnclaveClient, 'process'>;
	readonly blobs: Pick<BlobFolder, 'read'>;
	readonly log: Logger;
}) {
	const log = deps.log.child('evaluator');
	return async function processGradients({ window, checkpointHash, gradients }: GradientsRequest & { readonly checkpointHash: string }): Promise<Processed[]> {
		return resuming<StoredGradient, Processed>(gradients, async ({ uid, sha256 }, signal) => {
			const gradient = Buffer.from(await requireBlob(deps.blobs, sha256));
			log.info('Sending gradient to enclave', { miner_uid: uid, window });
			const { score, random } = await deps.enclave.process(
				{ window: Number(window), miner_uid: uid, gradient_bytes: gradient.toString('hex'), checkpoint_hash: checkpointHash },
				signal,
			);
			log.info('Enclave score', { miner_uid: uid, score, window });
			return { uid, score, random };
		});
	};
}
