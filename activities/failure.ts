import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, TemporalFailure } from '@temporalio/common';
import { ERRORS, type ErrorCode, isVramhubError } from '#core/errors.ts';
import { redact } from '#runtime/redact.ts';

/** Retryable for a caller, but not by repeating the same activity: the workflow begins a new session instead. */
const HANDLED_BY_WORKFLOW: ReadonlySet<ErrorCode> = new Set(['ENCLAVE_SESSION_LOST']);

/**
 * An error as it enters the workflow's history: `type` is the code, retryable as `core/errors.ts` says. Causes are left out and texts
 * redacted, because libraries repeat their input, credentials included, in their own errors.
 */
export function toFailure(error: unknown): Error {
	if (error instanceof TemporalFailure) return error;
	if (isVramhubError(error)) {
		return ApplicationFailure.create({
			type: error.code,
			message: redact(error.message),
			nonRetryable: !ERRORS[error.code].retryable || HANDLED_BY_WORKFLOW.has(error.code),
			details: [error.details],
		});
	}
	const name = error instanceof Error ? error.name : typeof error;
	const message = redact(error instanceof Error ? error.message : String(error));
	return ApplicationFailure.create({ type: 'INVARIANT', message: `${name}: ${message}`, nonRetryable: isDefect(error) });
}

/** A mistake in a program stays one however often it is repeated; anything else unforeseen (a system error, a library's) may pass. */
function isDefect(error: unknown): boolean {
	if (error instanceof TypeError) return error.cause === undefined; // fetch() reports a broken connection as a TypeError with a cause.
	return error instanceof RangeError || error instanceof ReferenceError || error instanceof SyntaxError || !(error instanceof Error);
}

type ActivityFunctions<T> = {
	readonly [K in keyof T]: T[K] extends (...args: infer Args) => Promise<infer Result> ? (...args: Args) => Promise<Result> : never;
};

/** The same activities, with every error translated by {@link toFailure}; one that ended because it was cancelled says so. */
export function translated<T extends ActivityFunctions<T>>(activities: T): T {
	const wrapped = Object.entries(activities as Record<string, (...args: unknown[]) => Promise<unknown>>).map(([name, activity]) => [
		name,
		async (...args: unknown[]) => {
			try {
				return await activity(...args);
			} catch (error) {
				const { cancellationSignal } = Context.current();
				if (cancellationSignal.aborted && !(error instanceof TemporalFailure)) throw new CancelledFailure('cancelled');
				throw toFailure(error);
			}
		},
	]);
	return Object.fromEntries(wrapped) as T;
}
