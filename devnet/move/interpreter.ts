/**
 * Runs bytecode: a call stack of frames over one operand stack, as Move's own interpreter. It charges before it acts, and what
 * it throws is a {@link MoveFailure} that says where.
 */
import { MoveFailure, type MoveFailureReason, type MoveType, type NativeEnvironment } from '#devnet/move/api.ts';
import { decodeCleverError } from '#devnet/move/clever-error.ts';
import {
	arithmeticError,
	NativeAbort,
	RuntimeError,
	VECTOR_INDEX_OUT_OF_BOUNDS,
	VECTOR_POP_EMPTY,
	VECTOR_SIZE_LIMIT,
	VECTOR_UNPACK_PARITY,
} from '#devnet/move/errors.ts';
import type { TieredGasMeter } from '#devnet/move/gas.ts';
import { type FunctionReference, Instruction } from '#devnet/move/instruction.ts';
import type { Linkage } from '#devnet/move/linkage.ts';
import type { LoadedFunction, Loader } from '#devnet/move/loader.ts';
import { findNative } from '#devnet/move/natives/table.ts';
import type { TransactionObjectRuntime } from '#devnet/move/object-runtime.ts';
import type { ExecutionTracer, TracedStep } from '#devnet/move/tracer.ts';
import { substitute } from '#devnet/move/types.ts';
import { abstractSize, copyValue, elementWidth, MoveVariant, MoveVector, Reference, type Value, valuesEqual } from '#devnet/move/values.ts';

const MAX_CALL_DEPTH = 1024;
const MAX_STACK_HEIGHT = 1024;
const MAX_VECTOR_LENGTH = 256 * 1024;
const REFERENCE_BYTES = 8;
const PRIMITIVE_BYTES = 16;

export interface Execution {
	readonly loader: Loader;
	/** Of the package that was called from outside: it decides which version of every package runs. */
	readonly linkage: Linkage;
	readonly runtime: TransactionObjectRuntime;
	readonly meter: TieredGasMeter;
	readonly environment: NativeEnvironment;
}

interface Frame {
	readonly fn: LoadedFunction;
	readonly code: readonly Instruction[];
	readonly locals: Value[];
	readonly typeArguments: readonly MoveType[];
	/** The operand stack may grow too high while it runs. */
	readonly mayOverflow: boolean;
	pc: number;
}

/** Runs `entry` to its end and returns its results. `args` are its parameters. */
export function execute(execution: Execution, entry: LoadedFunction, typeArguments: readonly MoveType[], args: readonly Value[]): Value[] {
	if (entry.code === undefined) {
		try {
			return callNative(execution, entry, typeArguments, args);
		} catch (error) {
			throw failed(execution, located(error, entry, 0, execution.loader));
		}
	}
	return new Interpreter(execution).run(entry, typeArguments, args);
}

function failed(execution: Execution, failure: MoveFailure): MoveFailure {
	execution.runtime.tracer?.fail(failure);
	return failure;
}

function callNative(execution: Execution, fn: LoadedFunction, typeArguments: readonly MoveType[], args: readonly Value[]): Value[] {
	const native = findNative(fn.module.address, fn.module.name, fn.name);
	if (native === undefined) throw new MoveFailure({ kind: 'unsupported', feature: `native ${fn.module.key}::${fn.name}` });
	const { meter } = execution;
	const { tracer } = execution.runtime;
	tracer?.enter({ fn, typeArguments, args, gas: meter.internalUnits });
	let cost = 0;
	const results = native(
		{
			loader: execution.loader,
			runtime: execution.runtime,
			environment: execution.environment,
			typeArguments,
			charge: (units) => {
				cost += units;
			},
		},
		args,
	);
	let bytes = 0;
	for (const result of results) bytes += abstractSize(result, false);
	meter.native(cost, results.length, bytes);
	tracer?.leave({ fn, typeArguments, results, gas: meter.internalUnits });
	return results;
}

/** Stands after each instruction of a function that is traced: hands back control. */
const PAUSE = new Instruction('Pause', [0, 0, -1]);

