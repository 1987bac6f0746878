import { VramhubError } from '#core/errors.ts';
import { type Attributes, type ElementType, encodeModel, type NodeProto, type TensorProto, type ValueInfoProto } from '#model/onnx/model-proto.ts';

export type Shape = readonly number[];

/** A tensor inside a graph: every shape is known when the graph is built. */
export interface Value {
	readonly name: string;
	readonly type: ElementType;
	readonly shape: Shape;
}

/** One step of the forward computation and how a cotangent of its outputs becomes one of each input. */
export interface TapeEntry {
	readonly outputs: readonly Value[];
	readonly inputs: readonly Value[];
	/** One function an input, called only for inputs whose gradient somebody asked for. `undefined`: not differentiable (indices). */
	readonly pullbacks: readonly (((...cotangents: Value[]) => Value) | undefined)[];
}

export interface Result {
	readonly type: ElementType;
	readonly shape: Shape;
}

/**
 * Builder of one ONNX graph. Names are numbered in order of creation, so that the same calls give the same bytes.
 * Operators are pure, hence asking twice for the same operator on the same inputs gives the same value (value numbering):
 * the rules of differentiation can name a common subexpression wherever they need it without computing it twice.
 */
export class Graph {
	readonly #nodes: NodeProto[] = [];
	readonly #initializers: TensorProto[] = [];
	readonly #inputs: ValueInfoProto[] = [];
	readonly #outputs: ValueInfoProto[] = [];
	readonly #known = new Map<string, readonly Value[]>();
	readonly #tape: TapeEntry[] = [];
	readonly #recorded = new Set<string>();
	#created = 0;

	get tape(): readonly TapeEntry[] {
		return this.#tape;
	}

	get nodeCount(): number {
		return this.#nodes.length;
	}

	/** A tensor that the caller feeds at every run. */
	input(name: string, type: ElementType, shape: Shape): Value {
		const value = { name, type, shape };
		this.#inputs.push(value);
		return value;
	}

	float32(data: Float32Array, shape: Shape): Value {
		return this.#constant('float32', data, shape);
	}

	int32(data: Int32Array, shape: Shape): Value {
		return this.#constant('int32', data, shape);
	}

	/** A list of int64, as axes and target shapes are given since opset 13. */
	int64List(values: readonly number[]): Value {
		return this.#constant('int64', BigInt64Array.from(values, BigInt), [values.length]);
	}

	scalar(value: number): Value {
		return this.#constant('float32', Float32Array.of(value), []);
	}

	#constant(type: ElementType, data: Float32Array | Int32Array | BigInt64Array, shape: Shape): Value {
		const key = data.length <= 8 ? `constant ${type} [${shape}] ${data.join(',')}` : undefined;
		const known = key === undefined ? undefined : this.#known.get(key)?.[0];
		if (known !== undefined) return known;
		if (elementCount(shape) !== data.length) throw new VramhubError('INVARIANT', `constant of ${data.length} elements does not fill [${shape}]`);
		const value = { name: this.#newName('constant'), type, shape };
		// Typed arrays hold the machine's byte order; every platform of the runtime is little-endian, as raw_data must be.
		this.#initializers.push({ ...value, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
		if (key !== undefined) this.#known.set(key, [value]);
		return value;
	}

	/** Appends an operator with one output. */
	apply(operator: string, inputs: readonly Value[], shape: Shape, attributes: Attributes = {}, type: ElementType = 'float32'): Value {
		return this.applyMany(operator, inputs, [{ type, shape }], attributes)[0]!;
	}

	/** Appends an operator; the results are those that the operator's specification lists, in its order. */
	applyMany(operator: string, inputs: readonly Value[], results: readonly Result[], attributes: Attributes = {}): readonly Value[] {
		const key = `${operator} ${inputs.map((input) => input.name).join(' ')} ${JSON.stringify(attributes)} ${results.length}`;
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const outputs = results.map((result) => ({ name: this.#newName(operator), ...result }));
		this.#nodes.push({ operator, inputs: inputs.map((input) => input.name), outputs: outputs.map((output) => output.name), attributes });
		this.#known.set(key, outputs);
		return outputs;
	}

	/** Notes how to differentiate what was just computed. A value that was already known keeps its one entry, else its gradient would count twice. */
	record(entry: TapeEntry): void {
		const result = entry.outputs[0]!.name;
		if (this.#recorded.has(result)) return;
		this.#recorded.add(result);
		this.#tape.push(entry);
	}

	/** Makes a value readable after a run under a name of its own. */
	output(name: string, value: Value): void {
		this.#nodes.push({ operator: 'Identity', inputs: [value.name], outputs: [name], attributes: {} });
		this.#outputs.push({ name, type: value.type, shape: value.shape });
	}

	/** The ModelProto file. */
	encode(name: string): Uint8Array<ArrayBuffer> {
		return encodeModel(name, { nodes: this.#nodes, initializers: this.#initializers, inputs: this.#inputs, outputs: this.#outputs });
	}

	#newName(prefix: string): string {
		this.#created += 1;
		return `${prefix}_${this.#created}`;
	}
}

export function elementCount(shape: Shape): number {
	return shape.reduce((product, dimension) => product * dimension, 1);
}
