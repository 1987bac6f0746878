import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** Opens a session in this process and another in a pool's thread. */
const PROGRAM = `
	const { gptForwardGraph } = await import(${JSON.stringify(join(import.meta.dirname, 'gpt.ts'))});
	const { ModelSession } = await import(${JSON.stringify(join(import.meta.dirname, 'session.ts'))});
	const { ModelPool } = await import(${JSON.stringify(join(import.meta.dirname, 'pool.ts'))});
	const { parameterCount } = await import(${JSON.stringify(join(import.meta.dirname, '../core/gradient/manifest.ts'))});
	const graph = gptForwardGraph({ vocabulary: 256, context: 4, width: 8, layers: 1, heads: 1 }, 1);
	if (process.argv.at(-1) === 'session') await ModelSession.open(graph);
	else {
		const pool = new ModelPool({ graph, threads: 1 });
		await pool.evaluateLoss(new Float32Array(parameterCount(graph)), [new Uint8Array(5)]);
		await pool.close();
	}
`;

for (const where of ['session', 'pool']) {
	test(`a ${where} reports to nobody: no trace of the vendor's telemetry`, (t) => {
		const folder = mkdtempSync(join(tmpdir(), 'vramhub-quiet-'));
		t.after(() => rmSync(folder, { recursive: true, force: true }));
		const program = join(folder, 'program.mjs');
		writeFileSync(program, PROGRAM);
		const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
		execFileSync(process.execPath, [program, where], { env: { ...env, TMPDIR: folder } });
		assert.deepEqual(readdirSync(folder), ['program.mjs']);
	});
}
