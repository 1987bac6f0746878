/** `node bench/merge-contestant.ts merge|decode small|124M`: for each line on standard input one merge of 15 gradients, or their decoding. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ByteWriter } from '#core/bytes.ts';
import { chunkCount, decodeGradient, type GradientContext, reconstruct } from '#core/gradient/codec.ts';
import { CHUNK_ELEMENTS, GRADIENT_CODEC, GRADIENT_FORMAT, GRADIENT_HEADER_LENGTH, GRADIENT_MAGIC, type SparseGradient } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import { createMerge } from '#core/gradient/merge.ts';
import { gptParameters } from '#model/gpt.ts';
import { Xoshiro128 } from '#model/random.ts';

const MINERS = 15;
const TOP_K = 32;
const [role, size] = process.argv.slice(2);
const config =
	size === 'small'
		? { vocabulary: 256, context: 128, width: 128, layers: 4, heads: 4 }
		: { vocabulary: 50_257, context: 1024, width: 768, layers: 12, heads: 12 };
const parameters = gptParameters(config);
const count = parameterCount({ parameters });
const context = (uid: number): GradientContext => ({
	uid,
	window: 1n,
	checkpointHash: new Uint8Array(32),
	manifestHash: new Uint8Array(32),
	parameters,
	codec: GRADIENT_CODEC.dct64TopkInt8,
	topK: TOP_K,
});

/** A gradient with `TOP_K` coefficients in every chunk, written as the layout says: encoding a dense one would take longer than all that is measured. */
function gradient(uid: number): Uint8Array {
	const random = Xoshiro128.seeded(`merge/${uid}`);
	const chunks = chunkCount(parameters);
	const header = new ByteWriter().bytes(GRADIENT_MAGIC).u8(GRADIENT_FORMAT).u8(GRADIENT_CODEC.dct64TopkInt8).u16(uid).u64(1n);
	header.fixed(new Uint8Array(32), 32).fixed(new Uint8Array(32), 32).u32(parameters.length).u32(CHUNK_ELEMENTS).u32(TOP_K).u32(chunks);
	const bytes = new Uint8Array(GRADIENT_HEADER_LENGTH + chunks * (6 + 3 * TOP_K));
	bytes.set(header.done());
	const view = new DataView(bytes.buffer);
	for (let chunk = 0, at = GRADIENT_HEADER_LENGTH; chunk < chunks; chunk++, at += 6 + 3 * TOP_K) {
		view.setUint16(at, TOP_K);
		view.setFloat32(at + 2, 1e-6 * (1 + random.below(100)));
		for (let k = 0; k < TOP_K; k++) {
			view.setUint16(at + 6 + 2 * k, 1 + random.below(CHUNK_ELEMENTS / TOP_K - 1));
			view.setInt8(at + 6 + 2 * TOP_K + k, k === 0 ? 127 : 1 + random.below(127));
		}
	}
	return bytes;
}

const gradients = Array.from({ length: MINERS }, (_, uid) => gradient(uid));

function decode(uid: number): SparseGradient {
	const bytes = gradients[uid]!;
	const decoded = decodeGradient(bytes, { ...context(uid), maxBytes: bytes.length });
	if (decoded.kind === 'decoded') return decoded.gradient;
	throw new Error(decoded.reason);
}

function timed(work: () => void): number {
	const started = performance.now();
	work();
	return performance.now() - started;
}

function decodeAll(): object {
	const dense = new Float32Array(count);
	let parse = 0;
	let transform = 0;
	for (let uid = 0; uid < MINERS; uid++) {
		let parsed: SparseGradient | undefined;
		parse += timed(() => {
			parsed = decode(uid);
		});
		transform += timed(() => reconstruct(parsed!, parameters, dense));
	}
	return { decode_ms: parse + transform, parse_ms: parse };
}

/** θ is on disk, as a checkpoint is, and read part by part. */
function mergeAll(theta: number): object {
	const part = new Float32Array(CHUNK_ELEMENTS);
	const read = (offset: number, length: number) => {
		readSync(theta, part, 0, length * Float32Array.BYTES_PER_ELEMENT, offset * Float32Array.BYTES_PER_ELEMENT);
		return part.subarray(0, length);
	};
	return {
		merge_ms: timed(() => {
			const merge = createMerge(parameters);
			merge.addWindow(gradients.map((_, uid) => decode(uid)));
			if (merge.apply(read, 1)?.length !== count) throw new Error('no parameters');
		}),
	};
}

const folder = mkdtempSync(join(tmpdir(), 'vramhub-merge-'));
const theta = openSync(join(folder, 'theta'), 'w+');
const zeros = new Uint8Array(1 << 20);
for (let at = 0; at < 4 * count; at += zeros.length) writeSync(theta, zeros);
process.stdout.write('{"ready":true}\n');
for await (const _ of createInterface({ input: process.stdin })) {
	const result = role === 'merge' ? mergeAll(theta) : decodeAll();
	const figures = { parameters: count, theta_mb: (4 * count) / 2 ** 20, peak_mb: process.resourceUsage().maxRSS / 1024 };
	process.stdout.write(`${JSON.stringify({ ...result, ...figures })}\n`);
}
closeSync(theta);
rmSync(folder, { recursive: true });
