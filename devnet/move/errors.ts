/** How execution stops inside the machine, before the interpreter says where. */

/** Status names as in move-core-types `StatusCode`; the vector's sub-statuses are those of move-vm-types `values_impl.rs`. */
export type RuntimeStatus =
	| 'ARITHMETIC_ERROR'
	| 'VECTOR_OPERATION_ERROR'
	| 'CALL_STACK_OVERFLOW'
	| 'EXECUTION_STACK_OVERFLOW'
	| 'VARIANT_TAG_MISMATCH'
	| 'MEMORY_LIMIT_EXCEEDED'
	| 'VM_MAX_VALUE_DEPTH_REACHED'
	| 'STORAGE_ERROR';

export const VECTOR_INDEX_OUT_OF_BOUNDS = 1;
export const VECTOR_POP_EMPTY = 2;
export const VECTOR_UNPACK_PARITY = 3;
export const VECTOR_SIZE_LIMIT = 4;

export class RuntimeError extends Error {
	readonly status: RuntimeStatus;
	readonly subStatus: number | undefined;
	constructor(status: RuntimeStatus, detail: string, subStatus?: number) {
		super(`${status}${subStatus === undefined ? '' : ` (${subStatus})`}: ${detail}`);
		this.status = status;
		this.subStatus = subStatus;
	}
}

/** `abort code` of a native. */
export class NativeAbort extends Error {
	readonly code: bigint;
	constructor(code: number) {
		super(`native abort ${code}`);
		this.code = BigInt(code);
	}
}

export function arithmeticError(detail: string): RuntimeError {
	return new RuntimeError('ARITHMETIC_ERROR', detail);
}
