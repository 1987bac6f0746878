import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { toFailure, translated } from '#activities/failure.ts';
import { ERRORS, type ErrorCode, VramhubError } from '#core/errors.ts';

test('every code keeps its name, and is retryable as the table says; a lost session is the workflow’s to handle', () => {
	for (const code of Object.keys(ERRORS) as ErrorCode[]) {
		const failure = toFailure(new VramhubError(code, 'why', { details: { window: '7' } }));
		assert.ok(failure instanceof ApplicationFailure);
		assert.equal(failure.type, code);
		assert.equal(failure.nonRetryable, code === 'ENCLAVE_SESSION_LOST' || !ERRORS[code].retryable, code);
		assert.deepEqual(failure.details, [{ window: '7' }]);
	}
});

test('neither a cause nor a message carries a secret into history', () => {
	const cause = Object.assign(new Error('sdk'), { request: { headers: { authorization: 'AWS4 Credential=id Signature=abcdef' } } });
	const failure = toFailure(new VramhubError('OBJECT_UNAVAILABLE', 'GET ?X-Amz-Signature=abcdef {"secretAccessKey":"hunter2hunter2"}', { cause }));
	const text = JSON.stringify(failure, Object.getOwnPropertyNames(failure));
	assert.equal(failure.cause, undefined);
	for (const secret of ['abcdef', 'hunter2']) assert.equal(text.includes(secret), false, text);
});

test('a mistake in a program is not repeated; what else is unforeseen is', () => {
	const nonRetryable = (error: unknown) => (toFailure(error) as ApplicationFailure).nonRetryable;
	assert.equal(nonRetryable(new TypeError('x is not a function')), true);
	assert.equal(nonRetryable(new RangeError('out of range')), true);
	assert.equal(nonRetryable(new TypeError('fetch failed', { cause: new Error('ECONNRESET') })), false);
	assert.equal(nonRetryable(Object.assign(new Error('disk'), { code: 'EIO' })), false);
});

test('an activity that was cancelled says so, whatever its client threw', async () => {
	const environment = new MockActivityEnvironment();
	const { wait } = translated({
		wait: async () => {
			environment.cancel();
			throw new DOMException('The operation was aborted', 'AbortError');
		},
	});
	await assert.rejects(environment.run(wait), CancelledFailure);
});
