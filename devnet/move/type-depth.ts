/**
 * How deep values of a type can be nested: what is packed must not exceed 128 (`check_depth_of_type` of move-vm-runtime, limit of
 * move-vm-config `VMRuntimeLimitsConfig`). A primitive is 1 deep, a vector or reference one more than what it holds, a struct or
 * enum one more than its deepest field.
 */
import type { MoveType } from '#devnet/move/api.ts';
import { RuntimeError } from '#devnet/move/errors.ts';
import type { Datatype, DatatypeType } from '#devnet/move/loader.ts';

const MAX_VALUE_DEPTH = 128;

/** Depth as a function of the type arguments' depths: the largest of `constant` and, for each parameter that occurs, its depth plus a term. */
interface DepthFormula {
	readonly constant: number;
	readonly terms: ReadonlyMap<number, number>;
}

const ENDLESS: DepthFormula = { constant: Number.POSITIVE_INFINITY, terms: new Map() };

export class TypeDepths {
	readonly #find: (type: DatatypeType) => Datatype | undefined;
	readonly #formulas = new Map<Datatype, DepthFormula>();
	/** Types without parameters that were found shallow enough. */
	readonly #shallow = new WeakSet<MoveType>();

	constructor(find: (type: DatatypeType) => Datatype | undefined) {
		this.#find = find;
	}

	/** Throws `VM_MAX_VALUE_DEPTH_REACHED` when `type`, with its parameters replaced by `typeArguments`, is too deep. */
	check(type: MoveType, typeArguments: readonly MoveType[]): void {
		if (this.#shallow.has(type)) return;
		this.#depth(type, (index) => this.#depth(typeArguments[index] as MoveType, () => Number.POSITIVE_INFINITY));
		if (typeArguments.length === 0) this.#shallow.add(type);
	}

	#depth(type: MoveType, ofParameter: (index: number) => number): number {
		switch (type.kind) {
			case 'vector':
				return limited(1 + this.#depth(type.element, ofParameter));
			case 'reference':
				return limited(1 + this.#depth(type.to, ofParameter));
			case 'typeParameter':
				return limited(ofParameter(type.index));
			case 'datatype': {
				const depths = type.typeArguments.map((argument) => this.#depth(argument, ofParameter));
				const { constant, terms } = this.#formula(type);
				let depth = constant;
				for (const [index, term] of terms) depth = Math.max(depth, term + (depths[index] as number));
				return limited(depth);
			}
			default:
				return 1;
		}
	}

	#formula(type: DatatypeType): DepthFormula {
		const datatype = this.#find(type);
		if (datatype === undefined) return { constant: 1, terms: new Map() }; // cannot be packed: its module is not loaded
		let formula = this.#formulas.get(datatype);
		if (formula === undefined) {
			this.#formulas.set(datatype, ENDLESS); // a type that holds itself
			const { body } = datatype;
			const fields = body.kind === 'struct' ? body.fields : body.variants.flatMap((variant) => variant.fields);
			formula = plus(1, largest(fields.map((field) => this.#symbolic(field.type))));
			this.#formulas.set(datatype, formula);
		}
		return formula;
	}

	#symbolic(type: MoveType): DepthFormula {
		switch (type.kind) {
			case 'vector':
				return plus(1, this.#symbolic(type.element));
			case 'reference':
				return plus(1, this.#symbolic(type.to));
			case 'typeParameter':
				return { constant: 0, terms: new Map([[type.index, 0]]) };
			case 'datatype': {
				const own = this.#formula(type);
				const parts = [...own.terms].map(([index, term]) => plus(term, this.#symbolic(type.typeArguments[index] as MoveType)));
				return largest([{ constant: own.constant, terms: new Map() }, ...parts]);
			}
			default:
				return { constant: 1, terms: new Map() };
		}
	}
}

function limited(depth: number): number {
	if (depth > MAX_VALUE_DEPTH) throw new RuntimeError('VM_MAX_VALUE_DEPTH_REACHED', `more than ${MAX_VALUE_DEPTH} levels`);
	return depth;
}

function plus(more: number, { constant, terms }: DepthFormula): DepthFormula {
	return { constant: constant + more, terms: new Map([...terms].map(([index, term]) => [index, term + more])) };
}

function largest(formulas: readonly DepthFormula[]): DepthFormula {
	const terms = new Map<number, number>();
	let constant = 0;
	for (const formula of formulas) {
		constant = Math.max(constant, formula.constant);
		for (const [index, term] of formula.terms) terms.set(index, Math.max(term, terms.get(index) ?? 0));
	}
	return { constant, terms };
}
