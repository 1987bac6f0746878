import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { FileStore } from '#enclave/files.ts';

const file = (fill: number, length = 40) => new Uint8Array(length).fill(fill);
const name = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
async function* parts(bytes: Uint8Array) {
	for (let i = 0; i < bytes.length; i += 16) yield bytes.subarray(i, i + 16);
}

test('keeps files by digest within its bound, the recently used ones', async () => {
	const store = new FileStore(100);
	const [a, b, c] = [file(1), file(2), file(3)];
	await store.put(name(a), parts(a));
	await store.put(name(b), parts(b));
	assert.deepEqual(store.get(name(a)), a);
	await store.put(name(c), parts(c));
	assert.equal(store.get(name(b)), undefined);
	assert.deepEqual([store.get(name(a)), store.get(name(c))], [a, c]);
	await store.put(name(c), parts(c));
	await store.put(name(b), parts(b));
	assert.deepEqual(store.get(name(c)), c);
	assert.equal(store.get(name(a)), undefined);
});

test('a deleted file makes room, once', async () => {
	const store = new FileStore(100);
	const [a, b, c] = [file(1), file(2), file(3)];
	for (const each of [a, b]) await store.put(name(each), parts(each));
	store.delete(name(a));
	store.delete(name(a));
	assert.equal(store.get(name(a)), undefined);
	await store.put(name(c), parts(c));
	assert.deepEqual([store.get(name(b)), store.get(name(c))], [b, c]);
	await store.put(name(a), parts(a));
	assert.equal(store.get(name(b)), undefined);
});

test('keeps nothing of a file with another digest', async () => {
	const store = new FileStore(100);
	await assert.rejects(store.put(name(file(1)), parts(file(2))), { code: 'BAD_ARGUMENT' });
	assert.equal(store.get(name(file(1))), undefined);
	assert.equal(store.get(name(file(2))), undefined);
});
