import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { connectChain } from '#clients/chain/connect.ts';
import type { ChainReader, PayloadChain, SettledMiner } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { CheckpointResult, WindowResult } from '#core/gradient/messages.ts';
import { checkpointWorkflowId, windowWorkflowId } from '#core/gradient/names.ts';
import { decodePayload, type MinerRow } from '#core/gradient/payload.ts';
import { submissionDeadlineMs, windowStartMs } from '#core/window.ts';
import type { AddressBook } from '#runtime/address-book.ts';
import { logFile } from '#runtime/state-folder.ts';

/** One validator's part of a window, as the chain records it. */
export interface ValidatorWindow {
	readonly uid: number;
	/** Transaction that recorded the payload, base58; null when there is none. */
	readonly transaction: string | null;
	readonly miners: readonly SettledMiner[];
	/** Ratings after the window, out of the payload that the chain keeps; empty when a later one has replaced it. */
	readonly ratings: ReadonlyMap<number, Pick<MinerRow, 'mu' | 'sigma' | 'proofOfWork'>>;
	/** Why there are no scores, and where to read more. */
	readonly failure?: string;
}

export interface ObservedWindow {
	readonly window: bigint;
	/** As the chain has it when the window's time is up, or as soon as it is `final`. */
	readonly state: 'final' | 'unscored' | 'void';
	readonly validators: readonly ValidatorWindow[];
}

export interface ObservedCheckpoint {
	readonly boundary: bigint;
	readonly outcome: CheckpointResult['state'];
	/** Hexadecimal; null unless the outcome is `new`. */
	readonly hash: string | null;
	/** Nats a token, as the aggregator that anchored it computed it. */
	readonly heldOutLoss: number | null;
	readonly transaction: string | null;
}

const POLL_MS = 500;
/** Beyond the last moment at which the contract takes a transaction: what was sent then has been executed, and read back. */
const SETTLE_MS = 5_000n;

/** Looks at a network from outside: Temporal says when something has ended, the chain what was recorded. Nothing here waits longer than the contracts do. */
export class NetworkObserver implements AsyncDisposable {
	readonly #book: AddressBook;
	readonly #data: string;
	readonly #chain: ChainReader;
	readonly #connection: Connection;

	private constructor(data: string, book: AddressBook, connection: Connection) {
		this.#data = data;
		this.#book = book;
		this.#chain = createChainReader({ client: connectChain(book.chain.rpcUrl), packageId: book.packageId, objects: book.objects });
		this.#connection = connection;
	}

	static async connect(data: string, book: AddressBook): Promise<NetworkObserver> {
		return new NetworkObserver(data, book, await Connection.connect({ address: book.temporal.address }));
	}

