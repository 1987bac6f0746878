/** Every error of the contracts is met by a Move test that expects it, from that module. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContracts } from '#devnet/compiler/compile.ts';
import { readMoveModule } from '../scripts/move-source.ts';

const EXPECTED = /expected_failure\(abort_code = (?:vramhub::)?(\w+::E\w+)\)/g;

test('the Move tests end in every error that the sources declare', async (t) => {
	const files = await readContracts({ tests: true });
	const texts = (folder: string) => Object.entries(files).flatMap(([path, text]) => (path.startsWith(folder) ? [text] : []));
	const declared = texts('sources/').flatMap((text) => {
		const { name, errors } = readMoveModule(text);
		assert.equal(errors.length, text.split('#[error]').length - 1, `all errors of ${name} were read`);
		return errors.map((error) => `${name}::${error.name}`);
	});
	const expected = new Set(texts('tests/').flatMap((text) => [...text.matchAll(EXPECTED)].map(([, error]) => error!)));
	assert.ok(declared.length > 100);
	assert.deepEqual(
		declared.filter((error) => !expected.has(error)),
		[],
	);
	t.diagnostic(`${declared.length} of ${declared.length} errors`);
});
