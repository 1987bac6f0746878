/** sui.rpc.v2.StateService: what addresses own, and what objects hold. */
import { GrpcTypes } from '@mysten/sui/grpc';
import { coinBalance, coinTypeOf, isDatatype } from '#devnet/ledger/encoding.ts';
import { valueEnd } from '#devnet/ledger/layout.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { addressFromBytes, formatType, typesEqual } from '#devnet/move/types.ts';
import { addressOf, structTypeOf } from '#devnet/rpc/arguments.ts';
import { coinInfo } from '#devnet/rpc/coin-info.ts';
import { PageTokens, pageOf } from '#devnet/rpc/page.ts';
import { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderObject } from '#devnet/rpc/render-object.ts';
import { type Handlers, unary } from '#devnet/rpc/server.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;
const MAX_U64 = 2n ** 64n - 1n;
const FIELD_MASK = ['parent', 'field_id'];
const OWNED_MASK = ['object_id', 'version', 'object_type'];

/** A type without arguments stands for all of its instantiations. */
function typeMatches(wanted: MoveType, actual: MoveType): boolean {
	if (wanted.kind !== 'datatype' || actual.kind !== 'datatype' || wanted.typeArguments.length > 0) return typesEqual(wanted, actual);
	return isDatatype(actual, wanted.address, wanted.module, wanted.name);
}

/** By type, coins of a type from greatest to least, then by id: as Sui's node lists what an address owns (sui-core `rpc_index.rs`). */
export function ownedInOrder({ store }: Pick<Ledger, 'store'>, owner: Address): { readonly key: string; readonly object: MoveObject }[] {
	const keyed = store.ownedBy(owner).map((object) => {
		const inverted = coinTypeOf(object.type) === undefined ? 0n : MAX_U64 - coinBalance(object.contents);
		return { key: `${formatType(object.type)}|${inverted.toString().padStart(20, '0')}|${object.id}`, object };
	});
	return keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function stateService(ledger: Ledger): Handlers {
	const { store } = ledger;
	const balances = (owner: string): Map<string, bigint> => {
		const totals = new Map<string, bigint>();
		for (const object of store.ownedBy(owner)) {
			const coin = coinTypeOf(object.type);
			if (coin === undefined) continue;
			const key = formatType(coin);
			totals.set(key, (totals.get(key) ?? 0n) + coinBalance(object.contents));
		}
		return totals;
	};
	const balanceMessage = (coinType: string, balance: bigint): GrpcTypes.Balance => ({ coinType, balance, coinBalance: balance, addressBalance: 0n });

	return {
		'sui.rpc.v2.StateService/ListOwnedObjects': unary((request: GrpcTypes.ListOwnedObjectsRequest) => {
			const owner = addressOf(request.owner, 'owner');
			const wanted = request.objectType === undefined ? undefined : structTypeOf(request.objectType, 'object_type');
			const mask = ReadMask.of(request.readMask, OWNED_MASK, GrpcTypes.Object);
			const owned = ownedInOrder(ledger, owner).filter(({ object }) => wanted === undefined || typeMatches(wanted, object.type));
			const tokens = new PageTokens('owned objects', owner, wanted && formatType(wanted));
			const { messages, nextPageToken } = pageOf(owned, ({ key }) => key, request, tokens, {
				render: ({ object }) => renderObject(object, mask, ledger),
				size: (message) => GrpcTypes.Object.toBinary(message).length,
			});
			return { objects: messages, nextPageToken };
		}),
		'sui.rpc.v2.StateService/GetBalance': unary((request: GrpcTypes.GetBalanceRequest) => {
			const coinType = formatType(structTypeOf(request.coinType, 'coin_type'));
			return { balance: balanceMessage(coinType, balances(addressOf(request.owner, 'owner')).get(coinType) ?? 0n) };
		}),
		'sui.rpc.v2.StateService/ListBalances': unary((request: GrpcTypes.ListBalancesRequest) => {
			const owner = addressOf(request.owner, 'owner');
			const { messages, nextPageToken } = pageOf([...balances(owner)].sort(), ([coinType]) => coinType, request, new PageTokens('balances', owner), {
				render: ([coinType, balance]) => balanceMessage(coinType, balance),
				size: (message) => GrpcTypes.Balance.toBinary(message).length,
			});
			return { balances: messages, nextPageToken };
		}),
		'sui.rpc.v2.StateService/GetCoinInfo': unary((request: GrpcTypes.GetCoinInfoRequest) => coinInfo(ledger, structTypeOf(request.coinType, 'coin_type'))),
		'sui.rpc.v2.StateService/ListDynamicFields': unary((request: GrpcTypes.ListDynamicFieldsRequest) => {
			const parent = addressOf(request.parent, 'parent');
			const mask = ReadMask.of(request.readMask, FIELD_MASK, GrpcTypes.DynamicField);
			const fields = store.childrenOf(parent).filter(({ type }) => isDatatype(type, FRAMEWORK, 'dynamic_field', 'Field'));
			const { messages, nextPageToken } = pageOf(fields, ({ id }) => id, request, new PageTokens('dynamic fields', parent), {
				render: (field) => renderField(ledger, parent, field, mask),
				size: (message) => GrpcTypes.DynamicField.toBinary(message).length,
			});
			return { dynamicFields: messages, nextPageToken };
		}),
	};
}

/** `0x2::dynamic_field::Field<Name, Value> { id, name, value }`; of an object field the name is wrapped and the value is its id. */
function renderField(ledger: Ledger, parent: string, field: MoveObject, mask: ReadMask): GrpcTypes.DynamicField {
	const { vm, store } = ledger;
	const [nameType, valueType] = field.type.kind === 'datatype' ? field.type.typeArguments : [];
	if (nameType === undefined || valueType === undefined) throw new TypeError(`${field.id} is no dynamic field`);
	const wrapped = nameType.kind === 'datatype' && isDatatype(nameType, FRAMEWORK, 'dynamic_object_field', 'Wrapper') ? nameType.typeArguments[0] : undefined;
	const nameEnd = valueEnd(nameType, field.contents, 32, (type) => vm.fields(type));
	const value = field.contents.subarray(nameEnd);
	const childId = wrapped === undefined ? undefined : addressFromBytes(value);
	const child = childId === undefined ? undefined : store.move(childId);
	const kinds = GrpcTypes.DynamicField_DynamicFieldKind;
	return {
		parent: mask.pick('parent', () => parent),
		fieldId: mask.pick('field_id', () => field.id),
		kind: mask.pick('kind', () => (wrapped === undefined ? kinds.FIELD : kinds.OBJECT)),
		name: mask.pick('name', () => ({ name: formatType(wrapped ?? nameType), value: field.contents.subarray(32, nameEnd) })),
		value: mask.pick('value', () => ({ name: formatType(valueType), value })),
		valueType: mask.pick('value_type', () => formatType(child?.type ?? valueType)),
		fieldObject: mask.pick('field_object', () => renderObject(field, mask.under('field_object'), ledger)),
		childId: mask.pick('child_id', () => childId),
		childObject: child === undefined ? undefined : mask.pick('child_object', () => renderObject(child, mask.under('child_object'), ledger)),
	};
}
