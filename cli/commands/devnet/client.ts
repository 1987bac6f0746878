/** Asks a running devnet for what its explorer knows. */
import { ERRORS, type ErrorCode, VramhubError } from '#core/errors.ts';

export const DEFAULT_URL = 'http://127.0.0.1:9000';

export interface DevnetUrlFlags {
	readonly json: boolean;
	readonly url: string;
}

/** Throws CHAIN_UNAVAILABLE when nothing answers there, and what the devnet answered when that is an error. */
export async function ask<T>(url: string, path: string, body?: unknown): Promise<T> {
	let response: Response;
	try {
		response = await fetch(new URL(path, url), {
			headers: { accept: 'application/json' },
			...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
		});
	} catch (cause) {
		if (!URL.canParse(url)) throw new VramhubError('BAD_ARGUMENT', `--url: ${url} is no address`, { cause });
		throw new VramhubError('CHAIN_UNAVAILABLE', `no devnet answers at ${url}; start one with vramhub devnet`, { cause });
	}
	const text = await response.text();
	const answer = parsed(text);
	if (response.ok && answer !== undefined) return answer as T;
	const error = (answer as { error?: string | { code?: string; message?: string } } | undefined)?.error ?? {};
	if (typeof error === 'string') throw new VramhubError('BAD_ARGUMENT', error.trim());
	const { code, message } = error;
	if (code !== undefined && Object.hasOwn(ERRORS, code)) throw new VramhubError(code as ErrorCode, message ?? code);
	throw new VramhubError('CHAIN_UNAVAILABLE', `${url} is no devnet: it answered ${response.status} ${text.slice(0, 200)}`);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
