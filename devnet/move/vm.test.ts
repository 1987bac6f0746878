import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { compileFramework, compilePackage } from '#devnet/compiler/compile.ts';
import { type Address, type Cell, MoveFailure, type MoveFailureReason, type MoveVm, type ObjectRuntimeResults, type StoredObject } from '#devnet/move/api.ts';
import { deriveDynamicFieldId } from '#devnet/move/object-runtime.ts';
import { relocate } from '#devnet/move/test-compiler.ts';
import { formatType, normalizeAddress, parseType, U64 } from '#devnet/move/types.ts';
import { createMoveVm } from '#devnet/move/vm.ts';

const SOURCE = `module app::app;

use sui::dynamic_field as df;
use sui::dynamic_object_field as dof;
use sui::event;

#[error]
const ETooMany: vector<u8> = b"too many at once";
const EPlain: u64 = 3;

public struct APP has drop {}
public struct Box has key, store { id: UID, n: u64 }
public struct Wrapper has key { id: UID, inner: Box }
public struct Generic<T: copy + drop + store, phantom P> has copy, drop, store { value: T }
public struct Happened has copy, drop { n: u64 }

fun init(_witness: APP, ctx: &mut TxContext) { transfer::share_object(Box { id: object::new(ctx), n: 0 }) }

public fun make(n: u64, ctx: &mut TxContext): Box { Box { id: object::new(ctx), n } }
public fun keep(box: Box, who: address) { transfer::public_transfer(box, who) }
public fun share(box: Box) { transfer::share_object(box) }
public fun freeze_it(box: Box) { transfer::freeze_object(box) }
public fun discard(box: Box) { let Box { id, n: _ } = box; id.delete() }
public fun wrap(inner: Box, ctx: &mut TxContext) { transfer::transfer(Wrapper { id: object::new(ctx), inner }, ctx.sender()) }
public fun unwrap(w: Wrapper): Box { let Wrapper { id, inner } = w; id.delete(); inner }
public fun bump(box: &mut Box, by: u64): u64 { box.n = box.n + by; event::emit(Happened { n: box.n }); box.n }
public fun replace(box: &mut u64, by: u64) { *box = by }
public fun both(a: &mut u64, b: &u64) { *a = *a + *b }
public fun add_field(box: &mut Box, key: u64, value: vector<u8>) { df::add(&mut box.id, key, value) }
public fun push_field(box: &mut Box, key: u64, byte: u8) { df::borrow_mut<u64, vector<u8>>(&mut box.id, key).push_back(byte) }
public fun read_field(box: &Box, key: u64): vector<u8> { *df::borrow(&box.id, key) }
public fun has_field(box: &Box, key: u64): bool { df::exists_(&box.id, key) }
public fun drop_field(box: &mut Box, key: u64): vector<u8> { df::remove(&mut box.id, key) }
public fun add_child(box: &mut Box, child: Box) { dof::add(&mut box.id, b"child", child) }
public fun take_child(box: &mut Box): Box { dof::remove(&mut box.id, b"child") }
public fun limited(n: u64): u64 { assert!(n < 10, ETooMany); assert!(n != 5, EPlain); n }
public fun overflow(n: u8): u8 { n + 1 }
public fun spin(n: u64): u64 { let mut i = 0; while (i < n) { i = i + 1 }; i }
public fun sum(n: u64): u64 { let mut i = 0; let mut acc = 0; while (i < n) { acc = acc + i; i = i + 1; }; acc }
public fun id<T>(x: T): T { x }
entry fun only_entry() {}
fun hidden() {}
`;

const MANIFEST = '[package]\nname = "app"\nedition = "2024"\n[addresses]\napp = "0x0"\n';
const APP = normalizeAddress('0xa99');
const ALICE = normalizeAddress('0xa11ce');
const BOX = parseType(`${APP}::app::Box`);
let vm: MoveVm;

before(async () => {
	vm = createMoveVm({
		verifyNitroDocument: () => {
			throw new Error('none');
		},
	});
	for (const pkg of (await compileFramework()).packages) vm.load({ id: pkg.address, modules: pkg.modules });
	const { modules } = await compilePackage({ files: { 'Move.toml': MANIFEST, 'sources/app.move': SOURCE } });
	vm.load({ id: APP, modules: new Map([...modules.values()].map((bytes) => relocate(bytes, APP))) });
});

/** A transaction over stored objects: runs, then keeps what it wrote, as a ledger would. */
class World {
	readonly objects = new Map<Address, StoredObject>();
	#digest = 0;

