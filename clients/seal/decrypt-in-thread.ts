import { Worker } from 'node:worker_threads';
import type { CredentialsDecryptor, RegisteredCredentials } from '#clients/seal/decrypt-credentials.ts';
import type { SealSettings } from '#clients/seal/encrypted-object.ts';
import type { PolicyObjects } from '#clients/seal/policy-call.ts';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import type { StorageCredentials } from '#core/gradient/credentials.ts';

export interface DecryptionThreadData extends SealSettings {
	readonly rpcUrl: string;
	readonly objects: PolicyObjects;
	/** `suiprivkey1…` of the validator's operator, or of its delegate. */
	readonly secretKey: string;
}

export interface DecryptionJob {
	readonly id: number;
	readonly registered: RegisteredCredentials;
}

export type DecryptionReply =
	| { readonly id: number; readonly credentials: StorageCredentials }
	| { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

/**
 * {@link CredentialsDecryptor} in a thread of its own. The Seal client checks each key with pairings, a tenth of a second of pure computation for each key of
 * each server: in the worker's own loop a window of many miners would stop heartbeats, and downloads would be given up whose bytes have long arrived.
 * The thread starts with the first call; one that dies is replaced by the next call, and what it was asked fails with SEAL_UNAVAILABLE.
 */
export function createCredentialsDecryptorInThread(data: DecryptionThreadData): CredentialsDecryptor {
	const pending = new Map<number, PromiseWithResolvers<StorageCredentials>>();
	let thread: Worker | undefined;
	let nextId = 0;

	const settle = (id: number): PromiseWithResolvers<StorageCredentials> | undefined => {
		const answer = pending.get(id);
		pending.delete(id);
		// Idle, it keeps no process alive.
		if (pending.size === 0) thread?.unref();
		return answer;
	};
	const start = (): Worker => {
		const started = new Worker(new URL('./decrypt-thread.ts', import.meta.url), { workerData: data, name: 'seal' });
		started.on('message', (reply: DecryptionReply) => {
			const answer = settle(reply.id);
			if ('credentials' in reply) answer?.resolve(reply.credentials);
			else answer?.reject(new VramhubError(reply.error.code, reply.error.message));
		});
		let why = 'it ended';
		started.on('error', (error) => {
			why = error instanceof Error ? error.constructor.name : 'an error';
		});
		started.on('exit', () => {
			if (thread === started) thread = undefined;
			for (const id of [...pending.keys()]) settle(id)?.reject(new VramhubError('SEAL_UNAVAILABLE', `the thread that decrypts credentials is gone (${why})`));
		});
		return started;
	};

	return {
		decrypt(registered) {
			thread ??= start();
			const id = nextId++;
			const answer = Promise.withResolvers<StorageCredentials>();
			pending.set(id, answer);
			thread.ref();
			thread.postMessage({ id, registered } satisfies DecryptionJob);
			return answer.promise;
		},
	};
}
