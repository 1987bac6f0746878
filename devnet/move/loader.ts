/** Loaded packages: modules, their functions and types, and links between them. */
import { type AbilitySet, type Address, type FieldLayout, type FunctionSignature, MoveFailure, type MovePackage, type MoveType } from '#devnet/move/api.ts';
import type { DatatypeShape, Layout, ShapeSource } from '#devnet/move/bcs.ts';
import {
	abilitySet,
	COPY,
	type CompiledModule,
	DROP,
	entry,
	identifier,
	KEY,
	malformed,
	moduleHandle,
	readModule,
	STORE,
	signatureTypes,
	typeOf,
} from '#devnet/move/bytecode.ts';
import { type DecodedCode, decodeFunction } from '#devnet/move/decoder.ts';
import type { FunctionReference } from '#devnet/move/instruction.ts';
import { formatType, normalizeAddress, substitute } from '#devnet/move/types.ts';

export interface LoadedFunction {
	readonly module: LoadedModule;
	readonly name: string;
	readonly index: number;
	readonly signature: FunctionSignature;
	/** Undefined for a native. */
	readonly code: DecodedCode | undefined;
	readonly localCount: number;
}

interface Variant {
	readonly name: string;
	readonly fields: readonly FieldLayout[];
}

export interface Datatype {
	readonly name: string;
	/** Ability bits as declared; those of an instantiation also depend on its type arguments. */
	readonly abilities: number;
	readonly phantom: readonly boolean[];
	readonly body: { readonly kind: 'struct'; readonly fields: readonly FieldLayout[] } | { readonly kind: 'enum'; readonly variants: readonly Variant[] };
}

export interface LoadedModule {
	readonly address: Address;
	readonly name: string;
	/** `0x…::name` */
	readonly key: string;
	readonly compiled: CompiledModule;
	readonly functions: ReadonlyMap<string, LoadedFunction>;
	readonly datatypes: ReadonlyMap<string, Datatype>;
}

export type DatatypeType = MoveType & { readonly kind: 'datatype' };

const ALL_ABILITIES = COPY | DROP | STORE | KEY;

export class Loader implements ShapeSource {
	readonly #packages = new Map<Address, ReadonlyMap<string, LoadedModule>>();
	#modules = new Map<string, LoadedModule>();
	#links = new WeakMap<FunctionReference, LoadedFunction>();
	layouts = new Map<string, Layout>();

	/** All modules are read before any is kept. */
	load(pkg: MovePackage): void {
		const id = normalizeAddress(pkg.id);
		const modules = new Map<string, LoadedModule>();
		for (const [name, bytes] of pkg.modules) modules.set(name, readLoadedModule(id, name, bytes));
		this.#packages.set(id, modules);
		this.#reindex();
	}

