import { SealClient, SessionKey } from '@mysten/seal';
import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import { equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { decodeCredentials, type StorageCredentials } from '#core/gradient/credentials.ts';
import { checkCiphertext, type SealSettings, sealId, sealIdBytes } from './encrypted-object.ts';
import { translateSealError } from './errors.ts';
import { type PolicyCall, type PolicyObjects, preparePolicyCall } from './policy-call.ts';

export interface CredentialsDecryptorOptions extends SealSettings {
	readonly suiClient: ClientWithCoreApi;
	readonly objects: PolicyObjects;
	/** Of the validator's operator, or of its delegate. */
	readonly signer: Signer;
	/** Whose policy the key servers are to ask, when that changes with upgrades of the package. Default: the package that defines the identities. */
	readonly policyPackage?: () => Promise<string>;
	/** For one question to one key server. */
	readonly timeoutMs?: number;
}

export interface RegisteredCredentials {
	readonly uid: number;
	readonly generation: number;
	readonly credVersion: number;
	/** As the chain has it. */
	readonly ciphertext: Uint8Array;
}

export interface CredentialsDecryptor {
	/**
	 * Calls made at the same time ask for their keys together. A version's keys are asked for once; they and what they opened are kept in memory,
	 * the latest version of each miner.
	 * @throws SEAL_BAD_CIPHERTEXT, SEAL_NO_ACCESS, SEAL_UNAVAILABLE, CREDENTIALS_MALFORMED
	 */
	decrypt(registered: RegisteredCredentials): Promise<StorageCredentials>;
}

/** A key server takes 100 in one request. With fewer the first miners' objects are on their way while the keys of the others are still asked for. */
const MAX_IDS = 20;
const SESSION_MINUTES = 10;
/** A session is not used in its last minute: a request must not expire under way. */
const SESSION_MARGIN_MS = 60_000;
/** For a busy machine: twenty keys cost a server about a second. */
const DEFAULT_TIMEOUT_MS = 30_000;

export function createCredentialsDecryptor(options: CredentialsDecryptorOptions): CredentialsDecryptor {
	const { suiClient, packageId, objects, keyServers, threshold, signer, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
	const { policyPackage = async () => packageId } = options;
	if (threshold < 1 || threshold > keyServers.length) throw new VramhubError('BAD_ARGUMENT', `a threshold of ${threshold} of ${keyServers.length} key servers`);
	let seal: Promise<VerifiedClient> | undefined;
	let policy: Promise<{ readonly package: string; readonly call: PolicyCall }> | undefined;
	/** By uid. Opening costs pairings, a tenth of a second for each miner in each window; whoever has the keys in memory has this as well. */
	const opened = new Map<number, { readonly ciphertext: Uint8Array; readonly id: string; readonly credentials: StorageCredentials }>();
	let session: { readonly key: Promise<SessionKey>; readonly until: number } | undefined;

	/** One promise for everybody, and none kept that failed. */
	const sealClient = () => {
		seal ??= openVerified(suiClient, keyServers, threshold, timeoutMs).catch((error) => {
			seal = undefined;
			throw error;
		});
		return seal;
	};
	const currentPolicy = () => {
		if (policy === undefined) {
			policy = policyPackage().then(async (asked) => ({ package: asked, call: await preparePolicyCall(suiClient, asked, objects) }));
			policy.catch(() => {
				policy = undefined;
			});
		}
		return policy;
	};
	/** After a refusal: whether another version of the package has taken over. */
	const isSuperseded = async (asked: string) => {
		if ((await policyPackage()) === asked) return false;
		policy = undefined;
		return true;
	};
	const sessionKey = () => {
		if (session === undefined || session.until < Date.now()) {
			const key = SessionKey.create({ address: signer.toSuiAddress(), packageId, ttlMin: SESSION_MINUTES, signer, suiClient });
			session = { key, until: Date.now() + SESSION_MINUTES * 60_000 - SESSION_MARGIN_MS };
			key.catch(() => {
				session = undefined;
			});
		}
		return session.key;
	};

	const fetchKeys = async (ids: readonly string[]): Promise<void> => {
		const [verified, asked, key] = await Promise.all([sealClient(), currentPolicy(), sessionKey()]);
		try {
			await verified.client.fetchKeys({ ids: [...ids], txBytes: await asked.call(ids.map(sealIdBytes)), sessionKey: key, threshold });
			for (const id of ids) verified.held.add(id);
		} catch (error) {
			const translated = translateSealError(error);
			if (translated.code === 'SEAL_UNAVAILABLE') {
				// A server may say that the session is over; and servers that were down at the start may be up by now.
				session = undefined;
				if (!verified.complete) seal = undefined;
			}
			if (translated.code === 'SEAL_NO_ACCESS' && (await isSuperseded(asked.package))) return fetchKeys(ids);
			throw translated;
		}
	};
	const keysOf = batched(MAX_IDS, fetchKeys);

	return {
		async decrypt({ uid, generation, credVersion, ciphertext }) {
			const identity = { network: objects.network, kind: 'minerCredentials', uid, generation, credVersion } as const;
			checkCiphertext(ciphertext, identity, options);
			const id = sealId(identity);
			const known = opened.get(uid);
			if (known?.id === id && equalBytes(known.ciphertext, ciphertext)) return known.credentials;
			try {
				// Asked for by itself, an identity whose keys are held would make its whole batch be fetched again.
				if (!(await sealClient()).held.has(id)) await keysOf(id);
				const [{ client }, { call }, key] = await Promise.all([sealClient(), currentPolicy(), sessionKey()]);
				const txBytes = await call([sealIdBytes(id)]);
				// Its keys are in the client's memory now. The check makes sure that all validators read the same, whichever servers they ask.
				const plain = await client.decrypt({ data: ciphertext, sessionKey: key, txBytes, checkShareConsistency: true });
				const credentials = decodeCredentials(plain);
				opened.set(uid, { ciphertext, id, credentials });
				return credentials;
			} catch (error) {
				throw translateSealError(error);
			}
		},
	};
}

interface VerifiedClient {
	readonly client: SealClient;
	/** Whether every key server of the network is in it. */
	readonly complete: boolean;
	/** Identities whose keys it has in memory from enough servers. */
	readonly held: Set<string>;
}

/**
 * A client of those servers that prove now that they hold their keys. Seal's own check wants all of them, so that one server that
 * is down would stop every validator that starts; here the threshold decides. Fewer: SEAL_UNAVAILABLE.
 */
async function openVerified(suiClient: ClientWithCoreApi, keyServers: readonly string[], threshold: number, timeout: number): Promise<VerifiedClient> {
	const open = (ids: readonly string[], verifyKeyServers: boolean) =>
		new SealClient({ suiClient, serverConfigs: ids.map((objectId) => ({ objectId, weight: 1 })), verifyKeyServers, timeout });
	const proofs = await Promise.allSettled(keyServers.map((id) => open([id], true).getKeyServers()));
	const verified = keyServers.filter((_, i) => proofs[i]?.status === 'fulfilled');
	if (verified.length < threshold)
		throw new VramhubError(
			'SEAL_UNAVAILABLE',
			`${verified.length} of ${keyServers.length} key servers proved that they hold their key; ${threshold} are needed`,
		);
	return { client: open(verified, false), complete: verified.length === keyServers.length, held: new Set() };
}

/**
 * Collects what is asked for in one turn of the event loop. When a batch is refused, it is halved: one miner whose policy says no must
 * not take the keys of the others with it.
 */
function batched(size: number, fetchAll: (ids: readonly string[]) => Promise<void>): (id: string) => Promise<void> {
	const waiting = new Map<string, PromiseWithResolvers<void>>();

	const settle = async (ids: readonly string[], answers: ReadonlyMap<string, PromiseWithResolvers<void>>): Promise<void> => {
		try {
			await fetchAll(ids);
			for (const id of ids) answers.get(id)!.resolve();
		} catch (error) {
			const translated = translateSealError(error);
			if (ids.length === 1 || translated.code !== 'SEAL_NO_ACCESS') for (const id of ids) answers.get(id)!.reject(translated);
			else {
				const middle = ids.length >> 1;
				await settle(ids.slice(0, middle), answers);
				await settle(ids.slice(middle), answers);
			}
		}
	};
	const flush = async () => {
		const answers = new Map(waiting);
		waiting.clear();
		const ids = [...answers.keys()];
		for (let i = 0; i < ids.length; i += size) await settle(ids.slice(i, i + size), answers);
	};
	return (id) => {
		if (waiting.size === 0) setImmediate(() => void flush());
		const known = waiting.get(id);
		if (known !== undefined) return known.promise;
		const answer = Promise.withResolvers<void>();
		waiting.set(id, answer);
		return answer.promise;
	};
}
