const COUNTED = ['Uint8Array', 'Uint16Array', 'Uint32Array', 'Int8Array', 'Float32Array', 'Float64Array'] as const;

/**
 * Bytes of the typed arrays that a function makes by `new`, large or small, kept or not: what a limit on memory must bound, and the resident memory of a process
 * with a collector does not show.
 */
export function allocatedBy<T>(run: () => T): { readonly result: T; readonly allocated: number } {
	const constructors = globalThis as unknown as Record<string, new (...input: never[]) => ArrayBufferView>;
	const originals = COUNTED.map((name) => constructors[name]!);
	let allocated = 0;
	for (const [index, name] of COUNTED.entries()) {
		constructors[name] = new Proxy(originals[index]!, {
			construct(target, input, self) {
				const made = Reflect.construct(target, input, self === constructors[name] ? target : self) as ArrayBufferView;
				if (!ArrayBuffer.isView(input[0]) && !((input[0] as unknown) instanceof ArrayBuffer)) allocated += made.byteLength;
				return made;
			},
		});
	}
	try {
		return { result: run(), allocated };
	} finally {
		for (const [index, name] of COUNTED.entries()) constructors[name] = originals[index]!;
	}
}
