/** `sui::object`, `sui::transfer`, `sui::dynamic_field`, `sui::event`, `sui::types`. */
import { type Address, MoveFailure, type MoveType, type Owner } from '#devnet/move/api.ts';
import { deserializeValue, serializeValue } from '#devnet/move/bcs.ts';
import { NativeAbort } from '#devnet/move/errors.ts';
import type { DatatypeType } from '#devnet/move/loader.ts';
import { COST } from '#devnet/move/natives/costs.ts';
import { type NativeCall, type NativeFunction, type NativeTable, typeArgument } from '#devnet/move/natives/native.ts';
import { type ChildLookup, deriveDynamicFieldId } from '#devnet/move/object-runtime.ts';
import { typesEqual } from '#devnet/move/types.ts';
import { elementWidth, MoveVector, objectId, Reference, type Value } from '#devnet/move/values.ts';

/** Abort codes of the natives, as Sui's sources number them. */
const E_SHARED_NON_NEW_OBJECT = 0;
const E_RECEIVING_TYPE_MISMATCH = 2;
const E_UNABLE_TO_RECEIVE = 3;
const E_KEY_DOES_NOT_EXIST = 1;
const E_FIELD_TYPE_MISMATCH = 2;
const E_WITNESS_IS_NO_STRUCT = 0;
const E_NO_WITNESS = 1;

/** Read, write, delete and transfer: the only permissions that a party can have so far. */
const ALL_PARTY_PERMISSIONS = 0b1111n;

/** Objects whose id is fixed by the protocol count as new when they are first shared (`sui-types` `lib.rs`). */
const FRAMEWORK_OBJECTS: ReadonlySet<Address> = new Set(['5', '6', '7', '8', '9', '403', 'acc', 'c', 'd', 'a'].map((id) => `0x${id.padStart(64, '0')}`));

