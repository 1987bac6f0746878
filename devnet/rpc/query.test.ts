import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GrpcTypes } from '@mysten/sui/grpc';
import fc from 'fast-check';
import type { HistoryRange } from '#devnet/ledger/history.ts';
import { answerQuery, type Position } from '#devnet/rpc/query.ts';

const { ASCENDING, DESCENDING } = GrpcTypes.Ordering;

function positions(eventsPerCheckpoint: readonly number[]): Position[] {
	return eventsPerCheckpoint.flatMap((count, i) => Array.from({ length: count }, (_, index) => ({ checkpoint: BigInt(i + 1), index })));
}

const source = (items: readonly Position[]) => (range: HistoryRange) => {
	const inside = items.filter(({ checkpoint }) => checkpoint >= (range.from ?? 0n) && (range.end === undefined || checkpoint < range.end));
	return range.descending === true ? inside.reverse() : inside;
};

it('pages of any size give every matching item once, in order, in both directions', () => {
	fc.assert(
		fc.property(fc.array(fc.nat(4), { maxLength: 12 }), fc.integer({ min: 1, max: 7 }), fc.boolean(), fc.nat(2), (counts, limit, descending, modulo) => {
			const items = positions(counts);
			const matches = (item: Position) => modulo === 0 || item.index % modulo === 0;
			const wanted = items.filter(matches);
			if (descending) wanted.reverse();
			const seen: Position[] = [];
			let cursor: Uint8Array | undefined;
			for (let more = true; more; ) {
				const options = { limit, ordering: descending ? DESCENDING : ASCENDING, ...(descending ? { before: cursor } : { after: cursor }) };
				more = false;
				for (const frame of answerQuery({ options }, source(items), (item) => item, matches, BigInt(counts.length))) {
					if (frame.item !== undefined) seen.push(frame.item);
					cursor = frame.watermark.cursor;
					if (frame.end?.reason === GrpcTypes.QueryEndReason.ITEM_LIMIT) more = true;
				}
			}
			assert.deepEqual(seen, wanted);
		}),
		{ seed: 7, numRuns: 200 },
	);
});

it('bounds by checkpoint are [start, end)', () => {
	const items = positions([2, 2, 2, 2]);
	const found = [
		...answerQuery(
			{ startCheckpoint: 2n, endCheckpoint: 4n },
			source(items),
			(item) => item,
			() => true,
			4n,
		),
	].flatMap(({ item }) => item ?? []);
	assert.deepEqual(
		found.map(({ checkpoint }) => Number(checkpoint)),
		[2, 2, 3, 3],
	);
});
