/**
 * Every index points into its table, and types use no more parameters than they have (move-binary-format `check_bounds.rs`).
 * All later passes index without looking. The deserialiser checks the same; this pass does not rely on it.
 */
import { type CompiledModule, identifier, MAX_VERSION, MIN_VERSION, moduleHandle, type RawCode, type SignatureToken } from '#devnet/move/bytecode.ts';
import { type Bytecode, opcodeName, readInstruction } from '#devnet/move/verifier/code.ts';
import { VerificationFailure, type VerificationLocation } from '#devnet/move/verifier/failure.ts';

/** Indices of locals are bytes, and 255 of them may be in use. */
const MAX_LOCALS = 255;

/** The instructions of each function, in the order of definitions; undefined for natives. Throws {@link VerificationFailure}. */
export function checkBounds(module: CompiledModule): readonly (readonly Bytecode[] | undefined)[] {
	return new Bounds(module).run();
}

class Bounds {
	readonly #module: CompiledModule;
	#location: VerificationLocation = {};

	constructor(module: CompiledModule) {
		this.#module = module;
	}

	run(): readonly (readonly Bytecode[] | undefined)[] {
		const m = this.#module;
		if (m.version < MIN_VERSION || m.version > MAX_VERSION) this.#fail('UNKNOWN_VERSION', `bytecode version ${m.version}`);
		for (const handle of m.module_handles) this.#moduleHandle(handle);
		this.#index(m.module_handles, m.self_module_handle_idx, 'module handle');
		const self = moduleHandle(m, m.self_module_handle_idx);
		this.#location = { module: `${self.address}::${self.module}` };
		for (const signature of m.signatures) for (const token of signature) this.#token(token);
		for (const { type_ } of m.constant_pool) this.#token(type_);
		for (const handle of m.datatype_handles) {
			this.#index(m.module_handles, handle.module, 'module handle');
			this.#index(m.identifiers, handle.name, 'identifier');
		}
		for (const handle of m.function_handles) {
			this.#index(m.module_handles, handle.module, 'module handle');
			this.#index(m.identifiers, handle.name, 'identifier');
			for (const index of [handle.parameters, handle.return_]) this.#parameters(this.#index(m.signatures, index, 'signature'), handle.type_parameters.length);
		}
		for (const handle of m.field_handles) {
			const def = this.#index(m.struct_defs, handle.owner, 'struct definition');
			this.#index(def.field_information === 'Native' ? [] : def.field_information.Declared, handle.field, 'field');
		}
		for (const handle of m.friend_decls) this.#moduleHandle(handle);
		this.#instantiations(m.struct_def_instantiations, ({ def }) => this.#index(m.struct_defs, def, 'struct definition'));
		this.#instantiations(m.function_instantiations, ({ handle }) => this.#index(m.function_handles, handle, 'function handle'));
		this.#instantiations(m.field_instantiations, ({ handle }) => this.#index(m.field_handles, handle, 'field handle'));
		this.#instantiations(m.enum_def_instantiations ?? [], ({ def }) => this.#index(m.enum_defs, def, 'enum definition'));
		this.#datatypes();
		for (const handle of m.variant_handles ?? []) {
			this.#index(this.#index(m.enum_defs, handle.enum_def, 'enum definition').variants, handle.variant, 'variant');
		}
		for (const handle of m.variant_instantiation_handles ?? []) {
			const { def } = this.#index(m.enum_def_instantiations, handle.enum_def, 'enum instantiation');
			this.#index(this.#index(m.enum_defs, def, 'enum definition').variants, handle.variant, 'variant');
		}
		return m.function_defs.map((def) => {
			const handle = this.#index(m.function_handles, def.function, 'function handle');
			if (def.acquires_global_resources.length > 0) this.#fail('INDEX_OUT_OF_BOUNDS', 'acquires a resource of global storage, which Sui has not');
			if (def.code === null || def.code === undefined) return undefined;
			this.#location = { ...this.#location, function: identifier(m, handle.name) };
			const code = this.#code(def.code, handle.type_parameters.length, m.signatures[handle.parameters]?.length ?? 0);
			this.#location = { module: this.#location.module ?? '' };
			return code;
		});
	}

	#fail(status: ConstructorParameters<typeof VerificationFailure>[0], reason: string, instruction?: number): never {
		throw new VerificationFailure(status, reason, instruction === undefined ? this.#location : { ...this.#location, instruction });
	}

