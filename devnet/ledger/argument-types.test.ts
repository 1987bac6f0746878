/**
 * One case a rule. `by` names the test of Sui that has the same case, whose recorded outcome is the expectation: files of
 * `crates/sui-adapter-transactional-tests/tests` at Sui 1.63, else the source that says so.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
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

describe('arguments: bytes, indices, types, functions', () => {
	let rules: Rules;
	before(async () => {
		rules = await startRules();
	});
	after(() => rules.stop());

	const PURE: readonly (readonly [name: string, given: readonly number[], fits: boolean])[] = [
		['number', [1, 0, 0, 0, 0, 0, 0, 0], true],
		['number', [1, 0, 0, 0], false],
		['number', [1, 0, 0, 0, 0, 0, 0, 0, 0], false],
		['truth', [1], true],
		['truth', [2], false],
		['account', Array.from({ length: 32 }, () => 1), true],
		['account', Array.from({ length: 31 }, () => 1), false],
		['id', Array.from({ length: 32 }, () => 1), true],
		['text', [2, 0xc3, 0xa9], true],
		['text', [2, 0xc3, 0x28], false],
		['text', [3, 0x61], false],
		['plain', [1, 0x61], true],
		['plain', [2, 0xc3, 0xa9], false],
		['maybe', [0], true],
		['maybe', [1, 1, 0, 0, 0, 0, 0, 0, 0], true],
		['maybe', [2, 1, 0, 0, 0, 0, 0, 0, 0], false],
		['maybe', [1, 1], false],
		['maybe', [], false],
		['maybe_text', [2, 0, 1, 1, 0x61], true],
		['maybe_text', [2, 0, 1, 1, 0xff], false],
		['numbers', [0], true],
		['numbers', [1, 1, 0, 0, 0, 0, 0, 0, 0], true],
		['numbers', [2, 1, 0, 0, 0, 0, 0, 0, 0], false],
		['numbers', [0x80, 0x00], false],
		['numbers', [0xff, 0xff, 0xff, 0xff, 0x0f], false],
	];

	/** Of the cases above: vectors of bytes, but no UTF-8 and no ASCII. */
	const ILL_WRITTEN: readonly (readonly [name: string, given: readonly number[]])[] = [
		['text', [2, 0xc3, 0x28]],
		['plain', [2, 0xc3, 0xa9]],
		['maybe_text', [2, 0, 1, 1, 0xff]],
	];

	it('bytes that do not fit are an invariant violation where checks are disabled, as on Sui, and texts are not looked into', () => {
		const { call, outcome } = rules;
		const expected = ([name, given, fits]: (typeof PURE)[number]) =>
			fits || ILL_WRITTEN.some(([text, letters]) => text === name && letters.join() === given.join()) ? 'success' : 'InvariantViolation in 0';
		const wrong = PURE.flatMap((pure) => {
			const actual = outcome({ inputs: [bytes(pure[1])], commands: [call(pure[0], [input(0)])] }, { unchecked: true });
			return actual === expected(pure) ? [] : [{ pure, expected: expected(pure), actual }];
		});
		assert.deepEqual(wrong, []);
	});

	it('each has its outcome', () => {
		const { call, framework, packageId, type, thing, coin, to } = rules;
		const cases: readonly Case[] = [
			...PURE.map(
				([name, given, fits]): Case => ({
					rule: `bytes [${given.slice(0, 6)}${given.length > 6 ? ',…' : ''}] ${fits ? 'are' : 'are no'} argument of ${name}`,
					by: 'programmable/invalid_option, entry_points/{ascii,utf8}; bcs_argument_validate',
					inputs: [bytes(given)],
					commands: [call(name, [input(0)])],
					expected: fits ? 'success' : 'InvalidBCSBytes at 0 in 0',
				}),
			),
			{
				rule: 'bytes are no struct',
				by: 'programmable/non_primitive_non_object_arguments',
				inputs: [bytes([0])],
				commands: [call('take_drops', [input(0)])],
				expected: 'InvalidUsageOfPureArg at 0 in 0',
			},
			{
				rule: 'bytes are no coin to merge',
				by: 'programmable/coin_operations_non_coins',
				inputs: [u64(0)],
				commands: [mergeCoins(GAS, [input(0)])],
				expected: 'InvalidUsageOfPureArg at 1 in 0',
			},
			{
				rule: 'bytes are no receiving ticket',
				by: 'receive_object/receive_invalid_param_ty',
				inputs: [thing(), u64(0)],
				commands: [call('receive', [input(0), input(1)])],
				expected: 'InvalidUsageOfPureArg at 1 in 0',
			},
			{
				rule: 'bytes are one value a type: what is written as one is not seen as another, and stays',
				by: 'programmable/pure_arg_mut, pure_arg_type_change',
				inputs: [u64(1)],
				commands: [call('set', [input(0)]), call('is_nine', [input(0)])],
				expected: 'success',
			},
			{
				rule: 'amounts are u64',
				by: 'programmable/split_coins_invalid',
				inputs: [bytes([1])],
				commands: [splitCoins(GAS, [input(0)])],
				expected: 'InvalidBCSBytes at 1 in 0',
			},
			{
				rule: 'a recipient is an address',
				by: 'programmable/transfer_objects_invalid_address',
				inputs: [u64(1), thing()],
				commands: [transferObjects([input(1)], input(0))],
				expected: 'InvalidBCSBytes at 1 in 0',
			},

			// ---- indices
			{
				rule: 'an input that is not there',
				by: 'programmable/out_of_bounds_input',
				commands: [call('number', [input(0)])],
				expected: 'IndexOutOfBounds(0) at 0 in 0',
			},
			{
				rule: 'a result that is not there',
				by: 'programmable/out_of_bounds_result',
				commands: [call('number', [result(0)])],
				expected: 'IndexOutOfBounds(0) at 0 in 0',
			},
			{
				rule: 'a subresult that is not there',
				by: 'programmable/out_of_bounds_nested',
				commands: [call('two'), call('number', [nested(0, 2)])],
				expected: 'SecondaryIndexOutOfBounds(0, 2) at 0 in 1',
			},
			{
				rule: 'several results are not one',
				by: 'programmable/invalid_result_arity',
				commands: [call('two'), call('number', [result(0)])],
				expected: 'InvalidResultArity(0) at 0 in 1',
			},
			{
				rule: 'no result is not one',
				by: 'programmable/invalid_result_arity',
				commands: [call('none'), call('number', [result(0)])],
				expected: 'InvalidResultArity(0) at 0 in 1',
			},
			{
				rule: 'a lone result is subresult 0',
				by: 'programmable/nested_result_zero_zero',
				commands: [call('both'), call('see_any', [nested(0, 0)], [type('Both')])],
				expected: 'success',
			},
			{
				rule: 'indices are looked at before types',
				by: 'programmable/index_before_typing',
				inputs: [thing()],
				commands: [call('imm_imm', [input(0), input(1)])],
				expected: 'IndexOutOfBounds(1) at 1 in 0',
			},
			{ rule: 'a function takes as many as it takes', by: 'typing/translate.rs', commands: [call('number')], expected: 'ArityMismatch in 0' },

			// ---- types
			{
				rule: 'the type is the parameter’s',
				by: 'sui/move_call_args_type_mismatch',
				inputs: [coin()],
				commands: [call('see_thing', [input(0)])],
				expected: 'TypeMismatch at 0 in 0',
			},
			{
				rule: 'what is last wrong is found before what is first runs',
				by: 'typing/mod.rs: typed before executed',
				commands: [call('is_nine', [result(1)]), call('two')],
				expected: 'IndexOutOfBounds(1) at 0 in 0',
			},
			{
				rule: 'a failing call does not hide a later mistake',
				by: 'typing/mod.rs: typed before executed',
				inputs: [u64(1), thing()],
				commands: [call('is_nine', [input(0)]), call('number', [input(1)])],
				expected: 'TypeMismatch at 0 in 1',
			},
			{ rule: 'a function that is not there', by: 'sui/move_call_incorrect_function', commands: [call('nothing')], expected: 'FunctionNotFound in 0' },
			{
				rule: 'a module that is not there',
				by: 'data_store/linked_data_store.rs: LINKER_ERROR',
				commands: [{ MoveCall: { package: packageId, module: 'nothing', function: 'f', typeArguments: [], arguments: [] } }],
				expected: 'VMVerificationOrDeserializationError in 0',
			},
			{
				rule: 'a type that is not there',
				by: 'entry_points/missing_type',
				commands: [call('asks', [], [type('Nothing')])],
				expected: 'TypeNotFound of type 0 in 0',
			},
			{
				rule: 'a module of a type that is not there',
				by: 'entry_points/missing_type',
				commands: [call('asks', [], [`${packageId}::x::X`])],
				expected: 'TypeNotFound of type 0 in 0',
			},
			{
				rule: 'a type with too few arguments',
				by: 'entry_points/missing_type',
				commands: [call('asks', [], [type('Asks')])],
				expected: 'TypeArityMismatch in 0',
			},
			{
				rule: 'a type with too many arguments',
				by: 'entry_points/missing_type',
				commands: [call('asks', [], [type('Asks<u64, u8>')])],
				expected: 'TypeArityMismatch in 0',
			},
			{
				rule: 'a type whose argument lacks an ability',
				by: 'entry_points/missing_type',
				commands: [call('asks', [], [type('Asks<signer>')])],
				expected: 'ConstraintNotSatisfied of type 0 in 0',
			},
			{
				rule: 'a type argument that lacks an ability',
				by: 'programmable/private_transfer_invalid',
				commands: [call('only_store', [], [type('Potato')])],
				expected: 'VMVerificationOrDeserializationError in 0',
			},
			{
				rule: 'too many type arguments',
				by: 'env.rs load_function',
				commands: [call('none', [], ['u64'])],
				expected: 'VMVerificationOrDeserializationError in 0',
			},
			{
				rule: 'the type of a vector that is not there',
				by: 'programmable/make_vec_non_existent_type',
				commands: [makeMoveVec(type('Nothing'), [])],
				expected: 'TypeNotFound of type 0 in 0',
			},

			// ---- functions
			{ rule: 'private functions', by: 'programmable/cannot_call_private', commands: [call('hidden')], expected: 'NonEntryFunctionInvoked in 0' },
			{ rule: 'package-internal functions', by: 'entry_points/wrong_visibility', commands: [call('inner')], expected: 'NonEntryFunctionInvoked in 0' },
			{ rule: 'init', by: 'programmable/cannot_call_init', commands: [call('init')], expected: 'NonEntryFunctionInvoked in 0' },
			{
				rule: 'event::emit is for types of its caller',
				by: 'programmable/cannot_call_emit',
				commands: [call('both'), framework('event', 'emit', [result(0)], [type('Both')])],
				expected: 'NonEntryFunctionInvoked in 1',
			},
			{
				rule: 'transfer::transfer is for types of its caller',
				by: 'programmable/private_transfer_invalid',
				inputs: [to()],
				commands: [call('kept'), framework('transfer', 'transfer', [result(0), input(0)], [type('Kept')])],
				expected: 'NonEntryFunctionInvoked in 1',
			},
			{
				rule: 'transfer::public_transfer is for all with store',
				by: 'programmable/private_transfer_valid',
				inputs: [to()],
				commands: [call('thing'), framework('transfer', 'public_transfer', [result(0), input(0)], [type('Thing')])],
				expected: 'success',
			},
			{
				rule: 'references are not returned',
				by: 'programmable/invalid_public_function_return',
				inputs: [thing()],
				commands: [call('reference', [input(0)])],
				expected: 'InvalidPublicFunctionReturnType(0) in 0',
			},
			{
				rule: 'nor as a second value',
				by: 'programmable/invalid_public_function_return',
				inputs: [thing()],
				commands: [call('second_reference', [input(0)])],
				expected: 'InvalidPublicFunctionReturnType(1) in 0',
			},
		];
		assert.deepEqual(rules.wrong(cases), []);
		assert.ok(cases.length >= 50, `${cases.length} cases`);
	});
});
