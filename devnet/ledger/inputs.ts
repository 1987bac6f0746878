/** Loads what a transaction names and refuses what it may not use (sui-transaction-checks). */
import { coinBalance, coinTypeOf, isSui } from '#devnet/ledger/encoding.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { MAX_BUDGET, MIN_BUDGET_UNITS, REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import { type MoveObject, objectDigest, type PackageObject } from '#devnet/ledger/objects.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { ObjectReference, ParsedTransaction } from '#devnet/ledger/transaction.ts';
import { packageIds } from '#devnet/ledger/transaction-parts.ts';
import type { Address } from '#devnet/move/api.ts';

export const CLOCK_ID: Address = `0x${'0'.repeat(63)}6`;
export const RANDOM_ID: Address = `0x${'0'.repeat(63)}8`;
const SYSTEM_PACKAGES: ReadonlySet<Address> = new Set([`0x${'0'.repeat(63)}1`, `0x${'0'.repeat(63)}2`]);

/** How the transaction may use an input object. */
export type ObjectAccess = 'owned' | 'immutable' | 'sharedReadOnly' | 'sharedMutable';

export interface LoadedInput {
	readonly object: MoveObject;
	readonly access: ObjectAccess;
}

export interface LoadedInputs {
	/** Objects given as inputs, by id. */
	readonly objects: ReadonlyMap<Address, LoadedInput>;
	readonly receiving: readonly MoveObject[];
	/** Packages that commands name and that are not the framework: reading them costs. */
	readonly packages: readonly PackageObject[];
	/** Payment coins in order; the first is the gas coin. */
	readonly gas: readonly MoveObject[];
}

/**
 * Everything as of now. Throws {@link RejectedTransaction}.
 * `mockGas` stands for the payment when a simulation has none; `checkOwners` false lets a simulation use anybody's objects.
 */
export function loadInputs(
	parsed: ParsedTransaction,
	store: ObjectReader,
	options: { readonly checkOwners: boolean; readonly mockGas?: MoveObject },
): LoadedInputs {
	const objects = new Map<Address, LoadedInput>();
	const receiving: MoveObject[] = [];
	for (const input of parsed.inputs) {
		switch (input.kind) {
			case 'pure':
				break;
			case 'owned': {
				const object = current(store, input.reference);
				objects.set(object.id, { object, access: ownedAccess(object, parsed.sender, options.checkOwners) });
				break;
			}
			case 'shared': {
				const object = store.move(input.id);
				if (object === undefined) throw missing(input.id, store);
				const { owner } = object;
				if (owner.kind !== 'shared' && owner.kind !== 'consensusAddress') throw rejected(`Expected shared object ${input.id}, which is not shared`);
				const start = owner.kind === 'shared' ? owner.initialVersion : owner.startVersion;
				if (start !== input.initialVersion) {
					throw rejected(`SharedObjectStartingVersionMismatch: ${input.id} was shared at version ${start}, not ${input.initialVersion}`);
				}
				if (owner.kind === 'consensusAddress') {
					if (options.checkOwners && owner.address !== parsed.sender) throw wrongSender(object.id, owner.address, parsed.sender);
					// Its owner may do with it what it likes, as with an object that is owned outside of consensus.
					objects.set(object.id, { object, access: input.mutable ? 'owned' : 'sharedReadOnly' });
					break;
				}
				if (input.mutable && (input.id === CLOCK_ID || input.id === RANDOM_ID)) {
					throw rejected(`Transaction validity check failed: object ${input.id} can only be used immutably (ImmutableParameterExpectedError)`);
				}
				objects.set(object.id, { object, access: input.mutable ? 'sharedMutable' : 'sharedReadOnly' });
				break;
			}
			case 'receiving': {
				const object = current(store, input.reference);
				if (object.owner.kind !== 'address') throw rejected(`Object ${object.id} cannot be received: it is not owned by an address`);
				receiving.push(object);
				break;
			}
			default:
				throw new TypeError(`unknown input ${input satisfies never}`);
		}
	}
	return { objects, receiving, packages: namedPackages(parsed, store), gas: loadGas(parsed, store, options) };
}

const rejected = (message: string): RejectedTransaction => new RejectedTransaction('invalid', message);

