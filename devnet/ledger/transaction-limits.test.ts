import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bytes, input, makeMoveVec, type Rules, result, startRules, u64, type WireTransaction } from '#devnet/ledger/argument-rules.fixture.ts';

describe('limits of transactions, and none', () => {
	let rules: Rules;
	before(async () => {
		rules = await startRules();
	});
	after(() => rules.stop());

	it('simulations without checks take any bytes, call any function and leave values over', () => {
		const { call, thing } = rules;
		const free = (transaction: WireTransaction) => rules.outcome(transaction, { unchecked: true });
		assert.equal(free({ commands: [call('hidden')] }), 'success');
		assert.equal(free({ commands: [call('potato')] }), 'success');
		assert.equal(free({ inputs: [bytes([0])], commands: [call('take_drops', [input(0)])] }), 'success');
		assert.equal(free({ inputs: [thing()], commands: [call('reference', [input(0)]), call('see_thing', [result(0)])] }), 'success');
		assert.equal(free({ inputs: [u64(1)], commands: [call('imm_mut', [input(0), input(0)])] }), 'InvalidReferenceArgument at 1 in 0');
	});

	it('there is a limit to everything', () => {
		const { call, thing } = rules;
		const limit = (transaction: WireTransaction) => rules.outcome(transaction);
		const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
		const refused = (what: RegExp, transaction: WireTransaction) => assert.match(limit(transaction), what);
		assert.equal(limit({ commands: many(1023, () => call('none')) }), 'success');
		refused(/rejected: .*maximum commands .* 1024/, { commands: many(1024, () => call('none')) });
		assert.equal(
			limit({
				inputs: [bytes([1])],
				commands: [
					makeMoveVec(
						'u8',
						many(511, () => input(0)),
					),
				],
			}),
			'success',
		);
		refused(/rejected: .*maximum arguments .* 512/, {
			inputs: [bytes([1])],
			commands: [
				makeMoveVec(
					'u8',
					many(512, () => input(0)),
				),
			],
		});
		/** BCS of a string, so many bytes with its length. */
		const text = (size: number) => bytes([...Uint8Array.of(((size - 2) & 0x7f) | 0x80, (size - 2) >> 7), ...new Uint8Array(size - 2).fill(0x61)]);
		assert.equal(limit({ inputs: [text(16_383)], commands: [call('text', [input(0)])] }).split(' ')[0], 'success');
		refused(/rejected: .*maximum pure argument size .* 16384/, { inputs: [text(16_384)], commands: [call('text', [input(0)])] });
		refused(/rejected: .*exceeded maximum of 131072/, { inputs: many(9, () => text(16_000)), commands: [call('none')] });
		const nestedType = (depth: number): string => (depth === 1 ? 'u8' : `vector<${nestedType(depth - 1)}>`);
		assert.equal(limit({ commands: [call('asks', [], [nestedType(15)])] }), 'success');
		refused(/rejected: .*maximum type argument/, { commands: [call('asks', [], [nestedType(16)])] });
		refused(/rejected: .*maximum type arguments/, {
			commands: [
				call(
					'asks',
					[],
					many(16, () => 'u8'),
				),
			],
		});
		refused(/rejected: Empty command input: a package/, { commands: [{ Publish: { modules: [], dependencies: [] } }] });
		refused(/rejected: .*maximum modules .* 64/, { commands: [{ Publish: { modules: many(64, () => ''), dependencies: [] } }] });
		refused(/rejected: .*maximum package dependencies is 32/, { commands: [{ Publish: { modules: [''], dependencies: many(32, () => '0x1') } }] });
		refused(/rejected: .*maximum packages published .* 5/, { commands: many(6, () => ({ Publish: { modules: [''], dependencies: [] } })) });
		refused(/rejected: Invalid identifier/, { commands: [call('no such')] });
		refused(/rejected: .*given twice/, { inputs: [thing(), thing()], commands: [call('none')] });
		refused(/rejected: .*maximum input \+ receiving objects/, {
			inputs: many(2049, (index) => ({ Object: { SharedObject: { objectId: `0x${(index + 1000).toString(16)}`, initialSharedVersion: 1, mutable: false } } })),
			commands: [],
		});
	});
});
