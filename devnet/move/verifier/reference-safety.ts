/**
 * No reference outlives what it points to, and nothing is read, written, moved or destroyed under a reference that forbids it
 * (pass `reference_safety`, with Sui's `additional_borrow_checks` and without global storage).
 */
import { analyze } from '#devnet/move/verifier/abstract-interpreter.ts';
import { BorrowGraph, type Path } from '#devnet/move/verifier/borrow-graph.ts';
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { ControlFlow } from '#devnet/move/verifier/control-flow.ts';
import type { Refuse, VerificationStatus } from '#devnet/move/verifier/failure.ts';
import type { Meter } from '#devnet/move/verifier/limits.ts';
import { stackEffect } from '#devnet/move/verifier/stack-usage.ts';
import type { Type } from '#devnet/move/verifier/type-table.ts';
import { at, type FunctionView, type ModuleView } from '#devnet/move/verifier/view.ts';

/** The id of a reference, or that it is none. */
type AbstractValue = number;
const NO_REFERENCE: AbstractValue = -1;

const TICKS_PER_STEP = 1;
const TICKS_PER_JOIN = 10;
const TICKS_PER_GRAPH_ITEM = 4;
const TICKS_PER_RELEASED = 3;
const TICKS_PER_JOINED = 4;
const TICKS_PER_BORROW = 3;

interface State {
	/** Of each local. At the borders of blocks a reference has the number of its local as id. */
	readonly locals: readonly AbstractValue[];
	readonly graph: BorrowGraph;
}

export function checkReferenceSafety(view: ModuleView, fn: FunctionView, flow: ControlFlow, meter: Meter, refuse: (instruction?: number) => Refuse): void {
	const graph = new BorrowGraph();
	graph.add(fn.locals.length, true);
	const locals = fn.locals.map((type, local) => {
		if (local >= fn.parameters.length || type.kind !== 'reference') return NO_REFERENCE;
		graph.add(local, type.mutable);
		return local;
	});
	analyze<State>(
		flow,
		{ locals, graph },
		{
			run: ({ start, end }, before) => {
				const block = new BlockReferences(view, fn, meter, before, refuse);
				for (let offset = start; offset <= end; offset++) block.step(at(flow.code, offset), offset);
				return block.finish();
			},
			join: (into, other) => join(into, other, meter),
		},
	);
}

function join(into: State, other: State, meter: Meter): State | undefined {
	meter.add(TICKS_PER_JOIN);
	meter.addQuadratic(TICKS_PER_JOINED, into.graph.size + other.graph.size, 10);
	let mine = into.graph;
	let theirs = other.graph;
	const locals = into.locals.map((value, local) => {
		const there = other.locals[local] as AbstractValue;
		if (value === there) return value;
		// A local that is no longer available on one of the ways.
		if (value !== NO_REFERENCE) {
			if (mine === into.graph) mine = into.graph.clone();
			mine.release(value);
		} else {
			if (theirs === other.graph) theirs = other.graph.clone();
			theirs.release(there);
		}
		return NO_REFERENCE;
	});
	const graph = mine.join(theirs);
	if (graph === undefined && mine === into.graph) return undefined;
	return { locals, graph: graph ?? mine };
}

class BlockReferences {
	readonly #view: ModuleView;
	readonly #function: FunctionView;
	readonly #meter: Meter;
	readonly #locals: AbstractValue[];
	readonly #graph: BorrowGraph;
	readonly #stack: AbstractValue[] = [];
	/** The frame, whose fields are the locals. */
	readonly #root: number;
	#next: number;
	readonly #refuseAt: (instruction: number) => Refuse;
	#offset = 0;

	constructor(view: ModuleView, fn: FunctionView, meter: Meter, before: State, refuse: (instruction: number) => Refuse) {
		this.#refuseAt = refuse;
		this.#view = view;
		this.#function = fn;
		this.#meter = meter;
		this.#locals = [...before.locals];
		this.#graph = before.graph.clone();
		this.#root = before.locals.length;
		this.#next = this.#root + 1;
	}

