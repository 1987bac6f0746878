/** A module whose indices are known to be good, with what the passes ask of it. */

import type { Address } from '#devnet/move/api.ts';
import { COPY, type CompiledModule, DROP, identifier, KEY, moduleHandle, STORE } from '#devnet/move/bytecode.ts';
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import { type Refuse, VerificationFailure } from '#devnet/move/verifier/failure.ts';
import { type Type, TypeTable } from '#devnet/move/verifier/type-table.ts';

export const ALL_ABILITIES = COPY | DROP | STORE | KEY;

export interface FunctionView {
	readonly name: string;
	/** Index of the handle. */
	readonly handle: number;
	readonly visibility: 'Public' | 'Friend' | 'Private';
	readonly isEntry: boolean;
	/** Ability bits that each type parameter is known to have. */
	readonly typeParameters: readonly number[];
	readonly parameters: readonly Type[];
	readonly returns: readonly Type[];
	/** Parameters, then locals. */
	readonly locals: readonly Type[];
	/** Undefined for a native. */
	readonly code: readonly Bytecode[] | undefined;
	readonly jumpTables: readonly { readonly enum: number; readonly targets: readonly number[] }[];
}

export interface QualifiedName {
	readonly address: Address;
	readonly module: string;
	readonly name: string;
	/** `0x…::module::name` */
	readonly key: string;
}

export class ModuleView {
	readonly compiled: CompiledModule;
	readonly address: Address;
	/** `0x…::name` */
	readonly key: string;
	readonly name: string;
	readonly types = new TypeTable();
	readonly functions: readonly FunctionView[];
	readonly #signatures: readonly (readonly Type[])[];
	readonly #fields = new Map<number, readonly Type[]>();
	readonly #variants = new Map<number, readonly (readonly Type[])[]>();
	readonly #datatypeNames: QualifiedName[] = [];
	readonly #functionNames: QualifiedName[] = [];
	/** Of `Call` and of `CallGeneric`, by their index. */
	readonly #callees: Callee[] = [];
	readonly #genericCallees: Callee[] = [];
	/** Of types by their id, for one list of type parameters: big types come again with every instruction. */
	readonly #abilities = new WeakMap<readonly number[], number[]>();

	/** `code` is what the bounds pass gave. */
	constructor(compiled: CompiledModule, code: readonly (readonly Bytecode[] | undefined)[]) {
		this.compiled = compiled;
		const self = moduleHandle(compiled, compiled.self_module_handle_idx);
		this.address = self.address;
		this.name = self.module;
		this.key = `${self.address}::${self.module}`;
		this.#signatures = compiled.signatures.map((signature) => signature.map((token) => this.types.read(token)));
		this.functions = compiled.function_defs.map((def, index): FunctionView => {
			const handle = at(compiled.function_handles, def.function);
			const parameters = this.signature(handle.parameters);
			return {
				name: identifier(compiled, handle.name),
				handle: def.function,
				visibility: def.visibility,
				isEntry: def.is_entry,
				typeParameters: handle.type_parameters,
				parameters,
				returns: this.signature(handle.return_),
				locals: [...parameters, ...(def.code ? this.signature(def.code.locals) : [])],
				code: code[index],
				jumpTables: (def.code?.jump_tables ?? []).map((table) => ({ enum: table.head_enum, targets: table.jump_table.Full })),
			};
		});
	}

	/** For refusals that concern no function. */
	readonly refuse: Refuse = (status, reason) => {
		throw new VerificationFailure(status, reason, { module: this.key });
	};

	refuseIn(name: string, instruction?: number): Refuse {
		return (status, reason) => {
			throw new VerificationFailure(status, reason, { module: this.key, function: name, ...(instruction === undefined ? {} : { instruction }) });
		};
	}

