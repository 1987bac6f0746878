/** What the tests executed: counted by the machine's tracer, per instruction and operand type, error, native and framework abort. */
import type { MoveFailure, MoveFailureReason, MoveType } from '#devnet/move/api.ts';
import type { TypedInstruction } from '#devnet/move/decoder.ts';
import type { LoadedFunction, LoadedModule } from '#devnet/move/loader.ts';
import type { ExecutionTracer } from '#devnet/move/tracer.ts';
import { typedCode } from '#devnet/move/typed-code.ts';
import { formatType, substitute } from '#devnet/move/types.ts';

/** The columns of the instruction table: what an operand is. `-` is an instruction without operand. */
export const OPERAND_KINDS = ['-', 'bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'address', 'vector', 'struct', 'enum', '&', '&mut'] as const;
export type OperandKind = (typeof OPERAND_KINDS)[number];

/** Row → column → how often. */
export class Counts {
	readonly rows = new Map<string, Map<string, number>>();

	add(row: string, column: string, times: number): void {
		let columns = this.rows.get(row);
		if (columns === undefined) {
			columns = new Map();
			this.rows.set(row, columns);
		}
		columns.set(column, (columns.get(column) ?? 0) + times);
	}

	get(row: string, column: string): number {
		return this.rows.get(row)?.get(column) ?? 0;
	}

	/** Under other names; what has none is left out. */
	mapped(name: (row: string, column: string) => readonly [row: string, column: string] | undefined): Counts {
		const named = new Counts();
		for (const [row, columns] of this.rows) {
			for (const [column, times] of columns) {
				const found = name(row, column);
				if (found !== undefined) named.add(...found, times);
			}
		}
		return named;
	}
}

interface Execution {
	readonly fn: LoadedFunction;
	readonly typeArguments: readonly MoveType[];
	/** By instruction. */
	readonly counts: Uint32Array;
}

export class CoverageTracer implements ExecutionTracer {
	readonly #executions = new Map<LoadedFunction, Map<string, Execution>>();
	#stack: Execution[] = [];
	/** Of the functions that were executed: they define every type that occurs. */
	readonly #modules = new Map<string, LoadedModule>();
	readonly #callers = new WeakMap<MoveFailureReason, readonly string[]>();
	/** Opcode and status, by operand. */
	readonly errors = new Counts();
	/** `module::function` of natives, by `returns` or `aborts <code>`. */
	readonly natives = new Counts();
	/** Address and module, by abort code. */
	readonly aborts = new Counts();

	enter({ fn, typeArguments }: Parameters<ExecutionTracer['enter']>[0]): void {
		const key = typeArguments.map(formatType).join();
		let ofFunction = this.#executions.get(fn);
		if (ofFunction === undefined) {
			ofFunction = new Map();
			this.#executions.set(fn, ofFunction);
			this.#modules.set(fn.module.key, fn.module);
		}
		let execution = ofFunction.get(key);
		if (execution === undefined) {
			execution = { fn, typeArguments, counts: new Uint32Array(fn.code?.instructions.length ?? 0) };
			ofFunction.set(key, execution);
		}
		this.#stack.push(execution);
	}

	leave({ fn }: Parameters<ExecutionTracer['leave']>[0]): void {
		this.#stack.pop();
		if (fn.code === undefined) this.natives.add(nativeName(fn), 'returns', 1);
	}

	before({ pc }: Parameters<ExecutionTracer['before']>[0]): void {
		const { counts } = this.#stack.at(-1) as Execution;
		counts[pc] = (counts[pc] as number) + 1;
	}

	after(): void {}

	fail({ reason }: MoveFailure): void {
		const failed = this.#stack.at(-1) as Execution;
		const isNative = failed.fn.code === undefined;
		const waiting = this.#stack.slice(0, isNative ? -2 : -1).reverse();
		this.#callers.set(
			reason,
			waiting.map(({ fn }) => `${fn.module.name}::${fn.name}`),
		);
		this.#stack = [];
		if (reason.kind === 'abort') {
			this.aborts.add(`${failed.fn.module.address}::${failed.fn.module.name}`, reason.code.toString(), 1);
			if (isNative) this.natives.add(nativeName(failed.fn), `aborts ${reason.code}`, 1);
			else this.errors.add('Abort', abortKind(reason), 1);
		} else if (reason.kind === 'primitiveRuntimeError' && !isNative) {
			const instruction = typedCode(failed.fn)[reason.location?.instruction ?? -1];
			if (instruction === undefined) return;
			const status = reason.subStatus === undefined ? reason.status : `${reason.status} ${reason.subStatus}`;
			// Whatever pushes can be the one that overflows.
			if (status === 'EXECUTION_STACK_OVERFLOW') this.errors.add(status, 'any', 1);
			else for (const kind of this.#operandsOf(instruction, failed)) this.errors.add(`${instruction.opcode} ${status}`, kind, 1);
		}
	}

	/** `module::function` of the frames that waited when this failure came, the nearest first. */
	callers(failure: MoveFailureReason | undefined): readonly string[] {
		return failure === undefined ? [] : (this.#callers.get(failure) ?? []);
	}

	/** Opcode by operand. */
	instructions(): Counts {
		const table = new Counts();
		for (const [fn, instances] of this.#executions) {
			for (const execution of instances.values()) {
				typedCode(fn).forEach((instruction, at) => {
					const times = execution.counts[at] as number;
					if (times > 0) for (const kind of this.#operandsOf(instruction, execution)) table.add(instruction.opcode, kind, times);
				});
			}
		}
		return table;
	}

	/** The kinds of an instruction's operands, each once. */
	#operandsOf({ opcode, pops, pushes }: TypedInstruction, { typeArguments }: Execution): ReadonlySet<OperandKind> {
		const kinds = operandTypes(opcode, pops, pushes).map((type) => this.#kindOf(substitute(type, typeArguments)));
		return new Set(kinds.length === 0 ? ['-'] : kinds);
	}

	#kindOf(type: MoveType): OperandKind {
		switch (type.kind) {
			case 'reference':
				return type.mutable ? '&mut' : '&';
			case 'datatype': {
				const body = this.#modules.get(`${type.address}::${type.module}`)?.datatypes.get(type.name)?.body;
				if (body === undefined) throw new TypeError(`unknown type ${formatType(type)}`);
				return body.kind;
			}
			case 'signer':
			case 'typeParameter':
				throw new TypeError(`no operand is a ${type.kind}`);
			default:
				return type.kind;
		}
	}
}

function nativeName(fn: LoadedFunction): string {
	return `${fn.module.name}::${fn.name}`;
}

function abortKind(reason: MoveFailureReason & { readonly kind: 'abort' }): string {
	if (reason.cleverError === undefined) return 'plain code';
	return reason.cleverError.constantName === '' ? 'no constant' : 'constant';
}

/**
 * An instruction's operands: what the instruction works on: what it stores, compares, packs
 * or passes; behind a reference what it points to; of a borrow what is borrowed; of a vector its elements; of what only loads the
 * loaded value.
 */

function operandTypes(opcode: string, pops: readonly MoveType[], pushes: readonly MoveType[]): readonly MoveType[] {
	const behind = (type: MoveType | undefined): MoveType[] => (type?.kind === 'reference' ? [type.to] : []);
	const elements = (type: MoveType | undefined): MoveType[] => (type?.kind === 'vector' ? [type.element] : []);
	if (opcode.startsWith('Ld') || opcode === 'CopyLoc' || opcode === 'MoveLoc' || opcode === 'ReadRef') return pushes;
	if (opcode.includes('Borrow') && !opcode.startsWith('Vec')) return behind(pushes[0]);
	if (opcode === 'FreezeRef' || opcode === 'VariantSwitch') return behind(pops[0]);
	if (opcode === 'WriteRef' || opcode === 'Shl' || opcode === 'Shr') return pops.slice(0, 1);
	if (opcode === 'VecPack') return elements(pushes[0]);
	if (opcode === 'VecUnpack') return elements(pops[0]);
	if (opcode.startsWith('Vec')) return behind(pops[0]).flatMap(elements);
	if (opcode.startsWith('UnpackVariant') && opcode.endsWith('Ref')) return pushes.flatMap(behind);
	if (opcode.startsWith('Unpack')) return pushes;
	return pops;
}
