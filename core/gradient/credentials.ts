import { VramhubError } from '#core/errors.ts';

/** Read-only access to one miner's prefix. Exists in memory only; encrypted with Seal as UTF-8 JSON with exactly these keys. */
export interface StorageCredentials {
	readonly endpoint: string;
	readonly bucket: string;
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
	/** Ends in `/` or is empty. */
	readonly prefix: string;
}

/** Longest plaintext that is encrypted, bytes. */
export const MAX_CREDENTIALS_LENGTH = 1024;
/** Longest ciphertext that the chain stores, bytes. */
export const MAX_CIPHERTEXT_LENGTH = 2048;

const KEYS = ['accessKeyId', 'bucket', 'endpoint', 'prefix', 'secretAccessKey'] as const;

export function encodeCredentials(credentials: StorageCredentials): Uint8Array {
	const bytes = new TextEncoder().encode(JSON.stringify(Object.fromEntries(KEYS.map((key) => [key, credentials[key]]))));
	if (bytes.length > MAX_CREDENTIALS_LENGTH) throw new VramhubError('BAD_ARGUMENT', `credentials of ${bytes.length} bytes; at most ${MAX_CREDENTIALS_LENGTH}`);
	return bytes;
}

/** Throws CREDENTIALS_MALFORMED; the message never repeats what was read. */
export function decodeCredentials(bytes: Uint8Array): StorageCredentials {
	if (bytes.length > MAX_CREDENTIALS_LENGTH) throw new VramhubError('CREDENTIALS_MALFORMED', 'the credentials are too long');
	let value: unknown;
	try {
		value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch {
		throw new VramhubError('CREDENTIALS_MALFORMED', 'the credentials are not JSON');
	}
	if (typeof value !== 'object' || value === null) throw new VramhubError('CREDENTIALS_MALFORMED', 'the credentials are not an object');
	const record = value as Record<string, unknown>;
	if (Object.keys(record).sort().join() !== KEYS.join())
		throw new VramhubError('CREDENTIALS_MALFORMED', 'the credentials have other keys than the protocol defines');
	for (const key of KEYS) if (typeof record[key] !== 'string') throw new VramhubError('CREDENTIALS_MALFORMED', `credentials: ${key} is not text`);
	const credentials = record as unknown as StorageCredentials;
	if (credentials.prefix !== '' && !credentials.prefix.endsWith('/')) throw new VramhubError('CREDENTIALS_MALFORMED', 'credentials: prefix does not end in /');
	return credentials;
}