	signature(index: number): readonly Type[] {
		return at(this.#signatures, index);
	}

	/** As declared; those of an instantiated type depend on its arguments. */
	fields(struct: number): readonly Type[] {
		let fields = this.#fields.get(struct);
		if (fields === undefined) {
			const { field_information } = at(this.compiled.struct_defs, struct);
			fields = field_information === 'Native' ? [] : field_information.Declared.map(({ signature }) => this.types.read(signature));
			this.#fields.set(struct, fields);
		}
		return fields;
	}

	/** Field types of each variant, as declared. */
	variants(enumeration: number): readonly (readonly Type[])[] {
		let variants = this.#variants.get(enumeration);
		if (variants === undefined) {
			variants = at(this.compiled.enum_defs ?? [], enumeration).variants.map((variant) => variant.fields.map(({ signature }) => this.types.read(signature)));
			this.#variants.set(enumeration, variants);
		}
		return variants;
	}

	datatypeHandle(index: number) {
		return at(this.compiled.datatype_handles, index);
	}

	isOwnDatatype(handle: number): boolean {
		return this.datatypeHandle(handle).module === this.compiled.self_module_handle_idx;
	}

	datatypeName(index: number): QualifiedName {
		return this.#qualified(this.#datatypeNames, index, this.datatypeHandle(index));
	}

	functionName(handle: number): QualifiedName {
		return this.#qualified(this.#functionNames, handle, at(this.compiled.function_handles, handle));
	}

	#qualified(known: QualifiedName[], index: number, { module, name }: { readonly module: number; readonly name: number }): QualifiedName {
		let found = known[index];
		if (found === undefined) {
			const owner = moduleHandle(this.compiled, module);
			const text = identifier(this.compiled, name);
			found = { ...owner, name: text, key: `${owner.address}::${owner.module}::${text}` };
			known[index] = found;
		}
		return found;
	}

	/** What a `Call` or `CallGeneric` means, its types instantiated. */
	callee({ op, index }: Bytecode): Callee {
		const known = op === 'CallGeneric' ? this.#genericCallees : this.#callees;
		let found = known[index];
		if (found === undefined) {
			found = this.#callee(index, op === 'CallGeneric');
			known[index] = found;
		}
		return found;
	}

