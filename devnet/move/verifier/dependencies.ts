/**
 * What a module takes for granted of others is so: modules, datatypes and functions exist, with the same signatures and with abilities
 * that suit, functions may be called from here, and modules do not depend on each other in a circle
 * (passes `dependencies.rs` and `cyclic_dependencies.rs`).
 */
import type { Address } from '#devnet/move/api.ts';
import { type CompiledModule, identifier, moduleHandle, type SignatureToken } from '#devnet/move/bytecode.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { type Refuse, VerificationFailure } from '#devnet/move/verifier/failure.ts';
import { at, type ModuleView } from '#devnet/move/verifier/view.ts';

/** Modules that are published already, by the address that module handles name. */
export interface LinkedModules {
	module(address: Address, name: string): CompiledModule | undefined;
	/** Whether the machine has this native function; absent: none, as for every package but the framework. */
	hasNative?(address: Address, module: string, name: string): boolean;
}

interface Exports {
	readonly compiled: CompiledModule;
	/** Name → datatype handle. */
	readonly datatypes: ReadonlyMap<string, number>;
	readonly functions: ReadonlyMap<string, { readonly handle: number; readonly visibility: 'Public' | 'Friend' | 'Private' }>;
	/** `0x…::name` */
	readonly friends: ReadonlySet<string>;
}

/** Reading a framework module's tables takes longer than checking against them. */
const exportsOf = new WeakMap<CompiledModule, Exports>();

function readExports(compiled: CompiledModule): Exports {
	let found = exportsOf.get(compiled);
	if (found === undefined) {
		const nameOf = (handle: { readonly name: number } | undefined) => identifier(compiled, handle?.name ?? -1);
		const datatypes = [...compiled.struct_defs.map((def) => def.struct_handle), ...(compiled.enum_defs ?? []).map((def) => def.enum_handle)];
		found = {
			compiled,
			datatypes: new Map(datatypes.map((handle) => [nameOf(compiled.datatype_handles[handle]), handle])),
			functions: new Map(compiled.function_defs.map(({ function: handle, visibility }) => [nameOf(compiled.function_handles[handle]), { handle, visibility }])),
			friends: new Set(compiled.friend_decls.map((friend) => moduleKey(compiled, friend))),
		};
		exportsOf.set(compiled, found);
	}
	return found;
}

function moduleKey(compiled: CompiledModule, { address, name }: { readonly address: number; readonly name: number }): string {
	return `${normalizeAddress(at(compiled.address_identifiers, address))}::${identifier(compiled, name)}`;
}

/** `neighbours`: the modules published together, by name. */
export function checkDependencies(view: ModuleView, neighbours: ReadonlyMap<string, CompiledModule>, linked: LinkedModules): void {
	const { compiled: m } = view;
	const refuse: Refuse = view.refuse;
	const owners = m.module_handles.map((_, index): Exports | undefined => {
		if (index === m.self_module_handle_idx) return undefined;
		const { address, module } = moduleHandle(m, index);
		const owner = address === view.address ? neighbours.get(module) : linked.module(address, module);
		return owner === undefined ? refuse('MISSING_DEPENDENCY', `${address}::${module} is not published`) : readExports(owner);
	});
	for (const { name, code } of view.functions) {
		if (code === undefined && linked.hasNative?.(view.address, view.name, name) !== true) {
			view.refuseIn(name)('MISSING_DEPENDENCY', 'the machine has no such native function');
		}
	}
	for (const handle of m.datatype_handles) {
		const owner = owners[handle.module];
		if (owner === undefined) continue;
		const name = identifier(m, handle.name);
		const found = owner.datatypes.get(name);
		if (found === undefined) refuse('LOOKUP_FAILED', `there is no datatype ${name} in its module`);
		const defined = at(owner.compiled.datatype_handles, found);
		const compatible =
			(handle.abilities & ~defined.abilities) === 0 &&
			handle.type_parameters.length === defined.type_parameters.length &&
			handle.type_parameters.every((parameter, index) => {
				const there = at(defined.type_parameters, index);
				return (!parameter.is_phantom || there.is_phantom) && (there.constraints & ~parameter.constraints) === 0;
			});
		if (!compatible) refuse('TYPE_MISMATCH', `datatype ${name} has other abilities or type parameters than declared here`);
	}
	for (const handle of m.function_handles) {
		const owner = owners[handle.module];
		if (owner === undefined) continue;
		const name = identifier(m, handle.name);
		const found = owner.functions.get(name);
		const callable = found?.visibility === 'Public' || (found?.visibility === 'Friend' && owner.friends.has(view.key));
		if (found === undefined || !callable) {
			refuse('LOOKUP_FAILED', `there is no function ${name} in its module${found === undefined ? '' : ' that may be called from here'}`);
		}
		const defined = at(owner.compiled.function_handles, found.handle);
		const same = (ours: number, theirs: number) => sameSignature(m, at(m.signatures, ours), owner.compiled, at(owner.compiled.signatures, theirs));
		const compatible =
			handle.type_parameters.length === defined.type_parameters.length &&
			handle.type_parameters.every((constraints, index) => (at(defined.type_parameters, index) & ~constraints) === 0) &&
			same(handle.parameters, defined.parameters) &&
			same(handle.return_, defined.return_);
		if (!compatible) refuse('TYPE_MISMATCH', `function ${name} has another signature than declared here`);
	}
}

