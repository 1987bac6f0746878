import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HistoryIndex, SegmentRows } from '#devnet/ledger/history-index.ts';
import { signatureOf } from '#devnet/ledger/keys.ts';

const SEGMENTS = 40;
const PER_SEGMENT = 1500;
const digestOf = (checkpoint: number) => `digest ${checkpoint}`;

/** 40 finished segments, 1.7 MB of rows, of which the index may keep 1 MiB; and one that grows. */
function filled() {
	const disk = new Map<number, Uint8Array>();
	const reads: number[] = [];
	const firstOf = (segment: number) => segment * PER_SEGMENT + 1;
	const index = new HistoryIndex((segment, endEntry) => {
		reads.push(segment);
		assert.equal(endEntry, segment + 1);
		const bytes = disk.get(segment) ?? assert.fail(`segment ${segment} is not written`);
		return new SegmentRows(segment, firstOf(segment), new Uint32Array(bytes.slice().buffer));
	});
	for (let segment = 0; segment <= SEGMENTS; segment++) {
		index.grow(new SegmentRows(segment, firstOf(segment)));
		for (let i = 0; i < PER_SEGMENT; i++) {
			const checkpoint = firstOf(segment) + i;
			const signature = signatureOf([`sender ${checkpoint}`]);
			index.add({ offset: i * 10, digest: digestOf(checkpoint), checkpointDigest: `c${checkpoint}`, signature });
		}
		if (segment === SEGMENTS) continue;
		disk.set(segment, index.growing!.bytes().slice());
		index.finish(segment + 1);
	}
	return { index, reads };
}

describe('the index of what was executed', () => {
	it('finds by checkpoint, digests and keys in memory and on disk alike', () => {
		const { index } = filled();
		assert.deepEqual([index.first, index.end], [1, (SEGMENTS + 1) * PER_SEGMENT + 1]);
		for (const checkpoint of [1, 2, PER_SEGMENT, PER_SEGMENT + 1, 30_001, index.end - 1]) {
			const segment = Math.floor((checkpoint - 1) / PER_SEGMENT);
			assert.deepEqual(index.place(checkpoint), { segment, offset: ((checkpoint - 1) % PER_SEGMENT) * 10 });
			assert.ok([...index.withDigest(digestOf(checkpoint))].includes(checkpoint));
			assert.ok([...index.withCheckpointDigest(`c${checkpoint}`)].includes(checkpoint));
			assert.ok(index.mayMatch(checkpoint, [signatureOf([`sender ${checkpoint}`])]));
		}
		assert.equal(index.place(0), undefined);
		assert.equal(index.place(index.end), undefined);
		assert.ok([...index.withDigest('none')].length <= 1, 'a hash of 32 bits says hardly ever yes for nothing');
	});

	it('keeps what was read last, and no more than its share of memory', () => {
		const { index, reads } = filled();
		assert.deepEqual(reads, []);
		index.place(1);
		index.place(2);
		assert.deepEqual(reads, [0], 'long out of memory, then read once');
		index.place(SEGMENTS * PER_SEGMENT);
		assert.deepEqual(reads, [0], 'the newest ones were still there');
		[...index.withDigest('none')];
		const first = reads.length;
		assert.ok(first >= 10, 'not all of it is in memory');
		[...index.withDigest('none')];
		assert.ok(reads.length - first >= 10, 'nor after it was read');
	});
});
