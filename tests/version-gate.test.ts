/** No call of the compiled contracts changes a network that another version of the package serves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePackage, readContracts } from '#devnet/compiler/compile.ts';
import { type CompiledModule, identifier, KEY, moduleHandle, type RawInstruction, readModule, signatureTypes } from '#devnet/move/bytecode.ts';

interface CompiledFunction {
	readonly name: string;
	/** Borrows an object of the package mutably, takes one, or is an entry function. */
	readonly changes: boolean;
	readonly callable: boolean;
	readonly code: readonly RawInstruction[];
	/** What the instruction calls, `module::function`; undefined when it calls nothing. */
	calls(instruction: RawInstruction): string | undefined;
}

/** Aborts unless the versions match: everything else follows from what calls it. */
const GATE = 'network::assert_version';
/** Its own rule: from an earlier version to this one. */
const MIGRATION = 'network::migrate';

/** After which the next instruction does not follow. */
const LEAVING = ['Ret', 'Abort', 'Branch'];

/** Indices of the instructions that may follow. */
function successors(code: readonly RawInstruction[], at: number): readonly number[] {
	const instruction = code[at]!;
	const name = typeof instruction === 'string' ? instruction : Object.keys(instruction)[0]!;
	assert.notEqual(name, 'VariantSwitch', 'the contracts have no enums so far');
	const target = ['Branch', 'BrTrue', 'BrFalse'].includes(name) ? [(instruction as Record<string, number>)[name]!] : [];
	return LEAVING.includes(name) ? target : [...target, at + 1];
}

/** Whether every way through the function that returns has called one of `gates`. */
function isGated(fn: CompiledFunction, gates: ReadonlySet<string>): boolean {
	const seen = new Set<number>();
	const open = [0];
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		if (seen.has(at)) continue;
		seen.add(at);
		const instruction = fn.code[at]!;
		if (instruction === 'Ret') return false;
		const called = fn.calls(instruction);
		if (called === undefined || !gates.has(called)) open.push(...successors(fn.code, at));
	}
	return true;
}

function functionsOf(name: string, module: CompiledModule): CompiledFunction[] {
	const callee = (handle: number) => {
		const { module: of, name: called } = module.function_handles[handle]!;
		return `${moduleHandle(module, of).module}::${identifier(module, called)}`;
	};
	const own = new Set(
		module.datatype_handles
			.filter(({ module: of, abilities }) => moduleHandle(module, of).address === SELF && (abilities & KEY) !== 0)
			.map((it) => identifier(module, it.name)),
	);
	return module.function_defs.map(({ function: handle, visibility, is_entry, code }) => {
		const { name: at, parameters } = module.function_handles[handle]!;
		const changes = signatureTypes(module, parameters).some((type) => {
			const target = type.kind === 'reference' && type.mutable ? type.to : type;
			return target.kind === 'datatype' && own.has(target.name);
		});
		return {
			name: `${name}::${identifier(module, at)}`,
			changes: changes || is_entry,
			callable: visibility === 'Public' || is_entry,
			code: code?.code ?? ['Ret'],
			calls(instruction) {
				if (typeof instruction === 'string') return undefined;
				if ('Call' in instruction) return callee(instruction.Call as number);
				if ('CallGeneric' in instruction) return callee(module.function_instantiations[instruction.CallGeneric as number]!.handle);
				return undefined;
			},
		};
	});
}

const SELF = `0x${'0'.repeat(64)}`;

test('every call that changes an object of a network passes the version’s gate, on every way through it', async () => {
	const { modules } = await compilePackage({ files: await readContracts() });
	const functions = [...modules].flatMap(([name, bytes]) => functionsOf(name, readModule(name, bytes)));
	const gates = new Set([GATE]);
	for (let size = 0; size < gates.size; ) {
		size = gates.size;
		for (const fn of functions) if (isGated(fn, gates)) gates.add(fn.name);
	}
	const entries = functions.filter(({ callable, changes }) => callable && changes).map(({ name }) => name);
	assert.ok(entries.length > 35 && entries.includes('vault::withdraw') && entries.includes('seal_policy::seal_approve'), `${entries}`);
	assert.deepEqual(
		entries.filter((name) => !gates.has(name)),
		[MIGRATION],
	);
	// What is open to everybody and takes no object of a network is open: reading, and making a network.
	for (const reading of ['network::current_window', 'network_setup::create_network']) assert.ok(!gates.has(reading), reading);
});
