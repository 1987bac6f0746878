import { Context } from '@temporalio/activity';
import type { BlobFolder } from '#activities/blobs.ts';
import type { GradientPublisher, PublishedGradients } from '#activities/gradient/ports.ts';
import { abandonable } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { isVramhubError } from '#core/errors.ts';
import type { CommittedMiner } from '#core/gradient/messages.ts';
import type { Logger } from '#runtime/log.ts';

export interface CopyRequest {
	readonly window: string;
	/** End of the put phase, chain milliseconds. */
	readonly putCloseMs: string;
	readonly miner: CommittedMiner;
	readonly patience: CopyPatience;
	readonly signal: AbortSignal;
}

/** Milliseconds. */
export interface CopyPatience {
	/** For one upload, and for one look at all other validators together. */
	readonly copyMs: number;
	/** After the end of the put phase: by then others have published what they read. */
	readonly peersMs: number;
}

interface CopiesDeps {
	readonly chain: Pick<ChainReader, 'clockMs' | 'windowRecord'>;
	readonly published: PublishedGradients | undefined;
	readonly audit: GradientPublisher | undefined;
	readonly blobs: Pick<BlobFolder, 'write'>;
	readonly validatorUid: number;
	readonly log: Logger;
}

/** What the validators of a window do for each other: each publishes what it brought, so that nobody lacks what a store refused to it alone. */
export function createCopies({ chain, published, audit, blobs, validatorUid, log }: CopiesDeps) {
	/** The window in which the audit store did not answer in time. It is left alone until the next one: else each of 256 gradients would wait for it. */
	let silentIn: string | undefined;

	/** Best effort: a copy that is not published is missed by others alone, so whatever fails is a line in the log. The bytes have been verified. */
	async function publish({ window, miner, patience, signal }: CopyRequest, bytes: Uint8Array): Promise<void> {
		if (audit === undefined || silentIn === window) return;
		signal.throwIfAborted();
		const limit = AbortSignal.timeout(patience.copyMs);
		const limited = AbortSignal.any([signal, limit]);
		try {
			await abandonable(limited, audit.putGradient(miner.sha256, bytes, limited));
		} catch (error) {
			signal.throwIfAborted();
			if (limit.aborted) silentIn = window;
			const code = limit.aborted ? 'OBJECT_UNAVAILABLE' : isVramhubError(error) ? error.code : 'INVARIANT';
			log.warn('Gradient not published', { miner_uid: miner.uid, window, code });
		}
	}

	/**
	 * Brings the gradient from another validator of the window into the blob folder; false when it cannot be had. `atLast`: nobody will ask again, so others
	 * are given time to publish, and there is a second look when that is over.
	 */
	async function take(request: CopyRequest, atLast: boolean): Promise<boolean> {
		if (published === undefined) return false;
		const record = await chain.windowRecord(BigInt(request.window));
		const others = (record?.validators ?? []).map(({ uid }) => uid).filter((uid) => uid !== validatorUid);
		if (others.length === 0) return false;
		if (await look(published, request, others)) return true;
		if (!atLast) return false;
		// A moment of the window rather than a pause for each miner: many that put nothing hold up a window no longer than one.
		const waitMs = Number(BigInt(request.putCloseMs) - (await chain.clockMs())) + request.patience.peersMs;
		if (waitMs <= 0) return false;
		await Context.current().sleep(waitMs);
		// From the other end: who publishes other bytes under the digest may have used up the first look's time.
		return look(published, request, others.toReversed());
	}

	async function look(from: PublishedGradients, { miner, patience, signal }: CopyRequest, validatorUids: readonly number[]): Promise<boolean> {
		signal.throwIfAborted();
		const { sha256, size } = miner;
		const limit = AbortSignal.timeout(patience.copyMs);
		const limited = AbortSignal.any([signal, limit]);
		try {
			await blobs.write(sha256, await abandonable(limited, from.fetch({ sha256, size, validatorUids, signal: limited })));
			return true;
		} catch (error) {
			signal.throwIfAborted();
			if (limit.aborted || isVramhubError(error)) return false;
			throw error;
		}
	}

	return { publish, take };
}
