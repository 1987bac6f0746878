import assert from 'node:assert/strict';
import { it } from 'node:test';
import { GrpcTypes } from '@mysten/sui/grpc';
import fc from 'fast-check';
import { answerQuery, type CheckpointRange, type Position } from '#devnet/rpc/query.ts';

const { ASCENDING, DESCENDING } = GrpcTypes.Ordering;

const listed = (items: readonly Position[], matches: (item: Position) => boolean) => ({
	itemsIn({ from, end, descending }: CheckpointRange) {
		const inside = items.filter(({ checkpoint }) => checkpoint >= from && checkpoint < end);
		return descending ? inside.reverse() : inside;
	},
	positionOf: (item: Position) => item,
	endsCheckpoint: (item: Position, descending: boolean) => {
		const neighbour = items[items.indexOf(item) + (descending ? -1 : 1)];
		return neighbour?.checkpoint !== item.checkpoint;
	},
	matches,
	tip: items.at(-1)?.checkpoint ?? 0n,
});

function positions(eventsPerCheckpoint: readonly number[]): Position[] {
	return eventsPerCheckpoint.flatMap((count, i) => Array.from({ length: count }, (_, index) => ({ checkpoint: BigInt(i + 1), index })));
}

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
				let ends = 0;
				for (const frame of answerQuery({ options }, listed(items, matches))) {
					if (frame.item !== undefined) seen.push(frame.item);
					cursor = frame.watermark.cursor;
					if (frame.end !== undefined) ends++;
					if (frame.end?.reason === GrpcTypes.QueryEndReason.ITEM_LIMIT) {
						assert.ok(frame.item !== undefined, 'the frame that the limit ends carries the last item');
						more = true;
					} else if (frame.end !== undefined) assert.equal(frame.item, undefined);
					const { checkpoint } = frame.watermark;
					if (checkpoint !== undefined) {
						const left = wanted.slice(seen.length).filter((item) => (descending ? item.checkpoint >= checkpoint : item.checkpoint <= checkpoint));
						assert.deepEqual(left, [], 'nothing is left of a checkpoint that the watermark covers');
					}
				}
				assert.equal(ends, 1);
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
			listed(items, () => true),
		),
	].flatMap(({ item }) => item ?? []);
	assert.deepEqual(
		found.map(({ checkpoint }) => Number(checkpoint)),
		[2, 2, 3, 3],
	);
});
