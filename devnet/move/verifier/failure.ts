/** Why a module is refused, named as Move's `StatusCode` names it, and where. */

/** Of `move-core-types` `vm_status.rs`; the last group belongs to Sui's own passes, which have messages only. */
export type VerificationStatus =
	| 'ABORT_TYPE_MISMATCH_ERROR'
	| 'BOOLEAN_OP_TYPE_MISMATCH_ERROR'
	| 'BORROWFIELD_TYPE_MISMATCH_ERROR'
	| 'BORROWLOC_EXISTS_BORROW_ERROR'
	| 'BORROWLOC_REFERENCE_ERROR'
	| 'BORROWLOC_UNAVAILABLE_ERROR'
	| 'BR_TYPE_MISMATCH_ERROR'
	| 'CALL_BORROWED_MUTABLE_REFERENCE_ERROR'
	| 'CALL_TYPE_MISMATCH_ERROR'
	| 'CONSTRAINT_NOT_SATISFIED'
	| 'COPYLOC_EXISTS_BORROW_ERROR'
	| 'COPYLOC_UNAVAILABLE_ERROR'
	| 'COPYLOC_WITHOUT_COPY_ABILITY'
	| 'CYCLIC_MODULE_DEPENDENCY'
	| 'DUPLICATE_ELEMENT'
	| 'DUPLICATE_MODULE_NAME'
	| 'EMPTY_CODE_UNIT'
	| 'ENUM_SWITCH_BAD_OPERAND'
	| 'ENUM_TYPE_MISMATCH'
	| 'EQUALITY_OP_TYPE_MISMATCH_ERROR'
	| 'FIELD_EXISTS_MUTABLE_BORROW_ERROR'
	| 'FIELD_MISSING_TYPE_ABILITY'
	| 'FREEZEREF_EXISTS_MUTABLE_BORROW_ERROR'
	| 'FREEZEREF_TYPE_MISMATCH_ERROR'
	| 'GENERIC_MEMBER_OPCODE_MISMATCH'
	| 'IDENTIFIER_TOO_LONG'
	| 'INDEX_OUT_OF_BOUNDS'
	| 'INTEGER_OP_TYPE_MISMATCH_ERROR'
	| 'INVALID_CONSTANT_TYPE'
	| 'INVALID_ENUM_SWITCH'
	| 'INVALID_FALL_THROUGH'
	| 'INVALID_FRIEND_DECL_WITH_MODULES_OUTSIDE_ACCOUNT_ADDRESS'
	| 'INVALID_FRIEND_DECL_WITH_SELF'
	| 'INVALID_IDENTIFIER'
	| 'INVALID_LOOP_SPLIT'
	| 'INVALID_MODULE_HANDLE'
	| 'INVALID_PHANTOM_TYPE_PARAM_POSITION'
	| 'INVALID_SIGNATURE_TOKEN'
	| 'LOOKUP_FAILED'
	| 'LOOP_IN_INSTANTIATION_GRAPH'
	| 'LOOP_MAX_DEPTH_REACHED'
	| 'MALFORMED_CONSTANT_DATA'
	| 'MAX_FIELD_DEFINITIONS_REACHED'
	| 'MAX_FUNCTION_DEFINITIONS_REACHED'
	| 'MAX_STRUCT_DEFINITIONS_REACHED'
	| 'MAX_VARIANTS_REACHED'
	| 'MISSING_DEPENDENCY'
	| 'MOVELOC_EXISTS_BORROW_ERROR'
	| 'MOVELOC_UNAVAILABLE_ERROR'
	| 'NEGATIVE_STACK_SIZE_WITHIN_BLOCK'
	| 'NUMBER_OF_TYPE_ARGUMENTS_MISMATCH'
	| 'PACK_TYPE_MISMATCH_ERROR'
	| 'POP_WITHOUT_DROP_ABILITY'
	| 'POSITIVE_STACK_SIZE_AT_BLOCK_END'
	| 'PROGRAM_TOO_COMPLEX'
	| 'READREF_EXISTS_MUTABLE_BORROW_ERROR'
	| 'READREF_TYPE_MISMATCH_ERROR'
	| 'READREF_WITHOUT_COPY_ABILITY'
	| 'RECURSIVE_DATATYPE_DEFINITION'
	| 'RET_BORROWED_MUTABLE_REFERENCE_ERROR'
	| 'RET_TYPE_MISMATCH_ERROR'
	| 'STLOC_TYPE_MISMATCH_ERROR'
	| 'STLOC_UNSAFE_TO_DESTROY_ERROR'
	| 'TOO_MANY_BASIC_BLOCKS'
	| 'TOO_MANY_LOCALS'
	| 'TOO_MANY_PARAMETERS'
	| 'TOO_MANY_TYPE_NODES'
	| 'TOO_MANY_TYPE_PARAMETERS'
	| 'TOO_MANY_VECTOR_ELEMENTS'
	| 'TYPE_MISMATCH'
	| 'UNIMPLEMENTED_HANDLE'
	| 'UNKNOWN_OPCODE'
	| 'UNKNOWN_VERSION'
	| 'UNPACK_TYPE_MISMATCH_ERROR'
	| 'UNSAFE_RET_LOCAL_OR_RESOURCE_STILL_BORROWED'
	| 'UNSAFE_RET_UNUSED_VALUES_WITHOUT_DROP'
	| 'VALUE_STACK_OVERFLOW'
	| 'VALUE_STACK_PUSH_OVERFLOW'
	| 'VEC_BORROW_ELEMENT_EXISTS_MUTABLE_BORROW_ERROR'
	| 'VEC_UPDATE_EXISTS_MUTABLE_BORROW_ERROR'
	| 'WRITEREF_EXISTS_BORROW_ERROR'
	| 'WRITEREF_NO_MUTABLE_REFERENCE_ERROR'
	| 'WRITEREF_TYPE_MISMATCH_ERROR'
	| 'WRITEREF_WITHOUT_DROP_ABILITY'
	| 'ZERO_SIZED_ENUM'
	| 'ZERO_SIZED_STRUCT'
	| SuiRule;

/** The pass of `sui-verifier` that refuses; Sui itself gives these no code. */
export type SuiRule = 'SUI_KEY_STRUCT' | 'SUI_ID_LEAK' | 'SUI_PRIVATE_GENERICS' | 'SUI_ENTRY_FUNCTION' | 'SUI_INIT' | 'SUI_ONE_TIME_WITNESS';

export interface VerificationLocation {
	/** `0x…::name`; undefined when the module's own name cannot be read. */
	readonly module?: string;
	readonly function?: string;
	/** Offset in the function's code. */
	readonly instruction?: number;
}

/**
 * A module is refused. The ledger reports `sui` as `SuiMoveVerificationError` and `move` as
 * `VMVerificationOrDeserializationError` (sui-adapter `error.rs`).
 */
export class VerificationFailure extends Error {
	readonly verifier: 'move' | 'sui';
	readonly status: VerificationStatus;
	readonly reason: string;
	readonly location: VerificationLocation;

	constructor(status: VerificationStatus, reason: string, location: VerificationLocation = {}) {
		const { module = 'a module', function: name, instruction } = location;
		super(`${status} in ${module}${name === undefined ? '' : `::${name}`}${instruction === undefined ? '' : ` at ${instruction}`}: ${reason}`);
		this.name = 'VerificationFailure';
		this.verifier = status.startsWith('SUI_') ? 'sui' : 'move';
		this.status = status;
		this.reason = reason;
		this.location = location;
	}
}

/** Throws with one location: what every pass is given. */
export type Refuse = (status: VerificationStatus, reason: string) => never;
