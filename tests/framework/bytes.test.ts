import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
	compileFramework,
	compilePackage,
	frameworkFolder,
	type MoveFiles,
	readContracts,
	readMovePackage,
	readSealPackage,
} from '#devnet/compiler/compile.ts';
import { declarationsOf } from '#tests/framework/declarations.ts';
import { realFramework, withoutRealFramework } from '#tests/framework/real-framework.ts';

const subset = () => readMovePackage(join(import.meta.dirname, 'subset'));

/** Expands `merge_sort_by`, whose text is ours alone. */
const OTHER_TEXT = 'sorting';

test('the package that uses all of the subset compiles', async () => {
	const { modules } = await compilePackage({ files: await subset() });
	assert.deepEqual([...modules.keys()].sort(), ['collections', 'crypto', 'macros', 'money', 'numbers', 'objects', 'sorting', 'texts']);
});

test('a folder without a framework is refused', async () => {
	const { readFrameworkSources } = await import('#devnet/compiler/compile.ts');
	await assert.rejects(readFrameworkSources(join(frameworkFolder, 'seal')), { code: 'BAD_CONFIGURATION', message: /no Move package move-stdlib/ });
});

describe('against Sui’s own framework', { skip: withoutRealFramework }, () => {
	for (const [name, read] of [
		['contracts', readContracts],
		['seal', readSealPackage],
		['subset', subset],
	] satisfies [string, () => Promise<MoveFiles>][]) {
		test(`${name}: every module has the same bytes`, async (t) => {
			const files = await read();
			const ours = await compilePackage({ files });
			const real = await compilePackage({ files, framework: await realFramework() });
			assert.deepEqual([...ours.modules.keys()], [...real.modules.keys()]);
			const same = [...ours.modules].filter(([module, bytes]) => Buffer.compare(bytes, real.modules.get(module) ?? new Uint8Array()) === 0);
			const others = [...ours.modules.keys()].filter((module) => !same.some(([known]) => known === module));
			assert.deepEqual(others, name === 'subset' ? [OTHER_TEXT] : []);
			t.diagnostic(`${same.length} modules, ${same.reduce((sum, [, { length }]) => sum + length, 0)} bytes`);
		});
	}

	test('every type and every public function of the subset is declared as Sui declares it', async (t) => {
		const ours = await compileFramework();
		const real = await compileFramework(await realFramework());
		let compared = 0;
		for (const [i, { name, modules }] of ours.packages.entries()) {
			for (const [module, bytes] of modules) {
				const theirs = real.packages[i]?.modules.get(module);
				assert.ok(theirs !== undefined, `${name}::${module} is not Sui's`);
				const expected = declarationsOf(theirs);
				for (const [declared, text] of declarationsOf(bytes)) {
					assert.equal(text, expected.get(declared), `${name}::${module}::${declared}`);
					compared++;
				}
			}
		}
		assert.ok(compared > 650, `only ${compared} declarations`);
		t.diagnostic(`${compared} declarations of ${ours.packages.reduce((sum, { modules }) => sum + modules.size, 0)} modules`);
	});
});
