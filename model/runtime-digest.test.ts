import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CPU_CLASS, cpuClass, cpuClassOf, runtimeBinaryFolder, runtimeHash } from '#model/runtime-digest.ts';
import { SESSION_OPTIONS } from '#model/session.ts';

test('the CPU class follows the listed features', () => {
	assert.equal(cpuClassOf('processor: 0\nflags\t\t: fpu sse2 avx\n'), CPU_CLASS.x86);
	assert.equal(cpuClassOf('flags : fpu avx2\n'), CPU_CLASS.x86);
	assert.equal(cpuClassOf('flags : fma avx2 sse\n'), CPU_CLASS.x86Fma);
	assert.equal(cpuClassOf('flags : fma avx2 avx512f\n'), CPU_CLASS.x86Fma);
	assert.equal(cpuClassOf('flags : fma avx2 avx512f avx512bw avx512dq avx512vl\n'), CPU_CLASS.x86Avx512);
	assert.equal(cpuClassOf('Features\t: fp asimd evtstrm\n'), CPU_CLASS.armNeon);
	assert.equal(cpuClassOf('Features\t: swp half\n'), CPU_CLASS.unknown);
	assert.equal(cpuClassOf(''), CPU_CLASS.unknown);
	assert.ok(Object.values(CPU_CLASS).includes(cpuClass()));
});

test('the runtime hash is that of its written definition, and changes with the graph and with each native file', async () => {
	const folder = await mkdtemp(join(tmpdir(), 'runtime-'));
	try {
		await writeFile(join(folder, 'b.so'), 'native');
		await writeFile(join(folder, 'a.node'), 'binding');
		const hash = createHash('sha256');
		for (const part of ['vramhub-runtime-1', 'graph', JSON.stringify(SESSION_OPTIONS), 'a.node', 'binding', 'b.so', 'native']) {
			const length = Buffer.alloc(4);
			length.writeUInt32BE(Buffer.byteLength(part));
			hash.update(length).update(part);
		}
		const graph = new TextEncoder().encode('graph');
		assert.deepEqual(Buffer.from(await runtimeHash(graph, folder)), hash.digest());
		const seen = new Set([
			Buffer.from(await runtimeHash(graph, folder)).toString('hex'),
			Buffer.from(await runtimeHash(graph.subarray(1), folder)).toString('hex'),
		]);
		await writeFile(join(folder, 'b.so'), 'natiwe');
		seen.add(Buffer.from(await runtimeHash(graph, folder)).toString('hex'));
		assert.equal(seen.size, 3);
	} finally {
		await rm(folder, { recursive: true });
	}
	assert.equal((await runtimeHash(new Uint8Array(), runtimeBinaryFolder())).length, 32);
});
