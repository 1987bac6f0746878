import type { ClientWithCoreApi, SuiClientTypes } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import { Transaction } from '@mysten/sui/transactions';
import * as calls from '#clients/chain/calls.ts';
import { translateChainError } from '#clients/chain/errors.ts';
import { execute, failureOf, gasUsed } from '#clients/chain/execute.ts';

/** What an owner does by hand, now and then: never part of a window's work. */
export type Act =
	| { readonly kind: 'addStake'; readonly role: calls.Role; readonly uid: number; readonly amountMist: bigint }
	| { readonly kind: 'unbondStake'; readonly role: calls.Role; readonly uid: number; readonly amountMist: bigint }
	| { readonly kind: 'deactivate'; readonly role: calls.Role; readonly uid: number }
	| { readonly kind: 'withdrawStake'; readonly role: calls.Role; readonly uid: number; readonly generation: number }
	| { readonly kind: 'claimRewards' };

/** What an act did, or would do. */
export interface ActEffect {
	/** Base58; undefined for a trial. */
	readonly digest: string | undefined;
	/** MIST that the sender pays for it; negative when more storage is freed than used. */
	readonly gasMist: bigint;
	/** The contracts' events in order: what they are named, and their fields as the node prints them. */
	readonly events: readonly { readonly name: string; readonly fields: Readonly<Record<string, unknown>> }[];
}

export interface ActContext {
	readonly client: ClientWithCoreApi;
	readonly target: calls.Target;
	readonly signer: Signer;
}

function build(transaction: Transaction, act: Act, target: calls.Target, sender: string): void {
	switch (act.kind) {
		case 'addStake':
			calls.addStake(transaction, target, act);
			break;
		case 'unbondStake':
			calls.unbondStake(transaction, target, act);
			break;
		case 'deactivate':
			calls.deactivate(transaction, target, act);
			break;
		case 'withdrawStake':
			calls.withdrawStake(transaction, target, act, sender);
			break;
		case 'claimRewards':
			calls.claimRewards(transaction, target, sender);
			break;
		default:
			throw new TypeError(`unknown act ${JSON.stringify(act satisfies never)}`);
	}
}

/** Throws CHAIN_REJECTED with the contract's named error, CHAIN_CONFLICT, CHAIN_UNAVAILABLE. */
export async function performAct({ client, target, signer }: ActContext, act: Act): Promise<ActEffect> {
	const sender = signer.toSuiAddress();
	const { digest, gasUsedMist, events } = await execute({ client, signer, what: act.kind, build: (transaction) => build(transaction, act, target, sender) });
	return { digest, gasMist: gasUsedMist, events: shown(events) };
}

/** Simulates the act with all checks: refused here is refused there, and nothing changes. Throws as {@link performAct} does. */
export async function tryAct({ client, target, signer }: ActContext, act: Act): Promise<ActEffect> {
	const transaction = new Transaction();
	transaction.setSender(signer.toSuiAddress());
	build(transaction, act, target, signer.toSuiAddress());
	try {
		const result = await client.core.simulateTransaction({ transaction, include: { effects: true, events: true } });
		if (result.$kind === 'FailedTransaction') throw failureOf(result.FailedTransaction.status, act.kind);
		const { effects, events } = result.Transaction;
		return { digest: undefined, gasMist: gasUsed(effects.gasUsed), events: shown(events) };
	} catch (error) {
		throw translateChainError(error, act.kind);
	}
}

function shown(events: readonly SuiClientTypes.Event[]): ActEffect['events'] {
	return events.map(({ eventType, json }) => ({ name: eventType.replace(/<.*/s, '').split('::').at(-1) ?? eventType, fields: json ?? {} }));
}
