/** Packages with their functions and types as protocol messages, read from their bytecode (sui-rpc-api `move_package_service/conversions.rs`). */
import { GrpcTypes } from '@mysten/sui/grpc';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { PackageObject } from '#devnet/ledger/objects.ts';
import type { ObjectStore } from '#devnet/ledger/store.ts';
import type { AbilitySet, Address, FunctionSignature, MoveType } from '#devnet/move/api.ts';
import { abilitySet, type CompiledModule, entry, identifier, readModule, type SignatureToken, typeOf } from '#devnet/move/bytecode.ts';

export function renderPackage(pkg: PackageObject, { vm, store }: Pick<Ledger, 'vm' | 'store'>): GrpcTypes.Package {
	return {
		storageId: pkg.id,
		originalId: pkg.originalId,
		version: pkg.version,
		modules: [...pkg.modules].map(([name, contents]) => ({
			name,
			contents,
			datatypes: describeDatatypes(pkg, name, store),
			functions: [...vm.functions({ address: pkg.id, module: name })].map(([functionName, signature]) => renderFunction(functionName, signature)),
		})),
		typeOrigins: pkg.typeOrigins.map((origin) => ({ moduleName: origin.module, datatypeName: origin.datatype, packageId: origin.packageId })),
		linkage: pkg.dependencies.map(({ originalId, id, version }) => ({ originalId, upgradedId: id, upgradedVersion: version })),
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

function renderType(type: MoveType): GrpcTypes.OpenSignatureBody {
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

// ---- structs and enums --------------------------------------------------------------------------------------------

const { STRUCT, ENUM } = GrpcTypes.DatatypeDescriptor_DatatypeKind;

/** Empty when the package has no such module. */
export function describeDatatypes(pkg: PackageObject, moduleName: string, store: ObjectStore): GrpcTypes.DatatypeDescriptor[] {
	const bytes = pkg.modules.get(moduleName);
	if (bytes === undefined) return [];
	const module = readModule(moduleName, bytes);
	const defining = definingIds(pkg, store);
	const fieldsOf = (fields: readonly { readonly name: number; readonly signature: SignatureToken }[]) =>
		fields.map(({ name, signature }, position) => ({ name: identifier(module, name), position, type: renderType(defining(typeOf(module, signature))) }));
	const structs = module.struct_defs.map(({ struct_handle, field_information: fields }) => ({
		...common(pkg, moduleName, module, struct_handle),
		kind: STRUCT,
		fields: fields === 'Native' ? [] : fieldsOf(fields.Declared),
		variants: [],
	}));
	const enums = (module.enum_defs ?? []).map(({ enum_handle, variants }) => ({
		...common(pkg, moduleName, module, enum_handle),
		kind: ENUM,
		fields: [],
		variants: variants.map(({ variant_name, fields }, position) => ({ name: identifier(module, variant_name), position, fields: fieldsOf(fields) })),
	}));
	return [...structs, ...enums];
}

function common(pkg: PackageObject, moduleName: string, module: CompiledModule, handleIndex: number) {
	const handle = entry(module.datatype_handles, handleIndex, 'datatype handle');
	const name = identifier(module, handle.name);
	const origin = pkg.typeOrigins.find((candidate) => candidate.module === moduleName && candidate.datatype === name);
	return {
		typeName: `${pkg.id}::${moduleName}::${name}`,
		definingId: origin?.packageId ?? pkg.id,
		module: moduleName,
		name,
		abilities: renderAbilities(abilitySet(handle.abilities)),
		typeParameters: handle.type_parameters.map(({ constraints, is_phantom }) => ({
			constraints: renderAbilities(abilitySet(constraints)),
			isPhantom: is_phantom,
		})),
	};
}

/** Types as the chain names them: by the version of a package that brought them, where bytecode has the first version's id. */
function definingIds(pkg: PackageObject, store: ObjectStore): (type: MoveType) => MoveType {
	const linked = new Map<Address, PackageObject>([[pkg.originalId, pkg]]);
	for (const { originalId, id } of pkg.dependencies) {
		const dependency = store.get(id);
		if (dependency?.kind === 'package') linked.set(originalId, dependency);
	}
	const defining = (type: MoveType): MoveType => {
		switch (type.kind) {
			case 'vector':
				return { kind: 'vector', element: defining(type.element) };
			case 'reference':
				return { kind: 'reference', mutable: type.mutable, to: defining(type.to) };
			case 'datatype': {
				const origins = linked.get(type.address)?.typeOrigins ?? [];
				const origin = origins.find(({ module, datatype }) => module === type.module && datatype === type.name);
				return { ...type, address: origin?.packageId ?? type.address, typeArguments: type.typeArguments.map(defining) };
			}
			default:
				return type;
		}
	};
	return defining;
}
