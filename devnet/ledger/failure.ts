/** Why a transaction failed, as its effects say it (sui-types `execution_status.rs`). */
import type { bcs } from '@mysten/sui/bcs';
import { type Address, MoveFailure, type MoveFailureReason } from '#devnet/move/api.ts';
import { RuntimeError } from '#devnet/move/errors.ts';

export type CommandArgumentErrorKind =
	| { readonly $kind: 'TypeMismatch' }
	| { readonly $kind: 'InvalidBCSBytes' }
	| { readonly $kind: 'InvalidUsageOfPureArg' }
	| { readonly $kind: 'InvalidArgumentToPrivateEntryFunction' }
	| { readonly $kind: 'IndexOutOfBounds'; readonly index: number }
	| { readonly $kind: 'SecondaryIndexOutOfBounds'; readonly index: number; readonly subresult: number }
	| { readonly $kind: 'InvalidResultArity'; readonly index: number }
	| { readonly $kind: 'InvalidGasCoinUsage' }
	| { readonly $kind: 'InvalidValueUsage' }
	| { readonly $kind: 'InvalidObjectByValue' }
	| { readonly $kind: 'InvalidObjectByMutRef' }
	| { readonly $kind: 'SharedObjectOperationNotAllowed' }
	| { readonly $kind: 'InvalidTransferObject' }
	| { readonly $kind: 'InvalidMakeMoveVecNonObjectArgument' }
	| { readonly $kind: 'ArgumentWithoutValue' }
	| { readonly $kind: 'CannotMoveBorrowedValue' }
	| { readonly $kind: 'InvalidReferenceArgument' };

type MoveAbortReason = MoveFailureReason & { readonly kind: 'abort' };
type Location = MoveAbortReason['location'];

export type PackageUpgradeErrorKind =
	| { readonly $kind: 'IncompatibleUpgrade' }
	| { readonly $kind: 'DigestDoesNotMatch'; readonly digest: Uint8Array }
	| { readonly $kind: 'UnknownUpgradePolicy'; readonly policy: number }
	| { readonly $kind: 'PackageIDDoesNotMatch'; readonly packageId: Address; readonly ticketId: Address };

export type FailureStatus =
	| { readonly $kind: 'InsufficientGas' }
	| { readonly $kind: 'InvariantViolation' }
	| { readonly $kind: 'FeatureNotYetSupported' }
	| { readonly $kind: 'MoveObjectTooBig'; readonly size: bigint; readonly limit: bigint }
	| { readonly $kind: 'MovePackageTooBig'; readonly size: bigint; readonly limit: bigint }
	| { readonly $kind: 'InsufficientCoinBalance' }
	| { readonly $kind: 'CoinBalanceOverflow' }
	| { readonly $kind: 'PublishErrorNonZeroAddress' }
	| { readonly $kind: 'SuiMoveVerificationError' }
	| { readonly $kind: 'MovePrimitiveRuntimeError'; readonly location: Location | undefined }
	| { readonly $kind: 'MoveAbort'; readonly reason: MoveAbortReason }
	| { readonly $kind: 'VMVerificationOrDeserializationError' }
	| { readonly $kind: 'VMInvariantViolation' }
	| { readonly $kind: 'FunctionNotFound' }
	| { readonly $kind: 'ArityMismatch' }
	| { readonly $kind: 'TypeArityMismatch' }
	| { readonly $kind: 'NonEntryFunctionInvoked' }
	| { readonly $kind: 'CommandArgumentError'; readonly argument: number; readonly error: CommandArgumentErrorKind }
	| { readonly $kind: 'TypeArgumentError'; readonly index: number; readonly error: 'TypeNotFound' | 'ConstraintNotSatisfied' }
	| { readonly $kind: 'UnusedValueWithoutDrop'; readonly result: number; readonly subresult: number }
	| { readonly $kind: 'InvalidPublicFunctionReturnType'; readonly index: number }
	| { readonly $kind: 'InvalidTransferObject' }
	| { readonly $kind: 'PublishUpgradeMissingDependency' }
	| { readonly $kind: 'PublishUpgradeDependencyDowngrade' }
	| { readonly $kind: 'PackageUpgradeError'; readonly error: PackageUpgradeErrorKind }
	| { readonly $kind: 'InvalidLinkage' }
	| { readonly $kind: 'SharedObjectOperationNotAllowed' };

/** Thrown while a transaction executes; its effects then record the status. */
export class ExecutionFailure extends Error {
	readonly status: FailureStatus;
	/** Where it was found, when that was not while the command ran. */
	command: number | undefined;
	/** More than the status can carry; goes into the RPC's description only. */
	readonly detail: string;
	constructor(status: FailureStatus, detail = '') {
		super(detail === '' ? status.$kind : `${status.$kind}: ${detail}`);
		this.name = 'ExecutionFailure';
		this.status = status;
		this.detail = detail;
	}
}

/** Failures of `check` are of that command. */
export function inCommand<T>(command: number, check: () => T): T {
	try {
		return check();
	} catch (error) {
		if (error instanceof ExecutionFailure) error.command ??= command;
		throw error;
	}
}

export function argumentFailure(argument: number, error: CommandArgumentErrorKind, detail = ''): ExecutionFailure {
	return new ExecutionFailure({ $kind: 'CommandArgumentError', argument, error }, detail);
}

