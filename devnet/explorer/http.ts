/**
 * The explorer and what the commands ask for, at the devnet's own address. The same path gives a page to a browser and data to who asks for
 * `application/json`:
 *
 *   GET /  ·  /transaction/DIGEST  ·  /transaction/DIGEST/trace  ·  /object/ID  ·  /object/PACKAGE/MODULE  ·  /address/ADDRESS  ·  /accounts
 *   GET /search?q=…  ·  POST /trace {"transaction": base64, "detail", "limit"} traces a dry run
 *
 * Traces take `?instructions=1` and `?limit=N`.
 */
import { z } from 'zod';
import { ERRORS, EXIT, errorToJson, isVramhubError, VramhubError } from '#core/errors.ts';
import type { DevelopmentAccount } from '#devnet/accounts.ts';
import { type Html, layout } from '#devnet/explorer/html.ts';
import { moduleView } from '#devnet/explorer/module-view.ts';
import { addressView, objectView } from '#devnet/explorer/object-view.ts';
import { addressPage, chainPage, dryRunPage, errorPage, modulePage, objectPage, packagePage, parentPage, transactionPage } from '#devnet/explorer/pages.ts';
import { chainView, dryRunView, transactionView } from '#devnet/explorer/transaction-view.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { PlainHandler } from '#devnet/rpc/server.ts';
import { DEFAULT_TRACE_LIMIT, MAX_TRACE_LIMIT, type TraceOptions, type TransactionTrace, traceSimulation, traceTransaction } from '#devnet/trace/trace.ts';

interface Answer {
	readonly json: unknown;
	readonly title: string;
	readonly page: Html;
}

export interface Explored {
	readonly ledger: Ledger;
	readonly accounts: readonly DevelopmentAccount[];
}

export function explorerHttp(explored: Explored): PlainHandler {
	const { ledger } = explored;
	return async (request, response, body) => {
		const url = new URL(request.url ?? '/', 'http://devnet');
		const parts = url.pathname.split('/').slice(1).map(decoded);
		const send = async (status: number, answer: Answer, asJson: boolean) => {
			const text = asJson ? `${JSON.stringify(answer.json, plain)}\n` : String(await layout(answer.title, ledger.chainId, answer.page));
			response.writeHead(status, {
				'content-type': asJson ? 'application/json' : 'text/html; charset=utf-8',
				'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'",
				'cache-control': 'no-store',
			});
			response.end(text);
			return true;
		};
		const asJson = request.method === 'POST' || (request.headers.accept ?? '').includes('application/json');
		try {
			if (request.method === 'POST' && url.pathname === '/trace') return await send(200, traced(ledger, await body()), true);
			if (request.method !== 'GET') return false;
			if (parts[0] === 'search') {
				response.writeHead(302, { location: placeOf(ledger, url.searchParams.get('q') ?? '') }).end();
				return true;
			}
			const answer = answerTo(explored, parts, url.searchParams);
			return answer === undefined ? false : await send(200, answer, asJson);
		} catch (error) {
			const failure = error instanceof RejectedTransaction ? new VramhubError('CHAIN_REJECTED', error.message) : error;
			if (!isVramhubError(failure)) throw error;
			const status = ERRORS[failure.code].exit === EXIT.notFound ? 404 : failure.code === 'INVARIANT' ? 500 : 400;
			return send(status, { json: errorToJson(failure), title: 'Error', page: errorPage(failure.code, failure.message) }, asJson);
		}
	};
}

/** Undefined for a path that is not the explorer's. */
function answerTo({ ledger, accounts }: Explored, [kind = '', id, more, ...others]: readonly string[], query: URLSearchParams): Answer | undefined {
	if (others.length > 0 || (id === undefined) !== (kind === '' || kind === 'accounts')) return undefined;
	switch (kind) {
		case '': {
			const chain = chainView(ledger);
			return { json: chain, title: 'Chain', page: chainPage(chain) };
		}
		case 'accounts': {
			const json = accounts.map(({ address, secretKey }) => ({ address, secretKey }));
			return { json, title: 'Accounts', page: errorPage('', 'Ask for application/json.') };
		}
		case 'transaction': {
			const digest = id as string;
			if (more === 'trace') {
				const trace = traceTransaction(ledger, digest, traceOptions(query));
				return { ...transactionAnswer(ledger, trace.digest, trace), json: trace };
			}
			if (more !== undefined) return undefined;
			return transactionAnswer(
				ledger,
				digest,
				attempted(() => traceTransaction(ledger, digest, traceOptions(query))),
			);
		}
		case 'object': {
			if (more !== undefined) {
				const view = moduleView(ledger, id as string, more);
				return { json: view, title: more, page: modulePage(view) };
			}
			const view = objectView(ledger, id as string);
			return { json: view, ...shown(view) };
		}
		case 'address': {
			if (more !== undefined) return undefined;
			const view = addressView(ledger, id as string);
			return { json: view, title: 'Address', page: addressPage(view) };
		}
		default:
			return undefined;
	}
}

