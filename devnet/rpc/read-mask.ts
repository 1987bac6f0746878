/** Which fields a caller wants (google.protobuf.FieldMask). A path asks for all below it; asking for a part asks for its parents. */
export class ReadMask {
	readonly #paths: readonly string[] | undefined;

	/** `undefined` or `*`: everything. */
	constructor(paths: readonly string[] | undefined) {
		this.#paths = paths === undefined || paths.includes('*') ? undefined : paths;
	}

	static of(mask: { readonly paths: readonly string[] } | undefined, byDefault: readonly string[] | undefined): ReadMask {
		return new ReadMask(mask === undefined || mask.paths.length === 0 ? byDefault : mask.paths);
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
