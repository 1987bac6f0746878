/** The status of a transaction, with what the client needs to name an abort. */
import { toBase58 } from '@mysten/bcs';
import { GrpcTypes } from '@mysten/sui/grpc';
import type { Outcome } from '#devnet/ledger/engine.ts';
import type { CommandArgumentErrorKind, FailureStatus, PackageUpgradeErrorKind } from '#devnet/ledger/failure.ts';
import type { MoveFailureReason } from '#devnet/move/api.ts';

const Kind = GrpcTypes.ExecutionError_ExecutionErrorKind;

const KINDS = {
	InsufficientGas: Kind.INSUFFICIENT_GAS,
	InvariantViolation: Kind.INVARIANT_VIOLATION,
	FeatureNotYetSupported: Kind.FEATURE_NOT_YET_SUPPORTED,
	MoveObjectTooBig: Kind.OBJECT_TOO_BIG,
	MovePackageTooBig: Kind.PACKAGE_TOO_BIG,
	InsufficientCoinBalance: Kind.INSUFFICIENT_COIN_BALANCE,
	CoinBalanceOverflow: Kind.COIN_BALANCE_OVERFLOW,
	PublishErrorNonZeroAddress: Kind.PUBLISH_ERROR_NON_ZERO_ADDRESS,
	SuiMoveVerificationError: Kind.SUI_MOVE_VERIFICATION_ERROR,
	MovePrimitiveRuntimeError: Kind.MOVE_PRIMITIVE_RUNTIME_ERROR,
	MoveAbort: Kind.MOVE_ABORT,
	VMVerificationOrDeserializationError: Kind.VM_VERIFICATION_OR_DESERIALIZATION_ERROR,
	VMInvariantViolation: Kind.VM_INVARIANT_VIOLATION,
	FunctionNotFound: Kind.FUNCTION_NOT_FOUND,
	ArityMismatch: Kind.ARITY_MISMATCH,
	TypeArityMismatch: Kind.TYPE_ARITY_MISMATCH,
	NonEntryFunctionInvoked: Kind.NON_ENTRY_FUNCTION_INVOKED,
	CommandArgumentError: Kind.COMMAND_ARGUMENT_ERROR,
	TypeArgumentError: Kind.TYPE_ARGUMENT_ERROR,
	UnusedValueWithoutDrop: Kind.UNUSED_VALUE_WITHOUT_DROP,
	InvalidPublicFunctionReturnType: Kind.INVALID_PUBLIC_FUNCTION_RETURN_TYPE,
	InvalidTransferObject: Kind.INVALID_TRANSFER_OBJECT,
	PublishUpgradeMissingDependency: Kind.PUBLISH_UPGRADE_MISSING_DEPENDENCY,
	PublishUpgradeDependencyDowngrade: Kind.PUBLISH_UPGRADE_DEPENDENCY_DOWNGRADE,
	PackageUpgradeError: Kind.PACKAGE_UPGRADE_ERROR,
	InvalidLinkage: Kind.INVALID_LINKAGE,
	SharedObjectOperationNotAllowed: Kind.CONSENSUS_OBJECT_OPERATION_NOT_ALLOWED,
} as const satisfies Record<FailureStatus['$kind'], GrpcTypes.ExecutionError_ExecutionErrorKind>;

const ArgumentKind = GrpcTypes.CommandArgumentError_CommandArgumentErrorKind;

const ARGUMENT_KINDS = {
	TypeMismatch: ArgumentKind.TYPE_MISMATCH,
	InvalidBCSBytes: ArgumentKind.INVALID_BCS_BYTES,
	InvalidUsageOfPureArg: ArgumentKind.INVALID_USAGE_OF_PURE_ARGUMENT,
	InvalidArgumentToPrivateEntryFunction: ArgumentKind.INVALID_ARGUMENT_TO_PRIVATE_ENTRY_FUNCTION,
	IndexOutOfBounds: ArgumentKind.INDEX_OUT_OF_BOUNDS,
	SecondaryIndexOutOfBounds: ArgumentKind.SECONDARY_INDEX_OUT_OF_BOUNDS,
	InvalidResultArity: ArgumentKind.INVALID_RESULT_ARITY,
	InvalidGasCoinUsage: ArgumentKind.INVALID_GAS_COIN_USAGE,
	InvalidValueUsage: ArgumentKind.INVALID_VALUE_USAGE,
	InvalidObjectByValue: ArgumentKind.INVALID_OBJECT_BY_VALUE,
	InvalidObjectByMutRef: ArgumentKind.INVALID_OBJECT_BY_MUT_REF,
	SharedObjectOperationNotAllowed: ArgumentKind.CONSENSUS_OBJECT_OPERATION_NOT_ALLOWED,
	InvalidTransferObject: ArgumentKind.INVALID_TRANSFER_OBJECT,
	InvalidMakeMoveVecNonObjectArgument: ArgumentKind.INVALID_MAKE_MOVE_VEC_NON_OBJECT_ARGUMENT,
	ArgumentWithoutValue: ArgumentKind.ARGUMENT_WITHOUT_VALUE,
	CannotMoveBorrowedValue: ArgumentKind.CANNOT_MOVE_BORROWED_VALUE,
	InvalidReferenceArgument: ArgumentKind.INVALID_REFERENCE_ARGUMENT,
} as const satisfies Record<CommandArgumentErrorKind['$kind'], GrpcTypes.CommandArgumentError_CommandArgumentErrorKind>;

