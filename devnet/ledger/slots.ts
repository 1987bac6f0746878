/** The values of a programmable transaction: inputs and results, who may borrow or take them, and how they end. */

import { BcsWriter, isDatatype } from '#devnet/ledger/encoding.ts';
import { argumentFailure, ExecutionFailure } from '#devnet/ledger/failure.ts';
import { checkPure, isPureType, LayoutError } from '#devnet/ledger/layout.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { Argument, ObjectReference, TransactionInput } from '#devnet/ledger/transaction.ts';
import type { AbilitySet, Cell, MoveType, MoveValue, MoveVm } from '#devnet/move/api.ts';
import { formatType, typesEqual } from '#devnet/move/types.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;

export type ObjectAccess = 'owned' | 'immutable' | 'sharedReadOnly' | 'sharedMutable';

/** A typed value in place, or its empty place after it was taken. */
export class Slot {
	readonly type: MoveType;
	readonly abilities: AbilitySet;
	cell: Cell | undefined;
	/** Of an input object: how the transaction may use it. */
	readonly input: { readonly object: MoveObject; readonly access: ObjectAccess } | undefined;
	readonly isGas: boolean;
	/** Came out of, or was changed by, a public function that is not an entry: a private entry function does not take it. */
	hot = false;
	copied = false;
	/** Borrowed mutably at some time, so that its bytes may differ from the input's. */
	changed = false;

	constructor(type: MoveType, abilities: AbilitySet, value: MoveValue, input?: Slot['input'], isGas = false) {
		this.type = type;
		this.abilities = abilities;
		this.cell = { value };
		this.input = input;
		this.isGas = isGas;
	}
}

type InputState =
	| { readonly kind: 'pure'; readonly bytes: Uint8Array /** One place a type that the bytes were borrowed as. */; readonly typed: Map<string, Slot> }
	| { readonly kind: 'receiving'; readonly reference: ObjectReference }
	| { readonly kind: 'slot'; readonly slot: Slot };

type Use = 'borrowed' | 'borrowedMutably' | 'taken';

export class TransactionValues {
	readonly #vm: MoveVm;
	readonly #inputs: InputState[];
	readonly #results: Slot[][] = [];
	readonly gas: Slot;
	/** What the running command did so far to each place. */
	#uses = new Map<Slot, Use>();

