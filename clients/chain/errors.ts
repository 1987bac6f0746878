import { ObjectError, SimulationError, type SuiClientTypes, TransactionError } from '@mysten/sui/client';
import { isVramhubError, VramhubError } from '#core/errors.ts';

/**
 * Texts of a node that mean "another transaction was faster with this object": a stale version of an owned object (mostly gas), or one that is
 * locked by a transaction in flight. As sui-types `UserInputError` and `SuiError` print them. Building the transaction again gets the new versions.
 */
const CONFLICTS = [
	/unavailable for consumption/i,
	/not available for consumption/i,
	/needs to be rebuilt/i,
	/ObjectVersionUnavailableForConsumption/,
	/already locked by a different transaction/i,
	/ObjectLockConflict/,
	/could not find the referenced object .* at version/i,
	/equivocat/i,
];

/** gRPC status codes after which the same call may succeed. INTERNAL is what the web transport gives when the connection itself fails. */
const UNAVAILABLE = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'RESOURCE_EXHAUSTED', 'INTERNAL', 'ABORTED', 'UNKNOWN']);

interface RpcFailure {
	readonly code: string;
	readonly message: string;
}

/** The transport's own class is not exported by the client, so it is recognised by its name. */
function asRpcFailure(error: unknown): RpcFailure | undefined {
	if (!(error instanceof Error) || error.name !== 'RpcError') return undefined;
	const { code } = error as Error & { code?: unknown };
	return typeof code === 'string' ? { code, message: error.message } : undefined;
}

/** The name of the contract's error constant; a plain numeric constant has none on the wire and is shown as `code <n>`. */
function abortName(abort: SuiClientTypes.MoveAbort): string {
	return abort.cleverError?.constantName ?? `code ${abort.abortCode}`;
}

/**
 * What a failed execution (or simulation) means to us. `details.abort` is the contract's named error, `details.module` and
 * `details.function` say where; all three are absent when the failure was not an abort.
 */
export function executionFailure(error: SuiClientTypes.ExecutionError, what: string): VramhubError {
	switch (error.$kind) {
		case 'MoveAbort': {
			const { MoveAbort: abort } = error;
			const name = abortName(abort);
			const where = [abort.location?.module, abort.location?.functionName].filter((part) => part !== undefined).join('::');
			const text = abort.cleverError?.value;
			return new VramhubError(
				'CHAIN_REJECTED',
				`${what}: the contract refused it: ${name}${where === '' ? '' : ` in ${where}`}${text === undefined ? '' : ` (${text})`}`,
				{
					details: {
						abort: name,
						code: abort.abortCode,
						...(abort.location?.package !== undefined && { package: abort.location.package }),
						...(abort.location?.module !== undefined && { module: abort.location.module }),
						...(abort.location?.functionName !== undefined && { function: abort.location.functionName }),
						...(error.command !== undefined && { command: error.command }),
					},
				},
			);
		}
		case 'CongestedObjects':
			return new VramhubError('CHAIN_CONFLICT', `${what}: ${error.message}`);
		case 'SizeError':
		case 'CommandArgumentError':
		case 'TypeArgumentError':
		case 'PackageUpgradeError':
		case 'IndexError':
		case 'CoinDenyListError':
		case 'ObjectIdError':
		case 'Unknown':
			return new VramhubError('CHAIN_REJECTED', `${what}: ${error.message}`, { details: { kind: error.$kind } });
		default:
			return error satisfies never;
	}
}

/**
 * Any error of the Sui client as one of CHAIN_REJECTED, CHAIN_CONFLICT, CHAIN_OBJECT_MISSING, CHAIN_UNAVAILABLE. Errors of our own pass
 * unchanged. `what` names the attempt for people: `commit of miner 3 in window 7`.
 */
export function translateChainError(error: unknown, what: string): VramhubError {
	if (isVramhubError(error)) return error;
	if (error instanceof SimulationError) {
		if (error.executionError !== undefined) return executionFailure(error.executionError, what);
		const rpc = asRpcFailure(error.cause);
		return rpc === undefined ? fromText(error.message, what, error) : fromRpc(rpc, what, error);
	}
	if (error instanceof ObjectError || error instanceof TransactionError) {
		const code = error.reason === 'notFound' || error.reason === 'deleted' ? 'CHAIN_OBJECT_MISSING' : 'CHAIN_UNAVAILABLE';
		return new VramhubError(code, `${what}: ${error.message}`, { cause: error });
	}
	const rpc = asRpcFailure(error);
	if (rpc !== undefined) return fromRpc(rpc, what, error);
	// What fetch throws when nobody listens, and what a timeout signal throws.
	if (error instanceof TypeError || (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError'))) {
		return new VramhubError('CHAIN_UNAVAILABLE', `${what}: ${error.message}`, { cause: error });
	}
	return fromText(error instanceof Error ? error.message : String(error), what, error);
}

function fromRpc({ code, message }: RpcFailure, what: string, cause: unknown): VramhubError {
	if (isConflict(message)) return new VramhubError('CHAIN_CONFLICT', `${what}: ${message}`, { cause });
	if (UNAVAILABLE.has(code)) return new VramhubError('CHAIN_UNAVAILABLE', `${what}: ${message}`, { cause, details: { status: code } });
	if (code === 'NOT_FOUND') return new VramhubError('CHAIN_OBJECT_MISSING', `${what}: ${message}`, { cause });
	return new VramhubError('CHAIN_REJECTED', `${what}: ${message}`, { cause, details: { status: code } });
}

function fromText(message: string, what: string, cause: unknown): VramhubError {
	return new VramhubError(isConflict(message) ? 'CHAIN_CONFLICT' : 'CHAIN_REJECTED', `${what}: ${message}`, { cause });
}

function isConflict(message: string): boolean {
	return CONFLICTS.some((pattern) => pattern.test(message));
}

/** The contract's named error when `error` is such a refusal. */
export function abortOf(error: unknown): string | undefined {
	if (!isVramhubError(error) || error.code !== 'CHAIN_REJECTED') return undefined;
	const { abort } = error.details;
	return typeof abort === 'string' ? abort : undefined;
}
