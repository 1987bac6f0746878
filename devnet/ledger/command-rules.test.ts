/**
 * One case a rule. `by` names the test of Sui that has the same case, whose recorded outcome is the expectation: files of
 * `crates/sui-adapter-transactional-tests/tests` at Sui 1.63, else the source that says so.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import {
	bytes,
	type Case,
	GAS,
	input,
	makeMoveVec,
	mergeCoins,
	nested,
	type Rules,
	result,
	splitCoins,
	startRules,
	transferObjects,
	u64,
} from '#devnet/ledger/argument-rules.fixture.ts';

describe('arguments: coins, vectors, receiving, private entries, empty commands', () => {
	let rules: Rules;
	before(async () => {
		rules = await startRules();
	});
	after(() => rules.stop());

	it('each has its outcome', () => {
		const { call, type, thing, coin, sharedOther, ticket, to } = rules;
		const cases: readonly Case[] = [
			// ---- coins
			{
				rule: 'what is split is a coin',
				by: 'programmable/coin_operations_non_coins',
				inputs: [thing(), u64(0)],
				commands: [splitCoins(input(0), [input(1)])],
				expected: 'TypeMismatch at 0 in 0',
			},
			{
				rule: 'and not bytes',
				by: 'receive_object/receive_ticket_coin_operations',
				inputs: [u64(0)],
				commands: [splitCoins(input(0), [input(0)])],
				expected: 'TypeMismatch at 0 in 0',
			},
			{
				rule: 'what is merged into is a coin',
				by: 'programmable/coin_operations_non_coins',
				inputs: [thing()],
				commands: [mergeCoins(input(0), [GAS])],
				expected: 'TypeMismatch at 0 in 0',
			},
			{
				rule: 'of the type of what is merged',
				by: 'programmable/merge_coin_mismatched_coin',
				inputs: [thing()],
				commands: [mergeCoins(GAS, [input(0)])],
				expected: 'TypeMismatch at 1 in 0',
			},
			{
				rule: 'nothing is split off',
				by: 'programmable/split_coins',
				inputs: [u64(0), to()],
				commands: [splitCoins(GAS, [input(0)]), transferObjects([result(0)], input(1))],
				expected: 'success',
			},
			{
				rule: 'no more than there is',
				by: 'programmable/coin_negative',
				inputs: [coin(), u64(1001), to()],
				commands: [splitCoins(input(0), [input(1)]), transferObjects([result(0)], input(2))],
				expected: 'InsufficientCoinBalance in 0',
			},
			{
				rule: 'amounts together fit u64',
				by: 'execution/interpreter.rs SplitCoins',
				inputs: [u64((1n << 64n) - 1n), u64(1), to()],
				commands: [splitCoins(GAS, [input(0), input(1)]), transferObjects([nested(0, 0), nested(0, 1)], input(2))],
				expected: 'CoinBalanceOverflow in 0',
			},
			{
				rule: 'a vector of amounts is no amount',
				by: 'programmable/split_coins_invalid',
				inputs: [u64(1)],
				commands: [makeMoveVec('u64', [input(0)]), splitCoins(GAS, [result(0)])],
				expected: 'TypeMismatch at 1 in 1',
			},

			// ---- vectors
			{
				rule: 'the first object says the type',
				by: 'programmable/make_vec_objects',
				inputs: [thing()],
				commands: [makeMoveVec(null, [input(0)]), call('consume_things', [result(0)])],
				expected: 'success',
			},
			{
				rule: 'the others have it',
				by: 'entry_points/obj_vector',
				inputs: [thing()],
				commands: [call('other'), makeMoveVec(null, [input(0), result(0)])],
				expected: 'TypeMismatch at 1 in 1',
			},
			{
				rule: 'bytes say no type',
				by: 'typing/translate.rs',
				inputs: [u64(0)],
				commands: [makeMoveVec(null, [input(0)])],
				expected: 'InvalidMakeMoveVecNonObjectArgument at 0 in 0',
			},
			{
				rule: 'nor does what is no object',
				by: 'typing/translate.rs',
				commands: [call('drops'), makeMoveVec(null, [result(0)])],
				expected: 'InvalidMakeMoveVecNonObjectArgument at 0 in 1',
			},
			{
				rule: 'with a type, it may hold anything, bytes too',
				by: 'programmable/make_vec_special',
				inputs: [u64(3)],
				commands: [makeMoveVec('u64', [input(0), input(0)]), call('numbers', [result(0)])],
				expected: 'success',
			},
			{
				rule: 'or nothing',
				by: 'programmable/make_vec_objects',
				commands: [makeMoveVec(type('Thing'), []), call('consume_things', [result(0)])],
				expected: 'success',
			},
			{
				rule: 'bytes in it are checked',
				by: 'programmable/make_vec_special_validation_invalid',
				inputs: [bytes([2, 0xc3, 0x28])],
				commands: [makeMoveVec('0x1::string::String', [input(0)])],
				expected: 'InvalidBCSBytes at 0 in 0',
			},
			{
				rule: 'a vector without type and elements',
				by: 'transaction.rs validity_check',
				commands: [makeMoveVec(null, [])],
				expected: 'rejected: Empty command input: makeMoveVec',
			},

			// ---- receiving
			{
				rule: 'a ticket is for its parent',
				by: 'receive_object/basic_receive',
				inputs: [thing(), ticket()],
				commands: [call('receive', [input(0), input(1)])],
				expected: 'success',
			},
			{
				rule: 'and no other',
				by: 'receive_object/basic_receive',
				inputs: [ticket()],
				commands: [call('thing'), call('receive', [result(0), input(0)]), call('consume_thing', [result(0)])],
				expected: 'MoveAbort 3 in 1',
			},
			{
				rule: 'is only read as one',
				by: 'receive_object/receive_invalid_param_ty',
				inputs: [ticket()],
				commands: [call('number', [input(0)])],
				expected: 'TypeMismatch at 0 in 0',
			},
			{
				rule: 'may be left over',
				by: 'receive_object/drop_receiving',
				inputs: [ticket()],
				commands: [call('see_ticket', [input(0)])],
				expected: 'success',
			},
			{
				rule: 'is taken once',
				by: 'receive_object/take_receiver_then_try_to_reuse',
				inputs: [thing(), ticket()],
				commands: [call('receive', [input(0), input(1)]), call('receive', [input(0), input(1)])],
				expected: 'ArgumentWithoutValue at 1 in 1',
			},
			{
				rule: 'is not taken while it is borrowed',
				by: 'receive_object/receive_by_ref',
				inputs: [ticket()],
				commands: [call('see_tickets', [input(0), input(0)])],
				expected: 'CannotMoveBorrowedValue at 1 in 0',
			},

			// ---- private entry functions
			{
				rule: 'a private entry takes what functions made',
				by: 'entry_points/hot_locations',
				commands: [call('thing'), call('play', [result(0)]), call('consume_thing', [result(0)])],
				expected: 'success',
			},
			{
				rule: 'but not beside a value that must be consumed',
				by: 'entry_points/hot_locations_invalid',
				inputs: [thing()],
				commands: [call('heat', [input(0)], [type('Thing')]), call('play', [input(0)]), call('eat', [result(0)])],
				expected: 'InvalidArgumentToPrivateEntryFunction at 0 in 1',
			},
			{
				rule: 'pure arguments too',
				by: 'entry_points/hot_locations_invalid',
				inputs: [u64(1)],
				commands: [call('heat', [input(0)], ['u64']), call('play_number', [input(0)]), call('eat', [result(0)])],
				expected: 'InvalidArgumentToPrivateEntryFunction at 0 in 1',
			},
			{
				rule: 'of another type they are another value',
				by: 'entry_points/hot_count_distinct_type_inputs',
				inputs: [bytes(bcs.u64().serialize(0).toBytes())],
				commands: [call('heat', [input(0)], ['u64']), call('asks', [], ['u64']), call('eat', [result(0)]), call('play_number', [input(0)])],
				expected: 'success',
			},
			{
				rule: 'over any number of meetings',
				by: 'entry_points/hot_potato_entangled',
				commands: [
					call('thing'),
					call('other'),
					call('entangle', [result(0), result(1)], [type('Thing'), type('Other')]),
					call('heat', [result(1)], [type('Other')]),
					call('play', [result(0)]),
					call('eat', [result(3)]),
					call('consume_thing', [result(0)]),
					call('consume_other', [result(1)]),
				],
				expected: 'InvalidArgumentToPrivateEntryFunction at 0 in 4',
			},
			{
				rule: 'until it is consumed',
				by: 'entry_points/hot_potato_entangled',
				commands: [
					call('thing'),
					call('other'),
					call('entangle', [result(0), result(1)], [type('Thing'), type('Other')]),
					call('heat', [result(1)], [type('Other')]),
					call('eat', [result(3)]),
					call('play', [result(0)]),
					call('consume_thing', [result(0)]),
					call('consume_other', [result(1)]),
				],
				expected: 'success',
			},
			{
				rule: 'nor after a shared object was taken',
				by: 'entry_points/hot_via_shared',
				inputs: [sharedOther(), to()],
				commands: [
					call('wrap_other', [input(0)]),
					call('thing'),
					call('entangle', [result(0), result(1)], [type('OtherBox'), type('Thing')]),
					call('play', [result(1)]),
					transferObjects([result(0), result(1)], input(1)),
				],
				expected: 'InvalidArgumentToPrivateEntryFunction at 0 in 3',
			},
			{
				rule: 'an entry of friends takes all',
				by: 'typing/verify/private_entry_arguments.rs',
				inputs: [thing()],
				commands: [call('heat', [input(0)], [type('Thing')]), call('friendly', [input(0)]), call('eat', [result(0)])],
				expected: 'success',
			},

			// ---- empty commands
			{
				rule: 'nothing to give away',
				by: 'transaction.rs validity_check',
				inputs: [to()],
				commands: [transferObjects([], input(0))],
				expected: 'rejected: Empty command input: transferObjects',
			},
			{ rule: 'no amounts', by: 'transaction.rs validity_check', commands: [splitCoins(GAS, [])], expected: 'rejected: Empty command input: splitCoins' },
			{
				rule: 'nothing to merge',
				by: 'transaction.rs validity_check',
				commands: [mergeCoins(GAS, [])],
				expected: 'rejected: Empty command input: mergeCoins',
			},
		];
		assert.deepEqual(rules.wrong(cases), []);
		assert.ok(cases.length >= 25, `${cases.length} cases`);
	});
});
