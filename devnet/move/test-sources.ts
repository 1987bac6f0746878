/**
 * Reads the test attributes of Move sources and rewrites them, so that the ordinary compiler emits test functions.
 *
 * The compiler's own test mode cannot be dumped (it adds a function to every module that Sui's verifier refuses in the
 * framework). So test-only items move to a mode of our own: `#[test_only]` and `#[test]` become `#[mode(test, …)]`; the word
 * `test` among the modes keeps what tests may do (call `init`, make a one-time witness). `#[expected_failure]` goes.
 * Lines stay where they are, since clever abort codes carry them. A scanner of attributes, not a parser: comments and
 * strings are skipped, attributes are matched by their brackets.
 */

/** Passed to the compiler as an enabled mode. */
export const UNIT_TEST_MODE = 'vmtest';

export interface ExpectedFailure {
	/** `abort_code`: a number, or a path to a constant as written. */
	readonly abortCode: bigint | string | undefined;
	/** `arithmetic_error`, `vector_error` or `out_of_gas`. */
	readonly status: 'ARITHMETIC_ERROR' | 'VECTOR_OPERATION_ERROR' | 'OUT_OF_GAS' | undefined;
	readonly minorStatus: bigint | undefined;
	/** A module path as written, or `Self`. */
	readonly location: string | undefined;
	/** Something this reader does not know, by its text: the test is then reported as failed. */
	readonly unknown: string | undefined;
}

export interface TestFunction {
	/** `address_name::module`, as in the source. */
	readonly module: string;
	readonly name: string;
	readonly expectedFailure: ExpectedFailure | undefined;
}

