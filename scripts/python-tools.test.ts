import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensurePythonModule, ensurePythonTool, PYTHON_TOOLS } from './python-tools.mjs';

const TOOL = {
	name: 'vramhub-no-such-tool',
	requirement: 'no-such-tool==1.2.3',
	binary: 'bin/tool',
	variable: 'VRAMHUB_TEST_TOOL_BIN',
	sha256: 'ab'.repeat(32),
};

/** A checkout's tools folder, and a stand-in for `python3` that runs this shell text; `$TARGET` is where pip is told to install to. */
async function withPython(t: TestContext, script: string) {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub tools '));
	const python = join(folder, 'python');
	const toolsFolder = join(folder, 'tools');
	await writeFile(
		python,
		`#!/bin/sh\nlog="${folder}/calls"\nwhile [ $# -gt 0 ]; do echo "$1" >> "$log"; case "$1" in --target) TARGET="$2";; -r) cat "$2" >> "$log";; esac; shift; done\n${script}\n`,
	);
	await chmod(python, 0o755);
	process.env.VRAMHUB_PYTHON = python;
	t.after(async () => {
		delete process.env.VRAMHUB_PYTHON;
		delete process.env[TOOL.variable];
		await rm(folder, { recursive: true, force: true });
	});
	return { folder, toolsFolder, ensure: () => ensurePythonTool({ ...TOOL, toolsFolder }) };
}

const INSTALL = 'mkdir -p "$TARGET/bin" && echo tool > "$TARGET/bin/tool" && chmod +x "$TARGET/bin/tool"';

test('installs the pinned wheel once, whoever asks at the same time', async (t) => {
	const { folder, toolsFolder, ensure } = await withPython(t, INSTALL);
	const paths = await Promise.all([ensure(), ensure(), ensure()]);
	assert.deepEqual(new Set(paths), new Set([join(toolsFolder, 'vramhub-no-such-tool-1.2.3/bin/tool')]));
	assert.deepEqual(await readdir(toolsFolder), ['vramhub-no-such-tool-1.2.3'], 'nothing is left over');
	const calls = await readFile(join(folder, 'calls'), 'utf8');
	assert.match(calls, /--require-hashes/);
	assert.match(calls, new RegExp(`no-such-tool==1.2.3 --hash=sha256:${TOOL.sha256}`));
	await ensure();
	assert.equal(await readFile(join(folder, 'calls'), 'utf8'), calls, 'an installed tool is not installed again');
});

test('repairs a folder without the binary', async (t) => {
	const { toolsFolder, ensure } = await withPython(t, INSTALL);
	await mkdir(join(toolsFolder, 'vramhub-no-such-tool-1.2.3/bin'), { recursive: true });
	assert.equal(await readFile(await ensure(), 'utf8'), 'tool\n');
});

test('says in one sentence what is missing and how to provide it', async (t) => {
	const { toolsFolder, ensure } = await withPython(t, 'echo "ERROR: no matching distribution" >&2; exit 1');
	await assert.rejects(ensure(), (error: Error & { code: string }) => {
		assert.equal(error.code, 'MISSING_TOOL');
		assert.match(error.message, /no-such-tool==1\.2\.3.*no matching distribution.*PATH.*VRAMHUB_TEST_TOOL_BIN/);
		return true;
	});
	assert.deepEqual(await readdir(toolsFolder), []);
	process.env.VRAMHUB_PYTHON = '/nowhere/python3';
	await assert.rejects(ensure(), /ENOENT.*PATH/);
});

test('an explicit choice is used, and a wrong one is not passed over', async (t) => {
	const { ensure } = await withPython(t, INSTALL);
	process.env[TOOL.variable] = process.execPath;
	assert.equal(await ensure(), process.execPath);
	process.env[TOOL.variable] = '/nowhere/tool';
	await assert.rejects(ensure(), /VRAMHUB_TEST_TOOL_BIN names \/nowhere\/tool/);
});

test('the command', () => {
	const main = join(import.meta.dirname, 'python-tools.mjs');
	const run = (args: string[], env = {}) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
	assert.equal(run(['weed'], { [PYTHON_TOOLS.weed.variable!]: process.execPath }).stdout, `${process.execPath}\n`);
	assert.equal(run(['other']).status, 2);
	assert.equal(run(['weed'], { [PYTHON_TOOLS.weed.variable!]: '/nowhere' }).status, 5);
});

test('an extension module is installed for the Python that will import it', async (t) => {
	const { toolsFolder } = await withPython(
		t,
		'case "$TARGET" in "") echo cpython-399;; *) mkdir -p "$TARGET/nothing" && touch "$TARGET/nothing/__init__.py";; esac',
	);
	const wheel = { name: 'nothing', requirement: 'nothing==1.2.3', module: 'nothing', sha256: 'ab'.repeat(32), toolsFolder };
	const [first, second] = await Promise.all([ensurePythonModule(wheel), ensurePythonModule(wheel)]);
	assert.deepEqual(first, { python: process.env.VRAMHUB_PYTHON, path: join(toolsFolder, 'nothing-1.2.3-cpython-399') });
	assert.deepEqual(second, first);
	assert.deepEqual(await readdir(toolsFolder), ['nothing-1.2.3-cpython-399']);
	await assert.rejects(ensurePythonModule({ ...wheel, module: 'other' }), { code: 'MISSING_TOOL', message: /has no other.__init__\.py.*VRAMHUB_PYTHON/ });
	process.env.VRAMHUB_PYTHON = '/nowhere/python3';
	await assert.rejects(ensurePythonModule(wheel), { code: 'MISSING_TOOL', message: /does not run/ });
});