/** What the machine threw, as a status. Errors that are neither stop the devnet's request as internal ones. */
export function toExecutionFailure(error: unknown): ExecutionFailure {
	if (error instanceof ExecutionFailure) return error;
	// Limits of the object runtime that the ledger's own commands hit.
	if (error instanceof RuntimeError) return new ExecutionFailure({ $kind: 'MovePrimitiveRuntimeError', location: undefined }, error.message);
	if (!(error instanceof MoveFailure)) throw error;
	const failure = ofReason(error.reason);
	failure.cause = error; // says more of a primitive error than the status can
	return failure;
}

function ofReason(reason: MoveFailureReason): ExecutionFailure {
	switch (reason.kind) {
		case 'abort':
			return new ExecutionFailure({ $kind: 'MoveAbort', reason });
		case 'primitiveRuntimeError':
			return new ExecutionFailure({ $kind: 'MovePrimitiveRuntimeError', location: reason.location }, reason.message);
		case 'outOfGas':
			return new ExecutionFailure({ $kind: 'InsufficientGas' });
		case 'unsupported':
			return new ExecutionFailure({ $kind: 'FeatureNotYetSupported' }, `UNSUPPORTED: ${reason.feature}`);
		case 'invariant':
			return new ExecutionFailure({ $kind: 'VMInvariantViolation' }, reason.message);
		default:
			throw new TypeError(`unknown failure ${reason satisfies never}`);
	}
}

type StatusInput = Extract<Parameters<typeof bcs.TransactionEffects.serialize>[0], { V2: unknown }>['V2']['status'];
type FailureInput = Extract<StatusInput, { Failure: unknown }>['Failure']['error'];

/** For `bcs.TransactionEffects`. */
export function failureToBcs(status: FailureStatus): FailureInput {
	switch (status.$kind) {
		case 'MoveObjectTooBig':
			return { MoveObjectTooBig: { objectSize: status.size, maxObjectSize: status.limit } };
		case 'MovePackageTooBig':
			return { MovePackageTooBig: { objectSize: status.size, maxObjectSize: status.limit } };
		case 'MovePrimitiveRuntimeError':
			return { MovePrimitiveRuntimeError: status.location === undefined ? null : locationToBcs(status.location) };
		case 'MoveAbort':
			return { MoveAbort: [locationToBcs(status.reason.location), status.reason.code] };
		case 'CommandArgumentError':
			return { CommandArgumentError: { argIdx: status.argument, kind: argumentErrorToBcs(status.error) } };
		case 'TypeArgumentError':
			return { TypeArgumentError: { argumentIdx: status.index, kind: { [status.error]: true } as { TypeNotFound: true } } };
		case 'UnusedValueWithoutDrop':
			return { UnusedValueWithoutDrop: { resultIdx: status.result, secondaryIdx: status.subresult } };
		case 'InvalidPublicFunctionReturnType':
			return { InvalidPublicFunctionReturnType: { idx: status.index } };
		case 'PackageUpgradeError':
			return { PackageUpgradeError: { upgradeError: upgradeErrorToBcs(status.error) } };
		default:
			return { [status.$kind]: true } as { InvariantViolation: true };
	}
}

function upgradeErrorToBcs(error: PackageUpgradeErrorKind): Extract<FailureInput, { PackageUpgradeError: unknown }>['PackageUpgradeError']['upgradeError'] {
	switch (error.$kind) {
		case 'IncompatibleUpgrade':
			return { IncompatibleUpgrade: true };
		case 'DigestDoesNotMatch':
			return { DigestDoesNotMatch: { digest: error.digest } };
		case 'UnknownUpgradePolicy':
			return { UnknownUpgradePolicy: { policy: error.policy } };
		case 'PackageIDDoesNotMatch':
			return { PackageIDDoesNotMatch: { packageId: error.packageId, ticketId: error.ticketId } };
		default:
			throw new TypeError(`unknown upgrade error ${error satisfies never}`);
	}
}

function argumentErrorToBcs(error: CommandArgumentErrorKind): Extract<FailureInput, { CommandArgumentError: unknown }>['CommandArgumentError']['kind'] {
	switch (error.$kind) {
		case 'IndexOutOfBounds':
			return { IndexOutOfBounds: { idx: error.index } };
		case 'SecondaryIndexOutOfBounds':
			return { SecondaryIndexOutOfBounds: { resultIdx: error.index, secondaryIdx: error.subresult } };
		case 'InvalidResultArity':
			return { InvalidResultArity: { resultIdx: error.index } };
		default:
			return { [error.$kind]: true } as { TypeMismatch: true };
	}
}

function locationToBcs(location: Location): { module: { address: Address; name: string }; function: number; instruction: number; functionName: string } {
	return {
		module: { address: location.module.address, name: location.module.module },
		function: location.functionIndex,
		instruction: location.instruction,
		functionName: location.functionName,
	};
}

/** A transaction that is refused before it executes: nothing is recorded, no gas is charged. */
export class RejectedTransaction extends Error {
	readonly reason: 'invalid' | 'notFound' | 'stale' | 'signature';
	constructor(reason: RejectedTransaction['reason'], message: string) {
		super(message);
		this.name = 'RejectedTransaction';
		this.reason = reason;
	}
}
