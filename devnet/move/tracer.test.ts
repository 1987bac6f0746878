import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { compileFramework, compilePackage } from '#devnet/compiler/compile.ts';
import { MoveFailure, type MoveVm } from '#devnet/move/api.ts';
import { relocate } from '#devnet/move/test-compiler.ts';
import type { ExecutionTracer } from '#devnet/move/tracer.ts';
import { typedCode } from '#devnet/move/typed-code.ts';
import { formatType, normalizeAddress, substitute } from '#devnet/move/types.ts';
import type { Value } from '#devnet/move/values.ts';
import { createMoveVm } from '#devnet/move/vm.ts';

const SOURCE = `module app::app;

public struct Pair has copy, drop { left: u64, right: u8 }

public fun count(n: u64): u64 { let mut i = 0; while (i < n) { i = i + 1 }; i }
public fun endless() { loop {} }
fun larger<T: drop>(pair: Pair, _: T): bool { pair.left > (pair.right as u64) }
public fun outer(left: u64): bool { larger<u64>(Pair { left, right: 3 }, 9) && larger<bool>(Pair { left, right: 4 }, true) }
public fun hashed(): vector<u8> { std::hash::sha3_256(b"abc") }
public fun deep(n: u64) { if (n == 0) abort 42 else deep(n - 1) }
public fun narrow(n: u64): u8 { n as u8 }
`;
const APP = normalizeAddress('0xa99');
let vm: MoveVm;

before(async () => {
	vm = createMoveVm({
		verifyNitroDocument: () => {
			throw new Error('none');
		},
	});
	for (const pkg of (await compileFramework()).packages) vm.load({ id: pkg.address, modules: pkg.modules });
	const manifest = '[package]\nname = "app"\nedition = "2024"\n[addresses]\napp = "0x0"\n';
	const { modules } = await compilePackage({ files: { 'Move.toml': manifest, 'sources/app.move': SOURCE } });
	vm.load({ id: APP, modules: new Map([...modules.values()].map((bytes) => relocate(bytes, APP))) });
});

/** Everything told, as lines. */
class Notes implements ExecutionTracer {
	readonly lines: string[] = [];
	readonly steps: string[] = [];
	readonly kinds = new Set<string>();
	#popped = '';
	readonly enter: ExecutionTracer['enter'] = ({ fn, typeArguments, args }) => {
		this.lines.push(`> ${fn.name}<${typeArguments.map(formatType).join()}>(${args.map(text).join()})`);
	};
	readonly leave: ExecutionTracer['leave'] = ({ fn, results }) => {
		this.lines.push(`< ${fn.name} ${results.map(text).join()}`);
	};
	readonly before: ExecutionTracer['before'] = ({ fn, pc, instruction, stack, typeArguments }) => {
		const { opcode, pops } = typedCode(fn)[pc]!;
		this.kinds.add(`${opcode} ${pops.map((type) => formatType(substitute(type, typeArguments))).join()}`);
		this.#popped = stack
			.slice(stack.length - instruction.pops)
			.map(text)
			.join();
		this.steps.push(`${fn.name} ${pc} ${opcode}`);
	};
	readonly after: ExecutionTracer['after'] = ({ fn, pc, instruction, stack }) => {
		const { pushes } = typedCode(fn)[pc]!;
		this.steps[this.steps.length - 1] += ` [${this.#popped}] → [${stack
			.slice(stack.length - pushes.length)
			.map(text)
			.join()}]`;
		assert.equal(pushes.length, instruction.pushes);
	};
	readonly fail: ExecutionTracer['fail'] = ({ reason }) => {
		this.lines.push(`! ${reason.kind} ${reason.kind === 'abort' ? `${reason.code} ${reason.location.functionName} ${reason.location.instruction}` : ''}`);
	};
}

const text = (value: Value): string =>
	Array.isArray(value) ? `{${value.map(text).join(' ')}}` : typeof value === 'object' ? value.constructor.name : String(value);

function run(name: string, args: Value[], tracer?: ExecutionTracer, limit?: bigint) {
	const context = { sender: APP, sponsor: undefined, digest: new Uint8Array(32), epoch: 1n, epochTimestampMs: 2n, gasPrice: 1000n, gasBudget: 1n };
	const meter = vm.createMeter(limit);
	let outcome: unknown;
	try {
		outcome = vm.call({ address: APP, module: 'app', function: name }, [], args, vm.createRuntime(context, { read: () => undefined }, tracer), meter).returns;
	} catch (error) {
		assert.ok(error instanceof MoveFailure);
		outcome = error.reason;
	}
	const { instructionsExecuted, internalUnits, stackHeight, stackSizeBytes } = meter;
	return { outcome, instructionsExecuted, internalUnits, stackHeight, stackSizeBytes };
}

describe('a traced execution', () => {
	it('gives the result, the failure and the gas of one that is not traced', () => {
		for (const [name, args, limit] of [
			['count', [50n]],
			['outer', [7n]],
			['outer', [2n]],
			['hashed', []],
			['deep', [5n]],
			['deep', [2000n]],
			['narrow', [256n]],
			['endless', [], 10_000n],
			['count', [1000n], 3_333n],
		] as [string, Value[], bigint?][]) {
			assert.deepEqual(run(name, args, new Notes(), limit), run(name, args, undefined, limit), name);
		}
	});

	it('tells calls with instantiated type arguments and results, natives among them', () => {
		const notes = new Notes();
		run('outer', [7n], notes);
		assert.deepEqual(notes.lines, ['> outer<>(7)', '> larger<u64>({7 3},9)', '< larger true', '> larger<bool>({7 4},true)', '< larger true', '< outer true']);
		const hashed = new Notes();
		run('hashed', [], hashed);
		assert.deepEqual(hashed.lines, ['> hashed<>()', '> sha3_256<>(MoveVector)', '< sha3_256 MoveVector', '< hashed MoveVector']);
	});

	it('tells each instruction with what it takes and leaves, loops among them', () => {
		const notes = new Notes();
		const { instructionsExecuted } = run('count', [2n], notes);
		assert.equal(BigInt(notes.steps.length), instructionsExecuted);
		assert.deepEqual(
			notes.steps.filter((step) => step.includes(' Add ')).map((step) => step.replace(/ \d+ /, ' ')),
			['count Add [0,1] → [1]', 'count Add [1,1] → [2]'],
		);
		const endless = new Notes();
		run('endless', [], endless, 500n);
		assert.ok(endless.steps.length > 400, `a branch to itself is a step each time: ${endless.steps.length}`);
	});

	it('tells the place of an abort, after the calls that led there', () => {
		const notes = new Notes();
		run('deep', [2n], notes);
		const at = notes.steps.findIndex((step) => step.includes('Abort'));
		assert.equal(at, notes.steps.length - 1);
		const [, pc] = notes.steps[at]!.split(' ');
		assert.deepEqual(notes.lines, ['> deep<>(2)', '> deep<>(1)', '> deep<>(0)', `! abort 42 deep ${pc}`]);
	});

	it('lets a probe see which opcodes ran with which types of operands', () => {
		const notes = new Notes();
		run('outer', [7n], notes);
		const pair = `${APP}::app::Pair`;
		for (const kind of ['CastU64 u8', 'Gt u64,u64', 'Pack u64,u8', `Call ${pair},u64`, `CallGeneric ${pair},u64`]) {
			assert.equal(notes.kinds.has(kind), !kind.startsWith('Call '), `${kind}: ${[...notes.kinds].join(' · ')}`);
		}
	});
});
