/** Runs the unit tests of a Move package on this machine, as the official unit-test machine runs them. */
import { MoveFailure, type MoveFailureReason, type MovePackage, type NativeEnvironment, type TransactionContext } from '#devnet/move/api.ts';
import { compileForTests, compileFrameworkForTests, type FrameworkSources, type SourceFiles } from '#devnet/move/test-compiler.ts';
import { type ExpectedFailure, integer, type ScannedSource, scanSource, type TestFunction } from '#devnet/move/test-sources.ts';
import type { ExecutionTracer } from '#devnet/move/tracer.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { createMoveVm } from '#devnet/move/vm.ts';

export interface UnitTestInput {
	/** The package under test: `Move.toml`, `sources/…`, `tests/…`. Its own address must be 0x0. */
	readonly packageFiles: SourceFiles;
	readonly framework: FrameworkSources;
	/** Unpublished packages that it names as `{ local = "…/<key>" }`; their tests are not run. */
	readonly localDependencies?: Readonly<Record<string, SourceFiles>>;
	/** What the nitro native asks; refuses every document when left out, as the official machine does. */
	readonly environment?: NativeEnvironment;
	/** Internal gas units a test; ten transactions' worth when left out. */
	readonly gasLimit?: bigint;
	/** Told of all that the tests execute. */
	readonly tracer?: ExecutionTracer;
	/** Changes the compiled package before it is loaded, so that tests can run code that no compiler emits. */
	readonly rewrite?: (pkg: MovePackage) => MovePackage;
}

export interface UnitTestOutcome {
	/** `address_name::module::function`, as the official machine prints it. */
	readonly name: string;
	readonly passed: boolean;
	/** Why it did not pass. */
	readonly detail: string | undefined;
	/** How it ended, whatever its attributes say. */
	readonly failure: MoveFailureReason | undefined;
	readonly instructions: bigint;
	readonly gasUnits: bigint;
}

const DEFAULT_GAS_LIMIT = 50_000_000_000n;
const NO_ENVIRONMENT: NativeEnvironment = {
	verifyNitroDocument: () => {
		throw new Error('no attestation is accepted in unit tests');
	},
};
const CONTEXT: TransactionContext = {
	sender: normalizeAddress('0x0'),
	sponsor: undefined,
	digest: new Uint8Array(32),
	epoch: 0n,
	epochTimestampMs: 0n,
	gasPrice: 0n,
	gasBudget: 0n,
};

/** In the order of files and of functions in them. Throws when the package does not compile. */
export async function runMoveUnitTests(input: UnitTestInput): Promise<readonly UnitTestOutcome[]> {
	const vm = createMoveVm(input.environment ?? NO_ENVIRONMENT);
	for (const pkg of await compileFrameworkForTests(input.framework)) vm.load(pkg);
	const root = normalizeAddress('0x0');
	const compiled = await compileForTests(input.packageFiles, input.framework, root, input.localDependencies);
	vm.load(input.rewrite?.(compiled) ?? compiled);

	const own = scanAll(input.packageFiles);
	const all = [
		...own,
		...scanAll(input.framework.suiFramework),
		...scanAll(input.framework.moveStdlib),
		...Object.values(input.localDependencies ?? {}).flatMap(scanAll),
	];
	const outcomes: UnitTestOutcome[] = [];
	for (const test of own.flatMap((source) => source.tests)) {
		const meter = vm.createMeter(input.gasLimit ?? DEFAULT_GAS_LIMIT);
		const runtime = vm.createRuntime(CONTEXT, { read: () => undefined }, input.tracer);
		let failure: MoveFailureReason | undefined;
		try {
			vm.call({ address: root, module: test.module.split('::')[1] ?? '', function: test.name }, [], [], runtime, meter);
		} catch (error) {
			if (!(error instanceof MoveFailure)) throw error;
			failure = error.reason;
		}
		const detail = judge(test, failure, all);
		outcomes.push({
			name: `${test.module}::${test.name}`,
			passed: detail === undefined,
			detail,
			failure,
			instructions: meter.instructionsExecuted,
			gasUnits: meter.internalUnits / 1000n,
		});
	}
	return outcomes;
}

function scanAll(files: SourceFiles): ScannedSource[] {
	return Object.entries(files)
		.filter(([path]) => path.endsWith('.move'))
		.sort(([left], [right]) => (left < right ? -1 : 1))
		.map(([, text]) => scanSource(text));
}