class Interpreter {
	readonly #execution: Execution;
	readonly #stack: Value[] = [];
	readonly #frames: Frame[] = [];

	constructor(execution: Execution) {
		this.#execution = execution;
	}

	run(entry: LoadedFunction, typeArguments: readonly MoveType[], args: readonly Value[]): Value[] {
		let frame = newFrame(entry, typeArguments, 0);
		for (let i = 0; i < args.length; i++) frame.locals[i] = args[i];
		const stack = this.#stack;
		const { tracer } = this.#execution.runtime;
		try {
			if (tracer !== undefined) this.#tellEntered(tracer, frame, args);
			for (;;) {
				const instruction = tracer === undefined && !frame.mayOverflow ? this.#runFrame(frame) : this.#runStepwise(frame, tracer);
				if (instruction.op === 'Ret') {
					const caller = this.#frames.pop();
					if (caller === undefined) return stack;
					frame = caller;
					continue;
				}
				const callee = this.#call(frame, instruction);
				if (callee !== undefined) {
					this.#frames.push(frame);
					frame = callee;
				}
			}
		} catch (error) {
			// runFrame leaves pc one past the instruction that failed
			throw failed(this.#execution, located(error, frame.fn, Math.max(0, frame.pc - 1), this.#execution.loader));
		}
	}

	// ---- tracing -------------------------------------------------------------------------------------------------

	#tellEntered(tracer: ExecutionTracer, { fn, typeArguments }: Frame, args: readonly Value[]): void {
		tracer.enter({ fn, typeArguments, args, gas: this.#execution.meter.internalUnits });
	}

	/**
	 * As {@link #runFrame}, telling of each instruction and looking at the stack's height. It runs the same loop on code of which only
	 * one instruction is real: that is put behind the last, where a branch cannot go, and `Pause` stands wherever execution may come to
	 * from there.
	 */
	#runStepwise(frame: Frame, tracer: ExecutionTracer | undefined): Instruction {
		const { fn, typeArguments, locals } = frame;
		const { meter } = this.#execution;
		const stack = this.#stack;
		const at = frame.code.length;
		const single = { ...frame, code: new Array<Instruction>(at + 2).fill(PAUSE) };
		for (;;) {
			const { pc } = frame;
			const instruction = frame.code[pc] as Instruction;
			const step = (): TracedStep => ({ fn, typeArguments, pc, instruction, stack, locals, gas: meter.internalUnits });
			tracer?.before(step());
			single.code[at] = instruction;
			single.pc = at;
			frame.pc = pc + 1;
			if (instruction.op === 'Ret') {
				const results = stack.slice(stack.length - instruction.a);
				const end = this.#runFrame(single);
				tracer?.leave({ fn, typeArguments, results, gas: meter.internalUnits });
				return end;
			}
			const stopped = this.#runFrame(single);
			if (stopped !== PAUSE) return stopped;
			const next = single.pc - 1;
			checkHeight(stack);
			if (next !== at + 1) frame.pc = next;
			tracer?.after(step());
		}
	}

	/** Enters a function, or runs a native and returns undefined. */
	#call(frame: Frame, instruction: Instruction): Frame | undefined {
		const { loader, linkage, meter } = this.#execution;
		const reference = instruction.target as FunctionReference;
		const fn = linkage.link(reference);
		const typeArguments =
			instruction.op === 'CallGeneric' ? reference.typeArguments.map((type) => substitute(type, frame.typeArguments)) : reference.typeArguments;
		const stack = this.#stack;
		const count = reference.argumentCount;
		meter.step(0, count, instruction.bytes);
		if (fn.code !== undefined) {
			if (this.#frames.length >= MAX_CALL_DEPTH) throw new RuntimeError('CALL_STACK_OVERFLOW', `more than ${MAX_CALL_DEPTH} calls`);
			const callee = newFrame(fn, typeArguments, stack.length - count);
			const { locals } = callee;
			for (let i = count - 1; i >= 0; i--) locals[i] = stack.pop();
			const { tracer } = this.#execution.runtime;
			if (tracer !== undefined) this.#tellEntered(tracer, callee, locals.slice(0, count));
			return callee;
		}
		const args = stack.splice(stack.length - count, count);
		let results: Value[];
		try {
			results = callNative(this.#execution, fn, typeArguments, args);
		} catch (error) {
			throw located(error, fn, 0, loader); // a native's failure is the native's, not its caller's
		}
		if (results.length !== reference.returnCount) throw new MoveFailure({ kind: 'invariant', message: `native ${fn.name} returned ${results.length} values` });
		for (const result of results) stack.push(result);
		checkHeight(stack);
		return undefined;
	}

	/** Runs until a call or a return, and returns that instruction; `pc` then stands after it. */
	#runFrame(frame: Frame): Instruction {
		const { code, locals } = frame;
		const stack = this.#stack;
		const { meter } = this.#execution;
		const { depths } = this.#execution.loader;
		let pc = frame.pc;
		try {
			for (;;) {
				const at = code[pc++] as Instruction;
				if (at.bytes >= 0 && at.op !== 'Call' && at.op !== 'CallGeneric') meter.step(at.pushes, at.pops, at.bytes, at.measuredPops);
				switch (at.op) {
					case 'CopyLocPrimitive':
						stack.push(locals[at.a]);
						break;
					case 'MoveLoc':
						stack.push(locals[at.a]);
						locals[at.a] = undefined;
						break;
					case 'StLoc':
						locals[at.a] = stack.pop();
						break;
					case 'Load':
						stack.push(at.value as Value);
						break;
					case 'BorrowLoc':
						stack.push(new Reference(locals, at.a));
						break;
					case 'BorrowField': {
						const to = stack.pop() as Reference;
						stack.push(new Reference(to.container[to.key] as Value[], at.a));
						break;
					}
					case 'ReadRef': {
						const from = stack.pop() as Reference;
						const value = from.container[from.key];
						if (at.bytes < 0) meter.step(1, 1, Math.max(PRIMITIVE_BYTES, REFERENCE_BYTES + abstractSize(value, true)));
						stack.push(copyValue(value));
						break;
					}
					case 'WriteRef': {
						const to = stack.pop() as Reference;
						const value = stack.pop();
						if (at.bytes < 0) meter.step(0, 2, abstractSize(value, false));
						to.container[to.key] = value;
						break;
					}
					case 'FreezeRef':
					case 'Nop':
						break;
					case 'VecBorrow': {
						const index = stack.pop() as bigint;
						const to = stack.pop() as Reference;
						stack.push(new Reference((to.container[to.key] as MoveVector).items, checkIndex(to, index)));
						break;
					}
					case 'VecLen': {
						const to = stack.pop() as Reference;
						stack.push(BigInt((to.container[to.key] as MoveVector).items.length));
						break;
					}
					case 'BrTrue':
						if (stack.pop() === true) pc = at.a;
						break;
					case 'BrFalse':
						if (stack.pop() !== true) pc = at.a;
						break;
					case 'Branch':
						pc = at.a;
						break;
					case 'LtBig': {
						const right = stack.pop() as bigint;
						stack.push((stack.pop() as bigint) < right);
						break;
					}
					case 'AddBig': {
						const right = stack.pop() as bigint;
						const sum = (stack.pop() as bigint) + right;
						if (sum > (at.value as bigint)) throw arithmeticError('addition overflows');
						stack.push(sum);
						break;
					}
					case 'SubBig': {
						const right = stack.pop() as bigint;
						const difference = (stack.pop() as bigint) - right;
						if (difference < 0n) throw arithmeticError('subtraction underflows');
						stack.push(difference);
						break;
					}
					case 'MulBig': {
						const right = stack.pop() as bigint;
						const product = (stack.pop() as bigint) * right;
						if (product > (at.value as bigint)) throw arithmeticError('multiplication overflows');
						stack.push(product);
						break;
					}
					case 'DivBig': {
						const right = stack.pop() as bigint;
						const left = stack.pop() as bigint;
						if (right === 0n) throw arithmeticError('division by zero');
						stack.push(left / right);
						break;
					}
					case 'ModBig': {
						const right = stack.pop() as bigint;
						const left = stack.pop() as bigint;
						if (right === 0n) throw arithmeticError('division by zero');
						stack.push(left % right);
						break;
					}
					case 'GtBig': {
						const right = stack.pop() as bigint;
						stack.push((stack.pop() as bigint) > right);
						break;
					}
					case 'LeBig': {
						const right = stack.pop() as bigint;
						stack.push((stack.pop() as bigint) <= right);
						break;
					}
					case 'GeBig': {
						const right = stack.pop() as bigint;
						stack.push((stack.pop() as bigint) >= right);
						break;
					}
					case 'AddSmall': {
						const sum = (stack.pop() as number) + (stack.pop() as number);
						if (sum > at.a) throw arithmeticError('addition overflows');
						stack.push(sum);
						break;
					}
					case 'SubSmall': {
						const right = stack.pop() as number;
						const difference = (stack.pop() as number) - right;
						if (difference < 0) throw arithmeticError('subtraction underflows');
						stack.push(difference);
						break;
					}
					case 'MulSmall': {
						// A product over 2⁵³ is inexact, yet far over any bound.
						const product = (stack.pop() as number) * (stack.pop() as number);
						if (product > at.a) throw arithmeticError('multiplication overflows');
						stack.push(product);
						break;
					}
					case 'DivSmall': {
						const right = stack.pop() as number;
						const left = stack.pop() as number;
						if (right === 0) throw arithmeticError('division by zero');
						stack.push(Math.floor(left / right));
						break;
					}
					case 'ModSmall': {
						const right = stack.pop() as number;
						const left = stack.pop() as number;
						if (right === 0) throw arithmeticError('division by zero');
						stack.push(left % right);
						break;
					}
					case 'LtSmall': {
						const right = stack.pop() as number;
						stack.push((stack.pop() as number) < right);
						break;
					}
					case 'GtSmall': {
						const right = stack.pop() as number;
						stack.push((stack.pop() as number) > right);
						break;
					}
					case 'LeSmall': {
						const right = stack.pop() as number;
						stack.push((stack.pop() as number) <= right);
						break;
					}
					case 'GeSmall': {
						const right = stack.pop() as number;
						stack.push((stack.pop() as number) >= right);
						break;
					}
					case 'BitOrSmall':
						stack.push(((stack.pop() as number) | (stack.pop() as number)) >>> 0);
						break;
					case 'BitAndSmall':
						stack.push(((stack.pop() as number) & (stack.pop() as number)) >>> 0);
						break;
					case 'XorSmall':
						stack.push(((stack.pop() as number) ^ (stack.pop() as number)) >>> 0);
						break;
					case 'BitOrBig':
						stack.push((stack.pop() as bigint) | (stack.pop() as bigint));
						break;
					case 'BitAndBig':
						stack.push((stack.pop() as bigint) & (stack.pop() as bigint));
						break;
					case 'XorBig':
						stack.push((stack.pop() as bigint) ^ (stack.pop() as bigint));
						break;
					case 'ShlSmall': {
						const by = shift(stack.pop(), at.b);
						stack.push((((stack.pop() as number) << by) & at.a) >>> 0);
						break;
					}
					case 'ShrSmall': {
						const by = shift(stack.pop(), at.b);
						stack.push((stack.pop() as number) >>> by);
						break;
					}
					case 'ShlBig': {
						const by = shift(stack.pop(), at.b);
						stack.push(((stack.pop() as bigint) << BigInt(by)) & (at.value as bigint));
						break;
					}
					case 'ShrBig': {
						const by = shift(stack.pop(), at.b);
						stack.push((stack.pop() as bigint) >> BigInt(by));
						break;
					}
					case 'CastSmallToSmall': {
						const value = stack.pop() as number;
						if (value > at.a) throw arithmeticError('cast does not fit');
						stack.push(value);
						break;
					}
					case 'CastSmallToBig':
						stack.push(BigInt(stack.pop() as number));
						break;
					case 'CastBigToSmall': {
						const value = stack.pop() as bigint;
						if (value > (at.value as bigint)) throw arithmeticError('cast does not fit');
						stack.push(Number(value));
						break;
					}
					case 'CastBigToBig': {
						const value = stack.pop() as bigint;
						if (value > (at.value as bigint)) throw arithmeticError('cast does not fit');
						stack.push(value);
						break;
					}
					case 'Or': {
						const right = stack.pop() as boolean;
						const left = stack.pop() as boolean;
						stack.push(left || right);
						break;
					}
					case 'And': {
						const right = stack.pop() as boolean;
						const left = stack.pop() as boolean;
						stack.push(left && right);
						break;
					}
					case 'Not':
						stack.push(stack.pop() !== true);
						break;
					case 'Eq':
					case 'Neq': {
						const right = stack.pop();
						const left = stack.pop();
						if (at.bytes < 0) meter.step(1, 2, PRIMITIVE_BYTES + abstractSize(left, true) + abstractSize(right, true));
						stack.push(valuesEqual(left, right) === (at.op === 'Eq'));
						break;
					}
					case 'CopyLoc': {
						const value = locals[at.a];
						meter.step(1, 0, Math.max(PRIMITIVE_BYTES, abstractSize(value, false)));
						stack.push(copyValue(value));
						break;
					}
					case 'LdConst':
						stack.push(copyValue(at.value as Value));
						break;
					case 'Pop':
						stack.pop();
						break;
					case 'Pack':
						depths.check(at.type as MoveType, frame.typeArguments);
						stack.push(stack.splice(stack.length - at.a, at.a));
						break;
					case 'Unpack': {
						const fields = stack.pop() as Value[];
						for (let i = 0; i < fields.length; i++) stack.push(fields[i]);
						break;
					}
					case 'VecPack': {
						const element = at.type as MoveType;
						depths.check(element, frame.typeArguments); // of the elements: the vector itself may be one level deeper
						const width = elementWidth(element.kind === 'typeParameter' ? (frame.typeArguments[element.index] as MoveType) : element);
						stack.push(new MoveVector(width, at.a === 0 ? [] : stack.splice(stack.length - at.a, at.a)));
						break;
					}
					case 'VecPushBack': {
						const value = stack.pop();
						const to = stack.pop() as Reference;
						const { items } = to.container[to.key] as MoveVector;
						if (items.length >= MAX_VECTOR_LENGTH) throw new RuntimeError('VECTOR_OPERATION_ERROR', 'vector is too long', VECTOR_SIZE_LIMIT);
						items.push(value);
						break;
					}
					case 'VecPopBack': {
						const to = stack.pop() as Reference;
						const { items } = to.container[to.key] as MoveVector;
						if (items.length === 0) throw new RuntimeError('VECTOR_OPERATION_ERROR', 'pop of an empty vector', VECTOR_POP_EMPTY);
						stack.push(items.pop());
						break;
					}
					case 'VecUnpack': {
						const { items } = stack.pop() as MoveVector;
						if (items.length !== at.a) throw new RuntimeError('VECTOR_OPERATION_ERROR', 'vector of another length', VECTOR_UNPACK_PARITY);
						for (let i = 0; i < items.length; i++) stack.push(items[i]);
						break;
					}
					case 'VecSwap': {
						const right = stack.pop() as bigint;
						const left = stack.pop() as bigint;
						const to = stack.pop() as Reference;
						const { items } = to.container[to.key] as MoveVector;
						const i = checkIndex(to, left);
						const j = checkIndex(to, right);
						[items[i], items[j]] = [items[j], items[i]];
						break;
					}
					case 'PackVariant':
						depths.check(at.type as MoveType, frame.typeArguments);
						stack.push(new MoveVariant(at.b, at.a === 0 ? [] : stack.splice(stack.length - at.a, at.a)));
						break;
					case 'UnpackVariant': {
						const variant = stack.pop() as MoveVariant;
						checkTag(variant, at.b);
						for (let i = 0; i < variant.fields.length; i++) stack.push(variant.fields[i]);
						break;
					}
					case 'UnpackVariantRef': {
						const to = stack.pop() as Reference;
						const variant = to.container[to.key] as MoveVariant;
						checkTag(variant, at.b);
						for (let i = 0; i < variant.fields.length; i++) stack.push(new Reference(variant.fields, i));
						break;
					}
					case 'VariantSwitch': {
						const to = stack.pop() as Reference;
						const { tag } = to.container[to.key] as MoveVariant;
						const next = at.jumps?.[tag];
						if (next === undefined) throw new RuntimeError('VARIANT_TAG_MISMATCH', `no branch for variant ${tag}`);
						pc = next;
						break;
					}
					case 'Abort':
						throw new Abort(stack.pop() as bigint);
					case 'Call':
					case 'CallGeneric':
					case 'Ret':
					case 'Pause':
						return at;
					default:
						throw new MoveFailure({ kind: 'invariant', message: `instruction ${at.op satisfies never}` });
				}
			}
		} finally {
			frame.pc = pc;
		}
	}
}

/** The `Abort` instruction's, as opposed to a native's. */
class Abort extends Error {
	readonly code: bigint;
	constructor(code: bigint) {
		super(`abort ${code}`);
		this.code = code;
	}
}

/** `height`: of the operand stack below the frame. */
function newFrame(fn: LoadedFunction, typeArguments: readonly MoveType[], height: number): Frame {
	if (fn.code === undefined) throw new MoveFailure({ kind: 'invariant', message: `${fn.name} has no code` });
	const { instructions, maxStackHeight } = fn.code;
	const locals = new Array<Value>(fn.localCount).fill(undefined);
	return { fn, code: instructions, locals, typeArguments, mayOverflow: height + maxStackHeight > MAX_STACK_HEIGHT, pc: 0 };
}

function checkHeight(stack: readonly Value[]): void {
	if (stack.length > MAX_STACK_HEIGHT) throw new RuntimeError('EXECUTION_STACK_OVERFLOW', `more than ${MAX_STACK_HEIGHT} values`);
}

function checkIndex(vector: Reference, index: bigint): number {
	const { items } = vector.container[vector.key] as MoveVector;
	if (index >= BigInt(items.length)) throw new RuntimeError('VECTOR_OPERATION_ERROR', `index ${index} of ${items.length}`, VECTOR_INDEX_OUT_OF_BOUNDS);
	return Number(index);
}

function checkTag(variant: MoveVariant, tag: number): void {
	if (variant.tag !== tag) throw new RuntimeError('VARIANT_TAG_MISMATCH', `variant ${variant.tag} where ${tag} is unpacked`);
}

function shift(by: Value, bits: number): number {
	if ((by as number) >= bits) throw arithmeticError('shift by the width or more');
	return by as number;
}

/** Gives an internal failure its place. What already has one passes. */
function located(error: unknown, fn: LoadedFunction, instruction: number, loader: Loader): MoveFailure {
	const location = { module: { address: fn.module.address, module: fn.module.name }, functionIndex: fn.index, functionName: fn.name, instruction };
	if (error instanceof Abort || error instanceof NativeAbort) {
		return new MoveFailure({ kind: 'abort', code: error.code, location, cleverError: decodeCleverError(error.code, location.module, loader) });
	}
	if (error instanceof RuntimeError) {
		// Unlike an abort's, the place of these errors names the package by its first version (sui-adapter `error.rs`).
		const place = { ...location, module: { ...location.module, address: fn.module.originalId } };
		const reason: MoveFailureReason = {
			kind: 'primitiveRuntimeError',
			status: error.status,
			subStatus: error.subStatus,
			message: error.message,
			location: place,
		};
		return new MoveFailure(reason);
	}
	if (error instanceof MoveFailure) return error;
	// A value that does not fit its type, or a fault of ours: the transaction fails, the chain goes on.
	const failure = new MoveFailure({ kind: 'invariant', message: `${fn.module.key}::${fn.name} at ${instruction}: ${error}` });
	failure.cause = error;
	return failure;
}