	#index<T>(table: readonly T[] | undefined, index: number, what: string, instruction?: number): T {
		const found = table?.[index];
		return found === undefined ? this.#fail('INDEX_OUT_OF_BOUNDS', `${what} ${index} of ${table?.length ?? 0}`, instruction) : found;
	}

	#moduleHandle(handle: { readonly address: number; readonly name: number }): void {
		this.#index(this.#module.address_identifiers, handle.address, 'address');
		this.#index(this.#module.identifiers, handle.name, 'identifier');
	}

	#token(token: SignatureToken): void {
		if (typeof token === 'string') return;
		if ('Vector' in token) this.#token(token.Vector);
		else if ('Reference' in token) this.#token(token.Reference);
		else if ('MutableReference' in token) this.#token(token.MutableReference);
		else if (!('TypeParameter' in token)) this.#datatype(token);
	}

	#datatype(token: Extract<SignatureToken, { Datatype: number } | { DatatypeInstantiation: unknown }>): void {
		const [index, args] = 'Datatype' in token ? [token.Datatype, []] : token.DatatypeInstantiation;
		const { type_parameters } = this.#index(this.#module.datatype_handles, index, 'datatype handle');
		if (type_parameters.length !== args.length) {
			this.#fail('NUMBER_OF_TYPE_ARGUMENTS_MISMATCH', `datatype handle ${index} takes ${type_parameters.length} type arguments, not ${args.length}`);
		}
		for (const argument of args) this.#token(argument);
	}

	/** Type parameters below `count`. */
	#parameters(tokens: readonly SignatureToken[], count: number, instruction?: number): void {
		for (const token of tokens) {
			if (typeof token === 'string' || 'Datatype' in token) continue;
			if ('TypeParameter' in token) {
				if (token.TypeParameter >= count) this.#fail('INDEX_OUT_OF_BOUNDS', `type parameter ${token.TypeParameter} of ${count}`, instruction);
			} else if ('Vector' in token) this.#parameters([token.Vector], count, instruction);
			else if ('Reference' in token) this.#parameters([token.Reference], count, instruction);
			else if ('MutableReference' in token) this.#parameters([token.MutableReference], count, instruction);
			else this.#parameters(token.DatatypeInstantiation[1], count, instruction);
		}
	}

	#instantiations<T extends { readonly type_parameters: number }>(table: readonly T[], checkGeneric: (entry: T) => void): void {
		for (const entry of table) {
			checkGeneric(entry);
			this.#index(this.#module.signatures, entry.type_parameters, 'signature');
		}
	}

	#datatypes(): void {
		const m = this.#module;
		const check = (handleIndex: number, fields: readonly { readonly name: number; readonly signature: SignatureToken }[]) => {
			const handle = this.#index(m.datatype_handles, handleIndex, 'datatype handle');
			for (const { name, signature } of fields) {
				this.#index(m.identifiers, name, 'identifier');
				this.#token(signature);
				this.#parameters([signature], handle.type_parameters.length);
			}
		};
		for (const def of m.struct_defs) check(def.struct_handle, def.field_information === 'Native' ? [] : def.field_information.Declared);
		for (const def of m.enum_defs ?? []) {
			check(def.enum_handle, []);
			for (const { variant_name, fields } of def.variants) {
				this.#index(m.identifiers, variant_name, 'identifier');
				check(def.enum_handle, fields);
			}
		}
	}

	#code(raw: RawCode, typeParameters: number, parameters: number): readonly Bytecode[] {
		const locals = this.#index(this.#module.signatures, raw.locals, 'signature');
		this.#parameters(locals, typeParameters);
		const localCount = parameters + locals.length;
		if (localCount > MAX_LOCALS) this.#fail('TOO_MANY_LOCALS', `${localCount} parameters and locals`);
		for (const table of raw.jump_tables ?? []) {
			this.#index(this.#module.enum_defs, table.head_enum, 'enum definition');
			for (const target of table.jump_table.Full) this.#index(raw.code, target, 'jump target');
		}
		return raw.code.map((instruction, at) => {
			const read = readInstruction(instruction);
			if (read === undefined) return this.#fail('UNKNOWN_OPCODE', `${opcodeName(instruction)} is no instruction of Sui's`, at);
			this.#instruction(read, raw, at, localCount, typeParameters);
			return read;
		});
	}

	#instruction({ op, index }: Bytecode, raw: RawCode, at: number, locals: number, typeParameters: number): void {
		const m = this.#module;
		const types = (signature: number | undefined) => {
			if (signature !== undefined) this.#parameters(this.#index(m.signatures, signature, 'signature', at), typeParameters, at);
		};
		switch (op) {
			case 'BrTrue':
			case 'BrFalse':
			case 'Branch':
				this.#index(raw.code, index, 'branch target', at);
				return;
			case 'LdConst':
				this.#index(m.constant_pool, index, 'constant', at);
				return;
			case 'CopyLoc':
			case 'MoveLoc':
			case 'StLoc':
			case 'MutBorrowLoc':
			case 'ImmBorrowLoc':
				if (index >= locals) this.#fail('INDEX_OUT_OF_BOUNDS', `local ${index} of ${locals}`, at);
				return;
			case 'MutBorrowField':
			case 'ImmBorrowField':
				this.#index(m.field_handles, index, 'field handle', at);
				return;
			case 'MutBorrowFieldGeneric':
			case 'ImmBorrowFieldGeneric':
				types(this.#index(m.field_instantiations, index, 'field instantiation', at).type_parameters);
				return;
			case 'Call':
				this.#index(m.function_handles, index, 'function handle', at);
				return;
			case 'CallGeneric':
				types(this.#index(m.function_instantiations, index, 'function instantiation', at).type_parameters);
				return;
			case 'Pack':
			case 'Unpack':
				this.#index(m.struct_defs, index, 'struct definition', at);
				return;
			case 'PackGeneric':
			case 'UnpackGeneric':
				types(this.#index(m.struct_def_instantiations, index, 'struct instantiation', at).type_parameters);
				return;
			case 'VecPack':
			case 'VecUnpack':
			case 'VecLen':
			case 'VecImmBorrow':
			case 'VecMutBorrow':
			case 'VecPushBack':
			case 'VecPopBack':
			case 'VecSwap':
				types(index);
				return;
			case 'PackVariant':
			case 'UnpackVariant':
			case 'UnpackVariantImmRef':
			case 'UnpackVariantMutRef':
				this.#index(m.variant_handles, index, 'variant handle', at);
				return;
			case 'PackVariantGeneric':
			case 'UnpackVariantGeneric':
			case 'UnpackVariantGenericImmRef':
			case 'UnpackVariantGenericMutRef': {
				const handle = this.#index(m.variant_instantiation_handles, index, 'variant instantiation', at);
				types(m.enum_def_instantiations?.[handle.enum_def]?.type_parameters);
				return;
			}
			case 'VariantSwitch':
				this.#index(raw.jump_tables, index, 'jump table', at);
				return;
			default:
				return;
		}
	}
}
