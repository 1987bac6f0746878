import type { ClientWithCoreApi, SuiClientTypes } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import { Transaction } from '@mysten/sui/transactions';
import { executionFailure, translateChainError } from '#clients/chain/errors.ts';
import type { Executed } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';

/** Events and changed objects of a transaction that succeeded, with what a caller needs of them. */
export interface ExecutedTransaction extends Executed {
	readonly events: readonly SuiClientTypes.Event[];
	readonly effects: SuiClientTypes.TransactionEffects;
	/** Object id → type, of what it changed. */
	readonly objectTypes: Readonly<Record<string, string>>;
}

export interface ExecuteRequest {
	readonly client: ClientWithCoreApi;
	readonly signer: Signer;
	/** For messages: `commit of miner 3 in window 7`. */
	readonly what: string;
	/** Fills a fresh transaction; called again after a conflict, so that it takes new object versions. */
	readonly build: (transaction: Transaction) => void | Promise<void>;
}

/** How often a transaction is built again because an owned object (its gas) had moved on. */
const MAX_CONFLICTS = 6;
const CONFLICT_PAUSE_MS = 40;

/**
 * Transactions of one signer wait for each other: two at once would be given the same gas coin, and on Sui that locks the coin until
 * the end of the epoch. Other processes with the same key are met by the retry after a conflict only.
 */
const queues = new WeakMap<ClientWithCoreApi, Map<string, Promise<unknown>>>();

function inTurn<T>(client: ClientWithCoreApi, address: string, operation: () => Promise<T>): Promise<T> {
	const queue = queues.get(client) ?? new Map<string, Promise<unknown>>();
	queues.set(client, queue);
	const result = (queue.get(address) ?? Promise.resolve()).then(operation);
	queue.set(
		address,
		result.catch(() => undefined),
	);
	return result;
}

/**
 * Builds (which simulates: a contract's refusal costs nothing), signs, executes and waits until the node serves reads from after it.
 * Throws CHAIN_REJECTED with the named abort, CHAIN_CONFLICT after the last attempt, CHAIN_UNAVAILABLE. After CHAIN_UNAVAILABLE the
 * transaction may or may not have happened: read the chain, or call again what is idempotent.
 */
export function execute(request: ExecuteRequest): Promise<ExecutedTransaction> {
	return inTurn(request.client, request.signer.toSuiAddress(), async () => {
		for (let attempt = 1; ; attempt++) {
			try {
				return await executeOnce(request);
			} catch (cause) {
				const error = translateChainError(cause, request.what);
				if (error.code !== 'CHAIN_CONFLICT' || attempt === MAX_CONFLICTS) throw error;
				await pause(CONFLICT_PAUSE_MS * 2 ** (attempt - 1));
			}
		}
	});
}

async function executeOnce({ client, signer, what, build }: ExecuteRequest): Promise<ExecutedTransaction> {
	const transaction = new Transaction();
	transaction.setSender(signer.toSuiAddress());
	await build(transaction);
	const bytes = await transaction.build({ client });
	const { signature } = await signer.signTransaction(bytes);
	const result = await client.core.executeTransaction({
		transaction: bytes,
		signatures: [signature],
		include: { effects: true, events: true, objectTypes: true },
	});
	if (result.$kind === 'FailedTransaction') throw failureOf(result.FailedTransaction.status, what);
	const { digest, effects, events, objectTypes } = result.Transaction;
	await client.core.waitForTransaction({ digest });
	return { digest, gasUsedMist: gasUsed(effects.gasUsed), events, effects, objectTypes };
}

export function failureOf(status: SuiClientTypes.ExecutionStatus, what: string): VramhubError {
	return status.error === null ? translateChainError(new Error('failed without a reason'), what) : executionFailure(status.error, what);
}

/** What the transaction cost its sender; negative when the storage rebate was more than the rest. */
export function gasUsed({ computationCost, storageCost, storageRebate }: SuiClientTypes.GasCostSummary): bigint {
	return BigInt(computationCost) + BigInt(storageCost) - BigInt(storageRebate);
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** BCS of the first event of this name. Throws INVARIANT when there is none: the contract is another one. */
export function eventOf({ events, digest }: ExecutedTransaction, name: string): Uint8Array {
	const event = events.find(({ eventType }) => eventType.endsWith(`::${name}`));
	if (event === undefined) throw new VramhubError('INVARIANT', `transaction ${digest} emitted no ${name}`);
	return event.bcs;
}
