/**
 * Sui's own rules over declarations and calls (`sui-verifier` of 1.63): what is an object, whose types the framework's private generics
 * take, and what `init`, entry functions and one-time witnesses look like. Failures carry no instruction where Sui's carry none.
 */
import { DROP, identifier, KEY } from '#devnet/move/bytecode.ts';
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { Type } from '#devnet/move/verifier/type-table.ts';
import { at, describeType, type FunctionView, type ModuleView, type QualifiedName } from '#devnet/move/verifier/view.ts';

const STD = `0x${'0'.repeat(63)}1`;
const SUI = `0x${'0'.repeat(63)}2`;

function is({ address, module, name }: QualifiedName, expected: readonly [address: string, module: string, name: string]): boolean {
	return address === expected[0] && module === expected[1] && name === expected[2];
}

function isDatatype(view: ModuleView, type: Type, expected: readonly [string, string, string]): boolean {
	return type.kind === 'datatype' && is(view.datatypeName(type.handle), expected);
}

/** An object is a struct with `key`, and its first field is `id: UID` (pass `struct_with_key_verifier.rs`). */
export function checkObjects(view: ModuleView): void {
	const { compiled: m } = view;
	m.struct_defs.forEach((def, index) => {
		const handle = view.datatypeHandle(def.struct_handle);
		if ((handle.abilities & KEY) === 0 || def.field_information === 'Native') return;
		const { name } = view.datatypeName(def.struct_handle);
		const first = def.field_information.Declared[0];
		if (first === undefined || identifier(m, first.name) !== 'id') view.refuse('SUI_KEY_STRUCT', `the first field of struct ${name} must be 'id'`);
		const type = at(view.fields(index), 0);
		if (!isDatatype(view, type, [SUI, 'object', 'UID'])) {
			view.refuse('SUI_KEY_STRUCT', `the first field of struct ${name} must be of type 0x2::object::UID, not ${describeType(view, type)}`);
		}
	});
	for (const def of m.enum_defs ?? []) {
		if ((view.datatypeHandle(def.enum_handle).abilities & KEY) !== 0) {
			view.refuse('SUI_KEY_STRUCT', `enum ${view.datatypeName(def.enum_handle).name} cannot have the ability key`);
		}
	}
}

/** Functions whose type argument must be a type of the calling module (pass `private_generics_verifier_v2.rs`). */
const PRIVATE_GENERICS: ReadonlySet<string> = new Set([
	`${STD}::internal::permit`,
	...['emit', 'emit_authenticated'].map((name) => `${SUI}::event::${name}`),
	...['transfer', 'freeze_object', 'share_object', 'receive', 'party_transfer'].map((name) => `${SUI}::transfer::${name}`),
	`${SUI}::coin_registry::new_currency`,
]);

export function checkPrivateGenerics(view: ModuleView): void {
	forEachCall(view, (fn, instruction) => {
		const { handle, typeArguments } = view.callee(instruction);
		const { key, module, name } = view.functionName(handle);
		if (!PRIVATE_GENERICS.has(key)) return;
		for (const type of typeArguments) {
			if (type.kind === 'datatype' && view.isOwnDatatype(type.handle)) continue;
			view.refuseIn(fn.name)('SUI_PRIVATE_GENERICS', `${module}::${name} takes types of the module that calls it, not ${describeType(view, type)}`);
		}
	});
}

function forEachCall(view: ModuleView, visit: (fn: FunctionView, instruction: Bytecode, offset: number) => void): void {
	for (const fn of view.functions) {
		fn.code?.forEach((instruction, offset) => {
			if (instruction.op === 'Call' || instruction.op === 'CallGeneric') visit(fn, instruction, offset);
		});
	}
}

/** Passes `entry_points_verifier.rs`. */
export function checkEntryPoints(view: ModuleView): void {
	forEachCall(view, (fn, instruction, offset) => {
		if (view.functionName(view.callee(instruction).handle).name === 'init') {
			view.refuseIn(fn.name, offset)('SUI_INIT', "a module's init is called by the system alone");
		}
	});
	for (const fn of view.functions) {
		if (fn.name === 'init') checkInit(view, fn);
		else if (fn.isEntry) checkEntryFunction(view, fn);
	}
}

function checkInit(view: ModuleView, fn: FunctionView): void {
	const refuse = view.refuseIn(fn.name);
	if (fn.visibility !== 'Private') refuse('SUI_INIT', 'init must be private');
	if (fn.isEntry) refuse('SUI_INIT', 'init cannot be an entry');
	if (fn.typeParameters.length > 0) refuse('SUI_INIT', 'init cannot have type parameters');
	if (fn.returns.length > 0) refuse('SUI_INIT', 'init cannot return anything');
	const last = fn.parameters.at(-1);
	if (last === undefined || fn.parameters.length > 2) refuse('SUI_INIT', 'init takes one or two parameters');
	else if (!isTxContext(view, last)) refuse('SUI_INIT', `the last parameter of init is a reference to TxContext, not ${describeType(view, last)}`);
}

