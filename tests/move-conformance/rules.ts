/**
 * Which cells of the coverage tables can exist. Rules come from the instruction set (format v7), from the sources of Sui's natives,
 * and from the text of the framework; nothing here is a count.
 */
import { integer, scanSource } from '#devnet/move/test-sources.ts';
import type { OperandKind } from '#tests/move-conformance/coverage.ts';

const INTEGERS: readonly OperandKind[] = ['u8', 'u16', 'u32', 'u64', 'u128', 'u256'];
/** What a field, an element, or the place behind a reference can hold. */
const VALUES: readonly OperandKind[] = ['bool', ...INTEGERS, 'address', 'vector', 'struct', 'enum'];
const ANYTHING: readonly OperandKind[] = [...VALUES, '&', '&mut'];
const NONE_OR_ANYTHING: readonly OperandKind[] = ['-', ...ANYTHING];

function each(opcodes: string, kinds: readonly OperandKind[]): [string, readonly OperandKind[]][] {
	return opcodes.split(' ').map((opcode) => [opcode, kinds]);
}

/** Every instruction of format v7 (0x29-0x2D and 0x3B-0x3F are withdrawn) and the operands that it can have. Signers do not occur on Sui. */
export const INSTRUCTIONS: ReadonlyMap<string, readonly OperandKind[]> = new Map([
	...each('Pop CopyLoc MoveLoc StLoc', ANYTHING),
	...each('Ret Call CallGeneric', NONE_OR_ANYTHING),
	...each('BrTrue BrFalse LdTrue LdFalse Or And Not', ['bool']),
	...each('Branch Nop', ['-']),
	...each('LdU8', ['u8']),
	...each('LdU16', ['u16']),
	...each('LdU32', ['u32']),
	...each('LdU64 Abort', ['u64']),
	...each('LdU128', ['u128']),
	...each('LdU256', ['u256']),
	// A constant has no datatype.
	...each('LdConst', ['bool', ...INTEGERS, 'address', 'vector']),
	...each('MutBorrowLoc ImmBorrowLoc MutBorrowField ImmBorrowField MutBorrowFieldGeneric ImmBorrowFieldGeneric', VALUES),
	// An empty struct has a field of type bool.
	...each('Pack PackGeneric Unpack UnpackGeneric ReadRef WriteRef FreezeRef', VALUES),
	...each('Add Sub Mul Div Mod BitOr BitAnd Xor Shl Shr Lt Gt Le Ge', INTEGERS),
	...each('CastU8 CastU16 CastU32 CastU64 CastU128 CastU256', INTEGERS),
	// Of references the compiler compares only shared ones: it freezes the others first.
	...each('Eq Neq', [...VALUES, '&']),
	...each('VecPack VecLen VecImmBorrow VecMutBorrow VecPushBack VecPopBack VecUnpack VecSwap', VALUES),
	...each('PackVariant PackVariantGeneric UnpackVariant UnpackVariantGeneric', ['-', ...VALUES]),
	...each('UnpackVariantImmRef UnpackVariantMutRef UnpackVariantGenericImmRef UnpackVariantGenericMutRef', ['-', ...VALUES]),
	...each('VariantSwitch', ['enum']),
]);

