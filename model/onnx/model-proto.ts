import { ProtobufWriter } from '#model/onnx/protobuf.ts';

/**
 * The part of ONNX's protobuf schema that a graph with constant shapes needs.
 * Source: the ONNX specification (IR.md and onnx.proto), whose message and field names the comments repeat.
 */

export const OPSET_VERSION = 20;
export const IR_VERSION = 10;

/** TensorProto.DataType */
const DATA_TYPE = { float32: 1, int32: 6, int64: 7 } as const;
export type ElementType = keyof typeof DATA_TYPE;

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

export type Attribute =
	| { readonly type: 'float'; readonly value: number }
	| { readonly type: 'int'; readonly value: number }
	| { readonly type: 'string'; readonly value: string }
	| { readonly type: 'ints'; readonly value: readonly number[] };

export type Attributes = Readonly<Record<string, Attribute>>;

export interface NodeProto {
	readonly operator: string;
	readonly inputs: readonly string[];
	readonly outputs: readonly string[];
	readonly attributes: Attributes;
}

/** A named tensor type: graph inputs and outputs. */
export interface ValueInfoProto {
	readonly name: string;
	readonly type: ElementType;
	readonly shape: readonly number[];
}

/** A constant. `data` holds little-endian elements in row-major order. */
export interface TensorProto extends ValueInfoProto {
	readonly data: Uint8Array;
}

export interface GraphProto {
	readonly nodes: readonly NodeProto[];
	readonly initializers: readonly TensorProto[];
	readonly inputs: readonly ValueInfoProto[];
	readonly outputs: readonly ValueInfoProto[];
}

/** ModelProto bytes; the same graph always gives the same bytes. */
export function encodeModel(name: string, graph: GraphProto): Uint8Array<ArrayBuffer> {
	return new ProtobufWriter()
		.integer(1, IR_VERSION) // ir_version
		.string(2, 'vramhub') // producer_name
		.message(7, encodeGraph(name, graph)) // graph
		.message(8, new ProtobufWriter().string(1, '').integer(2, OPSET_VERSION)) // opset_import { domain, version }
		.finish();
}

function encodeGraph(name: string, graph: GraphProto): ProtobufWriter {
	const writer = new ProtobufWriter();
	for (const node of graph.nodes) writer.message(1, encodeNode(node)); // node
	writer.string(2, name); // name
	for (const tensor of graph.initializers) writer.message(5, encodeTensor(tensor)); // initializer
	for (const input of graph.inputs) writer.message(11, encodeValueInfo(input)); // input
	for (const output of graph.outputs) writer.message(12, encodeValueInfo(output)); // output
	return writer;
}

function encodeNode(node: NodeProto): ProtobufWriter {
	const writer = new ProtobufWriter();
	for (const input of node.inputs) writer.string(1, input); // input
	for (const output of node.outputs) writer.string(2, output); // output
	writer.string(3, node.outputs[0] ?? node.operator); // name
	writer.string(4, node.operator); // op_type
	for (const [name, attribute] of Object.entries(node.attributes)) writer.message(5, encodeAttribute(name, attribute)); // attribute
	return writer;
}

function encodeAttribute(name: string, attribute: Attribute): ProtobufWriter {
	const writer = new ProtobufWriter().string(1, name); // name
	switch (attribute.type) {
		case 'float':
			writer.float(2, attribute.value); // f
			break;
		case 'int':
			writer.integer(3, attribute.value); // i
			break;
		case 'string':
			writer.string(4, attribute.value); // s
			break;
		case 'ints':
			for (const value of attribute.value) writer.integer(8, value); // ints
			break;
		default:
			attribute satisfies never;
	}
	return writer.integer(20, ATTRIBUTE_TYPE[attribute.type]); // type
}

function encodeTensor(tensor: TensorProto): ProtobufWriter {
	const writer = new ProtobufWriter();
	for (const dimension of tensor.shape) writer.integer(1, dimension); // dims
	return writer
		.integer(2, DATA_TYPE[tensor.type]) // data_type
		.string(8, tensor.name) // name
		.bytes(9, tensor.data); // raw_data
}

function encodeValueInfo(value: ValueInfoProto): ProtobufWriter {
	const shape = new ProtobufWriter();
	for (const dimension of value.shape) shape.message(1, new ProtobufWriter().integer(1, dimension)); // dim { dim_value }
	const tensorType = new ProtobufWriter().integer(1, DATA_TYPE[value.type]).message(2, shape); // elem_type, shape
	return new ProtobufWriter()
		.string(1, value.name) // name
		.message(2, new ProtobufWriter().message(1, tensorType)); // type { tensor_type }
}