function shown(view: ReturnType<typeof objectView>): { title: string; page: Html } {
	switch (view.kind) {
		case 'package':
			return { title: 'Package', page: packagePage(view) };
		case 'parent':
			return { title: 'Dynamic fields', page: parentPage(view) };
		case 'object':
			return { title: 'Object', page: objectPage(view) };
		default:
			return view satisfies never;
	}
}

function transactionAnswer(ledger: Ledger, digest: string, trace: TransactionTrace | VramhubError): Answer {
	const dryRun = ledger.transaction(digest) === undefined ? ledger.dryRuns.get(digest) : undefined;
	if (dryRun !== undefined) {
		const view = dryRunView(ledger.vm, dryRun);
		return { json: view, title: 'Dry run', page: isVramhubError(trace) ? dryRunPage(view, undefined, trace.message) : dryRunPage(view, trace, '') };
	}
	const view = transactionView(ledger, digest);
	const page = isVramhubError(trace) ? transactionPage(view, undefined, trace.message) : transactionPage(view, trace, '');
	return { json: view, title: 'Transaction', page };
}

function attempted<T>(run: () => T): T | VramhubError {
	try {
		return run();
	} catch (error) {
		if (isVramhubError(error)) return error;
		if (error instanceof RejectedTransaction) return new VramhubError('CHAIN_REJECTED', error.message);
		throw error;
	}
}

function traceOptions(query: URLSearchParams): TraceOptions {
	const limit = Number(query.get('limit') ?? DEFAULT_TRACE_LIMIT);
	if (!Number.isInteger(limit) || limit < 2 || limit > MAX_TRACE_LIMIT)
		throw new VramhubError('BAD_ARGUMENT', `limit is a whole number from 2 to ${MAX_TRACE_LIMIT}`);
	return { detail: query.has('instructions') ? 'instructions' : 'calls', limit };
}

const SimulationSchema = z.object({
	/** BCS of a `TransactionData`. */
	transaction: z.base64(),
	detail: z.enum(['calls', 'instructions']).default('calls'),
	limit: z.int().min(2).max(MAX_TRACE_LIMIT).default(DEFAULT_TRACE_LIMIT),
	/** As a simulation without checks: any sender's objects, any function. */
	unchecked: z.boolean().default(false),
});

function traced(ledger: Ledger, body: Buffer): Answer {
	let parsed: z.infer<typeof SimulationSchema>;
	try {
		parsed = SimulationSchema.parse(JSON.parse(body.toString('utf8')));
	} catch (error) {
		throw new VramhubError('BAD_ARGUMENT', error instanceof z.ZodError ? z.prettifyError(error) : 'the body is no JSON');
	}
	const json = traceSimulation(ledger, Buffer.from(parsed.transaction, 'base64'), parsed);
	return { json, title: 'Trace', page: errorPage('', '') };
}

/** Where what was typed is shown: digests are base58, everything else is an id. */
function placeOf(ledger: Ledger, text: string): string {
	const sought = text.trim();
	if (ledger.transaction(sought) !== undefined || ledger.dryRuns.get(sought) !== undefined) return `/transaction/${encodeURIComponent(sought)}`;
	if (!/^(0x)?[0-9a-fA-F]{1,64}$/.test(sought)) return `/transaction/${encodeURIComponent(sought === '' ? '-' : sought)}`;
	const id = `0x${sought.replace(/^0x/, '').toLowerCase().padStart(64, '0')}`;
	return ledger.object(id) === undefined ? `/address/${id}` : `/object/${id}`;
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/** Amounts and versions are text: they may exceed 2^53. */
function plain(_key: string, value: unknown): unknown {
	return typeof value === 'bigint' ? value.toString() : value;
}
