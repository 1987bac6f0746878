// `npm test`: type check, lint, then every node:test file; `--long` adds the full-length fuzz and chaos runs (`*.long.ts`).
// Prints node's own closing counts last. `npm test -- path…` runs only those files.
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
/** Nothing may hang: a test, or a file whose tests have ended, is given up after this. */
const FILE_TIMEOUT_MS = 420_000;
const LONG_FILE_TIMEOUT_MS = 3_600_000;
/** Each test file is a process, and starts others: what one has parsed and stripped of types, the next need not. The supervisor's children use the same. */
const env = { NODE_COMPILE_CACHE: join(root, '.vramhub', 'cache', 'node'), ...process.env };
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

function run(command: string, args: readonly string[]): Promise<number> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
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
// What takes longest comes first, so that nothing long is left over at the end; the first of these wait for windows and leave the cores to others meanwhile.
const LONGEST = [
	...['tests/bad-input.test.ts', 'tests/network/', 'tests/crash.test.ts', 'tests/cli.test.ts', 'tests/attacks/attacks.test.ts', 'tests/secrets.test.ts'],
	...[
		'tests/seal.test.ts',
		'tests/differential/contracts.test.ts',
		'tests/upgrade.test.ts',
		'devnet/compiler/contracts.test.ts',
		'devnet/ledger/upgrade.test.ts',
	],
];
const rank = (file: string) => {
	const place = LONGEST.findIndex((prefix) => file.startsWith(prefix));
	return place === -1 ? LONGEST.length : place;
};
const all = await find('**/*.test.ts');
const files = named.length > 0 ? named : all.toSorted((a, b) => rank(a) - rank(b));
if (long) files.push(...(await find('**/*.long.ts')));

const options = ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec', `--test-timeout=${long ? LONG_FILE_TIMEOUT_MS : FILE_TIMEOUT_MS}`];
// One more than there are cores, for those that wait.
const concurrency = availableParallelism() + 1;
process.exit(await run(process.execPath, [...options, `--test-concurrency=${concurrency}`, ...files]));
