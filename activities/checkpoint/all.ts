import type { BlobFolder } from '#activities/blobs.ts';
import { createAttestCheckpoint } from '#activities/checkpoint/attest-checkpoint.ts';
import { createAwaitAnchor } from '#activities/checkpoint/await-anchor.ts';
import { createAwaitBoundary } from '#activities/checkpoint/await-boundary.ts';
import { createCollectGradients } from '#activities/checkpoint/collect-gradients.ts';
import { createMergeCheckpoint } from '#activities/checkpoint/merge-checkpoint.ts';
import { createPlanMerge } from '#activities/checkpoint/plan-merge.ts';
import type { AuditStore, CheckpointFolder, HeldOutLoss } from '#activities/checkpoint/ports.ts';
import { createPublishCheckpoint } from '#activities/checkpoint/publish-checkpoint.ts';
import { translated } from '#activities/failure.ts';
import type { CredentialsDecryptor, ModelFiles, ObjectSource, PublishedGradients } from '#activities/gradient/ports.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import type { Logger } from '#runtime/log.ts';

export interface CheckpointDeps {
	readonly chain: ChainReader;
	/** Signs as the validator's operator or a delegate of it. */
	readonly writer: ChainWriter;
	readonly decryptor: CredentialsDecryptor;
	readonly objects: ObjectSource;
	readonly published: PublishedGradients;
	readonly audit: AuditStore;
	readonly files: ModelFiles;
	/** The validator's own: aggregator and validator of one uid share a data folder. */
	readonly blobs: BlobFolder;
	readonly checkpoints: CheckpointFolder;
	readonly heldOutLoss: HeldOutLoss;
	readonly validatorUid: number;
	readonly log: Logger;
}

/** Every activity of a validator's aggregator, by the name that workflows call it. */
export function createCheckpointActivities(deps: CheckpointDeps) {
	return translated({
		awaitBoundary: createAwaitBoundary(deps),
		planMerge: createPlanMerge(deps),
		collectGradients: createCollectGradients(deps),
		mergeCheckpoint: createMergeCheckpoint(deps),
		publishCheckpoint: createPublishCheckpoint(deps),
		attestCheckpoint: createAttestCheckpoint(deps),
		awaitAnchor: createAwaitAnchor(deps),
	});
}

export type CheckpointActivities = ReturnType<typeof createCheckpointActivities>;
