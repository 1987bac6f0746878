import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileBesideWholeFramework, compilePackage, frameworkFolder, readFrameworkSources, readSealPackage } from '#devnet/compiler/compile.ts';
import { neededModules } from '#devnet/compiler/needed-modules.ts';

const framework = await readFrameworkSources(frameworkFolder);

test('a package needs what its words lead to, and what text uses without naming it', () => {
	const needed = (text: string) => Object.keys(neededModules(framework, [{ 'sources/a.move': text }]).suiFramework).map((path) => path.split('/').at(-1));
	const least = needed('module a::a;');
	for (const name of ['object.move', 'transfer.move', 'tx_context.move', 'Move.toml']) assert.ok(least.includes(name), name);
	for (const name of ['random.move', 'table.move']) assert.ok(!least.includes(name), name);
	assert.deepEqual(needed('module a::a; // random /* is not meant */'), least);
	const more = needed('module a::a; use sui::{random::Random, object_table::{Self, ObjectTable}};');
	for (const name of ['random.move', 'versioned.move', 'object_table.move', 'dynamic_object_field.move']) assert.ok(more.includes(name), name);
});

test('beside the modules that it needs a package compiles to the same bytes as beside all', async () => {
	const files = await readSealPackage();
	assert.deepEqual(await compilePackage({ files }), await compileBesideWholeFramework({ files }));
});
