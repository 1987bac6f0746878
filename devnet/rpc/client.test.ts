import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { GrpcTypes, RpcError } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { coinWithBalance, Transaction } from '@mysten/sui/transactions';
import { attempt, type Playground, type Published, publishPlayground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

/** Everything here goes through the unmodified client, over HTTP. */
describe('the devnet behind SuiGrpcClient', () => {
	let playground: Playground;
	let published: Published;
	let call: (name: string) => `${string}::${string}::${string}`;

	before(async () => {
		playground = await startPlayground();
		published = await publishPlayground(playground);
		call = (name) => `${published.packageId}::playground::${name}`;
	});
	after(() => playground.stop());

	const increment = (transaction: Transaction, by: number, note = 'note') => {
		transaction.moveCall({
			target: call('increment'),
			arguments: [transaction.object(published.counterId), transaction.pure.u64(by), transaction.pure.string(note)],
		});
	};

	it('says which chain it is', async () => {
		const { client, devnet } = playground;
		assert.equal((await client.core.getChainIdentifier()).chainIdentifier, devnet.chainId);
		assert.equal((await client.getReferenceGasPrice()).referenceGasPrice, '1000');
		assert.equal((await client.core.getCurrentSystemState()).systemState.epoch, '0');
		assert.equal((await client.core.getProtocolConfig()).protocolConfig.attributes.max_tx_size_bytes, '131072');
		const { response } = await client.ledgerService.getServiceInfo({});
		assert.equal(response.checkpointHeight, devnet.ledger.history.tip);
	});

	it('gives SUI away and shows balances', async () => {
		const { client, devnet } = playground;
		const recipient = new Ed25519Keypair().toSuiAddress();
		const answer = await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient });
		assert.equal(answer.coins_sent?.[0]?.amount, 1_000_000_000_000);
		assert.equal((await client.getBalance({ owner: recipient })).balance.balance, '1000000000000');
		const { objects } = await client.listCoins({ owner: recipient });
		assert.deepEqual(
			objects.map(({ balance, objectId }) => [balance, objectId]),
			[['1000000000000', answer.coins_sent?.[0]?.id]],
		);
		assert.equal((await client.listBalances({ owner: recipient })).balances.length, 1);
		const bad = await fetch(`${devnet.url}/v2/gas`, { method: 'POST', body: '{"FixedAmountRequest":{"recipient":"bob"}}' });
		assert.equal(bad.status, 400);
		const exact = await fetch(`${devnet.url}/gas`, { method: 'POST', body: JSON.stringify({ FixedAmountRequest: { recipient, amount: '7' } }) });
		assert.equal(exact.status, 200);
		assert.equal((await client.getBalance({ owner: recipient })).balance.balance, '1000000000007');
	});

	it('builds, signs, executes and finds a transaction again', async () => {
		const { client, account, address } = playground;
		const recipient = new Ed25519Keypair().toSuiAddress();
		const transaction = new Transaction();
		transaction.transferObjects([coinWithBalance({ balance: 123n, useGasCoin: true })], recipient);
		increment(transaction, 3, 'three');
		const result = await client.signAndExecuteTransaction({ transaction, signer: account, include: { effects: true, events: true, balanceChanges: true } });
		assert.equal(result.$kind, 'Transaction');
		const executed = result.Transaction;
		assert.ok(executed);
		assert.equal(executed.status.success, true);
		assert.deepEqual(executed.events?.[0]?.json, { by: address, value: '3', note: 'three' });
		assert.equal(executed.balanceChanges?.find((change) => change.address === recipient)?.amount, '123');

		const found = await client.waitForTransaction({ digest: executed.digest, include: { effects: true, transaction: true, bcs: true, objectTypes: true } });
		assert.deepEqual(found.Transaction?.effects, executed.effects);
		assert.equal(found.Transaction?.transaction?.sender, address);
		assert.equal(found.Transaction?.transaction?.commands.length, 3);
		assert.equal(typeof found.Transaction?.checkpoint, 'string');
		assert.ok(Math.abs((found.Transaction?.timestampMs ?? 0) - Date.now()) < 60_000);
		const decoded = bcs.TransactionEffects.parse(executed.effects?.bcs ?? new Uint8Array());
		assert.equal(decoded.V2?.transactionDigest, executed.digest);
		assert.equal(decoded.V2?.changedObjects.length, executed.effects?.changedObjects.length);
		await assert.rejects(client.core.getTransaction({ digest: '11111111111111111111111111111111' }), /not ?found/i);
	});

	it('names aborts: clever ones by constant and text, plain ones by code', async () => {
		const clever = await attempt(playground, (transaction) => increment(transaction, 5000));
		const error = clever.FailedTransaction?.status.error;
		assert.equal(error?.$kind, 'MoveAbort');
		assert.equal(error.MoveAbort.cleverError?.constantName, 'ETooMuch');
		assert.equal(error.MoveAbort.cleverError?.value, 'that is too much');
		assert.equal(error.MoveAbort.location?.functionName, 'increment');
		assert.equal(error.command, 0);
		const plain = (await attempt(playground, (transaction) => increment(transaction, 999))).FailedTransaction?.status.error;
		assert.equal(plain?.MoveAbort?.abortCode, '17');
		assert.equal(plain?.MoveAbort?.cleverError, undefined);
		const primitive = (await attempt(playground, (transaction) => transaction.moveCall({ target: call('overflow') }))).FailedTransaction?.status.error;
		assert.match(primitive?.message ?? '', /MovePrimitiveRuntimeError.*overflow/);
		await assert.rejects(new Transaction().build({ client: playground.client }), /sender/i);
		const doomed = new Transaction();
		doomed.setSender(playground.address);
		increment(doomed, 5000);
		await assert.rejects(doomed.build({ client: playground.client }), /ETooMuch/);
	});

	it('lists and finds dynamic fields, page by page', async () => {
		const { client } = playground;
		for (const by of [10, 20]) await run(playground, (transaction) => increment(transaction, by, `by ${by}`));
		const { object } = await client.getObject({ objectId: published.counterId, include: { content: true, json: true } });
		const json = object.json as { value: string; notes: { id: string; size: string } };
		assert.equal(json.value, '33');
		const all = await client.listDynamicFields({ parentId: json.notes.id, include: { value: true } });
		assert.equal(all.dynamicFields.length, Number(json.notes.size));
		assert.equal(all.hasNextPage, false);
		assert.deepEqual(
			all.dynamicFields.map(({ name }) => bcs.u64().parse(name.bcs)).sort((a, b) => Number(a) - Number(b)),
			['3', '13', '33'],
		);
		const first = await client.listDynamicFields({ parentId: json.notes.id, limit: 2 });
		assert.equal(first.hasNextPage, true);
		const second = await client.listDynamicFields({ parentId: json.notes.id, limit: 2, cursor: first.cursor });
		assert.equal(second.hasNextPage, false);
		assert.deepEqual(
			[...first.dynamicFields, ...second.dynamicFields].map(({ fieldId }) => fieldId),
			all.dynamicFields.map(({ fieldId }) => fieldId),
		);
		const { dynamicField } = await client.getDynamicField({ parentId: json.notes.id, name: { type: 'u64', bcs: bcs.u64().serialize(13).toBytes() } });
		assert.equal(bcs.string().parse(dynamicField.value.bcs), 'by 10');
		await assert.rejects(client.getDynamicField({ parentId: json.notes.id, name: { type: 'u64', bcs: bcs.u64().serialize(4).toBytes() } }), /not found/i);
	});

	it('keeps objects under objects', async () => {
		const { client, address } = playground;
		const made = await run(playground, (transaction) => {
			const [outer, inner] = [1, 2].map((size) => transaction.moveCall({ target: call('new_box'), arguments: [transaction.pure.u64(size)] }));
			assert.ok(outer !== undefined && inner !== undefined);
			transaction.moveCall({ target: call('put'), arguments: [outer, transaction.pure.u64(9), inner] });
			transaction.transferObjects([outer], address);
		});
		const outerId = made.effects.changedObjects.find(
			({ objectId, outputOwner }) => made.objectTypes[objectId]?.endsWith('::Box') && outputOwner?.AddressOwner === address,
		)?.objectId;
		assert.ok(outerId);
		const { dynamicFields } = await client.listDynamicFields({ parentId: outerId });
		assert.equal(dynamicFields[0]?.$kind, 'DynamicObject');
		const { object } = await client.getDynamicObjectField({
			parentId: outerId,
			name: { type: 'u64', bcs: bcs.u64().serialize(9).toBytes() },
			include: { json: true },
		});
		assert.equal((object.json as { size: string }).size, '2');
		assert.equal(object.owner.$kind, 'ObjectOwner');
		assert.equal(object.objectId, dynamicFields[0]?.childId);

		const taken = await run(playground, (transaction) => {
			const box = transaction.moveCall({ target: call('take'), arguments: [transaction.object(outerId), transaction.pure.u64(9)] });
			transaction.transferObjects([box], address);
		});
		const change = taken.effects.changedObjects.find(({ objectId }) => objectId === object.objectId);
		assert.equal(change?.inputOwner?.$kind, 'ObjectOwner');
		assert.equal(change?.outputOwner?.$kind, 'AddressOwner');
		assert.equal(taken.effects.changedObjects.filter(({ idOperation }) => idOperation === 'Deleted').length, 1);
		assert.equal((await client.listDynamicFields({ parentId: outerId })).dynamicFields.length, 0);
		const owned = await client.listOwnedObjects({ owner: address, type: `${published.packageId}::playground::Box` });
		assert.equal(owned.objects.length, 2);
	});

	it('shows the time, and lets it jump', async () => {
		const { client, devnet } = playground;
		const timeOf = async () => {
			const { object } = await client.getObject({ objectId: '0x6', include: { content: true } });
			return Number(bcs.struct('Clock', { id: bcs.Address, ms: bcs.u64() }).parse(object.content).ms);
		};
		const shown = await timeOf();
		assert.ok(Math.abs(shown - Date.now()) < 5000);
		devnet.advanceClock(3_600_000);
		assert.ok((await timeOf()) >= shown + 3_600_000);
		const transaction = new Transaction();
		transaction.moveCall({ target: call('time'), arguments: [transaction.object.clock()] });
		transaction.setSender(playground.address);
		const { commandResults } = await client.simulateTransaction({ transaction, include: { commandResults: true } });
		assert.ok(Number(bcs.u64().parse(commandResults?.[0]?.returnValues[0]?.bcs ?? new Uint8Array())) >= shown + 3_600_000);
	});

	it('draws numbers that differ', async () => {
		const draw = () => run(playground, (transaction) => void transaction.moveCall({ target: call('draw'), arguments: [transaction.object.random()] }));
		const numbers = [await draw(), await draw()].map(({ events }) => (events[0]?.json as { number: string } | undefined)?.number);
		assert.notEqual(numbers[0], undefined);
		assert.notEqual(numbers[0], numbers[1]);
	});

	it('simulates without keeping anything, also what nobody may execute', async () => {
		const { client, address } = playground;
		const before = await client.getObject({ objectId: published.counterId });
		const transaction = new Transaction();
		transaction.setSender(address);
		increment(transaction, 1);
		transaction.moveCall({ target: call('value'), arguments: [transaction.object(published.counterId)] });
		const simulated = await client.simulateTransaction({ transaction, include: { commandResults: true, effects: true } });
		assert.equal(simulated.$kind, 'Transaction');
		assert.equal(bcs.u64().parse(simulated.commandResults?.[1]?.returnValues[0]?.bcs ?? new Uint8Array()), '34');
		assert.equal(simulated.commandResults?.[0]?.mutatedReferences.length, 1);
		assert.deepEqual((await client.getObject({ objectId: published.counterId })).object.version, before.object.version);

		const hidden = new Transaction();
		hidden.setSender(new Ed25519Keypair().toSuiAddress());
		hidden.moveCall({ target: call('hidden') });
		const unchecked = await client.simulateTransaction({ transaction: hidden, checksEnabled: false, include: { commandResults: true } });
		assert.equal(bcs.u64().parse(unchecked.commandResults?.[0]?.returnValues[0]?.bcs ?? new Uint8Array()), '1');
	});

	it('describes functions', async () => {
		const { client } = playground;
		const { function: described } = await client.getMoveFunction({ packageId: published.packageId, moduleName: 'playground', name: 'increment' });
		assert.equal(described.visibility, 'public');
		assert.deepEqual(
			described.parameters.map(({ reference }) => reference),
			['mutable', null, null, 'immutable'],
		);
		assert.equal(described.parameters[2]?.body.$kind, 'datatype');
		const { response } = await client.movePackageService.getPackage({ packageId: '0x2' });
		assert.ok(response.package?.modules.some(({ name }) => name === 'coin'));
	});

	it('lists events and transactions, and follows new ones', async () => {
		const { client, address } = playground;
		const eventType = `${published.packageId}::playground::Counted`;
		const { events } = await client.listEvents({ filter: { eventType }, limit: 2 });
		assert.equal(events.length, 2);
		assert.equal((events[0]?.json as { value: string } | undefined)?.value, '3');
		const all = await client.listEvents({ filter: { eventType } });
		const last = await client.listEvents({ filter: { eventType }, limit: 1, order: 'descending' });
		assert.equal(last.events[0]?.transactionDigest, all.events.at(-1)?.transactionDigest);
		const rest = await client.listEvents({ filter: { eventType }, after: all.endCursor });
		assert.equal(rest.events.length, 0);
		const { transactions } = await client.listTransactions({ filter: { sender: address }, limit: 1 });
		assert.equal(transactions.length, 1);

		const abort = new AbortController();
		const subscription = client.subscriptionService.subscribeEvents(
			{
				filter: { terms: [{ literals: [{ negated: false, predicate: { oneofKind: 'eventType', eventType: { eventType } } }] }] },
				readMask: { paths: ['json', 'transaction_digest'] },
			},
			{ abort: abort.signal },
		);
		await subscription.headers;
		const { digest } = await run(playground, (transaction) => increment(transaction, 2));
		for await (const { event } of subscription.responses) {
			assert.equal(event?.transactionDigest, digest);
			break;
		}
		abort.abort();
		await subscription.status.then(undefined, () => undefined);
	});

	it('answers what it cannot do with the right status', async () => {
		const { client } = playground;
		const missing = `0x${'77'.repeat(32)}`;
		await assert.rejects(client.getObject({ objectId: missing }), /not found/i);
		const { objects } = await client.getObjects({ objectIds: [missing, '0x6'] });
		assert.ok(objects[0] instanceof Error);
		assert.ok(!(objects[1] instanceof Error));
		const unknown = client.nameService.lookupName({ name: 'x.sui' });
		await assert.rejects(unknown.response, (error: unknown) => error instanceof RpcError && error.code === 'UNIMPLEMENTED' && /SuiNS/.test(error.message));
		await assert.rejects(
			client.ledgerService.getObject({ objectId: 'zz' }).response,
			(error: unknown) => error instanceof RpcError && error.code === 'INVALID_ARGUMENT',
		);
		const { response } = await client.ledgerService.getCheckpoint({
			checkpointId: { oneofKind: undefined },
			readMask: { paths: ['sequence_number', 'summary'] },
		});
		assert.equal(response.checkpoint?.sequenceNumber, playground.devnet.ledger.history.tip);
		assert.equal(GrpcTypes.Checkpoint.is(response.checkpoint), true);
	});
});
