/**
 * The JSON that `@mysten/move-bytecode-template` deserialises a module to (formats v6 and v7), and what is read of it.
 * That deserialiser is Sui's own and checks the binary format; the indices are checked here again where they are used.
 */
import { deserialize } from '@mysten/move-bytecode-template';
import { type AbilitySet, type Address, MoveFailure, type MoveType } from '#devnet/move/api.ts';
import { ADDRESS, BOOL, normalizeAddress, SIGNER, U8, U16, U32, U64, U128, U256 } from '#devnet/move/types.ts';

export type SignatureToken =
	| 'Bool'
	| 'U8'
	| 'U16'
	| 'U32'
	| 'U64'
	| 'U128'
	| 'U256'
	| 'Address'
	| 'Signer'
	| { readonly Vector: SignatureToken }
	| { readonly Reference: SignatureToken }
	| { readonly MutableReference: SignatureToken }
	| { readonly Datatype: number }
	| { readonly DatatypeInstantiation: readonly [number, readonly SignatureToken[]] }
	| { readonly TypeParameter: number };

/** `"Add"`, or one key: `{ "LdU8": 1 }`. */
export type RawInstruction = string | Readonly<Record<string, unknown>>;

interface Field {
	readonly name: number;
	readonly signature: SignatureToken;
}

export interface RawCode {
	readonly locals: number;
	readonly code: readonly RawInstruction[];
	readonly jump_tables?: readonly { readonly head_enum: number; readonly jump_table: { readonly Full: readonly number[] } }[];
}

export interface CompiledModule {
	readonly version: number;
	readonly self_module_handle_idx: number;
	readonly module_handles: readonly { readonly address: number; readonly name: number }[];
	readonly datatype_handles: readonly {
		readonly module: number;
		readonly name: number;
		readonly abilities: number;
		readonly type_parameters: readonly { readonly constraints: number; readonly is_phantom: boolean }[];
	}[];
	readonly function_handles: readonly {
		readonly module: number;
		readonly name: number;
		readonly parameters: number;
		readonly return_: number;
		readonly type_parameters: readonly number[];
	}[];
	readonly field_handles: readonly { readonly owner: number; readonly field: number }[];
	readonly friend_decls: readonly { readonly address: number; readonly name: number }[];
	readonly struct_def_instantiations: readonly { readonly def: number; readonly type_parameters: number }[];
	readonly function_instantiations: readonly { readonly handle: number; readonly type_parameters: number }[];
	readonly field_instantiations: readonly { readonly handle: number; readonly type_parameters: number }[];
	readonly signatures: readonly (readonly SignatureToken[])[];
	readonly identifiers: readonly string[];
	readonly address_identifiers: readonly string[];
	readonly constant_pool: readonly { readonly type_: SignatureToken; readonly data: readonly number[] }[];
	readonly struct_defs: readonly { readonly struct_handle: number; readonly field_information: 'Native' | { readonly Declared: readonly Field[] } }[];
	readonly function_defs: readonly {
		readonly function: number;
		readonly visibility: 'Public' | 'Friend' | 'Private';
		readonly is_entry: boolean;
		/** Of global storage, which Sui has not: empty. */
		readonly acquires_global_resources: readonly number[];
		readonly code: RawCode | null | undefined;
	}[];
	readonly enum_defs?: readonly {
		readonly enum_handle: number;
		readonly variants: readonly { readonly variant_name: number; readonly fields: readonly Field[] }[];
	}[];
	readonly enum_def_instantiations?: readonly { readonly def: number; readonly type_parameters: number }[];
	readonly variant_handles?: readonly { readonly enum_def: number; readonly variant: number }[];
	readonly variant_instantiation_handles?: readonly { readonly enum_def: number; readonly variant: number }[];
	/** Not of the format: the package that first had the type of each datatype handle, once the loader knows. Absent: the one that the handle names. */
	readonly defining_ids?: readonly Address[];
}

