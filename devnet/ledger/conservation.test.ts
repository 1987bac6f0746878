import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import type { Transaction } from '@mysten/sui/transactions';
import fc from 'fast-check';
import { coinBalance, coinTypeOf, hashOf, isSui } from '#devnet/ledger/encoding.ts';
import { netCost } from '#devnet/ledger/gas.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { type ChainObject, meteredSize, objectBytes, objectDigest } from '#devnet/ledger/objects.ts';
import { decodeEntry, encodeEntry } from '#devnet/ledger/record.ts';
import { attempt, type Playground, type Published, publishPlayground, startPlayground } from '#devnet/rpc/playground.fixture.ts';

const SUPPLY = 10_000_000_000n * 1_000_000_000n;

/** `Counter { id, value: u64, notes: Table { id, size: u64 }, purse: Balance<SUI> }`: SUI that no coin shows. */
const PURSE_OFFSET = 32 + 8 + 32 + 8;

function suiOf(object: ChainObject): bigint {
	if (object.kind !== 'move') return 0n;
	const coin = coinTypeOf(object.type);
	if (coin !== undefined && isSui(coin)) return coinBalance(object.contents);
	return object.type.kind === 'datatype' && object.type.name === 'Counter'
		? new DataView(object.contents.buffer, object.contents.byteOffset).getBigUint64(PURSE_OFFSET, true)
		: 0n;
}

/** Coins, purses, what is paid for storage, and what was spent for good. */
function allSui(ledger: Ledger): bigint {
	let total = 0n;
	for (const object of ledger.store.all()) total += suiOf(object) + object.storageRebate;
	for (const { effects } of ledger.history.range()) total += effects.outcome.cost.computationCost + effects.outcome.cost.nonRefundableStorageFee;
	return total;
}

type Step =
	| { readonly kind: 'deposit' | 'withdraw' | 'increment' | 'split'; readonly amount: number }
	| { readonly kind: 'box' | 'crate' | 'spin'; readonly amount: number };

describe('what never changes', () => {
	let playground: Playground;
	let published: Published;

	before(async () => {
		playground = await startPlayground();
		published = await publishPlayground(playground);
	});
	after(() => playground.stop());

	const add = (transaction: Transaction, { kind, amount }: Step) => {
		const call = (name: string) => `${published.packageId}::playground::${name}` as const;
		const counter = transaction.object(published.counterId);
		const keep = (object: Parameters<Transaction['transferObjects']>[0][number]) => transaction.transferObjects([object], playground.address);
		switch (kind) {
			case 'deposit':
				transaction.moveCall({ target: call('deposit'), arguments: [counter, transaction.splitCoins(transaction.gas, [amount])] });
				return;
			case 'withdraw':
				keep(transaction.moveCall({ target: call('withdraw'), arguments: [counter, transaction.pure.u64(amount)] }));
				return;
			case 'increment':
				transaction.moveCall({
					target: call('increment'),
					arguments: [counter, transaction.pure.u64(amount), transaction.pure.string('x'.repeat(amount % 50))],
				});
				return;
			case 'split':
				keep(transaction.splitCoins(transaction.gas, [amount]));
				return;
			case 'box':
				keep(transaction.moveCall({ target: call('new_box'), arguments: [transaction.pure.u64(amount)] }));
				return;
			case 'crate': {
				const box = transaction.moveCall({ target: call('new_box'), arguments: [transaction.pure.u64(amount)] });
				keep(transaction.moveCall({ target: call('pack'), arguments: [box] }));
				return;
			}
			case 'spin':
				transaction.moveCall({ target: call('spin'), arguments: [transaction.pure.u64(amount * 20)] });
				return;
			default:
				throw new TypeError(`unknown step ${kind satisfies never}`);
		}
	};

	it('the amount of SUI, whatever transactions do and however they fail', async () => {
		const { ledger } = playground.devnet;
		assert.equal(allSui(ledger), SUPPLY);
		const step = fc.record({
			kind: fc.constantFrom('deposit', 'withdraw', 'increment', 'split', 'box', 'crate', 'spin' as const),
			amount: fc.integer({ min: 1, max: 1200 }),
		});
		const outcomes = { done: 0, failed: 0 };
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), fc.constantFrom(3_000_000, 9_000_000, 500_000_000), async (steps, budget) => {
				const result = await attempt(
					playground,
					(transaction) => {
						for (const item of steps) add(transaction, item);
					},
					budget,
				);
				outcomes[result.$kind === 'Transaction' ? 'done' : 'failed']++;
				assert.equal(allSui(ledger), SUPPLY);
				const record = ledger.history.at(ledger.history.tip);
				const { balanceChanges, outcome } = record?.effects ?? assert.fail();
				if (result.$kind === 'FailedTransaction') assert.equal(balanceChanges[0]?.amount, -netCost(outcome.cost));
			}),
			{ seed: 11, numRuns: 40 },
		);
		assert.ok(outcomes.done > 5 && outcomes.failed > 5, JSON.stringify(outcomes));
	});

	it('every object has the digest that its BCS has, and the size that is paid for', () => {
		for (const object of playground.devnet.ledger.store.all()) {
			const decoded = bcs.Object.parse(objectBytes(object));
			assert.deepEqual(bcs.Object.serialize(decoded).toBytes(), objectBytes(object));
			assert.equal(objectDigest(object), hashOf('Object', objectBytes(object)));
			if (object.kind === 'move') assert.equal(decoded.data.Move?.version, object.version.toString());
			else assert.equal(decoded.data.Package?.moduleMap.size, object.modules.size);
			if (object.storageRebate > 0n) assert.equal(object.storageRebate, BigInt(meteredSize(object)) * 7600n);
		}
	});

	it('the log gives every record and object back as it was', () => {
		const { ledger } = playground.devnet;
		const written = [...ledger.store.all()];
		for (const record of ledger.history.range({ end: 31n })) {
			const entry = { kind: 'transaction', record, written: [], removed: ['0x1'], randomRound: 3n, signature: Uint32Array.of(1, 2, 3, 0xffff_ffff) } as const;
			const back = decodeEntry(encodeEntry(entry));
			assert.ok(back.kind === 'transaction');
			assert.deepEqual(back.record.effects.changed, record.effects.changed);
			assert.deepEqual(back.record.effects.outcome.cost, record.effects.outcome.cost);
			assert.deepEqual(back.record.effects.outcome.events, record.effects.outcome.events);
			assert.deepEqual(back.record.effects.outcome.failure?.failure.status, record.effects.outcome.failure?.failure.status);
			assert.equal(back.record.timestampMs, record.timestampMs);
			assert.deepEqual(back.signature, entry.signature);
		}
		const genesis = decodeEntry(encodeEntry({ kind: 'genesis', chainId: 'c', genesisTimeMs: 1n, clockOffsetMs: 2, objects: written }));
		assert.ok(genesis.kind === 'genesis');
		assert.deepEqual(genesis.objects.map(objectDigest), written.map(objectDigest));
	});
});
