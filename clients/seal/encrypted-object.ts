import { EncryptedObject } from '@mysten/seal';
import { equalBytes, fromHex, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { MAX_CIPHERTEXT_LENGTH } from '#core/gradient/credentials.ts';
import { encodeSealIdentity, type SealIdentity } from '#core/seal-identity.ts';

/** What a network fixes for every ciphertext of credentials. */
export interface SealSettings {
	/** First version of the package; identities are under it. */
	readonly packageId: string;
	/** Object ids of the key servers; each has weight 1. */
	readonly keyServers: readonly string[];
	readonly threshold: number;
}

/**
 * Refuses a ciphertext that is not exactly what this identity's owner must have registered, before any key is asked for.
 * A miner wrote it: with another package, identity or set of servers it could make validators ask for keys that it chooses, with a lower
 * threshold let one server read it, and without the identity as additional data pass another's ciphertext off as its own.
 * @throws SEAL_BAD_CIPHERTEXT
 */
export function checkCiphertext(ciphertext: Uint8Array, identity: SealIdentity, settings: SealSettings): void {
	if (ciphertext.length > MAX_CIPHERTEXT_LENGTH) throw bad(`is longer than ${MAX_CIPHERTEXT_LENGTH} bytes`);
	const object = parse(ciphertext);
	if (object.version !== 0) throw bad('has another version');
	if (object.packageId !== settings.packageId) throw bad('is for another package');
	const id = encodeSealIdentity(identity);
	if (object.id !== toHex(id)) throw bad('is for another identity');
	if (object.threshold !== settings.threshold) throw bad('has another threshold');
	const servers = object.services.map(([objectId]) => objectId);
	if (servers.length !== settings.keyServers.length || !settings.keyServers.every((server) => servers.includes(server))) throw bad('is for other key servers');
	if (new Set(object.services.map(([, index]) => index)).size !== servers.length) throw bad('repeats a share');
	if (object.encryptedShares.BonehFranklinBLS12381?.encryptedShares.length !== servers.length) throw bad('has a wrong number of shares');
	const sealed = object.ciphertext.Aes256Gcm;
	if (sealed === undefined) throw bad('is not AES-256-GCM');
	if (sealed.aad === null || sealed.aad === undefined || !equalBytes(Uint8Array.from(sealed.aad), id)) throw bad('has other additional data than its identity');
}

function parse(bytes: Uint8Array): ReturnType<typeof EncryptedObject.parse> {
	try {
		const object = EncryptedObject.parse(bytes);
		if (equalBytes(EncryptedObject.serialize(object).toBytes(), bytes)) return object;
	} catch {
		// Said below.
	}
	throw bad('does not parse');
}

function bad(why: string): VramhubError {
	return new VramhubError('SEAL_BAD_CIPHERTEXT', `the registered ciphertext ${why}`);
}

/** Identity in the form that Seal's client takes. */
export const sealId = (identity: SealIdentity) => toHex(encodeSealIdentity(identity));
export const sealIdBytes = (id: string) => fromHex(id);
