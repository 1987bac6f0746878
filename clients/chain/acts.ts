import type { ClientWithCoreApi, SuiClientTypes } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import { Transaction } from '@mysten/sui/transactions';
import { type AdminAct, acceptAdministration, administer } from '#clients/chain/admin-calls.ts';
import * as calls from '#clients/chain/calls.ts';
import { translateChainError } from '#clients/chain/errors.ts';
import { proveContradiction, proveEquivocation, relayAttestation } from '#clients/chain/evidence-calls.ts';
import { execute, failureOf, gasUsed } from '#clients/chain/execute.ts';
import { replaceMiner, setMinerOperator } from '#clients/chain/registration-calls.ts';
import { pruneWindow } from '#clients/chain/retention-calls.ts';
import type { SignedAttestation } from '#clients/chain/sign-attestation.ts';
import * as upgrades from '#clients/chain/upgrades.ts';
import { replaceValidator, setValidatorOperator } from '#clients/chain/validator-calls.ts';
import { VramhubError } from '#core/errors.ts';
import type { CheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';

/** What owners and administrators do by hand, now and then: never part of a window's work. */
export type Act = OwnerAct | AdminAct | UpgradeAct;

export type OwnerAct =
	| { readonly kind: 'addStake'; readonly role: calls.Role; readonly uid: number; readonly amountMist: bigint }
	| { readonly kind: 'unbondStake'; readonly role: calls.Role; readonly uid: number; readonly amountMist: bigint }
	| { readonly kind: 'deactivate'; readonly role: calls.Role; readonly uid: number }
	| { readonly kind: 'withdrawStake'; readonly role: calls.Role; readonly uid: number; readonly generation: number }
	/** The owner stays; another address acts. */
	| { readonly kind: 'setOperator'; readonly role: calls.Role; readonly uid: number; readonly operator: string }
	| { readonly kind: 'setCredentials'; readonly uid: number; readonly credVersion: number; readonly ciphertext: Uint8Array }
	/** In place of the weakest, when all places are taken. */
	| { readonly kind: 'replace'; readonly role: calls.Role; readonly stakeMist: bigint; readonly feeMist: bigint; readonly operator: string }
	| { readonly kind: 'attestCheckpoint'; readonly attestation: CheckpointAttestation }
	/** By anybody. */
	| { readonly kind: 'relayAttestation'; readonly signed: SignedAttestation }
	/** By anybody, who gets the bounty: against another attestation, or the vote that the chain recorded. */
	| { readonly kind: 'proveEquivocation'; readonly signed: SignedAttestation; readonly other: SignedAttestation | undefined }
	/** By who counted in it first, later by anybody; what its storage cost comes back to the sender. */
	| { readonly kind: 'pruneWindow'; readonly window: bigint }
	| { readonly kind: 'claimRewards' }
	| { readonly kind: 'acceptAdministration' };

/** Of the administrator, who alone can neither hasten an upgrade nor make another than the announced one. */
export type UpgradeAct =
	/** blake2b256 over modules and dependencies, 32 bytes, as compilers print it. */
	| { readonly kind: 'proposeUpgrade'; readonly digest: Uint8Array }
	| { readonly kind: 'cancelUpgrade' }
	| ({ readonly kind: 'upgrade' } & upgrades.UpgradePackage)
	/** The newest package serves the network from now on; the functions of those before abort. */
	| { readonly kind: 'migrate' };

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

async function build(transaction: Transaction, act: Act, { client, target, signer }: ActContext): Promise<void> {
	const sender = signer.toSuiAddress();
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
		case 'setOperator':
			(act.role === 'miner' ? setMinerOperator : setValidatorOperator)(transaction, target, act);
			break;
		case 'setCredentials':
			calls.setCredentials(transaction, target, act);
			break;
		case 'replace':
			(act.role === 'miner' ? replaceMiner : replaceValidator)(transaction, target, act);
			break;
		case 'attestCheckpoint':
			calls.attestCheckpoint(transaction, target, act.attestation);
			break;
		case 'relayAttestation':
			relayAttestation(transaction, target, act.signed);
			break;
		case 'proveEquivocation':
			if (act.other === undefined) proveContradiction(transaction, target, act.signed, sender);
			else proveEquivocation(transaction, target, { one: act.signed, other: act.other }, sender);
			break;
		case 'pruneWindow':
			pruneWindow(transaction, target, act);
			break;
		case 'claimRewards':
			calls.claimRewards(transaction, target, sender);
			break;
		case 'acceptAdministration':
			acceptAdministration(transaction, target);
			break;
		case 'proposeUpgrade':
			upgrades.proposeUpgrade(transaction, target, await upgradeCaller(client, target), act.digest);
			break;
		case 'cancelUpgrade':
			upgrades.cancelUpgrade(transaction, target, await upgradeCaller(client, target));
			break;
		case 'upgrade':
			upgrades.upgrade(transaction, target, await upgradeCaller(client, target), act);
			break;
		case 'migrate':
			upgrades.migrate(transaction, target, await upgradeCaller(client, target));
			break;
		default: {
			// Whoever does not hold it is refused by the chain.
			const { adminCap } = await upgrades.readGovernance(client, target.objects.network);
			administer(transaction, target, adminCap, act, sender);
		}
	}
}

async function upgradeCaller(client: ClientWithCoreApi, { objects }: calls.Target): Promise<upgrades.UpgradeCaller> {
	const { adminCap, upgrades: state } = await upgrades.readGovernance(client, objects.network);
	if (state === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', 'the network has no upgrade vault: it was not the first one of its package');
	return { adminCap, upgrades: state };
}

/** Throws CHAIN_REJECTED with the contract's named error, CHAIN_CONFLICT, CHAIN_UNAVAILABLE. */
export async function performAct(context: ActContext, act: Act): Promise<ActEffect> {
	const { client, signer } = context;
	const { digest, gasUsedMist, events } = await execute({ client, signer, what: act.kind, build: (transaction) => build(transaction, act, context) });
	return { digest, gasMist: gasUsedMist, events: shown(events) };
}

/** Simulates the act with all checks: refused here is refused there, and nothing changes. Throws as {@link performAct} does. */
export async function tryAct(context: ActContext, act: Act): Promise<ActEffect> {
	const { client, signer } = context;
	const transaction = new Transaction();
	transaction.setSender(signer.toSuiAddress());
	try {
		await build(transaction, act, context);
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
