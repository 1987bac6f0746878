import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { connectChain } from '#clients/chain/connect.ts';
import type { ChainReader, PayloadChain, SettledMiner } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { VramhubError } from '#core/errors.ts';
import type { WindowResult } from '#core/gradient/messages.ts';
import { windowWorkflowId } from '#core/gradient/names.ts';
import { decodePayload, type MinerRow } from '#core/gradient/payload.ts';
import type { WindowState } from '#core/gradient/records.ts';
import type { AddressBook } from '#runtime/address-book.ts';

/** One validator's part of a window, as the chain records it. */
export interface ValidatorWindow {
	readonly uid: number;
	/** Transaction that recorded the payload, base58; null when the window was not scored. */
	readonly transaction: string | null;
	readonly miners: readonly SettledMiner[];
	/** Ratings after the window, out of the payload that the chain keeps; empty when a later one has replaced it. */
	readonly ratings: ReadonlyMap<number, Pick<MinerRow, 'mu' | 'sigma' | 'proofOfWork'>>;
}

export interface ObservedWindow {
	readonly window: bigint;
	readonly state: Extract<WindowState, 'scored' | 'void'>;
	readonly validators: readonly ValidatorWindow[];
}

/** Looks at a network from outside: Temporal says when a window has ended, the chain what was recorded. */
export class NetworkObserver implements AsyncDisposable {
	readonly #book: AddressBook;
	readonly #chain: ChainReader;
	readonly #connection: Connection;

	private constructor(book: AddressBook, connection: Connection) {
		this.#book = book;
		this.#chain = createChainReader({ client: connectChain(book.chain.rpcUrl), packageId: book.packageId, objects: book.objects });
		this.#connection = connection;
	}

	static async connect(book: AddressBook): Promise<NetworkObserver> {
		return new NetworkObserver(book, await Connection.connect({ address: book.temporal.address }));
	}

	/** Resolves when every validator has ended the window. Throws INVARIANT when what Temporal says was recorded is not on the chain. */
	async window(window: bigint, signal: AbortSignal): Promise<ObservedWindow> {
		const validators = await Promise.all(this.#book.validators.map(({ uid }) => this.#validatorWindow(uid, window, signal)));
		return { window, state: validators.every(({ transaction }) => transaction !== null) ? 'scored' : 'void', validators };
	}

	async #validatorWindow(uid: number, window: bigint, signal: AbortSignal): Promise<ValidatorWindow> {
		const result = await this.#workflowResult(uid, window, signal);
		if (result.state !== 'scored') return { uid, transaction: null, miners: [], ratings: new Map() };
		const [settled, payloads] = await Promise.all([this.#chain.settledScores(window, uid), this.#chain.payloadChain(uid)]);
		if (settled === undefined) throw new VramhubError('INVARIANT', `window ${window} is scored by validator ${uid}, and the chain has no record of it`);
		return { uid, transaction: result.transaction, miners: settled.miners, ratings: ratingsAfter(window, payloads) };
	}

	async #workflowResult(uid: number, window: bigint, signal: AbortSignal): Promise<WindowResult> {
		const client = new Client({ connection: this.#connection, namespace: this.#book.temporal.namespace });
		const handle = client.workflow.getHandle(windowWorkflowId(this.#book.objects.network, window, uid));
		for (;;) {
			signal.throwIfAborted();
			try {
				return await this.#connection.withAbortSignal(signal, () => handle.result() as Promise<WindowResult>);
			} catch (error) {
				signal.throwIfAborted();
				// The driver has not come to this window yet; nothing announces a workflow that does not exist.
				if (!(error instanceof WorkflowNotFoundError)) throw error;
				await delay(500, undefined, { signal });
			}
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