function isTxContext(view: ModuleView, type: Type | undefined): boolean {
	return type?.kind === 'reference' && isDatatype(view, type.to, [SUI, 'tx_context', 'TxContext']);
}

function checkEntryFunction(view: ModuleView, fn: FunctionView): void {
	const refuse = view.refuseIn(fn.name);
	const parameters = isTxContext(view, fn.parameters.at(-1)) ? fn.parameters.slice(0, -1) : fn.parameters;
	for (const type of parameters) {
		const byMutableReferenceOrValue = type.kind === 'reference' ? (type.mutable ? type.to : undefined) : type;
		for (const [module, name] of [
			['clock', 'Clock'],
			['random', 'Random'],
		] as const) {
			if (byMutableReferenceOrValue !== undefined && isDatatype(view, byMutableReferenceOrValue, [SUI, module, name])) {
				refuse('SUI_ENTRY_FUNCTION', `${name} must be passed by immutable reference`);
			}
		}
		const allowed = isPure(view, fn, type) || isObject(view, fn, withoutReference(type)) || isObjectVector(view, fn, type) || isReceiving(view, type);
		if (!allowed) refuse('SUI_ENTRY_FUNCTION', `an entry function takes pure values and objects, not ${describeType(view, type)}`);
	}
	for (const type of fn.returns) {
		if (type.kind === 'reference') refuse('SUI_ENTRY_FUNCTION', 'an entry function cannot return a reference');
		if ((view.abilities(type, fn.typeParameters) & DROP) === 0)
			refuse('SUI_ENTRY_FUNCTION', `the return type ${describeType(view, type)} has not the ability drop`);
	}
}

function withoutReference(type: Type): Type {
	return type.kind === 'reference' ? type.to : type;
}

/** `is_primitive` of sui-types: what can be given as bytes. */
function isPure(view: ModuleView, fn: FunctionView, type: Type): boolean {
	switch (type.kind) {
		case 'signer':
		case 'reference':
			return false;
		case 'parameter':
			return ((fn.typeParameters[type.index] ?? 0) & KEY) === 0;
		case 'vector':
			return isPure(view, fn, type.element);
		case 'datatype': {
			const [first, ...others] = type.args;
			if (first === undefined) {
				return (
					isDatatype(view, type, [SUI, 'object', 'ID']) || isDatatype(view, type, [STD, 'ascii', 'String']) || isDatatype(view, type, [STD, 'string', 'String'])
				);
			}
			return others.length === 0 && isDatatype(view, type, [STD, 'option', 'Option']) && isPure(view, fn, first);
		}
		default:
			return true;
	}
}

function isObject(view: ModuleView, fn: FunctionView, type: Type): boolean {
	return (type.kind === 'parameter' || type.kind === 'datatype') && (view.abilities(type, fn.typeParameters) & KEY) !== 0;
}

function isObjectVector(view: ModuleView, fn: FunctionView, type: Type): boolean {
	return type.kind === 'vector' && isObject(view, fn, type.element);
}

function isReceiving(view: ModuleView, type: Type): boolean {
	const inner = withoutReference(type);
	return inner.kind === 'datatype' && inner.args.length === 1 && isDatatype(view, inner, [SUI, 'transfer', 'Receiving']);
}

/** A type named as its module in capitals with one field of type bool is made by the system once (pass `one_time_witness_verifier.rs`). */
export function checkOneTimeWitness(view: ModuleView): void {
	const { compiled: m } = view;
	const name = view.name.toUpperCase();
	const witness = m.struct_defs.findIndex((def, index) => {
		const fields = view.fields(index);
		return view.datatypeName(def.struct_handle).name === name && fields.length === 1 && fields[0]?.kind === 'bool';
	});
	const handleIndex = m.struct_defs[witness]?.struct_handle;
	if (handleIndex !== undefined) {
		const handle = view.datatypeHandle(handleIndex);
		if (handle.abilities !== DROP) view.refuse('SUI_ONE_TIME_WITNESS', `${name} must have the ability drop and no other`);
		if (handle.type_parameters.length > 0) view.refuse('SUI_ONE_TIME_WITNESS', `${name} cannot have type parameters`);
	}
	for (const fn of view.functions) {
		if (fn.name === 'init') {
			const [first] = fn.parameters;
			const takesWitness = fn.parameters.length === 2 && first?.kind === 'datatype' && first.handle === handleIndex;
			if (handleIndex !== undefined && !takesWitness) view.refuseIn('init')('SUI_ONE_TIME_WITNESS', `the first parameter of init must be ${name}`);
			if (handleIndex === undefined && fn.parameters.length !== 1) {
				view.refuseIn('init')('SUI_ONE_TIME_WITNESS', 'init takes TxContext alone where its module has no one-time witness');
			}
		}
		if (handleIndex === undefined) continue;
		fn.code?.forEach(({ op, index }, offset) => {
			if (op === 'Pack' && index === witness) view.refuseIn(fn.name, offset)('SUI_ONE_TIME_WITNESS', `${name} is made by the system alone`);
		});
	}
}