	run(body: (call: (fn: string, ...args: unknown[]) => Cell[], runtime: ReturnType<MoveVm['createRuntime']>) => void): ObjectRuntimeResults {
		const digest = new Uint8Array(32).fill(++this.#digest);
		const context = { sender: ALICE, sponsor: undefined, digest, epoch: 1n, epochTimestampMs: 2n, gasPrice: 1000n, gasBudget: 1n };
		const runtime = vm.createRuntime(context, { read: (id) => this.objects.get(id) });
		const meter = vm.createMeter(undefined);
		body((name, ...args) => vm.call({ address: APP, module: 'app', function: name }, [], args, runtime, meter).returns.map((it) => it.cell), runtime);
		const results = runtime.finish();
		for (const write of results.writes) this.objects.set(write.id, { ...write, version: BigInt(this.#digest) });
		for (const id of results.deletedIds) this.objects.delete(id);
		return results;
	}

	/** The only object of a type. */
	only(type: string): StoredObject {
		const found = [...this.objects.values()].filter((object) => formatType(object.type).includes(type));
		assert.equal(found.length, 1, `${found.length} objects of ${type}`);
		return found[0] as StoredObject;
	}

	cell(object: StoredObject): Cell {
		return { value: vm.deserialize(object.type, object.contents) };
	}
}

function failure(run: () => unknown): MoveFailureReason {
	try {
		run();
	} catch (error) {
		if (error instanceof MoveFailure) return error.reason;
		throw error;
	}
	return assert.fail('it did not fail');
}

const fresh = () =>
	vm.createRuntime(
		{ sender: ALICE, sponsor: undefined, digest: new Uint8Array(32), epoch: 0n, epochTimestampMs: 0n, gasPrice: 1n, gasBudget: 1n },
		{ read: () => undefined },
	);
const call = (fn: string, args: readonly unknown[], meter = vm.createMeter(undefined)) =>
	vm.call({ address: APP, module: 'app', function: fn }, [], args, fresh(), meter);

test('a new object is transferred, shared or frozen; the last transfer counts', () => {
	const world = new World();
	let results = world.run((run) => {
		const [box] = run('make', 7n);
		run('keep', box?.value, ALICE);
	});
	assert.equal(results.createdIds.size, 1);
	assert.deepEqual(results.writes[0]?.owner, { kind: 'address', address: ALICE });
	assert.equal(results.writes[0]?.contents.at(32), 7);
	results = world.run((run, runtime) => {
		runtime.addInput(world.only('Box'));
		run('keep', world.cell(world.only('Box')).value, APP);
		runtime.transfer(world.cell(world.only('Box')).value, BOX, { kind: 'address', address: ALICE });
	});
	assert.deepEqual([results.writes.length, results.writes[0]?.owner, results.createdIds.size], [1, { kind: 'address', address: ALICE }, 0]);
	assert.deepEqual(world.run((run) => run('share', run('make', 1n)[0]?.value)).writes[0]?.owner, { kind: 'shared', initialVersion: 0n });
	assert.deepEqual(world.run((run) => run('freeze_it', run('make', 1n)[0]?.value)).writes[0]?.owner, { kind: 'immutable' });
});

test('an old object cannot be shared', () => {
	const world = new World();
	world.run((run) => run('keep', run('make', 7n)[0]?.value, ALICE));
	const reason = failure(() =>
		world.run((run, runtime) => {
			runtime.addInput(world.only('Box'));
			run('share', world.cell(world.only('Box')).value);
		}),
	);
	assert.ok(
		reason.kind === 'abort' && reason.code === 0n && reason.location.module.module === 'transfer' && reason.location.functionName === 'share_object_impl',
	);
});

test('deletion tells old objects from those of the same transaction', () => {
	const world = new World();
	assert.deepEqual(
		world.run((run) => run('discard', run('make', 7n)[0]?.value)),
		{
			writes: [],
			createdIds: new Set(),
			deletedIds: new Set(),
			loadedChildren: new Map(),
			events: [],
		},
	);
	world.run((run) => run('keep', run('make', 7n)[0]?.value, ALICE));
	const { id } = world.only('Box');
	assert.deepEqual([...world.run((run) => run('discard', world.cell(world.only('Box')).value)).deletedIds], [id]);
});

test('wrapping keeps the inner id out of the results', () => {
	const world = new World();
	const results = world.run((run) => run('wrap', run('make', 7n)[0]?.value));
	assert.equal(results.createdIds.size, 2);
	assert.deepEqual(
		results.writes.map((write) => formatType(write.type)),
		[`${APP}::app::Wrapper`],
	);
	const wrapper = world.only('Wrapper');
	const unwrapped = world.run((run) => run('keep', run('unwrap', world.cell(wrapper).value)[0]?.value, ALICE));
	assert.deepEqual([...unwrapped.deletedIds], [wrapper.id]);
	assert.equal(unwrapped.createdIds.size, 0);
});

test('dynamic fields live from transaction to transaction', () => {
	const world = new World();
	world.run((run) => run('keep', run('make', 7n)[0]?.value, ALICE));
	const box = world.only('Box');
	const fieldId = deriveDynamicFieldId(box.id, U64, vm.serialize(U64, 5n));
	let results = world.run((run) => run('add_field', vm.borrow(world.cell(box), true), 5n, vm.deserialize(parseType('vector<u8>'), Uint8Array.of(1, 9))));
	assert.deepEqual([...results.createdIds], [fieldId]);
	assert.deepEqual(results.writes[0]?.owner, { kind: 'object', parent: box.id });

	results = world.run((run) => run('read_field', vm.borrow(world.cell(box), false), 5n));
	assert.deepEqual([results.writes, [...results.loadedChildren.keys()]], [[], [fieldId]], 'reading writes nothing');

	results = world.run((run) => run('push_field', vm.borrow(world.cell(box), true), 5n, 77));
	assert.deepEqual(
		results.writes.map((write) => [write.id, write.contents.at(-1)]),
		[[fieldId, 77]],
	);

	world.run((run) => {
		assert.equal(run('has_field', vm.borrow(world.cell(box), false), 6n)[0]?.value, false);
		assert.equal(run('has_field', vm.borrow(world.cell(box), false), 5n)[0]?.value, true);
	});
	results = world.run((run) => {
		const value = run('drop_field', vm.borrow(world.cell(box), true), 5n)[0]?.value;
		assert.deepEqual([...vm.serialize(parseType('vector<u8>'), value)], [2, 9, 77]);
		assert.equal(run('has_field', vm.borrow(world.cell(box), false), 5n)[0]?.value, false);
	});
	assert.deepEqual([...results.deletedIds], [fieldId]);

	const missing = failure(() => world.run((run) => run('read_field', vm.borrow(world.cell(box), false), 5n)));
	assert.ok(missing.kind === 'abort' && missing.code === 1n && missing.location.functionName === 'borrow_child_object');
});

test('a field removed and added again in one transaction is a change, not a new object', () => {
	const world = new World();
	const bytes = vm.deserialize(parseType('vector<u8>'), Uint8Array.of(1, 9));
	world.run((run) => run('keep', run('make', 7n)[0]?.value, ALICE));
	const box = world.only('::Box');
	world.run((run) => run('add_field', vm.borrow(world.cell(box), true), 5n, vm.copy(bytes)));
	const results = world.run((run) => {
		run('drop_field', vm.borrow(world.cell(box), true), 5n);
		run('add_field', vm.borrow(world.cell(box), true), 5n, vm.deserialize(parseType('vector<u8>'), Uint8Array.of(1, 8)));
	});
	assert.deepEqual([results.createdIds.size, results.deletedIds.size, results.writes.length], [0, 0, 1]);
});

test('a child object keeps its id under another object and leaves it again', () => {
	const world = new World();
	world.run((run) => run('keep', run('make', 1n)[0]?.value, ALICE));
	const parent = world.only('Box');
	const results = world.run((run) => run('add_child', vm.borrow(world.cell(parent), true), run('make', 2n)[0]?.value));
	assert.equal(results.writes.length, 2, 'the child and its field');
	const child = results.writes.find((write) => formatType(write.type) === formatType(BOX));
	const field = results.writes.find((write) => write !== child);
	assert.deepEqual(child?.owner, { kind: 'object', parent: field?.id });
	assert.deepEqual(field?.owner, { kind: 'object', parent: parent.id });
	const taken = world.run((run) => run('keep', run('take_child', vm.borrow(world.cell(parent), true))[0]?.value, ALICE));
	assert.deepEqual(
		[taken.writes.map((write) => [write.id, write.owner]), [...taken.deletedIds], taken.loadedChildren.size],
		[[[child?.id, { kind: 'address', address: ALICE }]], [field?.id], 2],
	);
});

test('cells are changed through mutable borrows, also whole', () => {
	const cell: Cell = { value: 5n };
	call('replace', [vm.borrow(cell, true), 9n]);
	assert.equal(cell.value, 9n);
	const other: Cell = { value: 1n };
	call('both', [vm.borrow(cell, true), vm.borrow(other, false)]);
	assert.equal(cell.value, 10n);
	const world = new World();
	const results = world.run((run) => {
		const box = run('make', 7n)[0] as Cell;
		assert.equal(run('bump', vm.borrow(box, true), 3n)[0]?.value, 10n);
		assert.equal(vm.serialize(BOX, box.value).at(32), 10);
		run('discard', box.value);
	});
	assert.deepEqual(
		results.events.map((event) => [event.packageId, event.module, formatType(event.type), event.contents[0]]),
		[[APP, 'app', `${APP}::app::Happened`, 10]],
	);
});

test('failures say where and what', () => {
	assert.deepEqual(call('limited', [9n]).returns[0]?.cell.value, 9n);
	const clever = failure(() => call('limited', [10n]));
	const line = SOURCE.split('\n').findIndex((text) => text.includes('assert!(n < 10')) + 1;
	assert.ok(clever.kind === 'abort');
	assert.deepEqual(clever.cleverError, { line, constantName: 'ETooMany', message: 'too many at once' });
	assert.deepEqual([clever.location.module, clever.location.functionName], [{ address: APP, module: 'app' }, 'limited']);
	const plain = failure(() => call('limited', [5n]));
	assert.ok(plain.kind === 'abort' && plain.code === 3n && plain.cleverError === undefined);
	const arithmetic = failure(() => call('overflow', [255]));
	assert.ok(arithmetic.kind === 'primitiveRuntimeError' && arithmetic.status === 'ARITHMETIC_ERROR' && arithmetic.location?.functionName === 'overflow');
	assert.equal(failure(() => vm.call({ address: APP, module: 'app', function: 'absent' }, [], [], fresh(), vm.createMeter(undefined))).kind, 'invariant');
	assert.equal(failure(() => call('limited', [])).kind, 'invariant');
});

test('gas runs out, and rises from tier to tier', () => {
	assert.deepEqual(
		failure(() => call('spin', [1_000_000n], vm.createMeter(100_000n))),
		{ kind: 'outOfGas' },
	);
	const cost = (turns: bigint) => {
		const meter = vm.createMeter(undefined);
		call('spin', [turns], meter);
		return { instructions: Number(meter.instructionsExecuted), units: Number(meter.internalUnits) };
	};
	const small = cost(1_000n);
	const large = cost(20_000n);
	assert.ok(large.instructions > 19 * small.instructions && large.units > 40 * small.units, JSON.stringify([small, large]));
	assert.deepEqual(cost(1_000n), small, 'the same work costs the same');
});

test('a loop costs what a real machine was measured to charge', () => {
	// 14 instructions a turn, in the simulator of PyPI sui-sandbox: 1.47 M and 4.63 M gas units; 280 000 instructions pass 200 000 units
	const units = (turns: bigint) => {
		const meter = vm.createMeter(undefined);
		call('sum', [turns], meter);
		assert.equal(meter.instructionsExecuted, turns * 14n + 10n);
		return Number(meter.internalUnits / 1000n);
	};
	assert.ok(units(3_000n) <= 1_000);
	assert.ok(units(5_000n) > 1_000 && units(5_000n) <= 5_000);
	assert.ok(units(20_000n) > 200_000 && units(20_000n) <= 1_000_000);
	assert.ok(Math.abs(units(100_000n) / 1_470_000 - 1) < 0.01, `${units(100_000n)}`);
	assert.ok(Math.abs(units(300_000n) / 4_630_000 - 1) < 0.01, `${units(300_000n)}`);
});

test('signatures, abilities, fields and the witness are known', () => {
	const module = { address: APP, module: 'app' };
	assert.deepEqual(vm.oneTimeWitness(module), parseType(`${APP}::app::APP`));
	assert.equal(vm.oneTimeWitness({ address: normalizeAddress('0x2'), module: 'coin' }), undefined);
	assert.deepEqual(
		vm.fields(BOX)?.map((field) => [field.name, formatType(field.type)]),
		[
			['id', `${normalizeAddress('0x2')}::object::UID`],
			['n', 'u64'],
		],
	);
	assert.deepEqual(vm.abilities(BOX), { copy: false, drop: false, store: true, key: true });
	assert.deepEqual(vm.abilities(parseType(`${APP}::app::Generic<u8, ${APP}::app::Box>`)), { copy: true, drop: true, store: true, key: false });
	assert.deepEqual(vm.abilities(parseType('vector<address>')), { copy: true, drop: true, store: true, key: false });
	assert.equal(vm.signature(module, 'only_entry')?.isEntry, true);
	assert.equal(vm.signature(module, 'hidden')?.visibility, 'private');
	assert.deepEqual(vm.signature(module, 'id')?.parameters, [{ kind: 'typeParameter', index: 0 }]);
	assert.ok(vm.functions(module).has('init') && vm.moduleNames(APP).includes('app') && vm.isLoaded(APP) && !vm.isLoaded(ALICE));
});

test('bytecode that is no module, or another one, is refused', async () => {
	const { modules } = await compilePackage({ files: { 'Move.toml': MANIFEST, 'sources/app.move': 'module app::a; public fun f(): u64 { 1 }' } });
	const bytes = modules.get('a') as Uint8Array;
	assert.equal(failure(() => vm.load({ id: ALICE, modules })).kind, 'invariant', 'self address is not the package');
	assert.equal(failure(() => vm.load({ id: '0x0', modules: new Map([['b', bytes]]) })).kind, 'invariant', 'another name');
	for (let i = 0; i < bytes.length; i++) {
		const broken = Uint8Array.from(bytes, (byte, at) => (at === i ? byte ^ 0xff : byte));
		try {
			vm.load({ id: '0x0', modules: new Map([['a', broken]]) });
		} catch (error) {
			assert.ok(error instanceof MoveFailure && error.reason.kind === 'invariant', `byte ${i}: ${error}`);
		}
	}
	vm.unload('0x0');
});

test('a native that nobody wrote names itself when it is called', async () => {
	const source = 'module app::odd; native fun secret(): u64; public fun ask(): u64 { secret() }';
	const { modules } = await compilePackage({ files: { 'Move.toml': MANIFEST, 'sources/odd.move': source } });
	vm.load({ id: '0x0', modules });
	const reason = failure(() => vm.call({ address: '0x0', module: 'odd', function: 'ask' }, [], [], fresh(), vm.createMeter(undefined)));
	assert.deepEqual(reason, { kind: 'unsupported', feature: `native ${normalizeAddress('0x0')}::odd::secret` });
	vm.unload('0x0');
});

test('a Nitro document that the environment verified reaches Move with its fields', async () => {
	const nowMs = 77n;
	const seen: [number, bigint][] = [];
	const machine = createMoveVm({
		verifyNitroDocument: (document, at) => {
			seen.push([document.length, at]);
			if (document[0] === 2) throw Object.assign(new Error('no CBOR'), { name: 'NitroParseError' });
			if (document[0] !== 1) throw new Error('bad signature');
			const pcrs = [
				{ index: 8, value: Uint8Array.of(8) },
				{ index: 0, value: Uint8Array.of(1, 2) },
			];
			return {
				moduleId: Uint8Array.of(65),
				timestampMs: 5n,
				digest: Uint8Array.of(66),
				pcrs,
				publicKey: Uint8Array.of(9),
				userData: undefined,
				nonce: Uint8Array.of(),
			};
		},
	});
	for (const pkg of (await compileFramework()).packages) machine.load({ id: pkg.address, modules: pkg.modules });
	const context = { sender: ALICE, sponsor: undefined, digest: new Uint8Array(32), epoch: 0n, epochTimestampMs: 0n, gasPrice: 1n, gasBudget: 1n };
	const runtime = machine.createRuntime(context, { read: () => undefined });
	const clock: Cell = {
		value: machine.deserialize(parseType('0x2::clock::Clock'), Uint8Array.from([...new Array(32).fill(6), Number(nowMs), 0, 0, 0, 0, 0, 0, 0])),
	};
	const load = (bytes: readonly number[]) => {
		const attestation = machine.deserialize(parseType('vector<u8>'), Uint8Array.from([bytes.length, ...bytes]));
		const target = { address: normalizeAddress('0x2'), module: 'nitro_attestation', function: 'load_nitro_attestation' };
		return machine.call(target, [], [attestation, machine.borrow(clock, false)], runtime, machine.createMeter(undefined)).returns[0];
	};
	const document = load([1, 2, 3]);
	assert.deepEqual(seen, [[3, nowMs]]);
	assert.equal(formatType(document?.type ?? U64), `${normalizeAddress('0x2')}::nitro_attestation::NitroAttestationDocument`);
	// The document has no abilities but drop, so its fields are read as BCS: PCRs by rising index, options as vectors.
	const expected = [1, 65, 5, 0, 0, 0, 0, 0, 0, 0, 1, 66, 2, 0, 2, 1, 2, 8, 1, 8, 1, 1, 9, 0, 1, 0];
	assert.deepEqual([...machine.serialize(document?.type ?? U64, document?.cell.value)], expected);
	for (const [first, code] of [[0, 2n] as const, [2, 1n] as const]) {
		const refused = failure(() => load([first]));
		assert.ok(refused.kind === 'abort' && refused.code === code && refused.location.functionName === 'load_nitro_attestation_internal');
	}
});
