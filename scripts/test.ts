// `npm test`: type check, lint, then every node:test file; `--long` adds the full-length fuzz and chaos runs (`*.long.ts`).
// Prints node's own closing counts last. `npm test -- path…` runs only those files.
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Nothing may hang: a test, or a file whose tests have ended, is given up after this. */
const FILE_TIMEOUT_MS = 420_000;
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

function run(command: string, args: readonly string[]): Promise<number> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
		child.on('error', reject);
		child.on('close', (code) => resolve(code ?? 1));
	});
}

async function find(pattern: string): Promise<string[]> {
	const files: string[] = [];
	for await (const file of glob(pattern, { cwd: root, exclude: (name) => name === 'node_modules' || name.startsWith('.') })) files.push(file);
	return files.sort();
}

const args = process.argv.slice(2);
const long = args.includes('--long');
const named = args.filter((argument) => !argument.startsWith('--'));

if (named.length === 0) {
	for (const [name, ...rest] of [
		['tsc', '--noEmit'],
		['biome', 'check', '--error-on-warnings'],
	] as const) {
		const code = await run(bin(name), rest);
		if (code !== 0) {
			process.stderr.write(`${name} failed\n`);
			process.exit(code);
		}
	}
}
// What starts a whole network comes first: it takes longest, and one run of everything gives one closing count.
const files =
	named.length > 0 ? named : [...(await find('tests/network/*.test.ts')), ...(await find('**/*.test.ts')).filter((file) => !file.startsWith('tests/network/'))];
if (long) files.push(...(await find('**/*.long.ts')));
const options = [
	'--disable-warning=ExperimentalWarning',
	'--test',
	`--test-concurrency=${Math.max(2, availableParallelism())}`,
	'--test-reporter=spec',
	`--test-timeout=${FILE_TIMEOUT_MS}`,
];
process.exit(await run(process.execPath, [...options, ...files]));
