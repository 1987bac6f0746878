/** Pages of unary lists: how many items, and where the next page begins. */
import { invalidArgument } from '#devnet/rpc/rpc-error.ts';

/** Those of sui-rpc-api `state_service`. */
const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;
const MAX_PAGE_BYTES = 512 * 1024;

export function pageSize(asked: number | undefined, byDefault = DEFAULT_PAGE, most = MAX_PAGE): number {
	return Math.min(Math.max(asked ?? byDefault, 1), most);
}

/** Tokens of one question: one that another question gave is refused, as Sui's node does. */
export class PageTokens {
	readonly #prefix: string;

	constructor(...question: readonly (string | undefined)[]) {
		this.#prefix = `${JSON.stringify(question)} `;
	}

	/** @param key of the item that the next page begins with */
	write(key: string): Uint8Array {
		return new TextEncoder().encode(this.#prefix + key);
	}

	/** Throws INVALID_ARGUMENT. */
	read(token: Uint8Array): string {
		const text = new TextDecoder().decode(token);
		const key = text.slice(this.#prefix.length);
		if (!text.startsWith(this.#prefix) || key === '' || !/^[\x21-\x7e]+$/.test(key)) throw invalidArgument('invalid page_token');
		return key;
	}
}

export interface PageRequest {
	readonly pageSize?: number;
	readonly pageToken?: Uint8Array;
}

export interface Page<M> {
	readonly messages: M[];
	readonly nextPageToken: Uint8Array | undefined;
}

/**
 * One page of `items`, which are in order of their keys. A page ends early when its messages reach half a megabyte.
 * Throws INVALID_ARGUMENT for a token of another question.
 */
export function pageOf<T, M extends object>(
	items: readonly T[],
	keyOf: (item: T) => string,
	request: PageRequest,
	tokens: PageTokens,
	message: { render(item: T): M; size(message: M): number },
): Page<M> {
	const size = pageSize(request.pageSize);
	const first = request.pageToken === undefined ? '' : tokens.read(request.pageToken);
	const rest = items.filter((item) => keyOf(item) >= first);
	const messages: M[] = [];
	let bytes = 0;
	for (const item of rest) {
		if (messages.length >= size || bytes >= MAX_PAGE_BYTES) return { messages, nextPageToken: tokens.write(keyOf(item)) };
		const rendered = message.render(item);
		bytes += message.size(rendered);
		messages.push(rendered);
	}
	return { messages, nextPageToken: undefined };
}
