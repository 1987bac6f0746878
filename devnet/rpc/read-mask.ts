import type { GrpcTypes } from '@mysten/sui/grpc';
import { invalidArgument } from '#devnet/rpc/rpc-error.ts';

/** What a mask is checked against: the message that it selects fields of. */
export type MaskedMessage = Pick<typeof GrpcTypes.Object, 'fields'>;

/** Which fields a caller wants (google.protobuf.FieldMask). A path asks for all below it; asking for a part asks for its parents. */
export class ReadMask {
	readonly #paths: readonly string[] | undefined;

	/** `undefined` or `*`: everything. */
	constructor(paths: readonly string[] | undefined) {
		this.#paths = paths === undefined || paths.includes('*') ? undefined : paths;
	}

	/** The mask of a request. Throws INVALID_ARGUMENT when a path names no field of `message`; `byDefault` stands for none or an empty one. */
	static of(mask: { readonly paths: readonly string[] } | undefined, byDefault: readonly string[] | undefined, message: MaskedMessage): ReadMask {
		const paths = mask?.paths ?? [];
		for (const path of paths) if (!isPath(path, message)) throw invalidArgument(`invalid read_mask path: ${path.slice(0, 200)}`);
		return new ReadMask(paths.length === 0 ? byDefault : paths);
	}

	wants(field: string): boolean {
		return this.#paths === undefined || this.#paths.some((path) => path === field || path.startsWith(`${field}.`));
	}

	/** The mask of a field's own fields. */
	under(field: string): ReadMask {
		if (this.#paths === undefined || this.#paths.includes(field)) return new ReadMask(undefined);
		return new ReadMask(this.#paths.filter((path) => path.startsWith(`${field}.`)).map((path) => path.slice(field.length + 1)));
	}

	/** The value when it is wanted. */
	pick<T>(field: string, value: () => T): T | undefined {
		return this.wants(field) ? value() : undefined;
	}
}

/** `a.b.c` through messages, repeated ones too; the whole of anything is `*`. */
function isPath(path: string, message: MaskedMessage): boolean {
	if (path === '*') return true;
	let at: MaskedMessage | undefined = message;
	for (const name of path.split('.')) {
		const field: MaskedMessage['fields'][number] | undefined = at?.fields.find((candidate) => candidate.name === name);
		if (field === undefined) return false;
		at = field.kind === 'message' ? field.T() : undefined;
	}
	return true;
}
