/** Loaded packages: modules, their functions and types, and links between them. */
import type { AbilitySet, Address, FieldLayout, FunctionSignature, MovePackage, MoveType } from '#devnet/move/api.ts';
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
import { Linkage, linkError } from '#devnet/move/linkage.ts';
import { TypeDepths } from '#devnet/move/type-depth.ts';
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
	/** Ability bits that each type parameter asks for. */
	readonly constraints: readonly number[];
	readonly body: { readonly kind: 'struct'; readonly fields: readonly FieldLayout[] } | { readonly kind: 'enum'; readonly variants: readonly Variant[] };
}

export interface LoadedModule {
	/** Id of the package version that it is in. */
	readonly address: Address;
	/** Id of the package's first version, by which bytecode names the module. */
	readonly originalId: Address;
	readonly name: string;
	/** `0x…::name` */
	readonly key: string;
	readonly compiled: CompiledModule;
	readonly functions: ReadonlyMap<string, LoadedFunction>;
	readonly datatypes: ReadonlyMap<string, Datatype>;
}

export interface LoadedPackage {
	readonly id: Address;
	readonly originalId: Address;
	readonly modules: ModulesByName;
	/** Original id → id of the version, itself among them. */
	readonly linkage: ReadonlyMap<Address, Address>;
	/** `module::Type` → defining id, where that is another version. */
	readonly typeOrigins: ReadonlyMap<string, Address>;
}

/** Each is read when it is first asked for: a start need not wait for a framework of which it uses little. */
class ModulesByName {
	readonly #bytes: ReadonlyMap<string, Uint8Array>;
	readonly #read: (name: string, bytes: Uint8Array) => LoadedModule;
	readonly #known = new Map<string, LoadedModule>();

	constructor(bytes: ReadonlyMap<string, Uint8Array>, read: (name: string, bytes: Uint8Array) => LoadedModule) {
		this.#bytes = bytes;
		this.#read = read;
	}

	get names(): readonly string[] {
		return [...this.#bytes.keys()];
	}

	get(name: string): LoadedModule | undefined {
		const known = this.#known.get(name);
		const bytes = this.#bytes.get(name);
		if (known !== undefined || bytes === undefined) return known;
		const module = this.#read(name, bytes);
		this.#known.set(name, module);
		return module;
	}
}

export type DatatypeType = MoveType & { readonly kind: 'datatype' };

const ALL_ABILITIES = COPY | DROP | STORE | KEY;

export class Loader implements ShapeSource {
	readonly #packages = new Map<Address, LoadedPackage>();
	#modules = new Map<string, LoadedModule>();
	#linkages = new Map<Address, Linkage>();
	layouts = new Map<string, Layout>();
	depths = new TypeDepths((type) => this.datatype(type));

	/** All modules are read before any is kept, unless they were checked before. The packages that it links to must be loaded: they know where their types come from. */
	load(pkg: MovePackage): void {
		const id = normalizeAddress(pkg.id);
		const originalId = normalizeAddress(pkg.originalId ?? pkg.id);
		const linkage = new Map([...(pkg.linkage ?? []), [originalId, id] as const].map(([from, to]) => [normalizeAddress(from), normalizeAddress(to)]));
		const typeOrigins = pkg.typeOrigins ?? new Map();
		const definingId = (address: Address, module: string, name: string): Address => {
			const version = linkage.get(address) ?? address;
			const origins = version === id ? typeOrigins : this.#packages.get(version)?.typeOrigins;
			return origins?.get(`${module}::${name}`) ?? version;
		};
		const modules = new ModulesByName(pkg.modules, (name, bytes) => readLoadedModule({ id, originalId, name, bytes, definingId }));
		if (pkg.wasChecked !== true) for (const name of modules.names) modules.get(name);
		this.#packages.set(id, { id, originalId, modules, linkage, typeOrigins });
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
		this.#linkages = new Map();
		this.layouts = new Map();
		this.depths = new TypeDepths((type) => this.datatype(type));
	}

	package(id: Address): LoadedPackage | undefined {
		return this.#packages.get(normalizeAddress(id));
	}

	module(address: Address, name: string): LoadedModule | undefined {
		const key = `${address}::${name}`;
		const known = this.#modules.get(key);
		if (known !== undefined) return known;
		const module = this.#packages.get(address)?.modules.get(name);
		if (module !== undefined) this.#modules.set(key, module);
		return module;
	}