	async checkpointFrequency(window: bigint): Promise<bigint> {
		return (await this.#chain.hparamsAt(window)).values.checkpoint_frequency;
	}

	/** Resolves when every validator has ended the window and it is final, at the latest when no scores are accepted any more. */
	async window(window: bigint, signal: AbortSignal): Promise<ObservedWindow> {
		const { windowDurationMs } = await this.#chain.network();
		const until = submissionDeadlineMs(window, windowDurationMs) + SETTLE_MS;
		const validators = await Promise.all(this.#book.validators.map(({ uid }) => this.#validatorWindow(uid, window, until, signal)));
		return { window, state: await this.#finality(window, until, signal), validators };
	}

	/** Resolves when the boundary is decided, at the latest when the next one begins. Throws INVARIANT when Temporal and the chain differ. */
	async checkpoint(boundary: bigint, signal: AbortSignal): Promise<ObservedCheckpoint> {
		const [{ windowDurationMs }, frequency] = await Promise.all([this.#chain.network(), this.checkpointFrequency(boundary)]);
		const until = windowStartMs(boundary + frequency, windowDurationMs) + SETTLE_MS;
		const { network } = this.#book.objects;
		const results = this.#book.validators.map(({ uid }) => this.#result<CheckpointResult>(checkpointWorkflowId(network, boundary, uid), until, signal));
		const ended = (await Promise.all(results)).flatMap((result) => (result.kind === 'result' ? [result.value] : []));
		const anchored = ended.find(({ state }) => state === 'new') ?? ended.find(({ state }) => state === 'keep');
		if (anchored === undefined) return { boundary, outcome: 'expired', hash: null, heldOutLoss: null, transaction: null };
		const { state, hash, transaction } = anchored;
		if (state === 'new') {
			const anchors = await this.#chain.checkpoints();
			if (!anchors.some((anchor) => anchor.boundary === boundary && toHex(anchor.hash) === hash))
				throw new VramhubError('INVARIANT', `the checkpoint of window ${boundary} is anchored, and the chain has no record of it`);
		}
		return { boundary, outcome: state, hash, heldOutLoss: ended.find(({ heldOutLoss }) => heldOutLoss !== null)?.heldOutLoss ?? null, transaction };
	}

	async #validatorWindow(uid: number, window: bigint, until: bigint, signal: AbortSignal): Promise<ValidatorWindow> {
		const result = await this.#result<WindowResult>(windowWorkflowId(this.#book.objects.network, window, uid), until, signal);
		const nothing = { uid, transaction: null, miners: [], ratings: new Map() };
		if (result.kind === 'none') return { ...nothing, failure: `${result.why}; see ${logFile(this.#data, `validator-${uid}`)}` };
		if (result.value.state !== 'scored') return { ...nothing, failure: `validator ${uid}: ${result.value.state}` };
		const [settled, payloads] = await Promise.all([this.#chain.settledScores(window, uid), this.#chain.payloadChain(uid)]);
		if (settled === undefined) throw new VramhubError('INVARIANT', `window ${window} is scored by validator ${uid}, and the chain has no record of it`);
		return { uid, transaction: result.value.transaction, miners: settled.miners, ratings: ratingsAfter(window, payloads) };
	}

	async #finality(window: bigint, until: bigint, signal: AbortSignal): Promise<ObservedWindow['state']> {
		for (;;) {
			signal.throwIfAborted();
			const [record, now] = await Promise.all([this.#chain.windowRecord(window), this.#chain.clockMs()]);
			if (record?.status === 'final' || record?.status === 'unscored') return record.status;
			if (now >= until) return 'void';
			await delay(POLL_MS, undefined, { signal });
		}
	}

	/** What a workflow returned; `none` when it failed, or there was none before the chain clock came to `until`. */
	async #result<T>(
		workflowId: string,
		until: bigint,
		signal: AbortSignal,
	): Promise<{ readonly kind: 'result'; readonly value: T } | { readonly kind: 'none'; readonly why: string }> {
		const handle = new Client({ connection: this.#connection, namespace: this.#book.temporal.namespace }).workflow.getHandle(workflowId);
		for (;;) {
			signal.throwIfAborted();
			let status = 'not started';
			try {
				status = (await this.#connection.withAbortSignal(signal, () => handle.describe())).status.name;
			} catch (error) {
				signal.throwIfAborted();
				// The driver has not come to this window yet; nothing announces a workflow that does not exist.
				if (!(error instanceof WorkflowNotFoundError)) throw error;
			}
			if (status === 'COMPLETED') return { kind: 'result', value: (await handle.result()) as T };
			if (status !== 'not started' && status !== 'RUNNING') return { kind: 'none', why: `the workflow ${workflowId} ended: ${status.toLowerCase()}` };
			if ((await this.#chain.clockMs()) >= until) return { kind: 'none', why: `the workflow ${workflowId} did not end in time (${status.toLowerCase()})` };
			await delay(POLL_MS, undefined, { signal });
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#connection.close();
	}
}

function ratingsAfter(window: bigint, payloads: PayloadChain | undefined): ValidatorWindow['ratings'] {
	if (payloads?.lastWindow !== window) return new Map();
	return new Map(decodePayload(payloads.lastPayload).miners.map((row) => [row.uid, row]));
}