	/** The same packages but these; loading and unloading there changes nothing here. */
	fork(without: readonly Address[]): Loader {
		const copy = new Loader();
		for (const [id, modules] of this.#packages) if (!without.includes(id)) copy.#packages.set(id, modules);
		copy.#reindex();
		return copy;
	}

	unload(id: Address): void {
		if (this.#packages.delete(normalizeAddress(id))) this.#reindex();
	}

	#reindex(): void {
		this.#modules = new Map();
		for (const modules of this.#packages.values()) for (const module of modules.values()) this.#modules.set(module.key, module);
		this.#links = new WeakMap();
		this.layouts = new Map();
	}

	package(id: Address): ReadonlyMap<string, LoadedModule> | undefined {
		return this.#packages.get(normalizeAddress(id));
	}

	module(address: Address, name: string): LoadedModule | undefined {
		return this.#modules.get(`${address}::${name}`);
	}

	/** The function that a call instruction means. */
	link(reference: FunctionReference): LoadedFunction {
		const linked = this.#links.get(reference);
		if (linked !== undefined) return linked;
		const found = this.#modules.get(reference.moduleKey)?.functions.get(reference.name);
		if (found === undefined) throw linkError(`${reference.moduleKey}::${reference.name} is not loaded`);
		if (found.signature.parameters.length !== reference.argumentCount || found.signature.returns.length !== reference.returnCount) {
			throw linkError(`${reference.moduleKey}::${reference.name} has another signature than its caller was compiled against`);
		}
		this.#links.set(reference, found);
		return found;
	}

	datatype(type: DatatypeType): Datatype | undefined {
		return this.module(type.address, type.module)?.datatypes.get(type.name);
	}

	shape(type: DatatypeType): DatatypeShape {
		const found = this.datatype(type);
		if (found === undefined) throw linkError(`type ${formatType(type)} is not loaded`);
		const each = (fields: readonly FieldLayout[]) => fields.map((field) => substitute(field.type, type.typeArguments));
		return found.body.kind === 'struct'
			? { kind: 'struct', fields: each(found.body.fields) }
			: { kind: 'enum', variants: found.body.variants.map((variant) => each(variant.fields)) };
	}

	/** Abilities of an instantiated type: the declared ones that every non-phantom argument allows (`key` asks `store` of them). */
	abilities(type: MoveType): AbilitySet {
		return abilitySet(this.#abilityBits(type));
	}

	#abilityBits(type: MoveType): number {
		switch (type.kind) {
			case 'bool':
			case 'u8':
			case 'u16':
			case 'u32':
			case 'u64':
			case 'u128':
			case 'u256':
			case 'address':
				return COPY | DROP | STORE;
			case 'signer':
				return DROP;
			case 'reference':
				return COPY | DROP;
			case 'vector':
				return this.#abilityBits(type.element) & (COPY | DROP | STORE);
			case 'typeParameter':
				return 0;
			case 'datatype': {
				const found = this.datatype(type);
				if (found === undefined) throw linkError(`type ${formatType(type)} is not loaded`);
				let allowed = ALL_ABILITIES;
				type.typeArguments.forEach((argument, index) => {
					if (found.phantom[index] === true) return;
					const bits = this.#abilityBits(argument);
					allowed &= (bits & (COPY | DROP | STORE)) | ((bits & STORE) !== 0 ? KEY : 0);
				});
				return found.abilities & allowed;
			}
			default:
				throw linkError(`unknown type ${JSON.stringify(type satisfies never)}`);
		}
	}
}

function linkError(message: string): MoveFailure {
	return new MoveFailure({ kind: 'invariant', message: `link: ${message}` });
}

const VISIBILITY = { Public: 'public', Friend: 'friend', Private: 'private' } as const;

function readLoadedModule(address: Address, name: string, bytes: Uint8Array): LoadedModule {
	const compiled = readModule(name, bytes);
	const self = moduleHandle(compiled, compiled.self_module_handle_idx);
	if (self.address !== address || self.module !== name) throw malformed(name, `it calls itself ${self.address}::${self.module}`);
	const functions = new Map<string, LoadedFunction>();
	const datatypes = new Map<string, Datatype>();
	const module: LoadedModule = { address, name, key: `${address}::${name}`, compiled, functions, datatypes };

	const fieldLayouts = (fields: readonly { readonly name: number; readonly signature: Parameters<typeof typeOf>[1] }[]): FieldLayout[] =>
		fields.map((field) => ({ name: identifier(compiled, field.name), type: typeOf(compiled, field.signature) }));
	const addDatatype = (handleIndex: number, body: Datatype['body']) => {
		const handle = entry(compiled.datatype_handles, handleIndex, 'datatype handle');
		const datatypeName = identifier(compiled, handle.name);
		if (handle.module !== compiled.self_module_handle_idx) throw malformed(name, `${datatypeName} is defined in another module`);
		datatypes.set(datatypeName, { name: datatypeName, abilities: handle.abilities, phantom: handle.type_parameters.map((it) => it.is_phantom), body });
	};
	for (const def of compiled.struct_defs) {
		if (def.field_information === 'Native') throw malformed(name, 'native struct');
		addDatatype(def.struct_handle, { kind: 'struct', fields: fieldLayouts(def.field_information.Declared) });
	}
	for (const def of compiled.enum_defs ?? []) {
		const variants = def.variants.map((variant) => ({ name: identifier(compiled, variant.variant_name), fields: fieldLayouts(variant.fields) }));
		addDatatype(def.enum_handle, { kind: 'enum', variants });
	}
	compiled.function_defs.forEach((def, index) => {
		const handle = entry(compiled.function_handles, def.function, 'function handle');
		const functionName = identifier(compiled, handle.name);
		const parameters = signatureTypes(compiled, handle.parameters);
		const returns = signatureTypes(compiled, handle.return_);
		const code = def.code ? decodeFunction(compiled, name, functionName, def.code, parameters, returns) : undefined;
		functions.set(functionName, {
			module,
			name: functionName,
			index,
			signature: {
				visibility: VISIBILITY[def.visibility],
				isEntry: def.is_entry,
				typeParameters: handle.type_parameters.map(abilitySet),
				parameters,
				returns,
			},
			code,
			localCount: code?.localTypes.length ?? parameters.length,
		});
	});
	return module;
}
