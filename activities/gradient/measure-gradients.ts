import { type BlobFolder, requireBlob } from '#activities/blobs.ts';
import type { EnclaveClient } from '#activities/gradient/ports.ts';
import { resuming } from '#activities/heartbeat.ts';
import { MINER_CODE, minerCodeName } from '#core/gradient/codes.ts';
import type { Logger } from '#runtime/log.ts';

/** A gradient in this validator's blob folder. */
export interface StoredGradient {
	readonly uid: number;
	readonly sha256: string;
}

export interface GradientsRequest {
	readonly session: string;
	readonly window: string;
	readonly gradients: readonly StoredGradient[];
}

export interface Measured {
	readonly uid: number;
	/** 0, or the proven code that it was rejected with. */
	readonly code: number;
}

/** The first pass: the enclave decodes each gradient and takes its norm. */
export function createMeasureGradients(deps: {
	readonly enclave: Pick<EnclaveClient, 'measure'>;
	readonly blobs: Pick<BlobFolder, 'read'>;
	readonly log: Logger;
}) {
	return async function measureGradients({ session, window, gradients }: GradientsRequest): Promise<Measured[]> {
		return resuming(gradients, async ({ uid, sha256 }, signal) => {
			const { code, norm } = await deps.enclave.measure(session, uid, await requireBlob(deps.blobs, sha256), signal);
			if (code === MINER_CODE.scored) deps.log.debug('Gradient measured', { miner_uid: uid, norm, window });
			else deps.log.warn('Gradient rejected', { miner_uid: uid, reason: minerCodeName(code), code, window });
			return { uid, code };
		});
	};
}