/** Undefined when the test did what its attributes say. */
function judge(test: TestFunction, failure: MoveFailureReason | undefined, sources: readonly ScannedSource[]): string | undefined {
	const expected = test.expectedFailure;
	if (expected === undefined) return failure === undefined ? undefined : describe(failure);
	if (expected.unknown !== undefined) return `attribute is not supported: ${expected.unknown}`;
	if (failure === undefined) return 'it was expected to fail and did not';
	if (failure.kind === 'unsupported' || failure.kind === 'invariant') return describe(failure);
	return mismatch(test, expected, failure, sources);
}

function mismatch(test: TestFunction, expected: ExpectedFailure, failure: MoveFailureReason, sources: readonly ScannedSource[]): string | undefined {
	let where = expected.location === undefined ? undefined : moduleOf(expected.location, test.module, sources);
	if (expected.status !== undefined) {
		const status = failure.kind === 'outOfGas' ? 'OUT_OF_GAS' : failure.kind === 'primitiveRuntimeError' ? failure.status : 'ABORTED';
		if (status !== expected.status) return `expected ${expected.status}: ${describe(failure)}`;
		const minor = failure.kind === 'primitiveRuntimeError' ? failure.subStatus : undefined;
		// As the official runner does: without `minor_status` a vector error, which has one, is not the expected one.
		if ((minor === undefined ? undefined : BigInt(minor)) !== expected.minorStatus)
			return `expected minor status ${expected.minorStatus ?? 'none'}: ${describe(failure)}`;
	}
	if (expected.abortCode !== undefined) {
		if (failure.kind !== 'abort') return `expected an abort: ${describe(failure)}`;
		// A clever code is known by its constant's name, never by its number.
		const number = failure.cleverError === undefined ? failure.code : undefined;
		if (typeof expected.abortCode === 'bigint') {
			if (number !== expected.abortCode) return `expected abort code ${expected.abortCode}: ${describe(failure)}`;
		} else {
			const parts = expected.abortCode.split('::');
			const name = parts.pop() as string;
			const module = parts.length === 0 ? test.module : moduleOf(parts.join('::'), test.module, sources);
			const constant = sources.map((source) => source.constants.get(`${module}::${name}`)).find((it) => it !== undefined);
			if (constant === undefined) return `no constant ${expected.abortCode} is known`;
			where ??= module;
			const value = integer(constant.value);
			// As the official runner does: a text is known by its constant's name, a number by its value, `#[error]` or not.
			if (constant.isError && value === undefined) {
				if (failure.cleverError?.constantName !== name) return `expected ${expected.abortCode}: ${describe(failure)}`;
			} else {
				if (value === undefined) return `constant ${expected.abortCode} is no integer literal`;
				if (number !== value) return `expected abort code ${value} (${expected.abortCode}): ${describe(failure)}`;
			}
		}
	}
	if (where === undefined) return undefined;
	const location = failure.kind === 'abort' || failure.kind === 'primitiveRuntimeError' ? failure.location : undefined;
	return location === undefined || location.module.module === where.split('::')[1] ? undefined : `expected the failure in ${where}: ${describe(failure)}`;
}

/** `Self`, an alias of a `use`, or a path with its address name. */
function moduleOf(path: string, current: string, sources: readonly ScannedSource[]): string {
	const parts = path.replace(/^::/, '').split('::');
	if (parts.length > 1) return parts.slice(0, 2).join('::');
	const name = parts[0] as string;
	if (name === 'Self') return current;
	for (const source of sources) {
		const found = source.aliases.get(current)?.get(name);
		if (found !== undefined) return found;
	}
	for (const source of sources) {
		for (const key of source.constants.keys()) if (key.split('::')[1] === name) return key.split('::').slice(0, 2).join('::');
	}
	return `${current.split('::')[0]}::${name}`;
}

function describe(failure: MoveFailureReason): string {
	switch (failure.kind) {
		case 'abort': {
			const name =
				failure.cleverError === undefined ? `${failure.code}` : `${failure.cleverError.constantName || 'no constant'} on line ${failure.cleverError.line}`;
			return `abort ${name} in ${failure.location.module.module}::${failure.location.functionName}`;
		}
		case 'primitiveRuntimeError':
			return `${failure.message} in ${failure.location?.module.module}::${failure.location?.functionName}`;
		case 'outOfGas':
			return 'out of gas';
		case 'unsupported':
			return `not supported: ${failure.feature}`;
		case 'invariant':
			return failure.message;
		default:
			return JSON.stringify(failure satisfies never);
	}
}
