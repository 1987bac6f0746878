import type { AuditStore, CheckpointFolder } from '#activities/checkpoint/ports.ts';
import { beating } from '#activities/heartbeat.ts';
import { VramhubError } from '#core/errors.ts';
import type { Logger } from '#runtime/log.ts';

/** Uploads the merged checkpoint to this validator's public prefix, before anybody is asked to believe in it. */
export function createPublishCheckpoint(deps: {
	readonly checkpoints: Pick<CheckpointFolder, 'read'>;
	readonly audit: Pick<AuditStore, 'putCheckpoint'>;
	readonly log: Logger;
}) {
	return async function publishCheckpoint({ boundary, hash }: { readonly boundary: string; readonly hash: string }): Promise<void> {
		await beating(
			() => 'uploading',
			async (signal) => {
				const bytes = await deps.checkpoints.read(BigInt(boundary), hash);
				if (bytes === undefined) throw new VramhubError('OBJECT_MISSING', `checkpoint ${boundary} is no longer in this validator's folder`);
				await deps.audit.putCheckpoint(BigInt(boundary), bytes, signal);
				deps.log.info('Checkpoint uploaded', { boundary, hash, bytes: bytes.length });
			},
		);
	};
}
