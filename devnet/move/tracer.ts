/**
 * What can be told of an execution while it runs. Nothing is told unless a transaction's runtime was made with a tracer, and then
 * the interpreter takes its instructions one at a time; without one its loop is the same as if this file did not exist.
 */
import type { MoveFailure, MoveType } from '#devnet/move/api.ts';
import type { Instruction } from '#devnet/move/instruction.ts';
import type { LoadedFunction } from '#devnet/move/loader.ts';
import type { Value } from '#devnet/move/values.ts';

/** A function that is being executed. A native has no `fn.code`. */
export interface TracedCall {
	readonly fn: LoadedFunction;
	/** Instantiated. */
	readonly typeArguments: readonly MoveType[];
}

export interface TracedStep extends TracedCall {
	/** Index of the instruction in the function: of the bytecode and of `fn.code.instructions`. */
	readonly pc: number;
	readonly instruction: Instruction;
	/** The operand stack of all frames; the last item is the top. */
	readonly stack: readonly Value[];
	/** Of this frame, parameters first. */
	readonly locals: readonly Value[];
	/** Internal gas units of the transaction so far. */
	readonly gas: bigint;
}

/**
 * Values, stacks and locals are the live ones: they change as execution goes on, so a tracer reads what it wants before it returns
 * and keeps nothing. Whatever it throws ends the execution.
 */
export interface ExecutionTracer {
	/** A function, native or not, begins. */
	enter(call: TracedCall & { readonly args: readonly Value[]; readonly gas: bigint }): void;
	/** It gave these results. */
	leave(call: TracedCall & { readonly results: readonly Value[]; readonly gas: bigint }): void;
	/** Before an instruction: its operands are the last `instruction.pops` of the stack. */
	before(step: TracedStep): void;
	/** After it; not for calls, `Ret` and what fails. */
	after(step: TracedStep): void;
	/** The whole call from the ledger failed. Functions that were entered are not left. */
	fail(failure: MoveFailure): void;
}