	#callee(index: number, generic: boolean): Callee {
		const instantiation = generic ? at(this.compiled.function_instantiations, index) : undefined;
		const handle = instantiation?.handle ?? index;
		const { parameters, return_ } = at(this.compiled.function_handles, handle);
		const typeArguments = instantiation === undefined ? [] : this.signature(instantiation.type_parameters);
		const instantiate = (type: Type) => this.types.substitute(type, typeArguments);
		return { handle, typeArguments, parameters: this.signature(parameters).map(instantiate), returns: this.signature(return_).map(instantiate) };
	}

	/** The struct that a (generic) Pack or Unpack is about: its definition, type and field types. */
	struct({ op, index }: Bytecode): StructUse {
		const instantiation = op.endsWith('Generic') ? at(this.compiled.struct_def_instantiations, index) : undefined;
		return this.#structUse(instantiation?.def ?? index, instantiation === undefined ? [] : this.signature(instantiation.type_parameters));
	}

	/** The struct and field that a (generic) field borrow is about. */
	field({ op, index }: Bytecode): StructUse & { readonly field: number; readonly handle: number } {
		const instantiation = op.endsWith('Generic') ? at(this.compiled.field_instantiations, index) : undefined;
		const handleIndex = instantiation?.handle ?? index;
		const handle = at(this.compiled.field_handles, handleIndex);
		const args = instantiation === undefined ? [] : this.signature(instantiation.type_parameters);
		return { ...this.#structUse(handle.owner, args), field: handle.field, handle: handleIndex };
	}

	#structUse(definition: number, args: readonly Type[]): StructUse {
		const { struct_handle } = at(this.compiled.struct_defs, definition);
		const fields = this.fields(definition);
		return {
			definition,
			handle: struct_handle,
			typeArguments: args,
			type: this.types.datatype(struct_handle, args),
			fields: args.length === 0 ? fields : fields.map((field) => this.types.substitute(field, args)),
		};
	}

	/** The enum and variant that a (generic) variant instruction is about. */
	variant({ op, index }: Bytecode): StructUse & { readonly tag: number } {
		const generic = op.includes('Generic');
		const handle = at((generic ? this.compiled.variant_instantiation_handles : this.compiled.variant_handles) ?? [], index);
		const instantiation = generic ? at(this.compiled.enum_def_instantiations ?? [], handle.enum_def) : undefined;
		const definition = instantiation?.def ?? handle.enum_def;
		const { enum_handle } = at(this.compiled.enum_defs ?? [], definition);
		const args = instantiation === undefined ? [] : this.signature(instantiation.type_parameters);
		const fields = at(this.variants(definition), handle.variant);
		return {
			definition,
			handle: enum_handle,
			typeArguments: args,
			type: this.types.datatype(enum_handle, args),
			fields: args.length === 0 ? fields : fields.map((field) => this.types.substitute(field, args)),
			tag: handle.variant,
		};
	}

	/** Ability bits of a type where each type parameter has those of `parameters`. */
	abilities(type: Type, parameters: readonly number[]): number {
		let known = this.#abilities.get(parameters);
		if (known === undefined) {
			known = [];
			this.#abilities.set(parameters, known);
		}
		let bits = known[type.id];
		if (bits === undefined) {
			bits = this.#abilityBits(type, parameters);
			known[type.id] = bits;
		}
		return bits;
	}

	#abilityBits(type: Type, parameters: readonly number[]): number {
		switch (type.kind) {
			case 'signer':
				return DROP;
			case 'reference':
				return COPY | DROP;
			case 'vector':
				return this.abilities(type.element, parameters) & (COPY | DROP | STORE);
			case 'parameter':
				return parameters[type.index] ?? 0;
			case 'datatype': {
				const handle = this.datatypeHandle(type.handle);
				let bits = handle.abilities;
				type.args.forEach((argument, index) => {
					if (handle.type_parameters[index]?.is_phantom === true) return;
					const given = this.abilities(argument, parameters);
					// `key` asks `store` of what is inside.
					bits &= (given & (COPY | DROP | STORE)) | ((given & STORE) === 0 ? 0 : KEY);
				});
				return bits;
			}
			default:
				return COPY | DROP | STORE;
		}
	}
}

export interface Callee {
	/** Index of the function's handle. */
	readonly handle: number;
	readonly typeArguments: readonly Type[];
	/** Instantiated. */
	readonly parameters: readonly Type[];
	readonly returns: readonly Type[];
}

export interface StructUse {
	/** Index of the struct or enum definition. */
	readonly definition: number;
	/** Of the datatype. */
	readonly handle: number;
	readonly typeArguments: readonly Type[];
	readonly type: Type;
	/** Instantiated. */
	readonly fields: readonly Type[];
}

/** Where bounds are checked already. */
export function at<T>(table: readonly T[], index: number): T {
	return table[index] as T;
}

/** `vector<0x2::coin::Coin<$0>>`, for messages. */
export function describeType(view: ModuleView, type: Type): string {
	switch (type.kind) {
		case 'vector':
			return `vector<${describeType(view, type.element)}>`;
		case 'reference':
			return `&${type.mutable ? 'mut ' : ''}${describeType(view, type.to)}`;
		case 'parameter':
			return `$${type.index}`;
		case 'datatype': {
			const { address, module, name } = view.datatypeName(type.handle);
			const args = type.args.length === 0 ? '' : `<${type.args.map((argument) => describeType(view, argument)).join()}>`;
			return `${address.replace(/^0x0+(?=.)/, '0x')}::${module}::${name}${args}`;
		}
		default:
			return type.kind;
	}
}
