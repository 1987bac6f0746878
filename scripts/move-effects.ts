/** What the functions of a compiled package may abort with and emit, themselves or through what they call. */
import { type CompiledModule, identifier, moduleHandle, type RawInstruction, readModule } from '#devnet/move/bytecode.ts';

export interface MoveEffects {
	/** `module::EName` of the package's own constants, sorted. */
	readonly aborts: readonly string[];
	/** `module::Event`, sorted. */
	readonly events: readonly string[];
}

interface Body {
	readonly aborts: Set<string>;
	readonly events: Set<string>;
	readonly calls: Set<string>;
}

/** By `module::function`. Calls of other packages count for nothing. */
export function effectsOf(modules: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, MoveEffects> {
	const bodies = new Map([...modules].flatMap(([name, bytes]) => bodiesOf(name, readModule(name, bytes))));
	return new Map([...bodies.keys()].map((name) => [name, reachable(bodies, name)]));
}

function reachable(bodies: ReadonlyMap<string, Body>, from: string): MoveEffects {
	const seen = new Set([from]);
	for (const name of seen) for (const called of bodies.get(name)?.calls ?? []) seen.add(called);
	const all = (part: 'aborts' | 'events') => [...new Set([...seen].flatMap((name) => [...(bodies.get(name)?.[part] ?? [])]))].sort();
	return { aborts: all('aborts'), events: all('events') };
}

function bodiesOf(name: string, module: CompiledModule): [string, Body][] {
	const nameOf = ({ module: of, name: index }: { readonly module: number; readonly name: number }) =>
		`${moduleHandle(module, of).module}::${identifier(module, index)}`;
	return module.function_defs.map(({ function: handle, code }) => {
		const body: Body = { aborts: new Set(), events: new Set(), calls: new Set() };
		for (const [at, instruction] of (code?.code ?? []).entries()) {
			const abort = code?.code[at + 1] === 'Abort' ? operand(instruction, 'LdU64') : undefined;
			if (abort !== undefined) body.aborts.add(`${name}::${constantName(module, BigInt(abort as bigint))}`);
			const call = operand(instruction, 'Call') as number | undefined;
			if (call !== undefined) body.calls.add(nameOf(module.function_handles[call]!));
			const generic = operand(instruction, 'CallGeneric') as number | undefined;
			if (generic === undefined) continue;
			const { handle: callee, type_parameters } = module.function_instantiations[generic]!;
			const called = nameOf(module.function_handles[callee]!);
			body.calls.add(called);
			const [type] = module.signatures[type_parameters] ?? [];
			if (called === 'event::emit' && typeof type === 'object' && 'Datatype' in type) body.events.add(nameOf(module.datatype_handles[type.Datatype]!));
		}
		return [`${name}::${identifier(module, module.function_handles[handle]!.name)}`, body];
	});
}

function operand(instruction: RawInstruction, name: string): unknown {
	return typeof instruction === 'string' ? undefined : instruction[name];
}

/** A code that names a constant has the constant's index in bits 16 to 31; what it names is BCS of a byte vector shorter than 128. */
function constantName(module: CompiledModule, code: bigint): string {
	const constant = module.constant_pool[Number((code >> 16n) & 0xffffn)];
	if (constant === undefined) throw new TypeError(`abort code ${code} names no constant`);
	return Buffer.from(constant.data.slice(1)).toString();
}