function wrongSender(id: Address, owner: Address, sender: Address): RejectedTransaction {
	return rejected(
		`Transaction was not signed by the correct sender: Object ${id} is owned by account address ${owner}, but given owner/signer address is ${sender}`,
	);
}

function missing(id: Address, store: ObjectReader): RejectedTransaction {
	return new RejectedTransaction(
		'notFound',
		store.existed(id) ? `Object ${id} is deleted or wrapped` : `Could not find the referenced object ${id} at version None`,
	);
}

function current(store: ObjectReader, reference: ObjectReference): MoveObject {
	const object = store.move(reference.id);
	if (object === undefined) throw missing(reference.id, store);
	if (object.version !== reference.version) {
		throw new RejectedTransaction(
			'stale',
			`Transaction needs to be rebuilt because object ${reference.id} version ${reference.version} is unavailable for consumption, current version: ${object.version}`,
		);
	}
	if (objectDigest(object) !== reference.digest) {
		throw rejected(`Invalid Object digest for object ${reference.id}. Expected digest : ${objectDigest(object)}`);
	}
	return object;
}

function ownedAccess(object: MoveObject, sender: Address, check: boolean): ObjectAccess {
	switch (object.owner.kind) {
		case 'immutable':
			return 'immutable';
		case 'address':
			if (check && object.owner.address !== sender) {
				throw wrongSender(object.id, object.owner.address, sender);
			}
			return 'owned';
		case 'object':
			throw rejected(`Invalid Child Object Argument. Object ${object.id} is owned by object ${object.owner.parent}`);
		case 'shared':
		case 'consensusAddress':
			throw rejected(`NotOwnedObjectError: ${object.id} is a consensus object and was given as an owned object`);
		default:
			throw new TypeError(`unknown owner ${object.owner satisfies never}`);
	}
}

function namedPackages(parsed: ParsedTransaction, store: ObjectReader): PackageObject[] {
	const packages: PackageObject[] = [];
	for (const id of packageIds(parsed.commands)) {
		const found = store.get(id);
		if (found === undefined) throw new RejectedTransaction('notFound', `Package ${id} is not published (DependentPackageNotFound)`);
		if (found.kind !== 'package') throw rejected(`A move package is expected, instead a move object is passed: ${id}`);
		if (!SYSTEM_PACKAGES.has(found.id)) packages.push(found);
	}
	return packages;
}

function loadGas(parsed: ParsedTransaction, store: ObjectReader, options: { readonly checkOwners: boolean; readonly mockGas?: MoveObject }): MoveObject[] {
	if (parsed.gasPrice < REFERENCE_GAS_PRICE) throw rejected(`Gas price ${parsed.gasPrice} under reference gas price (RGP) ${REFERENCE_GAS_PRICE}`);
	if (parsed.gasBudget > MAX_BUDGET) throw rejected(`Gas budget: ${parsed.gasBudget} is higher than max: ${MAX_BUDGET}`);
	const minimum = MIN_BUDGET_UNITS * parsed.gasPrice;
	if (parsed.gasBudget < minimum) throw rejected(`Gas budget: ${parsed.gasBudget} is lower than min: ${minimum}`);
	if (parsed.payment.length === 0) {
		if (options.mockGas === undefined) throw rejected('UNSUPPORTED: gas paid from an address balance; the transaction has no gas payment');
		return [options.mockGas];
	}
	const coins = parsed.payment.map((reference) => {
		const coin = current(store, reference);
		if (coin.owner.kind !== 'address') throw rejected(`Gas object is not an owned object with owner: ${JSON.stringify(coin.owner.kind)}`);
		if (options.checkOwners && coin.owner.address !== parsed.gasOwner) {
			throw rejected(`Object ${coin.id} is owned by account address ${coin.owner.address}, but given owner/signer address is ${parsed.gasOwner}`);
		}
		const type = coinTypeOf(coin.type);
		if (type === undefined || !isSui(type)) throw rejected(`Invalid gas object ${coin.id}: it is no Coin<SUI>`);
		return coin;
	});
	const balance = coins.reduce((sum, coin) => sum + coinBalance(coin.contents), 0n);
	if (balance < parsed.gasBudget) throw rejected(`Balance of gas object ${balance} is lower than the needed amount: ${parsed.gasBudget}`);
	return coins;
}
