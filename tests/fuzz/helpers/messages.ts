/** Protocol messages at random, made from their own descriptions: every field by its kind, with values that mean something where a name says what is meant. */
import type { GrpcTypes } from '@mysten/sui/grpc';
import type { Random } from './random.ts';

type Message = typeof GrpcTypes.Object;
type Field = Message['fields'][number];

/** What texts and bytes of a field may be, by the field's name. */
export interface Vocabulary {
	text(field: string): string;
	bytes(field: string): Uint8Array;
}

const MAX_DEPTH = 6;
/** `ScalarType` of protobuf-ts, whose enum this package does not export. */
const SCALAR = {
	double: 1,
	float: 2,
	int64: 3,
	uint64: 4,
	int32: 5,
	fixed64: 6,
	fixed32: 7,
	bool: 8,
	string: 9,
	bytes: 12,
	uint32: 13,
	sfixed32: 15,
	sfixed64: 16,
	sint32: 17,
	sint64: 18,
} as const;

export class MessageFuzzer {
	readonly #random: Random;
	readonly #vocabulary: Vocabulary;

	constructor(random: Random, vocabulary: Vocabulary) {
		this.#random = random;
		this.#vocabulary = vocabulary;
	}

	/** A message of the type in the form that its `create` takes. */
	make(type: { readonly fields: readonly Field[] }, depth = 0): Record<string, unknown> {
		const random = this.#random;
		const made: Record<string, unknown> = {};
		const oneofs = new Map<string, Field[]>();
		for (const field of type.fields) {
			if (field.oneof !== undefined) oneofs.set(field.oneof, [...(oneofs.get(field.oneof) ?? []), field]);
			else if (!('opt' in field && field.opt) && !field.repeat && field.kind === 'scalar') made[field.localName] = this.#single(field, depth);
			else if (random.chance(field.name === 'read_mask' ? 0.4 : 0.75)) made[field.localName] = this.#value(field, depth);
		}
		for (const [name, fields] of oneofs) {
			const field = random.pick(fields);
			made[name] = random.chance(0.85) ? { oneofKind: field.localName, [field.localName]: this.#value(field, depth) } : { oneofKind: undefined };
		}
		return made;
	}

	#value(field: Field, depth: number): unknown {
		const random = this.#random;
		if (field.kind === 'map') return {};
		if (!field.repeat) return this.#single(field, depth);
		const most = random.chance(0.01) ? 60 : 3;
		return depth >= MAX_DEPTH ? [] : random.list(most, () => this.#single(field, depth));
	}

	#single(field: Field, depth: number): unknown {
		const random = this.#random;
		switch (field.kind) {
			case 'message':
				return depth >= MAX_DEPTH ? undefined : this.make(field.T(), depth + 1);
			case 'enum':
				return random.chance(0.95) ? random.below(6) : random.next() | 0;
			case 'scalar':
				return this.#scalar(field.T, field.name);
			default:
				return undefined;
		}
	}

	#scalar(type: number, name: string): unknown {
		const random = this.#random;
		switch (type) {
			case SCALAR.bool:
				return random.chance(0.5);
			case SCALAR.string:
				return this.#vocabulary.text(name);
			case SCALAR.bytes:
				return this.#vocabulary.bytes(name);
			case SCALAR.uint64:
			case SCALAR.fixed64:
				return random.chance(0.5) ? BigInt(random.below(300)) : random.bigint(64);
			case SCALAR.int64:
			case SCALAR.sint64:
			case SCALAR.sfixed64:
				return BigInt.asIntN(64, random.bigint(64));
			case SCALAR.double:
			case SCALAR.float:
				return random.pick([0, 1, -1, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 0.1]);
			case SCALAR.uint32:
			case SCALAR.fixed32:
				return random.chance(0.7) ? random.below(70) : random.next();
			default:
				return random.next() | 0;
		}
	}
}
