/**
 * What the second machine makes of dynamic fields from one command to the next, and Sui does not: the reason why generated
 * transactions leave such fields to one command (`universe.ts`). Sui's answers are read from its object runtime, which serves all
 * commands of a transaction (sui-move-natives `object_runtime/object_store.rs`, Sui 1.63).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGenerated } from './compile-generated.ts';
import { integerBytes } from './generator/types.ts';
import { createLedger, newTransaction, SENDER } from './our-machine.ts';
import { SecondMachine } from './second-machine.ts';
import { prepare } from './transaction.ts';

const PACKAGE_ID = `0x${'6'.repeat(64)}`;
const SOURCE = `module programs::fields {
	use sui::dynamic_field as df;

	public struct Holder has key, store { id: UID }

	public fun make(ctx: &mut TxContext): Holder { Holder { id: object::new(ctx) } }
	public fun add(holder: &mut Holder, value: u64) { df::add(&mut holder.id, 0u8, value) }
	public fun remove(holder: &mut Holder): u64 { df::remove(&mut holder.id, 0u8) }
	public fun write(holder: &mut Holder, value: u64): u64 { *df::borrow_mut(&mut holder.id, 0u8) = value; read(holder) }
	public fun put_back(holder: &mut Holder) { let value = remove(holder); add(holder, value) }
	public fun read(holder: &Holder): u64 { *df::borrow(&holder.id, 0u8) }
	public fun has(holder: &Holder): u64 { if (df::exists_(&holder.id, 0u8)) 1 else 0 }
	public fun tell(value: u64) { abort value }
}`;

type Call = readonly [name: 'add' | 'remove' | 'write' | 'put_back' | 'read' | 'has', value?: number];

/** What the last call returns. */
interface Case {
	readonly calls: readonly Call[];
	readonly onSui: bigint;
	readonly there: bigint;
}

const CASES: readonly Case[] = [
	// As on Sui: within a command, and what commands add and remove.
	{ calls: [['add', 5], ['read']], onSui: 5n, there: 5n },
	{
		calls: [
			['add', 5],
			['write', 8],
		],
		onSui: 8n,
		there: 8n,
	},
	{ calls: [['add', 5], ['remove'], ['has']], onSui: 0n, there: 0n },
	{ calls: [['add', 5], ['remove'], ['add', 6], ['read']], onSui: 6n, there: 6n },
	{ calls: [['add', 5], ['put_back'], ['read']], onSui: 5n, there: 5n },
	// A command that writes in place: the next ones find what was there before.
	{ calls: [['add', 5], ['write', 8], ['read']], onSui: 8n, there: 5n },
	{ calls: [['add', 5], ['write', 8], ['remove']], onSui: 8n, there: 5n },
	// A command that removes a field and puts it back: the next ones can read it, but it does not exist.
	{ calls: [['add', 5], ['put_back'], ['has']], onSui: 1n, there: 0n },
];

test('dynamic fields from one command to the next, here and on the second machine', { timeout: 300_000 }, async (t) => {
	const second = await SecondMachine.startFor(t);
	if (second === undefined) return;
	const ledger = await createLedger([await compileGenerated(PACKAGE_ID, [{ name: 'fields', source: SOURCE }])]);
	const run = async (calls: readonly Call[]) => {
		const transaction = newTransaction();
		const call = (name: string, args: Parameters<typeof transaction.moveCall>[0]['arguments']) =>
			transaction.moveCall({ target: `${PACKAGE_ID}::fields::${name}`, arguments: args });
		const holder = call('make', []);
		let last = holder;
		for (const [name, value] of calls) last = call(name, value === undefined ? [holder] : [holder, transaction.pure(integerBytes(BigInt(value), 'u64'))]);
		call('tell', [last]);
		transaction.transferObjects([holder], SENDER);
		const { ours, file } = prepare(ledger, await transaction.build(), { name: 'fields', withGas: false });
		return { ours: ours.failure, theirs: (await second.replay(file.state)).failure };
	};
	for (const { calls, onSui, there } of CASES) {
		const { ours, theirs } = await run(calls);
		const text = calls.map((call) => call.join(' ')).join('; ');
		assert.deepEqual([ours?.status, ours?.code], ['ABORTED', onSui], `here: ${text}`);
		assert.deepEqual([theirs?.status, theirs?.code], ['ABORTED', there], `on the second machine, which may have been mended: ${text}`);
	}
});
