/**
 * `node bench/evaluate-contestant.ts enclave|forwards FOLDER THREADS`: for each uid on standard input one miner's work and what it took.
 * `enclave`: everything that an enclave does with the miner's gradient from its bytes to the signed receipt. `forwards`: the forward passes of it and nothing else.
 */
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { decodeManifest } from '#core/gradient/manifest-codec.ts';
import { FileStore } from '#enclave/files.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { parseProcessRequest } from '#enclave/request.ts';
import { Sessions } from '#enclave/sessions.ts';
import { forwardGraphOf } from '#model/manifest.ts';
import { ModelPool } from '#model/pool.ts';
import { cpuClass } from '#model/runtime-digest.ts';
import { shareCheckpoint } from '#model/safetensors.ts';

type Work = (uid: number) => Promise<object>;

const [role, folder = '', threads = '2'] = process.argv.slice(2);
const request = JSON.parse(await readFile(join(folder, 'request.json'), 'utf8'));
const { miners } = JSON.parse(await readFile(join(folder, 'world.json'), 'utf8'));
const work = role === 'enclave' ? await enclave() : await forwards();

async function enclave(): Promise<Work> {
	const files = new FileStore(2 ** 30);
	for (const sha256 of await readdir(join(folder, 'files'))) await files.put(sha256, createReadStream(join(folder, 'files', sha256)));
	const sessions = new Sessions({ key: createSigningKey(), files, cpuClass: cpuClass(), threads: Number(threads) });
	const { session: id } = await sessions.open(request);
	const session = sessions.get(id);
	const measuring = new Map<number, number>();
	for (let uid = 1; uid <= miners; uid++) {
		const bytes = await readFile(join(folder, `gradient-${uid}`));
		const started = performance.now();
		const { code } = session.measure(uid, bytes);
		measuring.set(uid, performance.now() - started);
		if (code !== 0) throw new Error(`gradient ${uid} has code ${code}`);
	}
	await session.freeze(new Map());
	return async (uid) => {
		const body = await readFile(join(folder, `process-${uid}`));
		const started = performance.now();
		const parsed = parseProcessRequest(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
		const { score, random } = await sessions.find(parsed).process(parsed.uid, parsed.gradient);
		return { ms: performance.now() - started + measuring.get(uid)!, own: score / 1e6, random: random / 1e6 };
	};
}

async function forwards(): Promise<Work> {
	const manifest = decodeManifest(Buffer.from(request.manifest, 'hex'));
	const read = (sha256: string) => readFile(join(folder, 'files', sha256));
	const theta = shareCheckpoint(manifest, await read(request.checkpoint_hash));
	const pool = new ModelPool({ graph: forwardGraphOf(manifest, await read(manifest.graphSha256)), threads: Number(threads) });
	const rows = async (file: string) => {
		const packed = await readFile(join(folder, file));
		const stride = manifest.context + 1;
		return Array.from({ length: packed.length / stride }, (_, i) => packed.subarray(i * stride, (i + 1) * stride));
	};
	const random = await rows('random');
	return async (uid) => {
		const own = await rows(`own-${uid}`);
		const started = performance.now();
		await pool.sequenceLosses(theta, [...own, ...own, ...random]);
		return { ms: performance.now() - started };
	};
}

const resident = () => process.memoryUsage.rss() / 2 ** 20;
process.stdout.write('{"ready":true}\n');
for await (const line of createInterface({ input: process.stdin })) {
	const result = await work(Number(line));
	process.stdout.write(`${JSON.stringify({ ...result, resident_mb: resident(), peak_mb: process.resourceUsage().maxRSS / 1024 })}\n`);
}
process.exit(0);
