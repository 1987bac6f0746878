/** Writes down what an execution tells, as much of it as a limit allows: its beginning and its end, where failures are. */

import type { TransactionTracer } from '#devnet/ledger/tracer.ts';
import type { Command } from '#devnet/ledger/transaction.ts';
import type { MoveFailure, MoveType, MoveVm } from '#devnet/move/api.ts';
import { instructionText } from '#devnet/move/disassemble.ts';
import type { LoadedFunction } from '#devnet/move/loader.ts';
import type { TracedCall, TracedStep } from '#devnet/move/tracer.ts';
import { typedCode } from '#devnet/move/typed-code.ts';
import { substitute } from '#devnet/move/types.ts';
import type { Value } from '#devnet/move/values.ts';
import { commandText } from '#devnet/trace/command-text.ts';
import type { EventList, TraceEvent } from '#devnet/trace/events.ts';
import { failureText } from '#devnet/trace/failure-text.ts';
import { formatValue, shortAddresses, shortType } from '#devnet/trace/format-value.ts';

/** An operand is shown with every instruction that touches it: shorter than an argument. */
const OPERAND_CHARACTERS = 160;

/** What is recorded: calls alone, or each instruction too. */
export type TraceDetail = 'calls' | 'instructions';

/** Counts events, so that a second run knows which are the last. Tells nothing and formats nothing. */
export class EventCounter implements TransactionTracer {
	count = 0;
	readonly #detail: TraceDetail;

	constructor(detail: TraceDetail) {
		this.#detail = detail;
	}

	readonly startCommand = () => void this.count++;
	readonly endCommand = () => void this.count++;
	readonly enter = () => void this.count++;
	readonly leave = () => void this.count++;
	readonly fail = () => void this.count++;
	readonly after = () => {};
	readonly before = () => {
		if (this.#detail === 'instructions') this.count++;
	};
}

type InstructionEvent = TraceEvent & { readonly kind: 'instruction' };

export class Recorder implements TransactionTracer {
	readonly #vm: MoveVm;
	readonly #detail: TraceDetail;
	readonly #first: number;
	readonly #last: number;
	readonly #total: number;
	readonly #events: TraceEvent[] = [];
	#seen = 0;
	#depth = 0;
	/** The instruction that runs. */
	#pending: InstructionEvent | undefined;

	/** `total`: how many events there will be, as an {@link EventCounter} found. */
	constructor(vm: MoveVm, detail: TraceDetail, limit: number, total: number) {
		this.#vm = vm;
		this.#detail = detail;
		this.#total = total;
		this.#first = total <= limit ? total : Math.ceil(limit / 2);
		this.#last = total - (total <= limit ? 0 : limit - this.#first);
	}

	finish(): EventList {
		const count = this.#last - this.#first;
		return { events: this.#events, omitted: count > 0 ? { at: this.#first, count } : undefined };
	}

	#add(make: () => TraceEvent): void {
		const place = this.#seen++;
		if (place < this.#first || (place >= this.#last && place < this.#total)) this.#events.push(make());
	}

	// ---- the ledger's -------------------------------------------------------------------------------------------

	startCommand(index: number, command: Command, gas: bigint): void {
		this.#depth = 1;
		this.#add(() => ({ kind: 'command', depth: 0, index, text: commandText(command), gas: Number(gas) }));
	}

	endCommand(index: number, gas: bigint): void {
		this.#add(() => ({ kind: 'commandDone', depth: 0, index, gas: Number(gas) }));
	}

	// ---- the machine's ------------------------------------------------------------------------------------------

	enter({ fn, typeArguments, args, gas }: TracedCall & { readonly args: readonly Value[]; readonly gas: bigint }): void {
		this.#pending = undefined;
		const depth = this.#depth++;
		this.#add(() => ({
			kind: 'call',
			depth,
			function: functionName(fn),
			native: fn.code === undefined,
			typeArguments: typeArguments.map(shortType),
			arguments: args.map((value, i) => this.#value(fn.signature.parameters[i], typeArguments, value)),
			gas: Number(gas),
		}));
	}

	leave({ fn, typeArguments, results, gas }: TracedCall & { readonly results: readonly Value[]; readonly gas: bigint }): void {
		this.#pending = undefined;
		const depth = --this.#depth;
		this.#add(() => ({
			kind: 'return',
			depth,
			function: functionName(fn),
			results: results.map((value, i) => this.#value(fn.signature.returns[i], typeArguments, value)),
			gas: Number(gas),
		}));
	}

	before(step: TracedStep): void {
		this.#pending = undefined;
		if (this.#detail !== 'instructions') return;
		this.#add(() => {
			const event = this.#instruction(step);
			this.#pending = event;
			return event;
		});
	}

	after({ fn, typeArguments, pc, instruction, stack, locals, gas }: TracedStep): void {
		const pending = this.#pending;
		if (pending === undefined) return;
		this.#pending = undefined;
		const { pushes } = typedCode(fn)[pc] ?? { pushes: [] };
		const done: InstructionEvent = {
			...pending,
			pushes: stack.slice(stack.length - pushes.length).map((value, i) => this.#value(pushes[i], typeArguments, value, OPERAND_CHARACTERS)),
			local:
				instruction.op === 'StLoc'
					? { index: instruction.a, value: this.#value(fn.code?.localTypes[instruction.a], typeArguments, locals[instruction.a], OPERAND_CHARACTERS) }
					: undefined,
			gas: Number(gas),
		};
		this.#events[this.#events.length - 1] = done;
	}

	fail({ reason }: MoveFailure): void {
		this.#pending = undefined;
		const depth = this.#depth;
		this.#add(() => ({ kind: 'failure', depth, ...failureText(this.#vm, reason) }));
	}

	#instruction({ fn, typeArguments, pc, stack, gas }: TracedStep): InstructionEvent {
		const typed = typedCode(fn)[pc];
		const pops = typed?.pops ?? [];
		return {
			kind: 'instruction',
			depth: this.#depth,
			function: functionName(fn),
			pc,
			text: typed === undefined ? '' : shortAddresses(instructionText(fn.module, typed)),
			pops: stack.slice(stack.length - pops.length).map((value, i) => this.#value(pops[i], typeArguments, value, OPERAND_CHARACTERS)),
			pushes: undefined,
			local: undefined,
			gas: Number(gas),
		};
	}

	#value(type: MoveType | undefined, typeArguments: readonly MoveType[], value: Value, limit?: number): string {
		return formatValue(this.#vm, type === undefined ? undefined : substitute(type, typeArguments), value, limit);
	}
}

export function functionName(fn: LoadedFunction): string {
	return shortAddresses(`${fn.module.key}::${fn.name}`);
}
