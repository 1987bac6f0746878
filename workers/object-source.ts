import type { ObjectSource } from '#activities/gradient/ports.ts';
import type { EndpointPolicy } from '#clients/objects/endpoint-policy.ts';
import { createS3ObjectStore } from '#clients/objects/s3-object-store.ts';
import { fromHex } from '#core/bytes.ts';
import { registerSecret } from '#runtime/redact.ts';

/** For one transfer, first byte to last; the activity's startToClose is longer. */
export const TRANSFER_BUDGET_MS = 60_000;

/** Miners' stores. Their credentials are redacted from here on wherever this process logs. */
export function objectSource(policy: EndpointPolicy): ObjectSource {
	const store = createS3ObjectStore();
	return {
		async fetch({ credentials, key, maxBytes, sha256, signal }) {
			registerSecret(credentials.secretAccessKey);
			const { bytes, lastModified } = await store.getObjectLimited({
				credentials,
				key,
				maxBytes,
				expectedSha256: fromHex(sha256),
				timeBudgetMs: TRANSFER_BUDGET_MS,
				policy,
				signal,
			});
			return { bytes, lastModifiedMs: lastModified?.getTime() };
		},
	};
}
