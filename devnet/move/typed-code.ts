/** The code of a loaded function as its module has it, with the types of each instruction's operands: for traces and coverage. */
import { decodeFunction, type TypedInstruction } from '#devnet/move/decoder.ts';
import type { LoadedFunction } from '#devnet/move/loader.ts';

const known = new WeakMap<LoadedFunction, readonly TypedInstruction[]>();

/**
 * One entry an instruction; empty for a native. Types are those of the definition: an operand of a generic function may be a
 * `typeParameter`, which the call's type arguments replace.
 */
export function typedCode(fn: LoadedFunction): readonly TypedInstruction[] {
	let typed = known.get(fn);
	if (typed === undefined) {
		typed = read(fn);
		known.set(fn, typed);
	}
	return typed;
}

function read(fn: LoadedFunction): TypedInstruction[] {
	const code = fn.module.compiled.function_defs[fn.index]?.code;
	if (!code) return [];
	const instructions: TypedInstruction[] = [];
	const { parameters, returns } = fn.signature;
	decodeFunction(fn.module.compiled, fn.module.name, fn.name, code, parameters, returns, (instruction) => instructions.push(instruction));
	return instructions;
}
