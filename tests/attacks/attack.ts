/** How an attack is tried: as a transaction that is executed, not merely simulated, and as calls of the project's own client. Either must end in its named error and leave all state as it was. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Signer } from '@mysten/sui/cryptography';
import { Inputs, Transaction } from '@mysten/sui/transactions';
import { CLOCK_ID, RANDOM_ID } from '#clients/chain/calls.ts';
import { translateChainError } from '#clients/chain/errors.ts';
import { failureOf } from '#clients/chain/execute.ts';
import type { VramhubError } from '#core/errors.ts';
import type { ChainObject } from '#devnet/ledger/objects.ts';
import type { TestChain } from '#tests/helpers/test-chain.ts';

/**
 * `module::EName` of the contracts; else the code of the client's error, for CHAIN_REJECTED with the node's own name of the failure when it has one:
 * `CHAIN_REJECTED InsufficientGas`.
 */
export type ErrorName = string;

const GAS_BUDGET_MIST = 500_000_000n;
const SYSTEM_OBJECTS = new Set([CLOCK_ID, RANDOM_ID].map(fullId));

function fullId(id: string): string {
	return `0x${id.slice(2).padStart(64, '0')}`;
}

/**
 * SHA-256 over all objects of the chain: id, type, owner and contents of each, so every shared object, table entry, coin and capability. Left out are
 * packages, which never change, the system's clock and randomness, which change by themselves, and what `paidWith` names.
 */
export function stateDigest({ ledger }: TestChain, paidWith: ReadonlySet<string> = new Set()): string {
	const objects = [...ledger.store.all()].filter(({ kind, id }) => kind === 'move' && !paidWith.has(id) && !SYSTEM_OBJECTS.has(id));
	const hash = createHash('sha256');
	for (const object of objects.sort((a, b) => (a.id < b.id ? -1 : 1))) hash.update(objectDigest(object));
	return hash.digest('hex');
}

/** Empty for what is left out. The ledger replaces objects and changes none, so each is looked at once. */
const digests = new WeakMap<ChainObject, string>();

function objectDigest(object: ChainObject): string {
	const known = digests.get(object);
	if (known !== undefined || object.kind !== 'move') return known ?? '';
	const type = print(object.type);
	// The value of the shared Random object lies in a field of it.
	const isRandomness = type.includes('"RandomInner"');
	const digest = isRandomness
		? ''
		: createHash('sha256')
				.update(`${object.id} ${type} ${print(object.owner)}\n`)
				.update(object.contents)
				.digest('hex');
	digests.set(object, digest);
	return digest;
}

/** Runs what must change nothing. */
export async function unchanged<T>(chain: TestChain, act: () => Promise<T>): Promise<T> {
	const before = stateDigest(chain);
	const result = await act();
	assert.equal(stateDigest(chain), before, 'state has changed');
	return result;
}

function print(value: unknown): string {
	return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
}

function nameOf({ code, details, message }: VramhubError): ErrorName {
	const { abort, module } = details;
	if (typeof abort === 'string') return `${String(module)}::${abort}`;
	// Names in CamelCase are Sui's; the rest of a message is for people.
	const name = /\b[A-Z][A-Za-z]*[a-z][A-Z][A-Za-z]+\b/.exec(message)?.[0];
	return code === 'CHAIN_REJECTED' && name !== undefined ? `${code} ${name}` : code;
}

/** The name of what an own client's call is refused with; changes nothing. Fails when it succeeds. */
export async function refusal(chain: TestChain, call: () => Promise<unknown>): Promise<ErrorName> {
	return unchanged(chain, async () => {
		try {
			await call();
		} catch (error) {
			return nameOf(translateChainError(error, 'an attack'));
		}
		assert.fail('the attack succeeded');
	});
}

export interface Attack {
	readonly by: Signer;
	readonly build: (transaction: Transaction) => void;
	/** Defaults to a budget that suffices for every call of the contracts. */
	readonly gasBudgetMist?: bigint;
}

/**
 * Signs and executes, without asking the node first whether it would succeed: an attacker pays for what fails. Returns the name of the failure, after
 * which nothing may be different but the coin that paid; `undefined` when it succeeded.
 */
export async function attack(chain: TestChain, request: Attack): Promise<ErrorName | undefined> {
	const { name, hasChanged } = await execute(chain, request);
	assert.ok(name === undefined || !hasChanged, `${name}, and yet state has changed`);
	return name;
}

/** As {@link attack}, for what succeeds and must do nothing. */
export async function withoutEffect(chain: TestChain, request: Attack): Promise<void> {
	const { name, hasChanged } = await execute(chain, request);
	assert.equal(name, undefined);
	assert.ok(!hasChanged, 'state has changed');
}

async function execute(
	chain: TestChain,
	{ by, build, gasBudgetMist = GAS_BUDGET_MIST }: Attack,
): Promise<{ name: ErrorName | undefined; hasChanged: boolean }> {
	const { client } = chain;
	const sender = by.toSuiAddress();
	const transaction = new Transaction();
	transaction.setSender(sender);
	build(transaction);
	const { objects: coins } = await client.core.listCoins({ owner: sender, coinType: '0x2::sui::SUI' });
	const [coin] = coins.toSorted((a, b) => Number(BigInt(b.balance) - BigInt(a.balance)));
	assert.ok(coin !== undefined, `${sender} has no coins`);
	transaction.setGasBudget(gasBudgetMist);
	transaction.setGasPrice(1_000);
	transaction.setGasPayment([coin]);
	transaction.addBuildPlugin(referencesOf(chain));
	const bytes = await transaction.build({ client });
	const { signature } = await by.signTransaction(bytes);
	const paidWith = new Set([coin.objectId]);
	const before = stateDigest(chain, paidWith);
	const outcome = async (): Promise<ErrorName | undefined> => {
		try {
			const result = await client.core.executeTransaction({ transaction: bytes, signatures: [signature], include: { effects: true } });
			return result.$kind === 'Transaction' ? undefined : nameOf(failureOf(result.FailedTransaction.status, 'an attack'));
		} catch (error) {
			return nameOf(translateChainError(error, 'an attack'));
		}
	};
	return { name: await outcome(), hasChanged: stateDigest(chain, paidWith) !== before };
}

/** Gives object inputs their references: left to the client, it would have the node simulate the transaction for them. */
function referencesOf({ client }: TestChain): Parameters<Transaction['addBuildPlugin']>[0] {
	return async (data, _, next) => {
		for (const input of data.inputs) {
			if (input.$kind !== 'UnresolvedObject') continue;
			const { objectId } = input.UnresolvedObject;
			const { owner, version, digest } = (await client.core.getObject({ objectId })).object;
			const reference =
				owner.$kind === 'Shared'
					? Inputs.SharedObjectRef({ objectId, initialSharedVersion: owner.Shared.initialSharedVersion, mutable: !SYSTEM_OBJECTS.has(fullId(objectId)) })
					: Inputs.ObjectRef({ objectId, version, digest });
			Object.assign(input, { UnresolvedObject: undefined, ...reference, $kind: 'Object' });
		}
		await next();
	};
}
