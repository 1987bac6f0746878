import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBesideWholeFramework, compilePackage, readContracts } from '#devnet/compiler/compile.ts';

test('beside the modules that they need the contracts compile to the same bytes as beside all', async () => {
	const files = await readContracts();
	assert.deepEqual(await compilePackage({ files }), await compileBesideWholeFramework({ files }));
});