	/** For calls from outside into the package. */
	linkageOf(id: Address): Linkage {
		let linkage = this.#linkages.get(id);
		if (linkage === undefined) {
			linkage = new Linkage(this.#packages.get(id)?.linkage ?? new Map(), (address, name) => this.module(address, name));
			this.#linkages.set(id, linkage);
		}
		return linkage;
	}

	/** By defining ids, when packages are named by any of their versions; undefined when a type is not there. */
	definingType(type: MoveType): MoveType | undefined {
		return mapDatatypes(type, ({ address, module, name }) => {
			const found = this.#packages.get(address);
			if (found?.modules.get(module)?.datatypes.has(name) !== true) return undefined;
			return found.typeOrigins.get(`${module}::${name}`) ?? address;
		});
	}

	/** With the first version of its package in the place of each defining id. */
	originalType(type: MoveType): MoveType {
		return mapDatatypes(type, ({ address }) => this.originalId(address)) ?? type;
	}

	originalId(id: Address): Address {
		return this.#packages.get(id)?.originalId ?? id;
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

	instantiationFault(type: MoveType): 'arity' | 'constraint' | undefined {
		if (type.kind === 'vector') return this.instantiationFault(type.element);
		if (type.kind !== 'datatype') return undefined;
		const { constraints } = this.datatype(type) ?? { constraints: [] };
		if (constraints.length !== type.typeArguments.length) return 'arity';
		for (const argument of type.typeArguments) {
			const fault = this.instantiationFault(argument);
			if (fault !== undefined) return fault;
		}
		const lacking = constraints.some((bits, index) => (bits & ~this.#abilityBits(type.typeArguments[index] as MoveType)) !== 0);
		return lacking ? 'constraint' : undefined;
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

/** Replaces the address of every datatype in a type; undefined as soon as one has none. */
function mapDatatypes(type: MoveType, addressOf: (type: DatatypeType) => Address | undefined): MoveType | undefined {
	switch (type.kind) {
		case 'vector': {
			const element = mapDatatypes(type.element, addressOf);
			return element === undefined ? undefined : { kind: 'vector', element };
		}
		case 'reference': {
			const to = mapDatatypes(type.to, addressOf);
			return to === undefined ? undefined : { ...type, to };
		}
		case 'datatype': {
			const address = addressOf(type);
			const typeArguments = type.typeArguments.flatMap((argument) => mapDatatypes(argument, addressOf) ?? []);
			return address === undefined || typeArguments.length < type.typeArguments.length ? undefined : { ...type, address, typeArguments };
		}
		default:
			return type;
	}
}

const VISIBILITY = { Public: 'public', Friend: 'friend', Private: 'private' } as const;

interface ModuleSource {
	readonly id: Address;
	readonly originalId: Address;
	readonly name: string;
	readonly bytes: Uint8Array;
	/** Of a type that bytecode names by the first version of its package. */
	readonly definingId: (address: Address, module: string, name: string) => Address;
}

function readLoadedModule({ id, originalId, name, bytes, definingId }: ModuleSource): LoadedModule {
	const read = readModule(name, bytes);
	const self = moduleHandle(read, read.self_module_handle_idx);
	if (self.address !== originalId || self.module !== name) throw malformed(name, `it calls itself ${self.address}::${self.module}`);
	const definingIds = read.datatype_handles.map((handle) => {
		const owner = moduleHandle(read, handle.module);
		return definingId(owner.address, owner.module, identifier(read, handle.name));
	});
	const compiled: CompiledModule = { ...read, defining_ids: definingIds };
	const functions = new Map<string, LoadedFunction>();
	const datatypes = new Map<string, Datatype>();
	const module: LoadedModule = { address: id, originalId, name, key: `${id}::${name}`, compiled, functions, datatypes };

	const fieldLayouts = (fields: readonly { readonly name: number; readonly signature: Parameters<typeof typeOf>[1] }[]): FieldLayout[] =>
		fields.map((field) => ({ name: identifier(compiled, field.name), type: typeOf(compiled, field.signature) }));
	const addDatatype = (handleIndex: number, body: Datatype['body']) => {
		const handle = entry(compiled.datatype_handles, handleIndex, 'datatype handle');
		const datatypeName = identifier(compiled, handle.name);
		if (handle.module !== compiled.self_module_handle_idx) throw malformed(name, `${datatypeName} is defined in another module`);
		const { abilities, type_parameters: parameters } = handle;
		const phantom = parameters.map((it) => it.is_phantom);
		datatypes.set(datatypeName, { name: datatypeName, abilities, phantom, constraints: parameters.map((it) => it.constraints), body });
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