/** Opcode and status (with sub-status) by operand. */
export const INSTRUCTION_ERRORS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
	...['Add', 'Sub', 'Mul', 'Div', 'Mod'].map((opcode): [string, readonly string[]] => [`${opcode} ARITHMETIC_ERROR`, INTEGERS]),
	// By a u8, so less than the width of a u256 always.
	...['Shl', 'Shr'].map((opcode): [string, readonly string[]] => [`${opcode} ARITHMETIC_ERROR`, INTEGERS.filter((kind) => kind !== 'u256')]),
	// From what is wider.
	...INTEGERS.slice(0, -1).map((to, at): [string, readonly string[]] => [`Cast${to.toUpperCase()} ARITHMETIC_ERROR`, INTEGERS.slice(at + 1)]),
	...['VecImmBorrow', 'VecMutBorrow', 'VecSwap'].map((opcode): [string, readonly string[]] => [`${opcode} VECTOR_OPERATION_ERROR 1`, VALUES]),
	['VecPopBack VECTOR_OPERATION_ERROR 2', VALUES],
	['VecUnpack VECTOR_OPERATION_ERROR 3', VALUES],
	['Abort', ['plain code', 'constant', 'no constant']],
	['Call CALL_STACK_OVERFLOW', ['u64']],
	['CallGeneric CALL_STACK_OVERFLOW', ['u64']],
	['EXECUTION_STACK_OVERFLOW', ['any']],
	['Pack VM_MAX_VALUE_DEPTH_REACHED', ['struct']],
	['PackGeneric VM_MAX_VALUE_DEPTH_REACHED', ['struct']],
	['PackVariant VM_MAX_VALUE_DEPTH_REACHED', ['-', 'struct']],
	['PackVariantGeneric VM_MAX_VALUE_DEPTH_REACHED', ['-', 'struct']],
	['VecPack VM_MAX_VALUE_DEPTH_REACHED', ['vector']],
]);

/**
 * Abort codes that natives can give besides returning (sui-move-natives and move-stdlib-natives, Sui 1.63). Left out: failures to
 * serialise, which need a type that no value has, and what only an option of the protocol turns off.
 */
const NATIVE_ABORTS: Readonly<Record<string, readonly number[]>> = {
	'string::internal_sub_string': [1],
	'type_name::defining_id': [0],
	'type_name::original_id': [0],
	'address::from_bytes': [0],
	'dynamic_field::borrow_child_object': [1, 2],
	'dynamic_field::borrow_child_object_mut': [1, 2],
	'dynamic_field::remove_child_object': [1, 2],
	'transfer::share_object_impl': [0],
	'transfer::receive_impl': [2, 3],
	'tx_context::last_created_id': [1],
	'test_utils::create_one_time_witness': [0, 1],
	'ecdsa_k1::secp256k1_ecrecover': [0, 1],
	'ecdsa_k1::decompress_pubkey': [2],
	'ecdsa_r1::secp256r1_ecrecover': [0, 1],
	'group_ops::internal_add': [1],
	'group_ops::internal_sub': [1],
	'group_ops::internal_mul': [1],
	'group_ops::internal_div': [1],
	'group_ops::internal_hash_to': [1],
	'group_ops::internal_multi_scalar_mul': [1, 2],
	'group_ops::internal_pairing': [1],
	'group_ops::internal_convert': [1],
	'group_ops::internal_sum': [1, 2],
	'nitro_attestation::load_nitro_attestation_internal': [1, 2, 3],
};

/** Every native that the framework's text declares, and its outcomes. Those that compile to instructions are no natives. */
export function nativesOf(sources: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
	const found = new Map<string, readonly string[]>();
	for (const text of Object.values(sources)) {
		const module = /^module \w+::(\w+);/m.exec(text)?.[1];
		for (const [, attribute, name] of text.matchAll(/(#\[bytecode_instruction\]\s+)?(?:public(?:\(package\))? )?native fun (\w+)/g)) {
			if (attribute !== undefined) continue;
			const native = `${module}::${name}`;
			found.set(native, ['returns', ...(NATIVE_ABORTS[native] ?? []).map((code) => `aborts ${code}`)]);
		}
	}
	return found;
}

/** `0x…::module` → names of its error constants by abort code. */
export function errorConstantsOf(sources: Readonly<Record<string, string>>, address: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
	const found = new Map<string, Map<string, string>>();
	for (const text of Object.values(sources)) {
		for (const [path, { value }] of scanSource(text).constants) {
			const [, module, name = ''] = path.split('::');
			const code = integer(value);
			if (!/^E[A-Z]/.test(name) || code === undefined) continue;
			const key = `${address}::${module}`;
			found.set(key, (found.get(key) ?? new Map()).set(code.toString(), name));
		}
	}
	return found;
}
