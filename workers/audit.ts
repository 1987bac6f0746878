import type { AuditStore } from '#activities/checkpoint/ports.ts';
import type { PublishedGradients } from '#activities/gradient/ports.ts';
import { type AuditPlace, auditGradientKey, auditPrefix, readPublished } from '#clients/objects/audit.ts';
import type { ObjectStore } from '#clients/objects/s3-object-store.ts';
import { fromHex } from '#core/bytes.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';
import { checkpointObjectKey } from '#core/gradient/layout.ts';
import { readValidatorSecrets, type ValidatorSecrets } from '#runtime/validator-secrets.ts';
import { TRANSFER_BUDGET_MS } from '#workers/object-source.ts';
import type { DaemonOperator } from '#workers/operator.ts';

/** What a local network's folder has of the operator's validator; undefined elsewhere, and of a validator that is not of that folder. */
export async function localSecrets({ deployment, validatorUid }: DaemonOperator): Promise<ValidatorSecrets | undefined> {
	const isOurs = deployment.kind === 'local' && deployment.book.validators.some(({ uid }) => uid === validatorUid);
	return isOurs ? readValidatorSecrets(deployment.data, validatorUid) : undefined;
}

const SETTINGS = ['VRAMHUB_R2_ENDPOINT', 'VRAMHUB_R2_BUCKET', 'VRAMHUB_R2_ACCESS_KEY_ID', 'VRAMHUB_R2_SECRET_ACCESS_KEY'] as const;

/** Write access to the validator's prefix of the audit bucket: of a local network's folder, else VRAMHUB_R2_…. Undefined when one of these is not set. */
export async function auditAccess(operator: DaemonOperator): Promise<StorageCredentials | undefined> {
	const local = (await localSecrets(operator))?.auditStore;
	const isSet = SETTINGS.every((name) => operator.configuration.get(name) !== undefined);
	return local ?? (isSet ? accessOfSettings(operator) : undefined);
}

/** As {@link auditAccess}, but throws BAD_CONFIGURATION that names what is not set. */
export async function requireAuditAccess(operator: DaemonOperator): Promise<StorageCredentials> {
	return (await localSecrets(operator))?.auditStore ?? accessOfSettings(operator);
}

function accessOfSettings({ configuration, validatorUid }: DaemonOperator): StorageCredentials {
	return {
		endpoint: configuration.require('VRAMHUB_R2_ENDPOINT'),
		bucket: configuration.require('VRAMHUB_R2_BUCKET'),
		accessKeyId: configuration.require('VRAMHUB_R2_ACCESS_KEY_ID'),
		secretAccessKey: configuration.require('VRAMHUB_R2_SECRET_ACCESS_KEY'),
		// Where others look for it.
		prefix: auditPrefix(validatorUid),
	};
}

export function publishedGradients(store: ObjectStore, place: AuditPlace | undefined): PublishedGradients {
	return {
		async fetch({ sha256, size, validatorUids, signal }) {
			if (place === undefined) throw new VramhubError('OBJECT_UNAVAILABLE', 'the settings do not say where validators publish');
			const of = { ...place, validatorUids: validatorUids ?? place.validatorUids };
			return readPublished(store, of, { key: auditGradientKey(sha256), sha256: fromHex(sha256), maxBytes: size, signal });
		},
	};
}

export function auditStore(store: ObjectStore, credentials: StorageCredentials): AuditStore {
	const put = (key: string, bytes: Uint8Array, signal: AbortSignal) => store.putObject({ credentials, key, bytes, timeBudgetMs: TRANSFER_BUDGET_MS, signal });
	return {
		putCheckpoint: (boundary, bytes, signal) => put(checkpointObjectKey(boundary), bytes, signal),
		async putGradient(sha256, bytes, signal) {
			const key = auditGradientKey(sha256);
			// The validator publishes what it brings, the aggregator what was selected of it: the same object, from two processes.
			if ((await sizeOf(store, credentials, key, signal)) !== bytes.length) await put(key, bytes, signal);
		},
	};
}

/** Nobody else writes below the prefix, and an upload is there in full or not at all, so the size tells. Undefined when it cannot be known. */
async function sizeOf(store: ObjectStore, credentials: StorageCredentials, key: string, signal: AbortSignal): Promise<number | undefined> {
	try {
		return await store.sizeOf({ credentials, key, timeBudgetMs: TRANSFER_BUDGET_MS, signal });
	} catch (error) {
		if (isVramhubError(error) && (error.code === 'OBJECT_MISSING' || error.code === 'OBJECT_FORBIDDEN')) return undefined;
		throw error;
	}
}
