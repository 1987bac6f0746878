import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import { createLogger } from '#runtime/log.ts';
import { blobFile, blobsFolder, checkpointsFolder } from '#runtime/state-folder.ts';
import { forget, keepHouse, keptWindows } from '#workers/housekeeping.ts';

const WINDOW_MS = 600_000n;
const values = defaultHparamValues({ max_merge_windows: 6n, checkpoint_frequency: 3n });

async function folder(t: TestContext): Promise<string> {
	const made = await mkdtemp(join(tmpdir(), 'vramhub-house-'));
	t.after(() => rm(made, { recursive: true }));
	return made;
}

/** Empty, written this long ago. */
async function aged(path: string, ageMs: number): Promise<void> {
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, '');
	const then = new Date(Date.now() - ageMs);
	await utimes(path, then, then);
}

test('what is older goes, all but the latest; a folder that is not there is empty', async (t) => {
	const place = await folder(t);
	for (const age of [1, 2, 3, 4, 5]) await aged(join(place, `${age}`), age * 60_000);
	await mkdir(join(place, 'inner'));
	assert.equal(await forget(place, Date.now() - 150_000, 4), 1);
	assert.deepEqual((await readdir(place)).sort(), ['1', '2', '3', '4', 'inner']);
	assert.equal(await forget(place, Date.now() - 150_000, 0), 2);
	assert.deepEqual((await readdir(place)).sort(), ['1', '2', 'inner']);
	assert.equal(await forget(join(place, 'nowhere'), Date.now(), 0), 0);
});

test('gradients stay as long as they may be merged, and the latest checkpoints longer', async (t) => {
	const data = await folder(t);
	const keptMs = Number(keptWindows(values) * WINDOW_MS);
	assert.equal(keptMs, 16 * 600_000);
	await aged(blobFile(data, 1, 'young'), keptMs - 60_000);
	await aged(blobFile(data, 1, 'old'), keptMs + 60_000);
	await aged(blobFile(data, 2, 'of-another'), keptMs + 60_000);
	for (const age of [1, 2, 3, 4, 5]) await aged(join(checkpointsFolder(data, 1), `${age}`), keptMs + age * 60_000);
	const stop = new AbortController();
	const lines: string[] = [];
	const log = createLogger({
		target: 'test',
		level: 'debug',
		write: (line) => {
			lines.push(line);
			stop.abort();
		},
	});
	const chain = {
		clockMs: async () => 5n * WINDOW_MS,
		network: async () => ({ id: '0x1', windowDurationMs: WINDOW_MS }),
		hparamsAt: async () => ({ version: 1, values, modelManifestHash: new Uint8Array(32), datasetRoot: new Uint8Array(32) }),
	};
	await keepHouse({ data, validatorUid: 1, chain, log }, stop.signal);
	assert.match(lines.join(''), /Old files removed blobs=1 checkpoints=1/);
	assert.deepEqual(await readdir(blobsFolder(data, 1)), ['young']);
	assert.deepEqual(await readdir(blobsFolder(data, 2)), ['of-another']);
	assert.deepEqual((await readdir(checkpointsFolder(data, 1))).sort(), ['1', '2', '3', '4']);
});
