import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONTRACT_DOCS, contractDocuments } from '../scripts/contract-docs.ts';
import { errorsDocument } from '../scripts/errors-doc.ts';

const root = join(import.meta.dirname, '..');

test('docs/errors.md is what core/errors.ts says', () => {
	assert.equal(readFileSync(join(root, 'docs/errors.md'), 'utf8'), errorsDocument());
});

test('docs/contracts/ is what the Move sources say', async () => {
	const written = Object.fromEntries(readdirSync(CONTRACT_DOCS).map((file) => [file, readFileSync(join(CONTRACT_DOCS, file), 'utf8')]));
	assert.deepEqual(written, Object.fromEntries(await contractDocuments()), 'npm run docs writes it anew');
});

test('every local link in the documents leads somewhere', () => {
	const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
	for (const file of ['README.md', 'ARCHITECTURE.md', 'contracts/README.md', ...docs.map((name) => `docs/${name}`)]) {
		for (const [, target] of readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
			assert.ok(existsSync(join(root, file, '..', target!)), `${file}: ${target}`);
		}
	}
});
