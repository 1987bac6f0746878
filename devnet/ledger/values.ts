/** What is in the places of a typed transaction while it runs. That every use is allowed was checked before. */
import { BcsWriter } from '#devnet/ledger/encoding.ts';
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import type { Place, TypedArgument } from '#devnet/ledger/places.ts';
import { type Cell, MoveFailure, type MoveType, type MoveValue, type MoveVm } from '#devnet/move/api.ts';

/** In the detail of the failure that only simulations with checks disabled can have. */
export const UNFIT_BYTES = 'bytes do not fit their type';

interface Content {
	/** Undefined after the value was moved out. */
	cell: Cell | undefined;
	/** Borrowed mutably at some time, so that an object's bytes may differ from the input's. */
	changed: boolean;
}

export class TransactionValues {
	readonly #vm: MoveVm;
	readonly #contents = new Map<Place, Content>();

	constructor(vm: MoveVm) {
		this.#vm = vm;
	}

	put(place: Place, value: MoveValue): void {
		this.#contents.set(place, { cell: { value }, changed: false });
	}

	/** Bytes become values at their first use. */
	#content(place: Place): Content {
		const known = this.#contents.get(place);
		if (known !== undefined) return known;
		const { source, type } = place;
		if (source.kind === 'pure') this.put(place, this.#ofBytes(type, source.bytes));
		else if (source.kind === 'receiving') {
			const { id, version } = source.reference;
			this.put(place, this.#vm.deserialize(type, new BcsWriter().address(id).u64(version).done()));
		}
		const made = this.#contents.get(place);
		if (made === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, `nothing is in the place of a ${source.kind}`);
		return made;
	}

	/**
	 * Arguments were checked to fit, but not where checks are disabled: there Sui, too, calls those that do not fit an invariant
	 * violation (sui-adapter `static_programmable_transactions/execution/values.rs`, `Value::deserialize`, Sui 1.63).
	 */
	#ofBytes(type: MoveType, bytes: Uint8Array): MoveValue {
		try {
			return this.#vm.deserialize(type, bytes);
		} catch (error) {
			if (!(error instanceof MoveFailure) || error.reason.kind !== 'invariant') throw error;
			throw new ExecutionFailure({ $kind: 'InvariantViolation' }, `${UNFIT_BYTES}, ${error.reason.message}`);
		}
	}

	/** By value. */
	take({ place, use }: TypedArgument): MoveValue {
		const content = this.#content(place);
		const value = this.#cell(content).value;
		if (use === 'copy') return this.#vm.copy(value);
		content.cell = undefined;
		return value;
	}

	borrow({ place, use }: TypedArgument): Cell {
		const content = this.#content(place);
		if (use === 'borrowMutably') content.changed = true;
		return this.#cell(content);
	}

	/** What is there, or undefined after it was moved out. */
	peek(place: Place): { readonly value: MoveValue; readonly changed: boolean } | undefined {
		const { cell, changed } = this.#content(place);
		return cell === undefined ? undefined : { value: cell.value, changed };
	}

	#cell({ cell }: Content): Cell {
		if (cell === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, 'a value is used after it was moved');
		return cell;
	}
}
