import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { RecentHistory } from '#devnet/ledger/history.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { SupersededVersions } from '#devnet/ledger/superseded.ts';
import { type Playground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

describe('the newest transactions', () => {
	let playground: Playground;
	before(async () => {
		playground = await startPlayground();
		for (let i = 0; i < 6; i++) await run(playground, (transaction) => transaction.transferObjects([transaction.gas], playground.address));
	});
	after(() => playground.stop());

	it('a full history forgets its oldest record for each new one', () => {
		const records = [...playground.devnet.ledger.history.range()];
		assert.ok(records.length >= 7);
		const history = new RecentHistory(4);
		const digests = (found: Iterable<TransactionRecord>) => [...found].map(({ digest }) => digest);
		for (const [index, record] of records.entries()) {
			assert.equal(history.lowest, index > 4 ? BigInt(index - 3) : 0n);
			history.append({ kind: 'transaction', record, written: [], removed: [], randomRound: 0n, signature: new Uint32Array(4) });
			const kept = records.slice(Math.max(0, index - 3), index + 1);
			assert.deepEqual(digests(history.range()), digests(kept));
			assert.deepEqual(digests(history.range({ descending: true })), digests([...kept].reverse()));
			for (const old of records.slice(0, Math.max(0, index - 3))) {
				assert.equal(history.byDigest(old.digest), undefined);
				assert.equal(history.at(old.checkpoint), undefined);
				assert.equal(history.byCheckpointDigest(old.checkpointDigest), undefined);
			}
			for (const one of kept) {
				assert.equal(history.byDigest(one.digest), one);
				assert.equal(history.at(one.checkpoint), one);
				assert.equal(history.byCheckpointDigest(one.checkpointDigest), one);
			}
		}
		const tip = history.tip;
		assert.deepEqual(digests(history.range({ from: tip - 1n, end: tip })), digests(records.slice(-2, -1)));
		assert.deepEqual(digests(history.range({ from: tip + 1n })), []);
		assert.equal(history.at(tip + 1n), undefined);
	});

	it('a client is told where the history of a pruned chain begins, and finds nothing before', async () => {
		const pruned = await startPlayground({ retainedTransactions: 2 });
		try {
			const digests: string[] = [];
			for (let i = 0; i < 3; i++) digests.push((await run(pruned, (transaction) => transaction.transferObjects([transaction.gas], pruned.address))).digest);
			const { response } = await pruned.client.ledgerService.getServiceInfo({});
			assert.deepEqual([response.lowestAvailableCheckpoint, response.checkpointHeight], [3n, 4n]);
			await assert.rejects(pruned.client.core.getTransaction({ digest: digests[0] ?? '' }), /not found/i);
			const kept = await pruned.client.core.getTransaction({ digest: digests[1] ?? '' });
			assert.equal(kept.Transaction?.digest, digests[1]);
		} finally {
			await pruned.stop();
		}
	});

	it('old versions of objects are remembered up to a budget of bytes, the newest of them', () => {
		const { ledger } = playground.devnet;
		const coin = ledger.store.ownedBy(playground.address)[0] ?? assert.fail();
		const before = coin.version - 1n;
		assert.equal(ledger.object(coin.id, before)?.version, before);
		assert.equal(ledger.object(coin.id, coin.version), coin);
		assert.equal(ledger.object(coin.id, coin.version + 1n), undefined);

		const versions = new SupersededVersions();
		const large = (version: bigint): MoveObject => ({ ...coin, version, contents: new Uint8Array(250 * 1024) });
		for (let version = 1n; version <= 400n; version++) versions.add(large(version));
		const kept = Array.from({ length: 400 }, (_, i) => BigInt(i + 1)).filter((version) => versions.get(coin.id, version) !== undefined);
		assert.ok(kept.length > 100 && kept.length * 250 * 1024 <= 32 * 1024 * 1024, `${kept.length} versions of 250 KiB`);
		assert.equal(kept[0], BigInt(400 - kept.length + 1));
	});
});