function sameSignature(m: CompiledModule, ours: readonly SignatureToken[], n: CompiledModule, theirs: readonly SignatureToken[]): boolean {
	return ours.length === theirs.length && ours.every((token, index) => sameType(m, token, n, at(theirs, index)));
}

function sameType(m: CompiledModule, ours: SignatureToken, n: CompiledModule, theirs: SignatureToken): boolean {
	if (typeof ours === 'string' || typeof theirs === 'string') return ours === theirs;
	if ('Vector' in ours) return 'Vector' in theirs && sameType(m, ours.Vector, n, theirs.Vector);
	if ('Reference' in ours) return 'Reference' in theirs && sameType(m, ours.Reference, n, theirs.Reference);
	if ('MutableReference' in ours) return 'MutableReference' in theirs && sameType(m, ours.MutableReference, n, theirs.MutableReference);
	if ('TypeParameter' in ours) return 'TypeParameter' in theirs && ours.TypeParameter === theirs.TypeParameter;
	if ('Datatype' in ours) return 'Datatype' in theirs && datatypeKey(m, ours.Datatype) === datatypeKey(n, theirs.Datatype);
	if (!('DatatypeInstantiation' in theirs)) return false;
	const [handle, args] = ours.DatatypeInstantiation;
	const [otherHandle, otherArgs] = theirs.DatatypeInstantiation;
	return datatypeKey(m, handle) === datatypeKey(n, otherHandle) && sameSignature(m, args, n, otherArgs);
}

const datatypeKeys = new WeakMap<CompiledModule, readonly string[]>();

function datatypeKey(compiled: CompiledModule, index: number): string {
	let keys = datatypeKeys.get(compiled);
	if (keys === undefined) {
		keys = compiled.datatype_handles.map(({ module, name }) => `${moduleKey(compiled, at(compiled.module_handles, module))}::${identifier(compiled, name)}`);
		datatypeKeys.set(compiled, keys);
	}
	return at(keys, index);
}

/** Modules of one package; what is published already cannot depend on them. */
export function checkCycles(modules: ReadonlyMap<string, CompiledModule>): void {
	const finished = new Set<string>();
	const open = new Set<string>();
	const visit = (name: string): void => {
		const compiled = modules.get(name);
		if (compiled === undefined || finished.has(name)) return;
		const self = moduleHandle(compiled, compiled.self_module_handle_idx);
		if (open.has(name)) {
			throw new VerificationFailure('CYCLIC_MODULE_DEPENDENCY', 'the module depends on itself through others', { module: `${self.address}::${name}` });
		}
		open.add(name);
		compiled.module_handles.forEach((_, index) => {
			const { address, module } = moduleHandle(compiled, index);
			if (index !== compiled.self_module_handle_idx && address === self.address) visit(module);
		});
		open.delete(name);
		finished.add(name);
	};
	for (const name of modules.keys()) visit(name);
}