export interface ScannedSource {
	readonly text: string;
	readonly tests: readonly TestFunction[];
	/** `address_name::module::NAME` → its initialiser's text and whether it is an `#[error]`. */
	readonly constants: ReadonlyMap<string, { readonly value: string; readonly isError: boolean }>;
	/** Module → alias → `address_name::module`, from `use`. */
	readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export function scanSource(source: string): ScannedSource {
	const tests: TestFunction[] = [];
	const constants = new Map<string, { value: string; isError: boolean }>();
	const aliases = new Map<string, Map<string, string>>();
	let out = '';
	let at = 0;
	let module = '';
	let isTest = false;
	let isError = false;
	let expected: ExpectedFailure | undefined;
	const forget = () => {
		isTest = false;
		isError = false;
		expected = undefined;
	};
	const copyTo = (end: number) => {
		out += source.slice(at, end);
		at = end;
	};

	while (at < source.length) {
		const opaque = skipOpaque(source, at);
		if (opaque > at) {
			copyTo(opaque);
			continue;
		}
		if (source.startsWith('#[', at)) {
			const end = closing(source, at + 1);
			const body = source.slice(at + 2, end - 1);
			const kept: string[] = [];
			for (const item of splitTop(body, ',')) {
				const text = item.trim();
				const name = /^[a-z_]+/.exec(text)?.[0] ?? '';
				if (name === 'test' || name === 'random_test') {
					isTest = true;
					if (name === 'random_test') expected = { ...NO_EXPECTATION, unknown: 'random_test' };
					kept.push(`mode(test, ${UNIT_TEST_MODE})`);
				} else if (name === 'test_only') kept.push(`mode(test, ${UNIT_TEST_MODE})`);
				else if (name === 'expected_failure') expected = expectation(text);
				else if (text !== '') {
					if (name === 'error') isError = true;
					kept.push(text);
				}
			}
			const lines = '\n'.repeat((body.match(/\n/g) ?? []).length);
			out += kept.length > 0 ? `#[${kept.join(', ')}]${lines}` : lines;
			at = end;
			continue;
		}
		const word = /^[A-Za-z_][A-Za-z0-9_]*/.exec(source.slice(at, at + 256))?.[0];
		if (word === undefined) {
			copyTo(at + 1);
			continue;
		}
		const rest = source.slice(at + word.length, at + word.length + 2000);
		if (word === 'module') {
			const found = /^\s+([A-Za-z0-9_]+)\s*::\s*([A-Za-z0-9_]+)/.exec(rest);
			if (found !== null) {
				module = `${found[1]}::${found[2]}`;
				forget();
			}
		} else if (word === 'fun') {
			const name = /^\s+([A-Za-z0-9_]+)/.exec(rest)?.[1];
			if (name !== undefined && isTest) tests.push({ module, name, expectedFailure: expected });
			forget();
		} else if (word === 'const') {
			const found = /^\s+([A-Za-z0-9_]+)\s*:[^=]*=([^;]*);/.exec(rest);
			if (found !== null) constants.set(`${module}::${found[1]}`, { value: (found[2] as string).trim(), isError });
			forget();
		} else if (word === 'use') {
			readUse(rest, module, aliases);
			forget();
		} else if (word === 'struct' || word === 'enum') forget();
		copyTo(at + word.length);
	}
	return { text: out, tests, constants, aliases };
}

const NO_EXPECTATION: ExpectedFailure = { abortCode: undefined, status: undefined, minorStatus: undefined, location: undefined, unknown: undefined };

/** `expected_failure(abort_code = E, location = Self)`. */
function expectation(text: string): ExpectedFailure {
	const open = text.indexOf('(');
	if (open < 0) return NO_EXPECTATION;
	let result = NO_EXPECTATION;
	for (const item of splitTop(text.slice(open + 1, text.lastIndexOf(')')), ',')) {
		const [key = '', value = ''] = item.split('=').map((part) => part.trim());
		if (key === 'abort_code') result = { ...result, abortCode: integer(value) ?? value };
		else if (key === 'location') result = { ...result, location: value };
		else if (key === 'arithmetic_error') result = { ...result, status: 'ARITHMETIC_ERROR' };
		else if (key === 'vector_error') result = { ...result, status: 'VECTOR_OPERATION_ERROR' };
		else if (key === 'out_of_gas') result = { ...result, status: 'OUT_OF_GAS' };
		else if (key === 'minor_status') result = { ...result, minorStatus: integer(value) };
		else if (key !== '') result = { ...result, unknown: item.trim() };
	}
	return result;
}

/** A Move integer literal, or undefined. */
export function integer(text: string): bigint | undefined {
	const found = /^(0x[0-9a-fA-F_]+|[0-9][0-9_]*)(u8|u16|u32|u64|u128|u256)?$/.exec(text);
	return found === null ? undefined : BigInt((found[1] as string).replaceAll('_', ''));
}

/** `use a::m;`, `use a::m as n;`, `use a::{m, n as o};`, `use a::m::{Self, T};` */
function readUse(rest: string, module: string, aliases: Map<string, Map<string, string>>): void {
	const text = rest.slice(0, rest.indexOf(';')).replace(/\/\/[^\n]*/g, '');
	const found = /^\s*(?:fun\s+)?([A-Za-z0-9_]+)\s*::\s*([\s\S]*)$/.exec(text);
	if (found === null) return;
	const [, address, tail = ''] = found;
	const known = aliases.get(module) ?? new Map<string, string>();
	aliases.set(module, known);
	const items = tail.trim().startsWith('{') ? splitTop(tail.trim().slice(1, -1), ',') : [tail];
	for (const item of items) {
		const [path = '', alias] = item.trim().split(/\s+as\s+/);
		const name = path.split('::')[0]?.trim() ?? '';
		if (name !== '') known.set(path.includes('::') ? name : (alias ?? name), `${address}::${name}`);
	}
}

/** The end of a comment or string that starts here, or `at`. */
function skipOpaque(source: string, at: number): number {
	if (source.startsWith('//', at)) {
		const end = source.indexOf('\n', at);
		return end < 0 ? source.length : end;
	}
	if (source.startsWith('/*', at)) {
		let depth = 0;
		for (let i = at; i < source.length; i++) {
			if (source.startsWith('/*', i)) {
				depth++;
				i++;
			} else if (source.startsWith('*/', i)) {
				depth--;
				i++;
				if (depth === 0) return i + 1;
			}
		}
		return source.length;
	}
	if (source[at] === '"') {
		for (let i = at + 1; i < source.length; i++) {
			if (source[i] === '\\') i++;
			else if (source[i] === '"') return i + 1;
		}
		return source.length;
	}
	return at;
}

/** Past the bracket that closes the one at `open`. */
function closing(source: string, open: number): number {
	let depth = 0;
	for (let i = open; i < source.length; i++) {
		const opaque = skipOpaque(source, i);
		if (opaque > i) {
			i = opaque - 1;
			continue;
		}
		if (source[i] === '[' || source[i] === '(') depth++;
		else if (source[i] === ']' || source[i] === ')') {
			depth--;
			if (depth === 0) return i + 1;
		}
	}
	return source.length;
}

function splitTop(text: string, separator: string): string[] {
	const parts: string[] = [];
	let depth = 0;
	let from = 0;
	for (let i = 0; i < text.length; i++) {
		const char = text[i] as string;
		if ('([{'.includes(char)) depth++;
		else if (')]}'.includes(char)) depth--;
		else if (char === separator && depth === 0) {
			parts.push(text.slice(from, i));
			from = i + 1;
		}
	}
	parts.push(text.slice(from));
	return parts;
}
