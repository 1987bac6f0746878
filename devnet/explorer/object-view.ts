/** Objects, packages and what an address owns, as plain data. Bounded. */
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { coinBalance, coinTypeOf } from '#devnet/ledger/encoding.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { type ChainObject, type MoveObject, objectDigest, type PackageObject } from '#devnet/ledger/objects.ts';
import type { Address, MoveType, MoveVm, Owner } from '#devnet/move/api.ts';
import { formatType, normalizeAddress } from '#devnet/move/types.ts';
import type { Value } from '#devnet/move/values.ts';
import { formatValue, shortAddresses } from '#devnet/trace/format-value.ts';

export const MAX_LISTED = 100;
const MAX_VERSIONS = 20;

export interface FieldView {
	readonly name: string;
	readonly type: string;
	readonly value: string;
}

export interface ObjectView {
	readonly kind: 'object';
	readonly id: Address;
	readonly version: bigint;
	readonly digest: string;
	readonly type: string;
	readonly owner: string;
	readonly ownerId: Address | undefined;
	readonly previousTransaction: string;
	readonly storageRebateMist: bigint;
	readonly fields: readonly FieldView[];
	/** Newest first, as far back as transactions are remembered. */
	readonly versions: readonly { readonly version: bigint; readonly transaction: string }[];
	readonly dynamicFields: DynamicFieldsView;
}

export interface DynamicFieldsView {
	readonly total: number;
	readonly listed: readonly { readonly id: Address; readonly fields: readonly FieldView[] }[];
}

/** No object by itself, but the parent of dynamic fields: a table inside an object. */
export interface ParentView {
	readonly kind: 'parent';
	readonly id: Address;
	readonly dynamicFields: DynamicFieldsView;
}

export interface PackageView {
	readonly kind: 'package';
	readonly id: Address;
	readonly version: bigint;
	readonly digest: string;
	readonly previousTransaction: string;
	readonly modules: readonly { readonly name: string; readonly bytes: number; readonly functions: readonly string[] }[];
	readonly dependencies: readonly Address[];
}

export interface AddressView {
	readonly address: Address;
	readonly total: number;
	readonly objects: readonly { readonly id: Address; readonly version: bigint; readonly type: string; readonly balanceMist: bigint | undefined }[];
}

/** Throws BAD_ARGUMENT, CHAIN_OBJECT_MISSING. */
export function objectView(ledger: Ledger, text: string): ObjectView | PackageView | ParentView {
	const id = addressOf(text);
	const object = ledger.object(id);
	if (object === undefined) {
		const dynamicFields = dynamicFieldsOf(ledger, id);
		if (dynamicFields.total > 0) return { kind: 'parent', id, dynamicFields };
		throw new VramhubError('CHAIN_OBJECT_MISSING', `object ${id} ${ledger.store.existed(id) ? 'is deleted or wrapped' : 'is not known'}`);
	}
	return object.kind === 'package' ? packageView(ledger.vm, object) : moveObjectView(ledger, object);
}

function moveObjectView(ledger: Ledger, object: MoveObject): ObjectView {
	return {
		kind: 'object',
		id: object.id,
		version: object.version,
		digest: objectDigest(object),
		type: shortAddresses(formatType(object.type)),
		owner: ownerText(object.owner),
		ownerId: 'address' in object.owner ? object.owner.address : 'parent' in object.owner ? object.owner.parent : undefined,
		previousTransaction: object.previousTransaction,
		storageRebateMist: object.storageRebate,
		fields: fieldsOf(ledger.vm, object.type, object.contents),
		versions: versionsOf(ledger, object),
		dynamicFields: dynamicFieldsOf(ledger, object.id),
	};
}

function dynamicFieldsOf(ledger: Ledger, parent: Address): DynamicFieldsView {
	const children = ledger.store.childrenOf(parent);
	return {
		total: children.length,
		listed: children.slice(0, MAX_LISTED).map((child) => ({ id: child.id, fields: fieldsOf(ledger.vm, child.type, child.contents) })),
	};
}

function versionsOf(ledger: Ledger, object: ChainObject): { version: bigint; transaction: string }[] {
	const versions = [{ version: object.version, transaction: object.previousTransaction }];
	while (versions.length < MAX_VERSIONS) {
		const { transaction } = versions.at(-1)!;
		const before = ledger.transaction(transaction)?.effects.changed.find(({ id }) => id === object.id)?.input?.version;
		const older = before === undefined ? undefined : ledger.store.atVersion(object.id, before);
		if (older === undefined) break;
		versions.push({ version: older.version, transaction: older.previousTransaction });
	}
	return versions;
}

function packageView(vm: MoveVm, pkg: PackageObject): PackageView {
	return {
		kind: 'package',
		id: pkg.id,
		version: pkg.version,
		digest: objectDigest(pkg),
		previousTransaction: pkg.previousTransaction,
		modules: [...pkg.modules].map(([name, bytes]) => ({ name, bytes: bytes.length, functions: [...vm.functions({ address: pkg.id, module: name }).keys()] })),
		dependencies: pkg.dependencies.map(({ id }) => id),
	};
}

/** Throws BAD_ARGUMENT. An address that owns nothing is as good as any. */
export function addressView(ledger: Ledger, text: string): AddressView {
	const address = addressOf(text);
	const owned = ledger.store.ownedBy(address);
	return {
		address,
		total: owned.length,
		objects: owned.slice(0, MAX_LISTED).map(({ id, version, type, contents }) => ({
			id,
			version,
			type: shortAddresses(formatType(type)),
			balanceMist: coinTypeOf(type) === undefined ? undefined : coinBalance(contents),
		})),
	};
}

export function addressOf(text: string): Address {
	try {
		return normalizeAddress(text);
	} catch {
		throw new VramhubError('BAD_ARGUMENT', `${text.slice(0, 80)} is no object id or address`);
	}
}

export function ownerText(owner: Owner): string {
	switch (owner.kind) {
		case 'address':
			return `address ${owner.address}`;
		case 'object':
			return `object ${owner.parent}`;
		case 'shared':
			return `shared since version ${owner.initialVersion}`;
		case 'immutable':
			return 'immutable';
		case 'consensusAddress':
			return `address ${owner.address}, through consensus`;
		default:
			throw new TypeError(`unknown owner ${owner satisfies never}`);
	}
}

/** The fields of a struct, or the whole value as one. */
export function fieldsOf(vm: MoveVm, type: MoveType, bytes: Uint8Array): FieldView[] {
	const layout = vm.fields(type);
	const value = decodeValue(vm, type, bytes);
	if (layout === undefined || !Array.isArray(value)) {
		return [
			{
				name: '',
				type: shortAddresses(formatType(type)),
				value: value === undefined ? `0x${toHex(bytes.subarray(0, 256))}` : formatValue(vm, type, value),
			},
		];
	}
	return layout.map((field, i) => ({
		name: field.name,
		type: shortAddresses(formatType(field.type)),
		value: formatValue(vm, field.type, value[i]),
	}));
}

/** Undefined for bytes that are none of the type. */
export function valueText(vm: MoveVm, type: MoveType, bytes: Uint8Array): string | undefined {
	const value = decodeValue(vm, type, bytes);
	return value === undefined ? undefined : formatValue(vm, type, value);
}

function decodeValue(vm: MoveVm, type: MoveType, bytes: Uint8Array): Value | undefined {
	try {
		return vm.deserialize(type, bytes) as Value;
	} catch {
		return undefined;
	}
}
