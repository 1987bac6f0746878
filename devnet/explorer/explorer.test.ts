import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { MAX_LISTED } from '#devnet/explorer/object-view.ts';
import { attempt, type Playground, type Published, publishPlayground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

const HOSTILE = `</td><script>alert('1')</script><img src=x onerror="alert(2)">&lt;`;

let playground: Playground;
let published: Published;
let succeeded: string;
let aborted: string;

before(async () => {
	playground = await startPlayground({ accounts: 2, accountSeed: 'explorer' });
	published = await publishPlayground(playground);
	succeeded = (await increment(5, HOSTILE)).Transaction!.digest;
	aborted = (await increment(2000, 'x')).FailedTransaction!.digest;
});
after(() => playground?.stop());

function increment(by: number, note: string) {
	return attempt(playground, (transaction) => {
		transaction.moveCall({
			target: `${published.packageId}::playground::increment`,
			arguments: [transaction.object(published.counterId), transaction.pure.u64(by), transaction.pure.string(note)],
		});
	});
}

const get = (path: string, accept = 'text/html') => fetch(`${playground.devnet.url}${path}`, { headers: { accept }, redirect: 'manual' });

async function page(path: string): Promise<string> {
	const response = await get(path);
	assert.equal(response.status, 200, path);
	assert.match(response.headers.get('content-type')!, /^text\/html/);
	return response.text();
}

async function data<T>(path: string): Promise<T> {
	const response = await get(path, 'application/json');
	assert.equal(response.status, 200, path);
	return (await response.json()) as T;
}

describe('the explorer', () => {
	it('shows the chain, a failed transaction with its abort, and the instructions when asked', async () => {
		const chain = await page('/');
		for (const digest of [succeeded, aborted]) assert.ok(chain.includes(`href="/transaction/${digest}"`));
		const failed = await page(`/transaction/${aborted}`);
		assert.match(failed, /abort ETooMuch: that is too much \(source line \d+\)/);
		assert.ok(failed.includes('::playground::increment at instruction'));
		assert.ok(!failed.includes('LdU64 1000'), 'calls alone');
		assert.ok((await page(`/transaction/${aborted}?instructions=1`)).includes('LdU64 1000'));
	});

	it('shows contents by field, dynamic fields of a table inside, a package with its code, what an address owns', async () => {
		const object = await data<{ fields: { name: string; value: string }[]; versions: unknown[] }>(`/object/${published.counterId}`);
		assert.equal(object.fields.find(({ name }) => name === 'value')?.value, '5');
		assert.equal(object.versions.length, 3);
		const table = /id: (0x[0-9a-f]+), size: 1/.exec(object.fields.find(({ name }) => name === 'notes')!.value)![1]!;
		const parent = await data<{ kind: string; dynamicFields: { listed: { fields: { name: string; value: string }[] }[] } }>(`/object/${table}`);
		assert.equal(parent.kind, 'parent');
		assert.equal(parent.dynamicFields.listed[0]!.fields.find(({ name }) => name === 'value')!.value, JSON.stringify(HOSTILE));
		assert.match(await page(`/object/${table}`), /Parent of dynamic fields/);
		assert.ok((await page(`/object/${published.packageId}`)).includes(`/object/${published.packageId}/playground`));
		assert.match(await page(`/object/${published.packageId}/playground`), /BrFalse/);
		assert.match(await page(`/address/${playground.devnet.accounts[0]!.address}`), /1000 SUI/);
	});

	it('escapes what a transaction carries, wherever it is shown', async () => {
		for (const path of [`/transaction/${succeeded}`, `/transaction/${succeeded}?instructions=1`, `/object/${published.counterId}`]) {
			const text = await page(path);
			assert.doesNotMatch(text, /<script|<img/, path);
		}
		assert.ok((await page(`/transaction/${succeeded}`)).includes('&lt;script&gt;'), 'it was shown');
		const unknown = await get(`/transaction/${encodeURIComponent(HOSTILE)}`);
		assert.equal(unknown.status, 404);
		assert.doesNotMatch(await unknown.text(), /<script|<img/);
		const sought = await get(`/search?q=${encodeURIComponent(`${HOSTILE}\r\nx: y`)}`);
		assert.equal(sought.status, 302);
		assert.match(sought.headers.get('location')!, /^\/transaction\/[^<>\r\n]*$/);
	});

	it('finds what is typed', async () => {
		const placeOf = async (q: string) => (await get(`/search?q=${encodeURIComponent(q)}`)).headers.get('location');
		assert.equal(await placeOf(` ${succeeded} `), `/transaction/${succeeded}`);
		assert.equal(await placeOf(published.counterId), `/object/${published.counterId}`);
		assert.equal(await placeOf(playground.address), `/address/${playground.address}`);
	});

	it('names what is not there and what is not understood', async () => {
		for (const [path, status, code] of [
			[`/object/0x${'9'.repeat(64)}`, 404, 'CHAIN_OBJECT_MISSING'],
			['/object/nonsense', 400, 'BAD_ARGUMENT'],
			[`/object/${published.packageId}/nonsense`, 404, 'CHAIN_OBJECT_MISSING'],
			[`/transaction/${succeeded}/trace?limit=1e9`, 400, 'BAD_ARGUMENT'],
		] as const) {
			const response = await get(path, 'application/json');
			assert.equal(response.status, status, path);
			assert.equal(((await response.json()) as { error: { code: string } }).error.code, code);
		}
		assert.equal((await get('/transaction')).status, 404);
	});

	it('lists at most so many', async () => {
		await run(playground, (transaction) => {
			for (let i = 0; i < MAX_LISTED + 20; i++) transaction.transferObjects([transaction.splitCoins(transaction.gas, [1])], '0xbeef');
		});
		const owned = await data<{ total: number; objects: unknown[] }>('/address/0xbeef');
		assert.deepEqual([owned.total, owned.objects.length], [MAX_LISTED + 20, MAX_LISTED]);
		const { events, omitted } = await data<{ events: unknown[]; omitted: { count: number } }>(`/transaction/${succeeded}/trace?instructions&limit=20`);
		assert.equal(events.length, 20);
		assert.ok(omitted.count > 50);
	});

	it('traces a dry run, which keeps nothing', async () => {
		// Of a transaction that was executed, without its payment: a dry run makes up a coin.
		const { digest } = (await attempt(playground, (transaction) => void transaction.moveCall({ target: `${published.packageId}::playground::overflow` })))
			.FailedTransaction!;
		const executed = bcs.TransactionData.parse(playground.devnet.ledger.transaction(digest)!.bytes);
		executed.V1!.gasData.payment = [];
		const bytes = bcs.TransactionData.serialize(executed).toBytes();
		const before = playground.devnet.ledger.history.tip;
		const response = await fetch(`${playground.devnet.url}/trace`, {
			method: 'POST',
			body: JSON.stringify({ transaction: Buffer.from(bytes).toString('base64'), detail: 'instructions' }),
		});
		const { success, events } = (await response.json()) as { success: boolean; events: { kind: string; message?: string; text?: string }[] };
		assert.equal(success, false);
		assert.deepEqual([events.at(-1)?.kind, events.at(-1)?.text, events.at(-2)?.text], ['failure', 'Add', 'Add']);
		assert.match(events.at(-1)!.message!, /ARITHMETIC_ERROR/);
		assert.equal(playground.devnet.ledger.history.tip, before);
		assert.equal((await fetch(`${playground.devnet.url}/trace`, { method: 'POST', body: '{"transaction":"AAAA"}' })).status, 400);
		assert.equal((await fetch(`${playground.devnet.url}/trace`, { method: 'POST', body: 'x' })).status, 400);
	});
});
