import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromHex, toHex } from '#core/bytes.ts';
import { copyTier, keptSketches, largestOverlaps, type SketchedGradient } from '#core/gradient/copies.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { INTERVAL_SKETCH_HASHES, intervalSketchSeed, overlapPpm, sketchOf, WINDOW_SKETCH_HASHES, windowSketchSeed } from '#core/gradient/overlap.ts';
import { decodeStateFile, encodeStateFile, MAX_SKETCHES, type StateFile, stateFileDigest } from '#core/gradient/state-file.ts';
import { Random } from '#tests/fuzz/random.ts';

const vectors = join(import.meta.dirname, 'vectors');
const vector = JSON.parse(readFileSync(join(vectors, 'state.json'), 'utf8'));
const POSITIONS = vector.chunks * CHUNK_ELEMENTS;
const windowSeed = windowSketchSeed(vector.network, BigInt(vector.window), fromHex(vector.randomness));
const intervalSeed = intervalSketchSeed(vector.network, fromHex(vector.checkpointHash));

/** A gradient of which only the positions matter; ascending. */
function gradientAt(positions: readonly number[], chunkCount: number = vector.chunks): Pick<SparseGradient, 'header' | 'starts' | 'indices'> {
	const starts = new Uint32Array(chunkCount + 1);
	for (const position of positions) starts[Math.floor(position / CHUNK_ELEMENTS) + 1]!++;
	for (let chunk = 0; chunk < chunkCount; chunk++) starts[chunk + 1]! += starts[chunk]!;
	return { header: { chunkCount } as SparseGradient['header'], starts, indices: Uint16Array.from(positions, (position) => position % CHUNK_ELEMENTS) };
}

const sketches = (positions: readonly number[], chunks?: number) => ({
	inWindow: sketchOf(gradientAt(positions, chunks), windowSeed, WINDOW_SKETCH_HASHES),
	inInterval: sketchOf(gradientAt(positions, chunks), intervalSeed, INTERVAL_SKETCH_HASHES),
});

test('the vector is what the independent generator writes: seeds, sketches, overlaps', () => {
	execFileSync('python3', [join(vectors, 'make_state.py'), '--check']);
	assert.deepEqual([toHex(windowSeed), toHex(intervalSeed)], [vector.windowSeed, vector.intervalSeed]);
	const made = vector.sets.map(({ name, positions, inWindow, inInterval }: { name: string; positions: number[]; inWindow: string; inInterval: number[] }) => {
		const found = sketches(positions);
		const bytes = Buffer.concat([...found.inWindow.hashes].map((hash) => Buffer.from(hash.toString(16).padStart(8, '0'), 'hex')));
		assert.equal(createHash('sha256').update(bytes).digest('hex'), inWindow, name);
		assert.deepEqual([...found.inInterval.hashes], inInterval, name);
		assert.equal(found.inInterval.count, positions.length);
		return found;
	});
	for (const { of, inWindowPpm, inIntervalPpm } of vector.pairs) {
		const [a, b] = [made[of[0]], made[of[1]]];
		for (const [x, y] of [[a, b], [b, a]]) assert.deepEqual([overlapPpm(x.inWindow, y.inWindow, POSITIONS), overlapPpm(x.inInterval, y.inInterval, POSITIONS)], [inWindowPpm, inIntervalPpm]); // biome-ignore format: one row
	}
});

test('the state file of the vector is written and read, and nothing but it', () => {
	const { overlaps, sketches: stored, bytes: hex, sha256 } = vector.stateFile;
	const state: StateFile = {
		resultsSha256: fromHex(vector.resultsSha256),
		network: vector.network,
		window: BigInt(vector.window),
		checkpointHash: fromHex(vector.checkpointHash),
		overlaps: overlaps.map((o: Record<'uid' | 'ppm' | 'otherUid' | 'otherGeneration' | 'otherWindow', number>) => ({
			uid: o.uid,
			ppm: o.ppm,
			other: { uid: o.otherUid, generation: o.otherGeneration, window: BigInt(o.otherWindow) },
		})),
		sketches: stored.map((s: { window: number; uid: number; generation: number; count: number; hashes: number[] }) => ({
			window: BigInt(s.window),
			uid: s.uid,
			generation: s.generation,
			sketch: { count: s.count, hashes: Uint32Array.from(s.hashes) },
		})),
	};
	const bytes = fromHex(hex);
	assert.equal(toHex(encodeStateFile(state)), hex);
	assert.equal(toHex(stateFileDigest(bytes)), sha256);
	assert.deepEqual(decodeStateFile(bytes), state);
	const malformed = { code: 'PAYLOAD_MALFORMED' };
	for (let length = 0; length < bytes.length; length += 7) assert.throws(() => decodeStateFile(bytes.subarray(0, length)), malformed);
	assert.throws(() => decodeStateFile(new Uint8Array([...bytes, 0])), malformed);
	for (let at = 0; at < bytes.length; at++) {
		const changed = bytes.with(at, bytes[at]! ^ 0xff);
		try {
			assert.equal(toHex(encodeStateFile(decodeStateFile(changed))), toHex(changed), `byte ${at}`);
		} catch (error) {
			assert.equal((error as { code?: string }).code, 'PAYLOAD_MALFORMED', `byte ${at}: ${error}`);
		}
	}
	for (const bad of [
		{ ...state, overlaps: state.overlaps.toReversed() },
		{ ...state, overlaps: [{ ...state.overlaps[0]!, ppm: 1_000_001 }] },
		{ ...state, sketches: state.sketches.toReversed() },
		{ ...state, sketches: [{ ...state.sketches[0]!, window: state.window + 1n }] },
		{ ...state, sketches: [{ ...state.sketches[0]!, sketch: { ...state.sketches[0]!.sketch, hashes: state.sketches[0]!.sketch.hashes.toReversed() } }] },
	]) {
		assert.throws(() => decodeStateFile(encodeStateFile(bad)), malformed);
	}
});

