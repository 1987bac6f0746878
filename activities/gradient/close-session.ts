import type { BlobFolder } from '#activities/blobs.ts';
import type { EnclaveClient } from '#activities/gradient/ports.ts';
import { beating } from '#activities/heartbeat.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { decodePayload, payloadDigest } from '#core/gradient/payload.ts';

/** The signed payload is in the blob folder, under its digest, and its state file under `state_after`. */
export interface SignedPayload {
	readonly payloadSha256: string;
	/** Ed25519, hexadecimal; public as soon as it is submitted. */
	readonly signature: string;
}

/** Closes the session: the enclave ranks, rates and signs. Repeating it brings the same bytes. */
export function createCloseSession(deps: { readonly enclave: Pick<EnclaveClient, 'close' | 'state'>; readonly blobs: Pick<BlobFolder, 'write'> }) {
	return async function closeSession({ session }: { readonly session: string }): Promise<SignedPayload> {
		return beating(
			() => 'closing',
			async (signal) => {
				const answer = await deps.enclave.close(session, signal);
				const payload = fromHex(answer.payload);
				const state = await deps.enclave.state(session, signal);
				// Before anything is submitted: the next window's copies are found by it.
				await deps.blobs.write(toHex(decodePayload(payload).header.stateAfter), state);
				const payloadSha256 = toHex(payloadDigest(payload));
				await deps.blobs.write(payloadSha256, payload);
				return { payloadSha256, signature: answer.signature };
			},
		);
	};
}
