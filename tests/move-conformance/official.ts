/** How tests end in the official unit-test machine, read from what it prints, and the same of our machine in the same words. */
import { type MoveTestResult, runOfficialUnitTests } from '#devnet/compiler/compile.ts';
import type { MoveFailureReason } from '#devnet/move/api.ts';
import type { SourceFiles } from '#devnet/move/test-compiler.ts';

/**
 * One line: `passes`, or status, code and place of the failure and the functions that led there, the nearest caller first:
 * `ABORTED 7 in conformance::control::fails < control::aborts_in_a_callee`. With an `#[error]` the constant's name stands for the
 * code; `line 12` follows when the code tells its line.
 */
export type Ending = string;

/** Every test of a package by its name, its `expected_failure` not asked for: so each failure is reported, not only judged. */
export async function officialEndings(files: SourceFiles): Promise<ReadonlyMap<string, Ending>> {
	const { tests, output } = await runOfficialUnitTests(withoutExpectations(files));
	if (tests.length === 0) throw new Error(`the official machine ran no test:\n${output.slice(0, 4000)}`);
	return new Map(tests.map((test) => [test.name, officialEnding(test)]));
}

/** Lines stay where they are. */
function withoutExpectations(files: SourceFiles): SourceFiles {
	const attribute = /#\[test, expected_failure(\([^\n]*?\))?\]/g;
	return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, text.replace(attribute, '#[test]')]));
}

const STATUS: readonly (readonly [pattern: RegExp, status: string])[] = [
	[/^aborted/, 'ABORTED'],
	[/^gave an arithmetic error/, 'ARITHMETIC_ERROR'],
	[/^gave a vector operation error/, 'VECTOR_OPERATION_ERROR'],
	[/^ran out of gas/, 'OUT_OF_GAS'],
];

function officialEnding(test: MoveTestResult): Ending {
	if (test.passed) return 'passes';
	const text = test.reason ?? '';
	const message = /but it ((?:.|\n)*?) rooted here/.exec(text)?.[1];
	if (message === undefined) return text;
	const status = STATUS.find(([pattern]) => pattern.test(message))?.[1] ?? /^gave a (\w+) \(code/.exec(message)?.[1] ?? message;
	const code = /with (?:code|error constant|sub-status) '?(\w+)'?/.exec(message)?.[1];
	const module = /in the module (\S+)/.exec(message)?.[1] ?? '?';
	const line = Number(/┌─ \S+:(\d+):\d+/.exec(text)?.[1]);
	const callers = [...text.matchAll(/^│ \t(\S+?)\(/gm)].map((found) => found[1] as string);
	// A number is the code itself; only a clever code has a line of its own.
	const clever = status === 'ABORTED' && (code === undefined || !/^\d/.test(code));
	return endingText({ status, code, place: `${module}::${functionName(text)}`, line: clever ? line : undefined, callers });
}

/** The diagnostic shows the function's definition and underlines its name. */
function functionName(text: string): string {
	const lines = text.split('\n');
	for (const [at, line] of lines.entries()) {
		const found = /\bfun (\w+)/.exec(line);
		if (found === null) continue;
		const from = found.index + 'fun '.length;
		const under = [...(lines[at + 1] ?? '')].slice(from, from + (found[1] as string).length).join('');
		if (/^(-+|\^+)$/.test(under)) return found[1] as string;
	}
	return '?';
}

interface Parts {
	readonly status: string;
	readonly code: string | undefined;
	readonly place: string;
	readonly line: number | undefined;
	readonly callers: readonly string[];
}

function endingText({ status, code, place, line, callers }: Parts): Ending {
	const what = code === undefined ? status : `${status} ${code}`;
	const where = line === undefined ? place : `${place} line ${line}`;
	// The official machine records no stack when a call is one too deep.
	return [`${what} in ${where}`, ...(status === 'CALL_STACK_OVERFLOW' ? [] : callers)].join(' < ');
}

/** Address → the name that it has in sources. */
const ADDRESS_NAMES: ReadonlyMap<bigint, string> = new Map([
	[0n, 'conformance'],
	[1n, 'std'],
	[2n, 'sui'],
]);

/** `callers`: `module::function` of the frames that wait for the failed one, nearest first. */
export function ourEnding(failure: MoveFailureReason | undefined, callers: readonly string[]): Ending {
	if (failure === undefined) return 'passes';
	if (failure.kind === 'outOfGas') return 'OUT_OF_GAS';
	if ((failure.kind !== 'abort' && failure.kind !== 'primitiveRuntimeError') || failure.location === undefined) return JSON.stringify(failure);
	const { module, functionName } = failure.location;
	const place = `${ADDRESS_NAMES.get(BigInt(module.address))}::${module.module}::${functionName}`;
	if (failure.kind === 'primitiveRuntimeError') {
		return endingText({ status: failure.status ?? '?', code: failure.subStatus?.toString(), place, line: undefined, callers });
	}
	const { cleverError } = failure;
	const code = cleverError === undefined ? failure.code.toString() : cleverError.constantName || undefined;
	return endingText({ status: 'ABORTED', code, place, line: cleverError?.line, callers });
}
