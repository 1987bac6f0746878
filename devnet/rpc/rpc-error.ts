import { GrpcStatusCode } from '@mysten/sui/grpc';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { LayoutError } from '#devnet/ledger/layout.ts';

/** A call that fails, as a gRPC status. */
export class RpcFailure extends Error {
	readonly code: GrpcStatusCode;
	constructor(code: GrpcStatusCode, message: string) {
		super(message);
		this.name = 'RpcFailure';
		this.code = code;
	}
}

export const invalidArgument = (message: string) => new RpcFailure(GrpcStatusCode.INVALID_ARGUMENT, message);
export const notFound = (message: string) => new RpcFailure(GrpcStatusCode.NOT_FOUND, message);
export const unimplemented = (message: string) => new RpcFailure(GrpcStatusCode.UNIMPLEMENTED, message);
export const unavailable = (message: string) => new RpcFailure(GrpcStatusCode.UNAVAILABLE, message);

const REJECTIONS = {
	invalid: GrpcStatusCode.INVALID_ARGUMENT,
	notFound: GrpcStatusCode.NOT_FOUND,
	stale: GrpcStatusCode.FAILED_PRECONDITION,
	signature: GrpcStatusCode.INVALID_ARGUMENT,
} as const satisfies Record<RejectedTransaction['reason'], GrpcStatusCode>;

export function toRpcFailure(error: unknown): RpcFailure {
	if (error instanceof RpcFailure) return error;
	if (error instanceof RejectedTransaction) return new RpcFailure(REJECTIONS[error.reason], error.message);
	if (error instanceof LayoutError) return invalidArgument(error.message);
	return new RpcFailure(GrpcStatusCode.INTERNAL, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
