import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One exchange that passes a gate. A rule that answers it itself, or holds it, returns true; else it is forwarded unchanged. */
export interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly body: Buffer;
	/** Sends it on and gives the answer without delivering it. */
	ask(): Promise<{ readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: Buffer }>;
}

export type Rule = (exchange: Exchange) => Promise<boolean> | boolean;

/**
 * An HTTP server between two parts of a network, where a test watches, holds and changes what passes. Headers go through as they are: S3
 * signatures cover the host that the client named.
 */
export class Gate implements AsyncDisposable {
	readonly url: string;
	/** Applied to each exchange; a test replaces it at any time. */
	rule: Rule | undefined;
	readonly #close: () => Promise<void>;

	private constructor(url: string, close: () => Promise<void>) {
		this.url = url;
		this.#close = close;
	}

	static async open(target: string): Promise<Gate> {
		const { hostname, port } = new URL(target);
		const server = createServer((request, response) => {
			response.on('error', () => {});
			void pass(request, response).catch(() => response.destroy());
		});
		server.keepAliveTimeout = 60_000;
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const gate = new Gate(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
			const closed = new Promise((resolve) => server.close(resolve));
			server.closeAllConnections();
			await closed;
		});
		const pass = async (request: IncomingMessage, response: ServerResponse) => {
			const parts: Buffer[] = [];
			for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
			const body = Buffer.concat(parts);
			const send = () =>
				new Promise<IncomingMessage>((resolve, reject) => {
					const { method, url: path, headers } = request;
					httpRequest({ hostname, port, method, path, headers }, resolve).on('error', reject).end(body);
				});
			const ask = async () => {
				const answer = await send();
				const received: Buffer[] = [];
				for await (const part of answer as AsyncIterable<Buffer>) received.push(part);
				return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(received) };
			};
			if (gate.rule !== undefined && (await gate.rule({ request, response, body, ask }))) return;
			const answer = await send();
			response.writeHead(answer.statusCode!, answer.headers);
			answer.on('error', () => response.destroy()).pipe(response);
		};
		return gate;
	}

	/** Resolves with the first exchange that matches, which is then never answered; later ones pass. `before`: what is done with it first. */
	holdNext(matches: (exchange: Exchange) => boolean, before: (exchange: Exchange) => Promise<unknown> = async () => undefined): Promise<Exchange> {
		const held = Promise.withResolvers<Exchange>();
		this.rule = async (exchange) => {
			if (!matches(exchange)) return false;
			this.rule = undefined;
			await before(exchange);
			held.resolve(exchange);
			return true;
		};
		return held.promise;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#close();
	}
}
