/** Objects, owners and packages as protocol messages. */
import { GrpcTypes } from '@mysten/sui/grpc';
import { typeOfObject } from '#devnet/ledger/effects.ts';
import { coinBalance, coinTypeOf } from '#devnet/ledger/encoding.ts';
import { type ChainObject, objectBytes, objectDigest, type PackageObject } from '#devnet/ledger/objects.ts';
import type { AbilitySet, FunctionSignature, MoveType, MoveVm, Owner } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';
import { moveJson } from '#devnet/rpc/json.ts';
import type { ReadMask } from '#devnet/rpc/read-mask.ts';

export const OBJECT_MASK = ['object_id', 'version', 'digest'];

export function renderOwner(owner: Owner): GrpcTypes.Owner {
	const kinds = GrpcTypes.Owner_OwnerKind;
	switch (owner.kind) {
		case 'address':
			return { kind: kinds.ADDRESS, address: owner.address };
		case 'object':
			return { kind: kinds.OBJECT, address: owner.parent };
		case 'shared':
			return { kind: kinds.SHARED, version: owner.initialVersion };
		case 'immutable':
			return { kind: kinds.IMMUTABLE };
		case 'consensusAddress':
			return { kind: kinds.CONSENSUS_ADDRESS, address: owner.address, version: owner.startVersion };
		default:
			throw new TypeError(`unknown owner ${owner satisfies never}`);
	}
}

export function renderObject(object: ChainObject, mask: ReadMask, vm: MoveVm): GrpcTypes.Object {
	const common: GrpcTypes.Object = {
		objectId: mask.pick('object_id', () => object.id),
		version: mask.pick('version', () => object.version),
		digest: mask.pick('digest', () => objectDigest(object)),
		owner: mask.pick('owner', () => renderOwner(object.owner)),
		objectType: mask.pick('object_type', () => typeOfObject(object)),
		bcs: mask.pick('bcs', () => ({ name: 'Object', value: objectBytes(object) })),
		previousTransaction: mask.pick('previous_transaction', () => object.previousTransaction),
		storageRebate: mask.pick('storage_rebate', () => object.storageRebate),
	};
	if (object.kind === 'package') return { ...common, package: mask.pick('package', () => renderPackage(object, vm)) };
	const coin = coinTypeOf(object.type);
	return {
		...common,
		hasPublicTransfer: mask.pick('has_public_transfer', () => object.hasPublicTransfer),
		contents: mask.pick('contents', () => ({ name: formatType(object.type), value: object.contents })),
		json: mask.pick('json', () => moveJson(vm, object.type, object.contents)),
		balance: coin === undefined ? undefined : mask.pick('balance', () => coinBalance(object.contents)),
	};
}

// ---- packages ----------------------------------------------------------------------------------------------------

export function renderPackage(pkg: PackageObject, vm: MoveVm): GrpcTypes.Package {
	return {
		storageId: pkg.id,
		originalId: pkg.id,
		version: pkg.version,
		modules: [...pkg.modules].map(([name, contents]) => ({
			name,
			contents,
			datatypes: [],
			functions: [...vm.functions({ address: pkg.id, module: name })].map(([functionName, signature]) => renderFunction(functionName, signature)),
		})),
		typeOrigins: pkg.typeOrigins.map((origin) => ({ moduleName: origin.module, datatypeName: origin.datatype, packageId: origin.packageId })),
		linkage: pkg.dependencies.map(({ id, version }) => ({ originalId: id, upgradedId: id, upgradedVersion: version })),
	};
}

const VISIBILITY = {
	public: GrpcTypes.FunctionDescriptor_Visibility.PUBLIC,
	friend: GrpcTypes.FunctionDescriptor_Visibility.FRIEND,
	private: GrpcTypes.FunctionDescriptor_Visibility.PRIVATE,
} as const;

export function renderFunction(name: string, signature: FunctionSignature): GrpcTypes.FunctionDescriptor {
	return {
		name,
		visibility: VISIBILITY[signature.visibility],
		isEntry: signature.isEntry,
		typeParameters: signature.typeParameters.map((abilities) => ({ constraints: renderAbilities(abilities), isPhantom: false })),
		parameters: signature.parameters.map(renderSignature),
		returns: signature.returns.map(renderSignature),
	};
}

function renderAbilities(abilities: AbilitySet): GrpcTypes.Ability[] {
	const { COPY, DROP, STORE, KEY } = GrpcTypes.Ability;
	return [...(abilities.copy ? [COPY] : []), ...(abilities.drop ? [DROP] : []), ...(abilities.store ? [STORE] : []), ...(abilities.key ? [KEY] : [])];
}

function renderSignature(type: MoveType): GrpcTypes.OpenSignature {
	if (type.kind !== 'reference') return { body: renderType(type) };
	const { IMMUTABLE, MUTABLE } = GrpcTypes.OpenSignature_Reference;
	return { reference: type.mutable ? MUTABLE : IMMUTABLE, body: renderType(type.to) };
}

export function renderType(type: MoveType): GrpcTypes.OpenSignatureBody {
	const types = GrpcTypes.OpenSignatureBody_Type;
	const plain = (kind: GrpcTypes.OpenSignatureBody_Type): GrpcTypes.OpenSignatureBody => ({ type: kind, typeParameterInstantiation: [] });
	switch (type.kind) {
		case 'address':
		case 'signer':
			return plain(types.ADDRESS);
		case 'bool':
			return plain(types.BOOL);
		case 'u8':
			return plain(types.U8);
		case 'u16':
			return plain(types.U16);
		case 'u32':
			return plain(types.U32);
		case 'u64':
			return plain(types.U64);
		case 'u128':
			return plain(types.U128);
		case 'u256':
			return plain(types.U256);
		case 'vector':
			return { type: types.VECTOR, typeParameterInstantiation: [renderType(type.element)] };
		case 'datatype':
			return {
				type: types.DATATYPE,
				typeName: `${type.address}::${type.module}::${type.name}`,
				typeParameterInstantiation: type.typeArguments.map(renderType),
			};
		case 'typeParameter':
			return { type: types.TYPE_PARAMETER, typeParameter: type.index, typeParameterInstantiation: [] };
		case 'reference':
			throw new TypeError('a reference inside a type');
		default:
			throw new TypeError(`unknown type ${type satisfies never}`);
	}
}
