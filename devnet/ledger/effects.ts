/** What a transaction did, for readers: changed objects, balances, and the BCS of `TransactionEffects` V2 with its digest. */
import { bcs } from '@mysten/sui/bcs';
import { BcsWriter, coinBalance, coinTypeOf, hashOf } from '#devnet/ledger/encoding.ts';
import type { Outcome } from '#devnet/ledger/engine.ts';
import { failureToBcs } from '#devnet/ledger/failure.ts';
import { type ChainObject, type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { Address, MoveEvent, Owner } from '#devnet/move/api.ts';
import { formatType, typeTagBytes } from '#devnet/move/types.ts';

export interface ObjectState {
	readonly version: bigint;
	/** Base58. */
	readonly digest: string;
	readonly owner: Owner;
}

export interface ChangedObject {
	readonly id: Address;
	/** Canonical type, or `package`. */
	readonly type: string;
	readonly input: ObjectState | undefined;
	readonly output: (ObjectState & { readonly isPackage: boolean }) | undefined;
	readonly idOperation: 'none' | 'created' | 'deleted';
}

export interface BalanceChange {
	readonly address: Address;
	readonly coinType: string;
	readonly amount: bigint;
}

export interface Effects {
	readonly bytes: Uint8Array;
	/** Base58. */
	readonly digest: string;
	readonly outcome: Pick<Outcome, 'failure' | 'cost' | 'version' | 'gasId' | 'events'>;
	/** In order of ids. */
	readonly changed: readonly ChangedObject[];
	readonly unchangedShared: readonly { readonly id: Address; readonly version: bigint; readonly digest: string }[];
	readonly eventsDigest: string | undefined;
	readonly eventsBytes: Uint8Array;
	/** Base58 digests, sorted. */
	readonly dependencies: readonly string[];
	readonly balanceChanges: readonly BalanceChange[];
}

/** To be called before the outcome is applied: `store` must still hold the inputs. */
export function summarize(outcome: Outcome, transactionDigest: string, sender: Address, store: ObjectReader): Effects {
	const changed = changedObjects(outcome, store);
	const eventsBytes = encodeEvents(outcome.events, sender);
	const eventsDigest = outcome.events.length === 0 ? undefined : hashOf('TransactionEvents', eventsBytes);
	const unchangedShared = outcome.readOnlyShared.map((object) => ({ id: object.id, version: object.version, digest: objectDigest(object) }));
	const dependencies = [...new Set(previousTransactions(outcome, store))].sort();
	const gasObjectIndex = changed.findIndex(({ id }) => id === outcome.gasId);
	const { failure, cost } = outcome;
	const bytes = bcs.TransactionEffects.serialize({
		V2: {
			status: failure === undefined ? { Success: true } : { Failure: { error: failureToBcs(failure.failure.status), command: failure.command ?? null } },
			executedEpoch: 0,
			gasUsed: cost,
			transactionDigest,
			gasObjectIndex: gasObjectIndex === -1 ? null : gasObjectIndex,
			eventsDigest: eventsDigest ?? null,
			dependencies,
			lamportVersion: outcome.version,
			changedObjects: changed.map((object) => [object.id, changeToBcs(object)]),
			unchangedConsensusObjects: unchangedShared.map(({ id, version, digest }) => [id, { ReadOnlyRoot: [version, digest] }]),
			auxDataDigest: null,
		},
	}).toBytes();
	return {
		bytes,
		digest: hashOf('TransactionEffects', bytes),
		outcome: { failure, cost, version: outcome.version, gasId: outcome.gasId, events: outcome.events },
		changed,
		unchangedShared,
		eventsDigest,
		eventsBytes,
		dependencies,
		balanceChanges: balanceChanges(outcome, store),
	};
}

function stateOf(object: ChainObject): ObjectState {
	return { version: object.version, digest: objectDigest(object), owner: object.owner };
}

export function typeOfObject(object: ChainObject): string {
	return object.kind === 'move' ? formatType(object.type) : 'package';
}

function changedObjects(outcome: Outcome, store: ObjectReader): ChangedObject[] {
	const changed: ChangedObject[] = outcome.written.map((object) => {
		const old = store.get(object.id);
		return {
			id: object.id,
			type: typeOfObject(object),
			input: old === undefined ? undefined : stateOf(old),
			output: { ...stateOf(object), isPackage: object.kind === 'package' },
			idOperation: old === undefined && outcome.created.has(object.id) ? 'created' : 'none',
		};
	});
	for (const { id, deleted } of outcome.removed) {
		const old = store.get(id);
		changed.push({
			id,
			type: old === undefined ? '' : typeOfObject(old),
			input: old === undefined ? undefined : stateOf(old),
			output: undefined,
			idOperation: deleted ? 'deleted' : 'none',
		});
	}
	return changed.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function previousTransactions(outcome: Outcome, store: ObjectReader): string[] {
	const ids = [...outcome.written.map(({ id }) => id), ...outcome.removed.map(({ id }) => id)];
	const inputs = [...ids.flatMap((id) => store.get(id) ?? []), ...outcome.readOnlyShared];
	return inputs.map(({ previousTransaction }) => previousTransaction);
}

type OwnerInput = Parameters<typeof bcs.Owner.serialize>[0];

function ownerToBcs(owner: Owner): OwnerInput {
	switch (owner.kind) {
		case 'address':
			return { AddressOwner: owner.address };
		case 'object':
			return { ObjectOwner: owner.parent };
		case 'shared':
			return { Shared: { initialSharedVersion: owner.initialVersion } };
		case 'immutable':
			return { Immutable: true };
		case 'consensusAddress':
			return { ConsensusAddressOwner: { startVersion: owner.startVersion, owner: owner.address } };
		default:
			throw new TypeError(`unknown owner ${owner satisfies never}`);
	}
}

type V2Input = Extract<Parameters<typeof bcs.TransactionEffects.serialize>[0], { V2: unknown }>['V2'];
type ChangeInput = V2Input['changedObjects'] extends Iterable<readonly [unknown, infer C]> ? C : never;

function changeToBcs({ input, output, idOperation }: ChangedObject): ChangeInput {
	return {
		inputState: input === undefined ? { NotExist: true } : { Exist: [[input.version, input.digest], ownerToBcs(input.owner)] },
		outputState:
			output === undefined
				? { NotExist: true }
				: output.isPackage
					? { PackageWrite: [output.version, output.digest] }
					: { ObjectWrite: [output.digest, ownerToBcs(output.owner)] },
		idOperation: idOperation === 'created' ? { Created: true } : idOperation === 'deleted' ? { Deleted: true } : { None: true },
	};
}

/** BCS of `TransactionEvents`: `{ data: vector<Event> }`. */
function encodeEvents(events: readonly MoveEvent[], sender: Address): Uint8Array {
	const out = new BcsWriter().length(events.length);
	for (const event of events) {
		out.address(event.packageId).text(event.module).address(sender);
		out.raw(typeTagBytes(event.type).subarray(1)).bytes(event.contents); // a StructTag is its TypeTag without the variant
	}
	return out.done();
}

/** Coins of address owners before and after. */
function balanceChanges(outcome: Outcome, store: ObjectReader): BalanceChange[] {
	const totals = new Map<string, BalanceChange>();
	const add = (object: MoveObject | undefined, sign: bigint) => {
		const coin = object === undefined ? undefined : coinTypeOf(object.type);
		if (coin === undefined || (object?.owner.kind !== 'address' && object?.owner.kind !== 'consensusAddress')) return;
		const { address } = object.owner;
		const coinType = formatType(coin);
		const key = `${address}${coinType}`;
		totals.set(key, { address, coinType, amount: (totals.get(key)?.amount ?? 0n) + sign * coinBalance(object.contents) });
	};
	for (const object of outcome.written) {
		add(store.move(object.id), -1n);
		if (object.kind === 'move') add(object, 1n);
	}
	for (const { id } of outcome.removed) add(store.move(id), -1n);
	return [...totals.values()].filter(({ amount }) => amount !== 0n);
}
