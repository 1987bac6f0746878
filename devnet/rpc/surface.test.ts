/** Every method of the unmodified client, over HTTP: the methods are read from the package, so that a new one without a test fails here. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CoreClient } from '@mysten/sui/client';
import { methodsByPath } from '#devnet/rpc/server.ts';
import { chainCases } from '#devnet/rpc/surface/chain.cases.ts';
import { coinCases } from '#devnet/rpc/surface/coins.cases.ts';
import { listCases } from '#devnet/rpc/surface/lists.cases.ts';
import { objectCases } from '#devnet/rpc/surface/objects.cases.ts';
import { type Calls, type Surface, startSurface } from '#devnet/rpc/surface/surface.fixture.ts';
import { transactionCases } from '#devnet/rpc/surface/transactions.cases.ts';

/** Of `CoreClient`: what it declares as abstract, and what it implements. */
function coreMethods(): string[] {
	const declaration = readFileSync(fileURLToPath(import.meta.resolve('@mysten/sui/client')).replace(/index\.mjs$/, 'core.d.mts'), 'utf8');
	const abstract = [...declaration.matchAll(/^\s*abstract (\w+)[<(]/gm)].map(([, name]) => name as string);
	const concrete = Object.getOwnPropertyNames(CoreClient.prototype).filter((name) => name !== 'constructor');
	return [...abstract, ...concrete].sort();
}

/** Methods that cannot be refused: they ask for nothing in particular. */
const NEVER_FAIL = [
	'getChainIdentifier',
	'getCoinMetadata',
	'getCurrentSystemState',
	'getProtocolConfig',
	'getReferenceGasPrice',
	'resolveTransactionPlugin',
	'signAndExecuteTransaction',
];
/** What no answer is given to, on this network. */
const NEVER_ANSWER = ['defaultNameServiceName', 'resolveNameServiceAddress'];
const RPC_NEVER_FAIL = ['sui.rpc.v2.LedgerService/GetServiceInfo'];
const RPC_NEVER_ANSWER = /^sui\.(forking\.|rpc\.v2\.NameService\/)/;

describe('the client’s surface', () => {
	let surface: Surface;
	before(async () => {
		surface = await startSurface();
	});
	after(() => surface.stop());
	const current = () => surface;
	objectCases(current);
	coinCases(current);
	chainCases(current);
	transactionCases(current);
	listCases(current);

	const untested = (names: Iterable<string>, calls: ReadonlyMap<string, Calls>, neverAnswer: (name: string) => boolean, neverFail: (name: string) => boolean) =>
		[...names].filter((name) => {
			const made = calls.get(name);
			return made === undefined || (made.answered === 0) !== neverAnswer(name) || (made.failed === 0) !== neverFail(name);
		});

	it('has been called whole: each core method was answered and refused', () => {
		const methods = coreMethods();
		assert.ok(methods.length >= 26, methods.join());
		assert.deepEqual(
			untested(
				methods,
				surface.coreCalls,
				(name) => NEVER_ANSWER.includes(name),
				(name) => NEVER_FAIL.includes(name),
			),
			[],
		);
	});

	it('and so was each gRPC method', () => {
		const paths = [...methodsByPath().keys()];
		assert.equal(paths.length, 30);
		assert.deepEqual(
			untested(
				paths,
				surface.rpcCalls,
				(path) => RPC_NEVER_ANSWER.test(path),
				(path) => RPC_NEVER_FAIL.includes(path),
			),
			[],
		);
	});
});
