import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { workflowBundle } from '#workers/bundle.ts';

const cache = await mkdtemp(join(tmpdir(), 'vramhub-bundle-'));
after(() => rm(cache, { recursive: true, force: true }));

/** Modules of a bundle, by its inline source map: ours as `folder/file.ts`, others as their package. */
async function modulesOf(codePath: string): Promise<{ ours: string[]; packages: string[] }> {
	const code = await readFile(codePath, 'utf8');
	const map = /sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,([A-Za-z0-9+/=]+)/.exec(code);
	assert.ok(map, 'the bundle carries its source map');
	const { sources } = JSON.parse(Buffer.from(map[1]!, 'base64').toString()) as { sources: string[] };
	const ours = new Set<string>();
	const packages = new Set<string>();
	for (const source of sources) {
		const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(source);
		const own = /(?:^|\/)((?:core|runtime|model|clients|activities|workflows|workers|enclave|devnet|miner|cli)\/[\w./-]+\.m?[tj]s)$/.exec(source);
		if (dependency !== null) packages.add(dependency[1]!);
		else if (own !== null) ours.add(own[1]!);
	}
	return { ours: [...ours].sort(), packages: [...packages].sort() };
}

test('nothing rides along in the workflow bundle', async () => {
	const { codePath } = await workflowBundle(cache);
	const { ours, packages } = await modulesOf(codePath);
	assert.deepEqual(
		ours,
		[
			'core/gradient/codes.ts',
			'core/gradient/names.ts',
			'workflows/gradient/checkpoint.ts',
			'workflows/gradient/finality.ts',
			'workflows/gradient/time-limit.ts',
			'workflows/gradient/driver.ts',
			'workflows/gradient/fan-out.ts',
			'workflows/gradient/failures.ts',
			'workflows/gradient/search-attributes.ts',
			'workflows/gradient/settings.ts',
			'workflows/gradient/window.ts',
			'workflows/gradient/workflows.ts',
		].sort(),
	);
	const temporalsOwn = new Set(['long', 'ms', 'nexus-rpc']);
	assert.deepEqual(
		packages.filter((name) => !name.startsWith('@temporalio/') && !temporalsOwn.has(name)),
		[],
	);
	assert.ok(packages.includes('@temporalio/workflow'), 'the list is not empty because it could not be read');
});

test('the same sources are bundled once', async () => {
	const first = await workflowBundle(cache);
	const { mtimeMs } = await stat(first.codePath);
	const second = await workflowBundle(cache);
	assert.equal(second.codePath, first.codePath);
	assert.equal((await stat(second.codePath)).mtimeMs, mtimeMs);
});
