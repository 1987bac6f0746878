import type { BlobFolder } from '#activities/blobs.ts';
import { translated } from '#activities/failure.ts';
import { createAwaitTurn } from '#activities/gradient/await-turn.ts';
import { createAwaitWindowOpen } from '#activities/gradient/await-window-open.ts';
import { createAwaitWindowSealable } from '#activities/gradient/await-window-sealable.ts';
import { createCloseSession } from '#activities/gradient/close-session.ts';
import { createEnsureEnclaveRegistered } from '#activities/gradient/ensure-enclave-registered.ts';
import { createFetchGradients } from '#activities/gradient/fetch-gradients.ts';
import { createFinalizeWindow } from '#activities/gradient/finalize-window.ts';
import { createFreezeSession } from '#activities/gradient/freeze-session.ts';
import { createMeasureGradients } from '#activities/gradient/measure-gradients.ts';
import { createOpenSession } from '#activities/gradient/open-session.ts';
import type { CredentialsDecryptor, EnclaveClient, GradientPublisher, ModelFiles, ObjectSource, PublishedGradients } from '#activities/gradient/ports.ts';
import { createProcessGradients } from '#activities/gradient/process-gradients.ts';
import { createReadSealedWindow } from '#activities/gradient/read-sealed-window.ts';
import { createReadWindowResult } from '#activities/gradient/read-window-result.ts';
import { createSealWindow } from '#activities/gradient/seal-window.ts';
import { createSubmitScores } from '#activities/gradient/submit-scores.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import type { Logger } from '#runtime/log.ts';

export interface GradientDeps {
	readonly chain: ChainReader;
	readonly writer: ChainWriter;
	readonly decryptor: CredentialsDecryptor;
	readonly objects: ObjectSource;
	/** Undefined where the settings do not say where validators publish. */
	readonly published: PublishedGradients | undefined;
	/** Undefined where the settings have no access for this validator: then it publishes nothing. */
	readonly audit: GradientPublisher | undefined;
	readonly enclave: EnclaveClient;
	readonly files: ModelFiles;
	readonly blobs: BlobFolder;
	readonly validatorUid: number;
	/** The first payload from this window on starts anew, without the earlier ratings; undefined as a rule. */
	readonly resetWindow?: bigint | undefined;
	readonly log: Logger;
}

/** Every activity of the gradient family's validator, by the name that workflows call it. */
export function createGradientActivities(deps: GradientDeps) {
	return translated({
		awaitWindowOpen: createAwaitWindowOpen(deps),
		awaitWindowSealable: createAwaitWindowSealable(deps),
		sealWindow: createSealWindow(deps),
		readSealedWindow: createReadSealedWindow(deps),
		fetchGradients: createFetchGradients(deps),
		ensureEnclaveRegistered: createEnsureEnclaveRegistered(deps),
		awaitTurn: createAwaitTurn(deps),
		openSession: createOpenSession(deps),
		measureGradients: createMeasureGradients(deps),
		freezeSession: createFreezeSession(deps),
		processGradients: createProcessGradients(deps),
		closeSession: createCloseSession(deps),
		submitScores: createSubmitScores(deps),
		readWindowResult: createReadWindowResult(deps),
		finalizeWindow: createFinalizeWindow(deps),
	});
}

export type GradientActivities = ReturnType<typeof createGradientActivities>;
