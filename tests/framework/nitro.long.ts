import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, positionsOf, REAL_DOCUMENTS } from '#tests/framework/nitro-documents.ts';

/** Each bit of each byte: 8 × 13.5 kB, a few minutes. No position is left out: none carries no meaning. */
for (const document of REAL_DOCUMENTS) {
	test(`${document.name}: no bit can be changed`, (t) => {
		const differences = [1, 2, 4, 8, 16, 32, 64, 128];
		assert.deepEqual([...accepted(document, positionsOf(document.bytes, 1), differences)], []);
		t.diagnostic(`${document.bytes.length * differences.length} changed documents refused`);
	});
}