export function renderStatus(failed: Outcome['failure']): GrpcTypes.ExecutionStatus {
	if (failed === undefined) return { success: true };
	const { failure, command } = failed;
	return {
		success: false,
		error: {
			description: `${failure.message}${placeOf(failure.status)}${command === undefined ? '' : ` in command ${command}`}`,
			command: command === undefined ? undefined : BigInt(command),
			kind: KINDS[failure.status.$kind],
			errorDetails: details(failure.status),
		},
	};
}

/** Said in words: an `abort` detail would make clients read a code that no abort gave. */
function placeOf(status: FailureStatus): string {
	if (status.$kind !== 'MovePrimitiveRuntimeError' || status.location === undefined) return '';
	const { module, functionName, instruction } = status.location;
	return ` in ${module.address}::${module.module}::${functionName} at instruction ${instruction}`;
}

function details(status: FailureStatus): GrpcTypes.ExecutionError['errorDetails'] {
	switch (status.$kind) {
		case 'MoveAbort':
			return { oneofKind: 'abort', abort: renderAbort(status.reason) };
		case 'MoveObjectTooBig':
		case 'MovePackageTooBig':
			return { oneofKind: 'sizeError', sizeError: { size: status.size, maxSize: status.limit } };
		case 'CommandArgumentError': {
			const { argument, error } = status;
			const indexError = 'index' in error ? { index: error.index, subresult: 'subresult' in error ? error.subresult : undefined } : undefined;
			return { oneofKind: 'commandArgumentError', commandArgumentError: { argument, kind: ARGUMENT_KINDS[error.$kind], indexError } };
		}
		case 'TypeArgumentError': {
			const kinds = GrpcTypes.TypeArgumentError_TypeArgumentErrorKind;
			const kind = status.error === 'TypeNotFound' ? kinds.TYPE_NOT_FOUND : kinds.CONSTRAINT_NOT_SATISFIED;
			return { oneofKind: 'typeArgumentError', typeArgumentError: { typeArgument: status.index, kind } };
		}
		case 'UnusedValueWithoutDrop':
			return { oneofKind: 'indexError', indexError: { index: status.result, subresult: status.subresult } };
		case 'PackageUpgradeError':
			return { oneofKind: 'packageUpgradeError', packageUpgradeError: renderUpgradeError(status.error) };
		case 'InvalidPublicFunctionReturnType':
			return { oneofKind: 'indexError', indexError: { index: status.index } };
		default:
			return { oneofKind: undefined };
	}
}

function renderUpgradeError(error: PackageUpgradeErrorKind): GrpcTypes.PackageUpgradeError {
	const kinds = GrpcTypes.PackageUpgradeError_PackageUpgradeErrorKind;
	switch (error.$kind) {
		case 'IncompatibleUpgrade':
			return { kind: kinds.INCOMPATIBLE_UPGRADE };
		case 'DigestDoesNotMatch':
			return { kind: kinds.DIGEST_DOES_NOT_MATCH, digest: toBase58(error.digest) };
		case 'UnknownUpgradePolicy':
			return { kind: kinds.UNKNOWN_UPGRADE_POLICY, policy: error.policy };
		case 'PackageIDDoesNotMatch':
			return { kind: kinds.PACKAGE_ID_DOES_NOT_MATCH, packageId: error.packageId, ticketId: error.ticketId };
		default:
			throw new TypeError(`unknown upgrade error ${error satisfies never}`);
	}
}

type Abort = MoveFailureReason & { readonly kind: 'abort' };

function renderLocation(location: Abort['location']): GrpcTypes.MoveLocation {
	return {
		package: location.module.address,
		module: location.module.module,
		function: location.functionIndex,
		instruction: location.instruction,
		functionName: location.functionName,
	};
}

function renderAbort({ code, location, cleverError }: Abort): GrpcTypes.MoveAbort {
	return {
		abortCode: code,
		location: renderLocation(location),
		cleverError:
			cleverError === undefined
				? undefined
				: {
						lineNumber: BigInt(cleverError.line),
						constantName: cleverError.constantName,
						value: cleverError.message === undefined ? { oneofKind: undefined } : { oneofKind: 'rendered', rendered: cleverError.message },
					},
	};
}
