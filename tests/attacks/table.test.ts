import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const document = readFileSync(join(root, 'docs/security.md'), 'utf8');

interface Proof {
	readonly attack: string;
	readonly title: string;
	readonly file: string;
}

/** `[title](../file)` */
const PROOF = /\[([^\]]+)\]\(\.\.\/([^)]+)\)/g;

/** The rows of tables with a column `Tests`: `| attack | what stops it | [title](../file), … |`. */
function rows(): { readonly attack: string; readonly proofs: readonly Proof[] }[] {
	const found = [];
	let isTable = false;
	for (const line of document.split('\n')) {
		const cells = line.split('|').map((cell) => cell.trim());
		if (cells.length < 5) isTable = false;
		else if (cells[3] === 'Tests') isTable = true;
		else if (isTable && !/^-+$/.test(cells[1]!)) {
			const attack = cells[1]!;
			const proofs = [...cells[3]!.matchAll(PROOF)].map(([, title, file]) => ({ attack, title: title!, file: file! }));
			found.push({ attack, proofs });
		}
	}
	return found;
}

/** Titles of the tests in a TypeScript file, or names of the functions in a Move file. */
function titlesIn(file: string): Set<string> {
	const text = readFileSync(join(root, file), 'utf8');
	const pattern = file.endsWith('.move') ? /\bfun (\w+)\(/g : /\btest\(\s*'([^']+)'/g;
	return new Set([...text.matchAll(pattern)].map(([, title]) => title!));
}

test('every attack of the table names tests, and every test that it names is there', () => {
	const table = rows();
	assert.ok(table.length > 30, `${table.length} rows were read`);
	for (const { attack, proofs } of table) {
		assert.ok(proofs.length > 0, `${attack}: no test`);
		for (const { title, file } of proofs) {
			assert.ok(existsSync(join(root, file)), `${attack}: ${file} is not there`);
			assert.ok(titlesIn(file).has(title), `${attack}: ${file} has no test “${title}”`);
		}
	}
});

test('every attack of the suite is in the document', () => {
	const files = globSync('tests/attacks/*.{attacks,long}.ts', { cwd: root });
	assert.ok(files.length >= 5, `${files.length} files were read`);
	const named = new Set([...document.matchAll(PROOF)].map(([, title, file]) => `${file}: ${title}`));
	const missing = files.flatMap((file) => [...titlesIn(file)].map((title) => `${file}: ${title}`)).filter((title) => !named.has(title));
	assert.deepEqual(missing, []);
});

test('every part of the suite is run by it', () => {
	const runner = readFileSync(join(root, 'tests/attacks/attacks.test.ts'), 'utf8');
	for (const file of globSync('tests/attacks/*.attacks.ts', { cwd: root })) assert.ok(runner.includes(`'#${file}'`), file);
});

test('a row without its test, and a test without its row, are found', () => {
	assert.ok(!titlesIn('tests/attacks/scores.attacks.ts').has('there is no such test'));
	assert.ok(titlesIn('tests/attacks/table.test.ts').has('every attack of the suite is in the document'));
});
