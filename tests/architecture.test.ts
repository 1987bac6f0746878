import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const CORE_PACKAGES = new Set(['@mysten/bcs', '@noble/hashes', '@noble/ed25519', 'cbor-x']);

interface Room {
	readonly mayImport: ReadonlySet<string> | 'anything';
}

function readRooms(): Map<string, Room> {
	const rooms = new Map<string, Room>();
	for (const line of readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').split('\n')) {
		const cells = line.split('|').map((cell) => cell.trim());
		if (!cells[1]?.startsWith('`')) continue;
		for (const name of cells[1].matchAll(/`(\w+)\/`/g)) {
			const allowed = cells[3] ?? '';
			rooms.set(name[1]!, {
				mayImport:
					allowed === 'anything'
						? 'anything'
						: new Set(
								allowed
									.split(',')
									.map((word) => word.trim())
									.filter((word) => /^\w+$/.test(word)),
							),
			});
		}
	}
	return rooms;
}

const IMPORT = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|(?<![\w.])import\(\s*['"]([^'"]+)['"]/g;

/** The imports of one source text, types apart from values. */
export function importsOf(source: string): { readonly specifier: string; readonly typeOnly: boolean }[] {
	return [...source.matchAll(IMPORT)].map((match) => ({ specifier: (match[3] ?? match[4])!, typeOnly: match[2] !== undefined }));
}

/** Why this import may not stand in that file, or undefined. */
export function objection(
	rooms: ReadonlyMap<string, Room>,
	file: string,
	entry: { readonly specifier: string; readonly typeOnly: boolean },
): string | undefined {
	const from = file.split('/')[0]!;
	const room = rooms.get(from);
	if (room === undefined) return `${from}/ is not a room of ARCHITECTURE.md`;
	if (room.mayImport === 'anything') return undefined;
	const { specifier } = entry;
	let to: string;
	if (specifier.startsWith('#')) to = specifier.slice(1).split('/')[0]!;
	else if (specifier.startsWith('.')) to = join(dirname(file), specifier).split(sep)[0]!;
	else {
		if (from !== 'core' || file.endsWith('.test.ts')) return undefined;
		const name = specifier
			.split('/')
			.slice(0, specifier.startsWith('@') ? 2 : 1)
			.join('/');
		return CORE_PACKAGES.has(name) ? undefined : `core/ may not use ${specifier}`;
	}
	if (to === from) return undefined;
	if (from === 'workflows' && to === 'activities' && !entry.typeOnly && !file.endsWith('.test.ts')) return 'workflows/ take activities as types only';
	return room.mayImport.has(to) ? undefined : `${from}/ may not import ${to}/`;
}

test('every import follows the table of ARCHITECTURE.md', async () => {
	const rooms = readRooms();
	assert.ok(rooms.size >= 12, 'the table was read');
	const wrong: string[] = [];
	let files = 0;
	for await (const path of glob('*/**/*.{ts,mjs}', { cwd: root, exclude: (name) => name === 'node_modules' || name.startsWith('.') })) {
		const file = relative(root, join(root, path)).split(sep).join('/');
		if (file.startsWith('node_modules/') || file.startsWith('.')) continue;
		files++;
		for (const entry of importsOf(readFileSync(join(root, file), 'utf8'))) {
			const why = objection(rooms, file, entry);
			if (why !== undefined) wrong.push(`${file}: ${entry.specifier}: ${why}`);
		}
	}
	assert.ok(files > 10, 'files were read');
	assert.deepEqual(wrong, []);
});

test('the rule itself refuses what it should', () => {
	const rooms = readRooms();
	const value = (specifier: string) => ({ specifier, typeOnly: false });
	assert.ok(objection(rooms, 'core/x.ts', value('node:fs')));
	assert.ok(objection(rooms, 'core/x.ts', value('#runtime/files.ts')));
	assert.ok(objection(rooms, 'core/x.ts', value('../runtime/files.ts')));
	assert.ok(objection(rooms, 'workflows/x.ts', value('#activities/y.ts')));
	assert.ok(objection(rooms, 'somewhere/x.ts', value('node:fs')));
	assert.equal(objection(rooms, 'workflows/x.ts', { specifier: '#activities/y.ts', typeOnly: true }), undefined);
	assert.equal(objection(rooms, 'runtime/x.ts', value('#core/bytes.ts')), undefined);
	assert.deepEqual(importsOf("import { a } from '#core/a.ts';\nimport type { B } from './b.ts';\nconst c = await import('node:fs');"), [
		{ specifier: '#core/a.ts', typeOnly: false },
		{ specifier: './b.ts', typeOnly: true },
		{ specifier: 'node:fs', typeOnly: false },
	]);
});