	finish(): State {
		const localOf = new Map<number, number>();
		this.#locals.forEach((value, local) => {
			if (value !== NO_REFERENCE) localOf.set(value, local);
		});
		return {
			locals: this.#locals.map((value, local) => (value === NO_REFERENCE ? NO_REFERENCE : local)),
			graph: this.#graph.renamed((id) => localOf.get(id) ?? id),
		};
	}

	#pop(): AbstractValue {
		return this.#stack.pop() ?? this.#refuse('NEGATIVE_STACK_SIZE_WITHIN_BLOCK', 'an operand is missing');
	}

	#drop(count: number): void {
		this.#stack.length -= count;
	}

	#refuse(status: VerificationStatus, reason: string): never {
		return this.#refuseAt(this.#offset)(status, reason);
	}

	#push(value: AbstractValue, count = 1): void {
		for (let i = 0; i < count; i++) this.#stack.push(value);
	}

	#newReference(mutable: boolean): number {
		const id = this.#next++;
		this.#graph.add(id, mutable);
		this.#meter.add(TICKS_PER_BORROW);
		return id;
	}

	#release(value: AbstractValue): void {
		if (value !== NO_REFERENCE) this.#meter.addQuadratic(TICKS_PER_RELEASED, this.#graph.release(value), 5);
	}

	#isBorrowed(id: number, label?: Path): boolean {
		this.#meter.add(TICKS_PER_GRAPH_ITEM * this.#graph.size);
		return this.#graph.isBorrowed(id, label, false);
	}

	#isMutablyBorrowed(id: number, label?: Path): boolean {
		this.#meter.add(TICKS_PER_GRAPH_ITEM * this.#graph.size);
		return this.#graph.isBorrowed(id, label, true);
	}

	#isReadable(id: number, label?: Path): boolean {
		return !this.#graph.isMutable(id) || !this.#isMutablyBorrowed(id, label);
	}

	step(instruction: Bytecode, offset: number): void {
		this.#offset = offset;
		this.#meter.add(TICKS_PER_STEP);
		const { op, index } = instruction;
		switch (op) {
			case 'Pop':
			case 'VariantSwitch':
				this.#release(this.#pop());
				return;
			case 'CopyLoc':
				this.#push(this.#copyLocal(index));
				return;
			case 'MoveLoc':
				this.#push(this.#moveLocal(index));
				return;
			case 'StLoc':
				this.#storeLocal(index, this.#pop());
				return;
			case 'MutBorrowLoc':
			case 'ImmBorrowLoc':
				this.#push(this.#borrowLocal(index, op === 'MutBorrowLoc'));
				return;
			case 'FreezeRef': {
				const id = this.#pop();
				if (this.#isMutablyBorrowed(id)) this.#refuse('FREEZEREF_EXISTS_MUTABLE_BORROW_ERROR', 'a mutable reference that is borrowed mutably is frozen');
				const frozen = this.#newReference(false);
				this.#graph.addStrong(id, '', frozen);
				this.#release(id);
				this.#push(frozen);
				return;
			}
			case 'Eq':
			case 'Neq': {
				const operands = [this.#pop(), this.#pop()];
				for (const id of operands) this.#checkRead(id);
				for (const id of operands) this.#release(id);
				this.#push(NO_REFERENCE);
				return;
			}
			case 'ReadRef': {
				const id = this.#pop();
				this.#checkRead(id);
				this.#release(id);
				this.#push(NO_REFERENCE);
				return;
			}
			case 'WriteRef': {
				const id = this.#pop();
				this.#drop(1);
				if (this.#isBorrowed(id)) this.#refuse('WRITEREF_EXISTS_BORROW_ERROR', 'what is written is still borrowed');
				this.#release(id);
				return;
			}
			case 'MutBorrowField':
			case 'MutBorrowFieldGeneric':
			case 'ImmBorrowField':
			case 'ImmBorrowFieldGeneric': {
				const id = this.#pop();
				const label = `f${this.#view.field(instruction).handle}/`;
				const mutable = op.startsWith('Mut');
				this.#checkFieldBorrow(id, mutable, label);
				const field = this.#newReference(mutable);
				this.#graph.addStrong(id, label, field);
				this.#release(id);
				this.#push(field);
				return;
			}
			case 'UnpackVariantImmRef':
			case 'UnpackVariantMutRef':
			case 'UnpackVariantGenericImmRef':
			case 'UnpackVariantGenericMutRef': {
				const id = this.#pop();
				const { definition, tag, fields } = this.#view.variant(instruction);
				const mutable = op.endsWith('MutRef');
				this.#checkFieldBorrow(id, mutable, undefined);
				const references = fields.map((_, field) => {
					const reference = this.#newReference(mutable);
					this.#graph.addStrong(id, `v${definition}.${tag}.${field}/`, reference);
					return reference;
				});
				this.#release(id);
				for (const reference of references) this.#push(reference);
				return;
			}
			case 'Call':
			case 'CallGeneric': {
				const { parameters, returns } = this.#view.callee(instruction);
				this.#call(parameters.length, returns, 'CALL_BORROWED_MUTABLE_REFERENCE_ERROR');
				return;
			}
			case 'VecImmBorrow':
			case 'VecMutBorrow': {
				this.#drop(1);
				const { types } = this.#view;
				this.#call(1, [types.reference(types.u8, op === 'VecMutBorrow')], 'VEC_BORROW_ELEMENT_EXISTS_MUTABLE_BORROW_ERROR');
				return;
			}
			case 'VecLen':
				this.#release(this.#pop());
				this.#push(NO_REFERENCE);
				return;
			case 'VecPushBack':
				this.#drop(1);
				this.#updateVector(this.#pop());
				return;
			case 'VecPopBack':
				this.#updateVector(this.#pop());
				this.#push(NO_REFERENCE);
				return;
			case 'VecSwap':
				this.#drop(2);
				this.#updateVector(this.#pop());
				return;
			case 'Ret':
				this.#return();
				return;
			default: {
				// Values in, values out.
				const [pops, pushes] = stackEffect(this.#view, this.#function, instruction);
				this.#drop(pops);
				this.#push(NO_REFERENCE, pushes);
				return;
			}
		}
	}

	#checkRead(id: AbstractValue): void {
		if (id !== NO_REFERENCE && !this.#isReadable(id)) this.#refuse('READREF_EXISTS_MUTABLE_BORROW_ERROR', 'what is read is borrowed mutably');
	}

	#checkFieldBorrow(id: number, mutable: boolean, label: Path | undefined): void {
		if (mutable ? this.#graph.hasFullBorrows(id) : !this.#isReadable(id, label)) {
			this.#refuse('FIELD_EXISTS_MUTABLE_BORROW_ERROR', 'a field of something that is borrowed already');
		}
	}

	#copyLocal(local: number): AbstractValue {
		const id = this.#locals[local] as AbstractValue;
		if (id === NO_REFERENCE) {
			if (this.#isLocalMutablyBorrowed(local)) this.#refuse('COPYLOC_EXISTS_BORROW_ERROR', `local ${local} is borrowed mutably`);
			return NO_REFERENCE;
		}
		const copy = this.#newReference(this.#graph.isMutable(id));
		this.#graph.addStrong(id, '', copy);
		return copy;
	}

	#moveLocal(local: number): AbstractValue {
		const id = this.#locals[local] as AbstractValue;
		if (id === NO_REFERENCE && this.#isBorrowed(this.#root, localPath(local))) this.#refuse('MOVELOC_EXISTS_BORROW_ERROR', `local ${local} is borrowed`);
		this.#locals[local] = NO_REFERENCE;
		return id;
	}

	#storeLocal(local: number, value: AbstractValue): void {
		const old = this.#locals[local] as AbstractValue;
		if (old === NO_REFERENCE && this.#isBorrowed(this.#root, localPath(local))) {
			this.#refuse('STLOC_UNSAFE_TO_DESTROY_ERROR', `local ${local} is borrowed`);
		}
		this.#locals[local] = value;
		this.#release(old);
	}

	#isLocalMutablyBorrowed(local: number): boolean {
		return this.#graph.hasFullBorrows(this.#root) || this.#isMutablyBorrowed(this.#root, localPath(local));
	}

	#borrowLocal(local: number, mutable: boolean): AbstractValue {
		if (mutable ? this.#graph.hasFullBorrows(this.#root) : this.#isLocalMutablyBorrowed(local)) {
			this.#refuse('BORROWLOC_EXISTS_BORROW_ERROR', `local ${local} is borrowed mutably`);
		}
		const id = this.#newReference(mutable);
		this.#graph.addStrong(this.#root, localPath(local), id);
		return id;
	}

	/** Any reference that comes back may point into any that went in; a mutable one only into mutable ones. */
	#call(argumentCount: number, returns: readonly Type[], status: VerificationStatus): void {
		const given = new Set<number>();
		for (const id of this.#stack.splice(this.#stack.length - argumentCount)) {
			if (id === NO_REFERENCE) continue;
			if (this.#graph.isMutable(id) && this.#isBorrowed(id)) this.#refuse(status, 'a mutable reference is passed on while something is borrowed from it');
			given.add(id);
		}
		const results = returns.map((type) => {
			if (type.kind !== 'reference') return NO_REFERENCE;
			const id = this.#newReference(type.mutable);
			for (const parent of given) {
				if (type.mutable && !this.#graph.isMutable(parent)) continue;
				this.#meter.add(TICKS_PER_BORROW);
				this.#graph.addWeak(parent, id);
			}
			return id;
		});
		for (const id of given) this.#release(id);
		for (const result of results) this.#push(result);
	}

	#updateVector(id: number): void {
		if (this.#isBorrowed(id)) this.#refuse('VEC_UPDATE_EXISTS_MUTABLE_BORROW_ERROR', 'a vector changes while an element is borrowed');
		this.#release(id);
	}

	#return(): void {
		const count = this.#function.returns.length;
		const values = this.#stack.splice(this.#stack.length - count);
		this.#locals.forEach((id, local) => {
			this.#release(id);
			this.#locals[local] = NO_REFERENCE;
		});
		if (this.#isBorrowed(this.#root)) this.#refuse('UNSAFE_RET_LOCAL_OR_RESOURCE_STILL_BORROWED', 'a reference to a local is returned');
		for (const id of values) {
			if (id !== NO_REFERENCE && this.#graph.isMutable(id) && this.#isBorrowed(id)) {
				this.#refuse('RET_BORROWED_MUTABLE_REFERENCE_ERROR', 'a mutable reference is returned from which another is borrowed');
			}
		}
	}
}

const localPath = (local: number): Path => `l${local}/`;
