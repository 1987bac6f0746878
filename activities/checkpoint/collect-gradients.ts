import type { BlobFolder } from '#activities/blobs.ts';
import { readMinerObject } from '#activities/gradient/miner-object.ts';
import type { CredentialsDecryptor, GradientPublisher, ObjectSource, PublishedGradients } from '#activities/gradient/ports.ts';
import { resuming } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import type { CommittedMiner } from '#core/gradient/messages.ts';
import type { Logger } from '#runtime/log.ts';

export interface CollectRequest {
	readonly window: string;
	readonly gradients: readonly CommittedMiner[];
}

export interface CollectedGradient {
	readonly uid: number;
	readonly from: 'own' | 'published' | 'miner';
}

interface CollectDeps {
	readonly chain: Pick<ChainReader, 'miner'>;
	readonly decryptor: CredentialsDecryptor;
	readonly objects: ObjectSource;
	readonly published: PublishedGradients;
	readonly audit: GradientPublisher;
	readonly blobs: BlobFolder;
	readonly log: Logger;
}

/**
 * Sees to it that a window's selected gradients are in this validator's blob folder: they are mostly there from scoring, else other validators
 * publish them, else the miner still has them. All of them or none: a merge that skips one is another merge. What cannot be had is
 * tried until the boundary expires. What we have is published, so that others find it.
 */
export function createCollectGradients(deps: CollectDeps) {
	return async function collectGradients({ window, gradients }: CollectRequest): Promise<CollectedGradient[]> {
		let passing: unknown;
		return resuming<CommittedMiner, CollectedGradient>(
			gradients,
			async (miner, signal) => {
				try {
					return await collect(deps, window, miner, signal);
				} catch (error) {
					if (!isVramhubError(error)) throw error;
					deps.log.warn('Selected gradient not found yet', { miner_uid: miner.uid, window, code: error.code });
					passing = new VramhubError('OBJECT_UNAVAILABLE', `the gradient of miner ${miner.uid} in window ${window}: ${error.message}`);
					return undefined;
				}
			},
			() => {
				throw passing;
			},
		);
	};
}

async function collect(deps: CollectDeps, window: string, miner: CommittedMiner, signal: AbortSignal): Promise<CollectedGradient> {
	const { blobs, published } = deps;
	const { uid, sha256, size } = miner;
	const own = await blobs.read(sha256);
	if (own !== undefined) {
		await publish(deps, window, miner, own, signal);
		return { uid, from: 'own' };
	}
	try {
		await blobs.write(sha256, await published.fetch({ sha256, size, signal }));
		return { uid, from: 'published' };
	} catch (error) {
		if (!isVramhubError(error)) throw error;
	}
	const { bytes } = await readMinerObject(deps, window, miner, signal);
	await blobs.write(sha256, bytes);
	await publish(deps, window, miner, bytes, signal);
	return { uid, from: 'miner' };
}

/** A copy that cannot be published is missed by others alone. */
async function publish({ audit, log }: CollectDeps, window: string, { uid, sha256 }: CommittedMiner, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
	try {
		await audit.putGradient(sha256, bytes, signal);
	} catch (error) {
		if (!isVramhubError(error)) throw error;
		log.warn('Selected gradient not published', { miner_uid: uid, window, code: error.code });
	}
}
