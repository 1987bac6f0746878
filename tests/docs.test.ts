import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorsDocument } from '../scripts/errors-doc.ts';

const root = join(import.meta.dirname, '..');

test('docs/errors.md is what core/errors.ts says', () => {
	assert.equal(readFileSync(join(root, 'docs/errors.md'), 'utf8'), errorsDocument());
});

test('every local link in the documents leads somewhere', () => {
	const devnet = readdirSync(join(root, 'docs/devnet')).map((name) => `docs/devnet/${name}`);
	for (const file of ['README.md', 'ARCHITECTURE.md', 'docs/protocol.md', 'docs/decisions.md', 'docs/operations.md', 'contracts/README.md', ...devnet]) {
		for (const [, target] of readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
			assert.ok(existsSync(join(root, file, '..', target!)), `${file}: ${target}`);
		}
	}
});