function shuffled(positions: readonly number[], random: Random): number[] {
	const keyed = positions.map((position) => ({ position, key: random.next() }));
	return keyed.sort((a, b) => a.key - b.key).map(({ position }) => position);
}

test('of positions that were kept and others that were drawn, the share that was kept comes out: never more, and little less', () => {
	const random = new Random(7);
	const chunks = 16;
	const positions = chunks * CHUNK_ELEMENTS;
	const draw = (count: number, kept: readonly number[]) => {
		const set = new Set(kept);
		while (set.size < count) set.add(random.integer(positions));
		return [...set].sort((a, b) => a - b);
	};
	for (const count of [500, 6_000, 30_000]) {
		for (const share of [0, 0.3, 0.5, 0.7, 1]) {
			const base = draw(count, []);
			const all = new Set(base);
			const kept = shuffled(base, random).slice(0, share * count);
			const other = draw(count, kept);
			const common = other.filter((position) => all.has(position)).length / count;
			const [a, b] = [sketches(base, chunks), sketches(other, chunks)];
			const beyondChance = Math.max(0, (common - count / positions) / (1 - count / positions));
			for (const [kind, size] of [
				['inWindow', WINDOW_SKETCH_HASHES],
				['inInterval', INTERVAL_SKETCH_HASHES],
			] as const) {
				const found = overlapPpm(a[kind], b[kind], positions) / 1e6;
				const deviation = Math.sqrt((common * (1 - common)) / size) / (1 - count / positions);
				const isExact = count <= size;
				assert.ok(found <= beyondChance + 2e-6 + (isExact ? 0 : deviation), `${count}, ${share}, ${kind}: ${found} of ${beyondChance}`);
				assert.ok(found >= beyondChance - 2e-6 - (isExact ? 0 : 7 * deviation), `${count}, ${share}, ${kind}: ${found} of ${beyondChance}`);
			}
		}
	}
	// Everything that there is has everything in common with anything: that says nothing.
	const everything = Array.from({ length: positions }, (_, position) => position);
	assert.equal(overlapPpm(sketches(everything, chunks).inWindow, sketches(draw(500, []), chunks).inWindow, positions), 0);
});

const uniform = (seed: number, count = 3_000) => {
	const random = new Random(seed);
	const set = new Set<number>();
	while (set.size < count) set.add(random.integer(vector.chunks * CHUNK_ELEMENTS));
	return [...set].sort((a, b) => a - b);
};
const entry = (uid: number, seq: number, positions: readonly number[]): SketchedGradient => ({ uid, generation: 1, seq, ...sketches(positions) });

test('the later commitment pays: the higher seq inside of a window, the later window across', () => {
	const [mine, others] = [uniform(1), uniform(2)];
	const found = largestOverlaps({ window: 9n, positions: POSITIONS }, [entry(4, 0, mine), entry(1, 2, mine), entry(3, 1, others)], [
		{ window: 8n, uid: 7, generation: 1, sketch: entry(7, 0, others).inInterval },
		{ window: 7n, uid: 6, generation: 1, sketch: entry(6, 0, others).inInterval },
	]); // biome-ignore format: one call
	const copies = found.filter(({ ppm }) => ppm > 500_000);
	assert.deepEqual(copies, [
		{ uid: 1, ppm: 1_000_000, other: { uid: 4, generation: 1, window: 9n } },
		{ uid: 3, ppm: 1_000_000, other: { uid: 7, generation: 1, window: 8n } },
	]);
});

test('tiers begin at their parameters, and are off above one', () => {
	const values = defaultHparamValues({ copy_halve_overlap_ppm: 400_000n, copy_reject_overlap_ppm: 500_000n, copy_exclude_overlap_ppm: 600_000n });
	assert.deepEqual(
		[0, 399_999, 400_000, 499_999, 500_000, 599_999, 600_000, 1_000_000].map((ppm) => copyTier(ppm, values)),
		['none', 'none', 'halved', 'halved', 'copied', 'copied', 'excluded', 'excluded'],
	);
	const off = { copy_halve_overlap_ppm: 1_000_001n, copy_reject_overlap_ppm: 1_000_001n, copy_exclude_overlap_ppm: 1_000_001n };
	assert.equal(copyTier(1_000_000, off), 'none');
});

test('sketches are kept for the windows that a merge can hold, the oldest windows go first', () => {
	const { inInterval } = sketches([1]);
	const stored = (window: bigint, uid: number) => ({ window, uid, generation: 1, sketch: inInterval });
	const scored = [entry(5, 0, [1]), entry(2, 1, [2])];
	const kept = keptSketches(12n, [stored(8n, 1), stored(9n, 1), stored(11n, 3)], scored, { max_merge_windows: 4n });
	assert.deepEqual(kept.map(({ window, uid }) => [window, uid]), [[9n, 1], [11n, 3], [12n, 2], [12n, 5]]); // biome-ignore format: one row
	const many = Array.from({ length: MAX_SKETCHES }, (_, i) => stored(BigInt(Math.floor(i / 256)), i % 256));
	const bounded = keptSketches(256n, many, scored, { max_merge_windows: 500n });
	// The oldest window as a whole makes room for two.
	assert.deepEqual([bounded.length, bounded[0]!.window], [MAX_SKETCHES + 2 - 256, 1n]);
});