/** Oldest and newest format read. */
export const MIN_VERSION = 6;
export const MAX_VERSION = 7;

/** Throws {@link MoveFailure} of kind `invariant` that says what is wrong with the bytes. */
export function readModule(name: string, bytes: Uint8Array): CompiledModule {
	let module: CompiledModule;
	try {
		module = deserialize(bytes) as CompiledModule;
	} catch (error) {
		throw malformed(name, error instanceof Error ? error.message : describe(error));
	}
	if (module.version < MIN_VERSION || module.version > MAX_VERSION) throw malformed(name, `bytecode version ${module.version}`);
	return module;
}

function describe(error: unknown): string {
	return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}

export function malformed(module: string, why: string): MoveFailure {
	return new MoveFailure({ kind: 'invariant', message: `module ${module} is refused: ${why}` });
}

/** `table[index]`, or a refusal that names the table. */
export function entry<T>(table: readonly T[] | undefined, index: number, what: string): T {
	const found = table?.[index];
	if (found === undefined) throw new MoveFailure({ kind: 'invariant', message: `bytecode index out of bounds: ${what} ${index}` });
	return found;
}

/** Ability bits of the binary format. */
export const COPY = 1;
export const DROP = 2;
export const STORE = 4;
export const KEY = 8;

export function abilitySet(bits: number): AbilitySet {
	return { copy: (bits & COPY) !== 0, drop: (bits & DROP) !== 0, store: (bits & STORE) !== 0, key: (bits & KEY) !== 0 };
}

/** Turns signature tokens of one module into types; equal tokens of a handle share the object. */
export function typeOf(module: CompiledModule, token: SignatureToken): MoveType {
	switch (token) {
		case 'Bool':
			return BOOL;
		case 'U8':
			return U8;
		case 'U16':
			return U16;
		case 'U32':
			return U32;
		case 'U64':
			return U64;
		case 'U128':
			return U128;
		case 'U256':
			return U256;
		case 'Address':
			return ADDRESS;
		case 'Signer':
			return SIGNER;
	}
	if ('Vector' in token) return { kind: 'vector', element: typeOf(module, token.Vector) };
	if ('Reference' in token) return { kind: 'reference', mutable: false, to: typeOf(module, token.Reference) };
	if ('MutableReference' in token) return { kind: 'reference', mutable: true, to: typeOf(module, token.MutableReference) };
	if ('TypeParameter' in token) return { kind: 'typeParameter', index: token.TypeParameter };
	if ('Datatype' in token) return handleType(module, token.Datatype, []);
	const [index, args] = token.DatatypeInstantiation;
	return handleType(
		module,
		index,
		args.map((argument) => typeOf(module, argument)),
	);
}

export function handleType(module: CompiledModule, handleIndex: number, typeArguments: readonly MoveType[]): MoveType {
	const handle = entry(module.datatype_handles, handleIndex, 'datatype handle');
	if (handle.type_parameters.length !== typeArguments.length) {
		throw new MoveFailure({ kind: 'invariant', message: `datatype handle ${handleIndex} takes ${handle.type_parameters.length} type arguments` });
	}
	const owner = moduleHandle(module, handle.module);
	return {
		kind: 'datatype',
		address: module.defining_ids?.[handleIndex] ?? owner.address,
		module: owner.module,
		name: identifier(module, handle.name),
		typeArguments,
	};
}

export function moduleHandle(module: CompiledModule, index: number): { readonly address: string; readonly module: string } {
	const handle = entry(module.module_handles, index, 'module handle');
	return { address: normalizeAddress(entry(module.address_identifiers, handle.address, 'address')), module: identifier(module, handle.name) };
}

export function identifier(module: CompiledModule, index: number): string {
	return entry(module.identifiers, index, 'identifier');
}

export function signatureTypes(module: CompiledModule, index: number): readonly MoveType[] {
	return entry(module.signatures, index, 'signature').map((token) => typeOf(module, token));
}