	constructor(vm: MoveVm, inputs: readonly TransactionInput[], slotOf: (input: TransactionInput) => Slot | undefined, gas: Slot) {
		this.#vm = vm;
		this.gas = gas;
		this.#inputs = inputs.map((input): InputState => {
			if (input.kind === 'pure') return { kind: 'pure', bytes: input.bytes, typed: new Map() };
			if (input.kind === 'receiving') return { kind: 'receiving', reference: input.reference };
			const slot = slotOf(input);
			if (slot === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, 'an input was not loaded');
			return { kind: 'slot', slot };
		});
	}

	startCommand(): void {
		this.#uses = new Map();
	}

	/** The results of the command that ran. */
	push(results: Slot[]): void {
		this.#results.push(results);
	}

	/** Object inputs, the gas coin included. */
	inputSlots(): Slot[] {
		return [this.gas, ...this.#inputs.flatMap((input) => (input.kind === 'slot' ? [input.slot] : []))];
	}

	/** Takes a value of the type: copies what can be copied, else moves. */
	take(index: number, argument: Argument, expected: MoveType): MoveValue {
		const slot = this.slot(index, argument, expected);
		this.expectType(index, slot, expected);
		return this.takeSlot(index, slot);
	}

	takeSlot(index: number, slot: Slot): MoveValue {
		const cell = this.#present(index, slot);
		const use = this.#uses.get(slot);
		if (slot.abilities.copy) {
			if (use === 'borrowedMutably') throw argumentFailure(index, { $kind: 'InvalidValueUsage' }, 'the value is borrowed mutably');
			slot.copied = true;
			return this.#vm.copy(cell.value);
		}
		if (use !== undefined) throw argumentFailure(index, { $kind: 'InvalidValueUsage' }, 'the value is borrowed');
		if (slot.isGas && !this.gasByValueAllowed) throw argumentFailure(index, { $kind: 'InvalidGasCoinUsage' });
		const access = slot.input?.access;
		if (access === 'immutable' || access === 'sharedReadOnly') throw argumentFailure(index, { $kind: 'InvalidObjectByValue' });
		this.#uses.set(slot, 'taken');
		slot.cell = undefined;
		return cell.value;
	}

	/** Only TransferObjects takes the gas coin. */
	gasByValueAllowed = false;

	borrowSlot(index: number, slot: Slot, mutable: boolean): Cell {
		const cell = this.#present(index, slot);
		const use = this.#uses.get(slot);
		if (mutable ? use !== undefined : use === 'borrowedMutably') throw argumentFailure(index, { $kind: 'InvalidValueUsage' }, 'the value is borrowed');
		if (mutable) {
			const access = slot.input?.access;
			if (access === 'immutable' || access === 'sharedReadOnly') throw argumentFailure(index, { $kind: 'InvalidObjectByMutRef' });
			slot.changed = true;
		}
		this.#uses.set(slot, mutable ? 'borrowedMutably' : 'borrowed');
		return cell;
	}

	#present(index: number, slot: Slot): Cell {
		if (slot.cell === undefined) throw argumentFailure(index, { $kind: 'InvalidValueUsage' }, 'the value was taken');
		return slot.cell;
	}

	expectType(index: number, slot: Slot, expected: MoveType): void {
		if (!typesEqual(slot.type, expected)) {
			throw argumentFailure(index, { $kind: 'TypeMismatch' }, `expected ${formatType(expected)}, got ${formatType(slot.type)}`);
		}
	}

	/** The place that an argument means. `expected` decides how bytes are read; without it bytes are refused. */
	slot(index: number, argument: Argument, expected: MoveType | undefined): Slot {
		switch (argument.kind) {
			case 'gas':
				return this.gas;
			case 'result':
				return this.#result(index, argument.index, argument.subresult);
			case 'input': {
				const input = this.#inputs[argument.index];
				if (input === undefined) throw argumentFailure(index, { $kind: 'IndexOutOfBounds', index: argument.index });
				if (input.kind === 'slot') return input.slot;
				if (input.kind === 'receiving') return this.#receiving(index, input.reference, expected);
				return this.#pure(index, input, expected);
			}
			default:
				throw new TypeError(`unknown argument ${argument satisfies never}`);
		}
	}

	#result(index: number, command: number, subresult: number | undefined): Slot {
		const results = this.#results[command];
		if (results === undefined) throw argumentFailure(index, { $kind: 'IndexOutOfBounds', index: command });
		if (subresult === undefined && results.length !== 1) throw argumentFailure(index, { $kind: 'InvalidResultArity', index: command });
		const slot = results[subresult ?? 0];
		if (slot === undefined) throw argumentFailure(index, { $kind: 'SecondaryIndexOutOfBounds', index: command, subresult: subresult ?? 0 });
		return slot;
	}

	#receiving(index: number, reference: ObjectReference, expected: MoveType | undefined): Slot {
		if (expected === undefined || !isDatatype(expected, FRAMEWORK, 'transfer', 'Receiving')) {
			throw argumentFailure(index, { $kind: 'TypeMismatch' }, 'a receiving reference is only for a Receiving<T>');
		}
		const contents = new BcsWriter().address(reference.id).u64(reference.version).done();
		return new Slot(expected, this.#vm.abilities(expected), this.#vm.deserialize(expected, contents));
	}

	#pure(index: number, input: InputState & { kind: 'pure' }, expected: MoveType | undefined): Slot {
		if (expected === undefined || !isPureType(expected)) {
			throw argumentFailure(index, { $kind: 'InvalidUsageOfPureArg' }, expected === undefined ? '' : `bytes cannot be a ${formatType(expected)}`);
		}
		const key = formatType(expected);
		const known = input.typed.get(key);
		if (known !== undefined) return known;
		try {
			checkPure(expected, input.bytes);
		} catch (error) {
			if (error instanceof LayoutError) throw argumentFailure(index, { $kind: 'InvalidBCSBytes' }, error.message);
			throw error;
		}
		const slot = new Slot(expected, this.#vm.abilities(expected), this.#vm.deserialize(expected, input.bytes));
		input.typed.set(key, slot);
		return slot;
	}

	/** Whether every result was used or can be dropped. */
	checkNothingIsLeft(): void {
		this.#results.forEach((results, result) => {
			results.forEach((slot, subresult) => {
				if (slot.cell === undefined || slot.abilities.drop) return;
				if (slot.abilities.copy && slot.copied) return;
				throw new ExecutionFailure({ $kind: 'UnusedValueWithoutDrop', result, subresult }, formatType(slot.type));
			});
		});
	}
}
