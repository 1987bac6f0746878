import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '#core/errors.ts';

/** Whether an activity ended for this reason (`core/errors.ts`; activities put the code into the failure's type). */
export function failedWith(error: unknown, code: ErrorCode): boolean {
	return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === code;
}

/** Fails the workflow itself, visibly, rather than one of its tasks. */
export function failure(code: ErrorCode, message: string): ApplicationFailure {
	return ApplicationFailure.create({ type: code, message, nonRetryable: true });
}
