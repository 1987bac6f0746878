/**
 * One case a rule. `by` names the test of Sui that has the same case, whose recorded outcome is the expectation: files of
 * `crates/sui-adapter-transactional-tests/tests` at Sui 1.63, else the source that says so.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
	type Case,
	GAS,
	input,
	makeMoveVec,
	mergeCoins,
	type Rules,
	result,
	splitCoins,
	startRules,
	transferObjects,
	u64,
} from '#devnet/ledger/argument-rules.fixture.ts';

describe('arguments: values that are used twice, left over, objects, the gas coin', () => {
	let rules: Rules;
	before(async () => {
		rules = await startRules();
	});
	after(() => rules.stop());

	it('each has its outcome', () => {
		const { call, framework, type, thing, coin, frozen, sharedOther, ticket, to } = rules;
		const cases: readonly Case[] = [
			// ---- use of one value twice
			...(
				[
					['imm_mut', [0, 0], 'InvalidReferenceArgument at 1 in 0'],
					['mut_imm', [0, 0], 'InvalidReferenceArgument at 0 in 0'],
					['mut_mut', [0, 0], 'InvalidReferenceArgument at 0 in 0'],
					['imm_imm', [0, 0], 'success'],
					['mut_copy', [0, 0], 'success'],
				] as const
			).map(
				([name, given, expected]): Case => ({
					rule: `one number twice: ${name}`,
					by: 'programmable/borrowed_arg_copyable_invalid, borrowed_arg_valid',
					inputs: [u64(1)],
					commands: [call(name, given.map(input))],
					expected,
				}),
			),
			...(
				[
					['drop_and_see', 'ArgumentWithoutValue at 1 in 1'],
					['see_and_drop', 'CannotMoveBorrowedValue at 1 in 1'],
					['see_and_change', 'InvalidReferenceArgument at 1 in 1'],
				] as const
			).map(
				([name, expected]): Case => ({
					rule: `one value that cannot be copied twice: ${name}`,
					by: 'programmable/borrowed_arg_non_copyable_invalid',
					commands: [call('drops'), call(name, [result(0), result(0)])],
					expected,
				}),
			),
			{
				rule: 'a value is moved once',
				by: 'programmable/unused_values_no_copy',
				commands: [call('potato'), call('eat', [result(0)]), call('eat', [result(0)])],
				expected: 'ArgumentWithoutValue at 0 in 2',
			},
			{
				rule: 'a coin is not merged into itself',
				by: 'programmable/borrowed_arg_primitives_invalid',
				inputs: [coin()],
				commands: [mergeCoins(input(0), [input(0)])],
				expected: 'CannotMoveBorrowedValue at 1 in 0',
			},
			{
				rule: 'nor merged twice',
				by: 'typing/verify/memory_safety.rs',
				inputs: [coin()],
				commands: [mergeCoins(GAS, [input(0), input(0)])],
				expected: 'ArgumentWithoutValue at 2 in 0',
			},
			{
				rule: 'a vector does not hold one object twice',
				by: 'programmable/borrowed_arg_primitives_invalid',
				inputs: [thing()],
				commands: [makeMoveVec(null, [input(0), input(0)])],
				expected: 'ArgumentWithoutValue at 1 in 0',
			},
			{
				rule: 'one object is not given away twice',
				by: 'typing/verify/memory_safety.rs',
				inputs: [thing(), to()],
				commands: [transferObjects([input(0), input(0)], input(1))],
				expected: 'ArgumentWithoutValue at 1 in 0',
			},

			// ---- values left over
			{
				rule: 'a value without drop is used',
				by: 'programmable/unused_values_invalid',
				commands: [call('potato')],
				expected: 'UnusedValueWithoutDrop(0, 0)',
			},
			{ rule: 'a value with drop need not be', by: 'programmable/unused_values_valid', commands: [call('drops')], expected: 'success' },
			{
				rule: 'borrowing is not using up',
				by: 'programmable/unused_values_invalid',
				commands: [call('copies'), call('see_copies', [result(0)])],
				expected: 'UnusedValueWithoutDrop(0, 0)',
			},
			{
				rule: 'the last use of a copyable value uses it up',
				by: 'programmable/unused_values_valid',
				commands: [call('copies'), call('use_copies', [result(0)]), call('use_copies', [result(0)])],
				expected: 'success',
			},
			{
				rule: 'a copy before a borrow does not',
				by: 'programmable/unused_values_invalid',
				commands: [call('copies'), call('use_copies', [result(0)]), call('see_copies', [result(0)])],
				expected: 'UnusedValueWithoutDrop(0, 0)',
			},
			{
				rule: 'split coins are used',
				by: 'programmable/split_coins',
				inputs: [u64(1)],
				commands: [splitCoins(GAS, [input(0)])],
				expected: 'UnusedValueWithoutDrop(0, 0)',
			},

			// ---- objects
			{
				rule: 'a frozen object is read',
				by: 'typing/verify/input_arguments.rs',
				inputs: [frozen()],
				commands: [call('see_box', [input(0)])],
				expected: 'success',
			},
			{
				rule: 'and not changed',
				by: 'typing/verify/input_arguments.rs',
				inputs: [frozen()],
				commands: [call('change_box', [input(0)])],
				expected: 'InvalidObjectByMutRef at 0 in 0',
			},
			{
				rule: 'and not taken',
				by: 'typing/verify/input_arguments.rs',
				inputs: [frozen()],
				commands: [call('take_box', [input(0)])],
				expected: 'InvalidObjectByValue at 0 in 0',
			},
			{
				rule: 'a shared object given read-only is not changed',
				by: 'typing/verify/input_arguments.rs',
				inputs: [sharedOther(false)],
				commands: [call('change_other', [input(0)])],
				expected: 'InvalidObjectByMutRef at 0 in 0',
			},
			{
				rule: 'and not taken',
				by: 'typing/verify/input_arguments.rs',
				inputs: [sharedOther(false)],
				commands: [call('consume_other', [input(0)])],
				expected: 'InvalidObjectByValue at 0 in 0',
			},
			{
				rule: 'a shared object is deleted',
				by: 'shared/by_value_shared_object_deletion',
				inputs: [sharedOther()],
				commands: [call('consume_other', [input(0)])],
				expected: 'success',
			},
			{
				rule: 'through a vector too',
				by: 'shared/by_value_shared_object_deletion_via_make_move_vec',
				inputs: [sharedOther()],
				commands: [makeMoveVec(null, [input(0)]), call('consume_others', [result(0)])],
				expected: 'success',
			},
			{
				rule: 'a shared object is shared again',
				by: 'shared/re_share',
				inputs: [sharedOther()],
				commands: [framework('transfer', 'public_share_object', [input(0)], [type('Other')])],
				expected: 'success',
			},
			{
				rule: 'and not given away',
				by: 'shared/transfer',
				inputs: [sharedOther(), to()],
				commands: [transferObjects([input(0)], input(1))],
				expected: 'SharedObjectOperationNotAllowed',
			},
			{
				rule: 'nor by a function',
				by: 'shared/transfer',
				inputs: [sharedOther()],
				commands: [call('give_other', [input(0)])],
				expected: 'SharedObjectOperationNotAllowed',
			},
			{
				rule: 'nor frozen',
				by: 'shared/freeze',
				inputs: [sharedOther()],
				commands: [framework('transfer', 'public_freeze_object', [input(0)], [type('Other')])],
				expected: 'SharedObjectOperationNotAllowed',
			},
			{
				rule: 'nor wrapped',
				by: 'shared/wrap',
				inputs: [sharedOther(), to()],
				commands: [call('wrap_other', [input(0)]), transferObjects([result(0)], input(1))],
				expected: 'SharedObjectOperationNotAllowed',
			},
			{
				rule: 'objects with store are given away',
				by: 'programmable/transfer_objects',
				inputs: [thing(), to()],
				commands: [call('other'), transferObjects([input(0), result(0), GAS], input(1))],
				expected: 'success',
			},
			{
				rule: 'those without are not',
				by: 'programmable/transfer_objects_invalid_object',
				inputs: [to()],
				commands: [call('kept'), transferObjects([result(0)], input(0))],
				expected: 'InvalidTransferObject at 0 in 1',
			},
			{
				rule: 'nor what is no object',
				by: 'programmable/transfer_objects_invalid_object',
				inputs: [to()],
				commands: [call('drops'), call('thing'), transferObjects([result(1), result(0)], input(0))],
				expected: 'InvalidTransferObject at 1 in 2',
			},
			{
				rule: 'nor bytes',
				by: 'typing/translate.rs',
				inputs: [to()],
				commands: [transferObjects([input(0)], input(0))],
				expected: 'InvalidTransferObject at 0 in 0',
			},
			{
				rule: 'a ticket is not given away',
				by: 'receive_object/receive_ticket_coin_operations',
				inputs: [ticket(), to()],
				commands: [transferObjects([input(0)], input(1))],
				expected: 'InvalidTransferObject at 0 in 0',
			},

			// ---- the gas coin
			{
				rule: 'is not passed by value',
				by: 'programmable/gas_coin_by_value_invalid',
				commands: [call('take_coin', [GAS])],
				expected: 'InvalidGasCoinUsage at 0 in 0',
			},
			{
				rule: 'nor in a vector',
				by: 'programmable/gas_coin_by_value_invalid',
				commands: [makeMoveVec(null, [GAS])],
				expected: 'InvalidGasCoinUsage at 0 in 0',
			},
			{
				rule: 'nor merged',
				by: 'programmable/borrowed_arg_primitives_invalid',
				inputs: [coin()],
				commands: [mergeCoins(input(0), [GAS])],
				expected: 'InvalidGasCoinUsage at 1 in 0',
			},
			{ rule: 'is borrowed', by: 'programmable/gas_coin_by_reference', commands: [call('see_coin', [GAS])], expected: 'success' },
			{
				rule: 'is given away',
				by: 'programmable/gas_coin_by_value',
				inputs: [to()],
				commands: [transferObjects([GAS], input(0))],
				expected: 'success',
			},
			{
				rule: 'and gone then',
				by: 'typing/verify/memory_safety.rs',
				inputs: [to()],
				commands: [transferObjects([GAS], input(0)), call('see_coin', [GAS])],
				expected: 'ArgumentWithoutValue at 0 in 1',
			},
		];
		assert.deepEqual(rules.wrong(cases), []);
		assert.ok(cases.length >= 35, `${cases.length} cases`);
	});
});