export const OBJECT_NATIVES: NativeTable = {
	'object::delete_impl': (call, [id]) => {
		call.charge(COST.simple);
		call.runtime.deleteId(id as Address);
		return [];
	},
	'object::record_new_uid': (call, [id]) => {
		call.charge(COST.simple);
		call.runtime.recordNewId(id as Address);
		return [];
	},
	'object::borrow_uid': (call, [object]) => {
		call.charge(COST.simple);
		const reference = object as Reference;
		return [new Reference(reference.container[reference.key] as Value[], 0)];
	},

	'transfer::transfer_impl': (call, [object, recipient]) => transfer(call, object, { kind: 'address', address: recipient as Address }),
	'transfer::freeze_object_impl': (call, [object]) => transfer(call, object, { kind: 'immutable' }),
	'transfer::share_object_impl': (call, [object]) => {
		const id = objectId(object);
		const before = call.runtime.inputOwner(id);
		if (!call.runtime.isNew(id) && before?.kind !== 'shared' && !FRAMEWORK_OBJECTS.has(id)) throw new NativeAbort(E_SHARED_NON_NEW_OBJECT);
		return transfer(call, object, { kind: 'shared', initialVersion: before?.kind === 'shared' ? before.initialVersion : 0n });
	},
	'transfer::party_transfer_impl': (call, [object, defaultPermissions, addresses, permissions]) => {
		const members = (addresses as MoveVector).items as Address[];
		const granted = (permissions as MoveVector).items as bigint[];
		const [address] = members;
		if (address === undefined || members.length !== 1 || granted.length !== 1 || granted[0] !== ALL_PARTY_PERMISSIONS || defaultPermissions !== 0n) {
			throw new MoveFailure({ kind: 'invariant', message: 'a party is one address with all permissions' });
		}
		return transfer(call, object, { kind: 'consensusAddress', address, startVersion: 0n });
	},
	'transfer::receive_impl': (call, [parent, id, version]) => {
		call.charge(COST.transfer);
		const received = call.runtime.receive(parent as Address, (id as Value[])[0] as Address, version as bigint, typeArgument(call, 0));
		if (received === undefined) throw new NativeAbort(E_UNABLE_TO_RECEIVE);
		if (received.kind === 'otherType') throw new NativeAbort(E_RECEIVING_TYPE_MISMATCH);
		return [received.value];
	},

	'dynamic_field::hash_type_and_key': (call, [parent, key]) => {
		const type = typeArgument(call, 0);
		const bytes = serializeValue(type, key, call.loader);
		call.charge(COST.dynamicField + COST.perByte * bytes.length);
		return [deriveDynamicFieldId(parent as Address, type, bytes)];
	},
	'dynamic_field::add_child_object': (call, [parent, child]) => {
		call.charge(COST.dynamicField);
		call.runtime.addChild(parent as Address, typeArgument(call, 0), child);
		return [];
	},
	'dynamic_field::borrow_child_object': borrowChild,
	'dynamic_field::borrow_child_object_mut': borrowChild,
	'dynamic_field::remove_child_object': (call, [parent, id]) => {
		const slot = found(call, call.runtime.child(parent as Address, id as Address, typeArgument(call, 0)));
		const value = slot[0];
		slot[0] = undefined;
		return [value];
	},
	'dynamic_field::has_child_object': (call, [parent, id]) => {
		call.charge(COST.dynamicField);
		return [call.runtime.hasChild(parent as Address, id as Address, undefined)];
	},
	'dynamic_field::has_child_object_with_ty': (call, [parent, id]) => {
		call.charge(COST.dynamicField);
		return [call.runtime.hasChild(parent as Address, id as Address, typeArgument(call, 0))];
	},

	'event::emit': (call, [event]) => {
		const type = typeArgument(call, 0);
		if (type.kind !== 'datatype') throw new MoveFailure({ kind: 'invariant', message: 'an event is no struct' });
		const contents = serializeValue(type, event, call.loader);
		call.charge(COST.simple + COST.emitPerByte * contents.length);
		call.runtime.emit(type, contents);
		return [];
	},
	'event::num_events': (call) => [call.runtime.events.length],
	'event::events_by_type': (call) => {
		const type = typeArgument(call, 0);
		const same = call.runtime.events.filter((event) => typesEqual(event.type, type));
		const items = same.map((event) => deserializeValue(type, event.contents, call.loader));
		return [new MoveVector(elementWidth(type), items)];
	},

	/** Test-only: a witness is a struct of the one bool that the compiler gives an empty struct. */
	'test_utils::create_one_time_witness': (call) => {
		const type = typeArgument(call, 0);
		const isStruct = type.kind === 'datatype' && call.loader.datatype(type)?.body.kind === 'struct';
		if (!isStruct) throw new NativeAbort(E_WITNESS_IS_NO_STRUCT);
		if (!isOneTimeWitness(call, type)) throw new NativeAbort(E_NO_WITNESS);
		return [[true]];
	},
	'types::is_one_time_witness': (call) => {
		call.charge(COST.simple);
		const type = typeArgument(call, 0);
		return [type.kind === 'datatype' && isOneTimeWitness(call, type)];
	},
};

/** A type named after its module in capitals, not generic, with one field of type bool; the verifier ensures the rest. */
function isOneTimeWitness(call: NativeCall, type: DatatypeType): boolean {
	if (type.name !== type.module.toUpperCase() || type.typeArguments.length > 0) return false;
	const body = call.loader.datatype(type)?.body;
	return body?.kind === 'struct' && body.fields.length === 1 && body.fields[0]?.type.kind === 'bool';
}

function transfer(call: NativeCall, object: Value, owner: Owner): Value[] {
	call.charge(COST.transfer);
	const type: MoveType = typeArgument(call, 0);
	call.runtime.transfer(object, type, owner);
	return [];
}

function borrowChild(...[call, [parentUid, id]]: Parameters<NativeFunction>): Value[] {
	const reference = parentUid as Reference;
	const uid = reference.container[reference.key] as Value[];
	const parent = (uid[0] as Value[])[0] as Address;
	return [new Reference(found(call, call.runtime.child(parent, id as Address, typeArgument(call, 0))), 0)];
}

function found(call: NativeCall, lookup: ChildLookup): Value[] {
	call.charge(COST.dynamicField);
	switch (lookup.kind) {
		case 'missing':
			throw new NativeAbort(E_KEY_DOES_NOT_EXIST);
		case 'otherType':
			throw new NativeAbort(E_FIELD_TYPE_MISMATCH);
		case 'found':
			call.charge(COST.dynamicFieldPerByte * lookup.loadedBytes);
			return lookup.slot;
		default:
			throw new MoveFailure({ kind: 'invariant', message: JSON.stringify(lookup satisfies never) });
	}
}
