import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEnv, promisify } from 'node:util';
import { loadConfiguration, SETTING_NAMES, SETTINGS } from '#runtime/configuration.ts';

const root = join(import.meta.dirname, '..');
const infra = (name: string) => join(root, 'infra', name);
const HOME = '/opt/vram-hub/';
const run = promisify(execFile);

/** systemd.syntax(7), as far as a simple service uses it: sections, `Key=value`, comments. Throws at any other line. */
function parseUnit(text: string): Record<string, Record<string, string[]>> {
	const unit: Record<string, Record<string, string[]>> = {};
	let section: Record<string, string[]> | undefined;
	for (const line of text.split('\n')) {
		if (line === '' || /^[#;]/.test(line)) continue;
		const heading = /^\[(\w+)\]$/.exec(line);
		if (heading !== null) {
			section = {};
			unit[heading[1]!] = section;
			continue;
		}
		const entry = /^([A-Z]\w*)=(.*)$/.exec(line);
		assert.ok(entry !== null && section !== undefined, `not a line of a unit: ${line}`);
		section[entry[1]!] = [...(section[entry[1]!] ?? []), entry[2]!];
	}
	return unit;
}

for (const [name, after, program] of [
	['vram-validator.service', 'network.target', 'workers/validator-main.ts'],
	['vram-aggregator.service', 'network.target vram-validator.service', 'workers/aggregator-main.ts'],
] as const) {
	test(`${name} starts what is there`, () => {
		const { Unit, Service, Install } = parseUnit(readFileSync(infra(name), 'utf8'));
		assert.deepEqual(Unit!.After, [after]);
		const [command, ...args] = Service!.ExecStart![0]!.split(' ');
		assert.equal(command, `${HOME}node_modules/.bin/node`);
		assert.deepEqual(args, [`${HOME}${program}`]);
		for (const file of [command!, ...args]) assert.ok(existsSync(join(root, file.slice(HOME.length))), file);
		assert.deepEqual(
			[Service!.Type, Service!.User, Service!.WorkingDirectory, Service!.EnvironmentFile, Service!.Restart, Service!.RestartSec],
			[['simple'], ['vram'], ['/opt/vram-hub'], ['/opt/vram-hub/.env'], ['on-failure'], ['10']],
		);
		assert.deepEqual(Install!.WantedBy, ['multi-user.target']);
	});
}

test('env.example has every setting, its default, and nothing else', () => {
	const text = readFileSync(infra('env.example'), 'utf8');
	const values = parseEnv(text);
	assert.deepEqual(Object.keys(values).sort(), [...SETTING_NAMES].sort());
	for (const name of SETTING_NAMES) {
		const { brief, ...setting } = SETTINGS[name] as { brief: string; default?: string };
		assert.equal(values[name], setting.default ?? '', name);
		assert.ok(text.includes(`# ${brief}`), `${name}: the comment is its description`);
	}
	assert.deepEqual(loadConfiguration({ environment: {}, envFile: infra('env.example') }).unknown, []);
});

test('start-enclave.sh runs the enclave, then carries TCP into its vsock', async () => {
	const script = infra('start-enclave.sh');
	await run('bash', ['-n', script]);
	const bin = await mkdtemp(join(tmpdir(), 'vramhub-infra-'));
	try {
		const calls = join(bin, 'calls');
		// What the script calls needs a Nitro host; here its command lines are what is looked at.
		for (const tool of ['nitro-cli', 'socat']) {
			await writeFile(join(bin, tool), `#!/bin/bash\necho "${tool} $*" >> '${calls}'\n`);
			await chmod(join(bin, tool), 0o755);
		}
		await run(script, { env: { PATH: `${bin}:${process.env.PATH}` } });
		assert.deepEqual((await readFile(calls, 'utf8')).trim().split('\n'), [
			'nitro-cli run-enclave --eif-path /opt/vram-hub/vram-nautilus.eif --memory 4096 --cpu-count 2 --enclave-cid 16',
			'socat TCP-LISTEN:3000,bind=127.0.0.1,reuseaddr,fork VSOCK-CONNECT:16:3000',
		]);
	} finally {
		await rm(bin, { recursive: true });
	}
});
