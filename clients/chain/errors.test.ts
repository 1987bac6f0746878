import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ObjectError, SimulationError, type SuiClientTypes, TransactionError } from '@mysten/sui/client';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { abortOf, executionFailure, translateChainError } from '#clients/chain/errors.ts';
import { execute } from '#clients/chain/execute.ts';
import { VramhubError } from '#core/errors.ts';

const abort: SuiClientTypes.ExecutionError = {
	$kind: 'MoveAbort',
	message: 'MoveAbort in 1st command',
	command: 0,
	MoveAbort: {
		abortCode: '13836184328894414851',
		location: { package: '0x7', module: 'score_ledger', functionName: 'submit_scores', function: 3, instruction: 9 },
		cleverError: { errorCode: 3, lineNumber: 88, constantName: 'EBadSignature', constantType: 'vector<u8>', value: 'the signature does not verify' },
	},
};

test('an abort carries the name of the contract error and where it was raised', () => {
	const error = executionFailure(abort, 'scores of window 4');
	assert.equal(error.code, 'CHAIN_REJECTED');
	assert.deepEqual(error.details, {
		abort: 'EBadSignature',
		code: '13836184328894414851',
		package: '0x7',
		module: 'score_ledger',
		function: 'submit_scores',
		command: 0,
	});
	assert.match(error.message, /scores of window 4.*EBadSignature in score_ledger::submit_scores \(the signature does not verify\)/);
	assert.equal(abortOf(error), 'EBadSignature');
	assert.equal(abortOf(translateChainError(new SimulationError('x', { executionError: abort }), 'x')), 'EBadSignature');
});

test('an abort without a clever error keeps its number', () => {
	assert.equal(abortOf(executionFailure({ $kind: 'MoveAbort', message: '', MoveAbort: { abortCode: '7' } }, 'x')), 'code 7');
});

test('other execution failures are refusals without an abort; congestion may be tried again', () => {
	const argument = executionFailure({ $kind: 'CommandArgumentError', message: 'bad', CommandArgumentError: { argument: 1, name: 'TypeMismatch' } }, 'x');
	assert.equal(argument.code, 'CHAIN_REJECTED');
	assert.equal(abortOf(argument), undefined);
	assert.equal(executionFailure({ $kind: 'CongestedObjects', message: '', CongestedObjects: { name: '', objects: [] } }, 'x').code, 'CHAIN_CONFLICT');
});

test('errors of the client by kind', () => {
	const code = (error: unknown) => translateChainError(error, 'x').code;
	const rpc = (status: string, message = 'm') => Object.assign(new Error(message), { name: 'RpcError', code: status });
	assert.equal(code(new ObjectError('notExists', 'm', { reason: 'notFound' })), 'CHAIN_OBJECT_MISSING');
	assert.equal(code(new ObjectError('unknown', 'm', { reason: 'unknown' })), 'CHAIN_UNAVAILABLE');
	assert.equal(code(new TransactionError('notFound', 'digest')), 'CHAIN_OBJECT_MISSING');
	assert.equal(code(rpc('UNAVAILABLE')), 'CHAIN_UNAVAILABLE');
	assert.equal(code(rpc('INVALID_ARGUMENT')), 'CHAIN_REJECTED');
	assert.equal(
		code(rpc('INVALID_ARGUMENT', 'Transaction needs to be rebuilt because object 0x5 version 3 is unavailable for consumption, current version: 4')),
		'CHAIN_CONFLICT',
	);
	assert.equal(code(new SimulationError('m', { cause: rpc('UNAVAILABLE') })), 'CHAIN_UNAVAILABLE');
	assert.equal(code(new SimulationError('m', { cause: rpc('INVALID_ARGUMENT') })), 'CHAIN_REJECTED');
	const own = new VramhubError('INVARIANT', 'm');
	assert.equal(translateChainError(own, 'x'), own);
});

test('a node that does not answer is CHAIN_UNAVAILABLE, through the real client', async () => {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	const client = new SuiGrpcClient({ network: 'localnet', baseUrl: `http://127.0.0.1:${port}` });
	const signer = Ed25519Keypair.fromSecretKey(new Uint8Array(32).fill(1));
	await assert.rejects(
		execute({ client, signer, what: 'a transfer', build: (transaction) => void transaction.transferObjects([transaction.gas], signer.toSuiAddress()) }),
		(error) => error instanceof VramhubError && error.code === 'CHAIN_UNAVAILABLE',
	);
});
