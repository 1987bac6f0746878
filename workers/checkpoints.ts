import type { ChainReader } from '#clients/chain/port.ts';
import type { AuditPlace } from '#clients/objects/audit.ts';
import { createCheckpointSource } from '#clients/objects/checkpoint-source.ts';
import { type EndpointPolicy, PUBLIC_HTTPS } from '#clients/objects/endpoint-policy.ts';
import { toHex } from '#core/bytes.ts';
import { HPARAM_SPECS } from '#core/gradient/hparams.ts';
import type { NetworkView } from '#runtime/deployment.ts';
import { checkpointsFolder } from '#runtime/state-folder.ts';
import type { FindCheckpoint } from '#workers/model-files.ts';

export interface StoreOptions {
	readonly book: NetworkView;
	/** Object stores that may be reached though they are not public https. Default: that of the address book. */
	readonly objectOrigins?: readonly string[];
}

/** The store of a network of this machine listens on loopback without TLS; any other endpoint meets the public rules. */
export function storePolicy({ book, objectOrigins }: StoreOptions): EndpointPolicy {
	const origins = objectOrigins ?? (book.objectStore === undefined ? [] : [new URL(book.objectStore.endpoint).origin]);
	return origins.length === 0 ? PUBLIC_HTTPS : { kind: 'devnet', allowedOrigins: origins };
}

const MOST_VALIDATORS = Number(HPARAM_SPECS.find(([name]) => name === 'max_validators')![3]);

/** Where validators publish. An operator's settings know its own validator alone, so whoever is not in the address book is tried after those that are. */
export function auditPlace(options: StoreOptions): AuditPlace | undefined {
	const { objectStore, validators } = options.book;
	if (objectStore === undefined) return undefined;
	const uids = new Set([...validators.map(({ uid }) => uid), ...Array.from({ length: MOST_VALIDATORS }, (_, uid) => uid)]);
	return { endpoint: objectStore.endpoint, bucket: objectStore.auditBucket, validatorUids: [...uids], policy: storePolicy(options) };
}

/** Anchored checkpoints by their hash: from this validator's folder, else from whoever publishes them. */
export function anchoredCheckpoints(
	place: AuditPlace | undefined,
	data: string,
	validatorUid: number,
	chain: Pick<ChainReader, 'checkpoints'>,
): FindCheckpoint {
	const source = place && createCheckpointSource({ ...place, folder: checkpointsFolder(data, validatorUid) });
	return async (sha256) => {
		const anchor = (await chain.checkpoints()).find(({ hash }) => toHex(hash) === sha256);
		return anchor && source && new Uint8Array(await source.fetch(anchor.boundary, anchor.hash));
	};
}
