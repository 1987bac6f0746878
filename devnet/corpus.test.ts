import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetchCorpus, joinSpeeches } from '#devnet/corpus.ts';

test('speeches are trimmed, get Unix line ends and an order of their own, whatever the order of the files', () => {
	const speeches = ['a', 'b', 'c'].map((name) => ({ name, text: ` ${name}\r\n${name} ` }));
	// SHA-256 of "a" begins with ca, of "b" with 3e, of "c" with 2e.
	assert.equal(new TextDecoder().decode(joinSpeeches(speeches)), 'c\nc\n\nb\nb\n\na\na\n\n');
	assert.deepEqual(joinSpeeches(speeches.toReversed()), joinSpeeches(speeches));
});

test('the corpus is English text, fetched once, and fetched again when the cached file was damaged', async () => {
	const cache = await mkdtemp(join(tmpdir(), 'corpus-'));
	try {
		const corpus = await fetchCorpus(cache);
		assert.equal(corpus.text.length, 10_761_624);
		assert.match(new TextDecoder().decode(corpus.text), /four score|the state of the Union/i);
		assert.equal((await readdir(cache)).length, 1, 'nothing but the text stays');
		const written = await stat(corpus.file);
		const again = await fetchCorpus(cache);
		assert.ok(Buffer.compare(again.text, corpus.text) === 0 && again.sha256 === corpus.sha256 && again.file === corpus.file);
		assert.equal((await stat(corpus.file)).ino, written.ino);
		await appendFile(corpus.file, 'x');
		assert.equal((await fetchCorpus(cache)).sha256, corpus.sha256);
		assert.notEqual((await stat(corpus.file)).ino, written.ino);
	} finally {
		await rm(cache, { recursive: true });
	}
});

test('without npm on PATH the error names the tool', async () => {
	const cache = await mkdtemp(join(tmpdir(), 'corpus-'));
	const path = process.env.PATH;
	process.env.PATH = cache;
	try {
		await assert.rejects(fetchCorpus(cache), { code: 'MISSING_TOOL', message: /npm/ });
	} finally {
		process.env.PATH = path;
		await rm(cache, { recursive: true });
	}
});
