import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { SimulationError, TransactionError } from '@mysten/sui/client';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { run } from '#devnet/rpc/playground.fixture.ts';
import { stateHash } from '#devnet/rpc/state-hash.fixture.ts';
import { NO_DIGEST, NOWHERE, newAddress, rejectsWith, type Surface } from './surface.fixture.ts';

export function transactionCases(surface: () => Surface): void {
	const increment = (transaction: Transaction, by: number) => {
		const { call, counterId } = surface();
		transaction.moveCall({ target: call('increment'), arguments: [transaction.object(counterId), transaction.pure.u64(by), transaction.pure.string('x')] });
	};
	const funded = async () => {
		const signer = new Ed25519Keypair();
		await requestSuiFromFaucetV2({ host: surface().devnet.faucetUrl, recipient: signer.toSuiAddress() });
		return signer;
	};

	it('executeTransaction, signAndExecuteTransaction, getTransaction, waitForTransaction: what was asked for and no more', async () => {
		const { client, account } = surface();
		const transaction = new Transaction();
		transaction.setSender(account.toSuiAddress());
		increment(transaction, 1);
		const bytes = await transaction.build({ client });
		const { signature } = await account.signTransaction(bytes);
		const { Transaction: bare } = await client.core.executeTransaction({ transaction: bytes, signatures: [signature] });
		assert.deepEqual([bare?.effects, bare?.events, bare?.bcs, bare?.transaction, bare?.balanceChanges, bare?.objectTypes], Array(6).fill(undefined));
		assert.deepEqual([bare?.status.success, bare?.signatures], [true, [signature]]);
		const digest = bare?.digest ?? '';
		assert.equal(digest, await transaction.getDigest());
		const include = { effects: true, events: true, bcs: true, transaction: true, balanceChanges: true, objectTypes: true } as const;
		const again = await client.core.executeTransaction({ transaction: bytes, signatures: [signature], include });
		assert.deepEqual(again.Transaction?.bcs, bytes, 'the same transaction again is the same answer');
		const { Transaction: found } = await client.core.getTransaction({ digest, include });
		assert.deepEqual(found?.effects, again.Transaction?.effects);
		assert.equal(found?.events?.length, 1);
		assert.equal(found?.transaction?.sender, account.toSuiAddress());
		assert.ok(Object.values(found?.objectTypes ?? {}).some((type) => type.endsWith('::Counter')));
		assert.equal((await client.core.waitForTransaction({ digest })).Transaction?.digest, digest);

		const second = new Transaction();
		increment(second, 1);
		const signed = await client.core.signAndExecuteTransaction({ transaction: second, signer: account, include: { effects: true } });
		assert.equal(signed.$kind, 'Transaction');
		assert.ok(BigInt(signed.Transaction?.effects?.gasUsed.computationCost ?? 0) > 0n);

		await assert.rejects(client.core.getTransaction({ digest: NO_DIGEST }), TransactionError);
		await rejectsWith(client.core.getTransaction({ digest: 'x' }), 'INVALID_ARGUMENT', /digest/);
		await assert.rejects(client.core.waitForTransaction({ digest: NO_DIGEST, timeout: 50, pollSchedule: [0, 10] }), { name: 'TimeoutError' });
		await rejectsWith(client.ledgerService.getTransaction({}).response, 'INVALID_ARGUMENT', /missing digest/);
		const batch = (await client.ledgerService.batchGetTransactions({ digests: [digest, NO_DIGEST, 'x'], readMask: { paths: ['digest', 'effects.status'] } }))
			.response;
		const codes = batch.transactions.map(({ result }) => (result.oneofKind === 'error' ? result.error.code : result.oneofKind));
		assert.deepEqual(codes, ['transaction', 5, 3]);
		const [first] = batch.transactions;
		assert.equal(first?.result.oneofKind === 'transaction' && first.result.transaction.effects?.gasUsed, undefined);
		await rejectsWith(client.ledgerService.batchGetTransactions({ digests: [], readMask: { paths: ['efects'] } }).response, 'INVALID_ARGUMENT');
	});

	it('executeTransaction refuses what is not signed, stale or malformed, and changes nothing', async () => {
		const { client, devnet, account } = surface();
		const transaction = new Transaction();
		transaction.setSender(account.toSuiAddress());
		increment(transaction, 1);
		const bytes = await transaction.build({ client });
		const { signature } = await account.signTransaction(bytes);
		const { signature: strange } = await new Ed25519Keypair().signTransaction(bytes);
		await run(surface(), (other) => increment(other, 1));
		const before = stateHash(devnet.ledger);
		const { tip } = devnet.ledger.history;
		const execute = (transactionBytes: Uint8Array, signatures: string[]) => client.core.executeTransaction({ transaction: transactionBytes, signatures });
		await rejectsWith(execute(bytes, [signature]), 'FAILED_PRECONDITION', /unavailable for consumption/);
		await rejectsWith(execute(bytes, []), 'INVALID_ARGUMENT', /signer signatures/);
		await rejectsWith(execute(bytes, [strange]), 'INVALID_ARGUMENT', /signature/);
		await rejectsWith(execute(bytes, [signature, strange]), 'INVALID_ARGUMENT');
		await rejectsWith(execute(bytes, [toBase64(new Uint8Array(97))]), 'INVALID_ARGUMENT', /signature/);
		await rejectsWith(execute(bytes.subarray(1), [signature]), 'INVALID_ARGUMENT', /transaction/);
		await rejectsWith(client.transactionExecutionService.executeTransaction({ signatures: [] }).response, 'INVALID_ARGUMENT', /missing/);
		assert.equal(stateHash(devnet.ledger), before);
		assert.equal(devnet.ledger.history.tip, tip);
	});

	it('simulateTransaction: results, failures, checks disabled; nothing is kept', async () => {
		const { client, devnet, call, counterId, address } = surface();
		const dryRun = (build: (transaction: Transaction) => void, checksEnabled = true) => {
			const transaction = new Transaction();
			transaction.setSender(address);
			build(transaction);
			return client.core.simulateTransaction({
				transaction,
				checksEnabled,
				include: { commandResults: true, effects: true, events: true, balanceChanges: true },
			});
		};
		const before = stateHash(devnet.ledger);
		const done = await dryRun((transaction) => {
			increment(transaction, 2);
			transaction.moveCall({ target: call('value'), arguments: [transaction.object(counterId)] });
		});
		assert.equal(done.$kind, 'Transaction');
		assert.deepEqual([done.commandResults?.length, done.commandResults?.[0]?.mutatedReferences.length, done.Transaction?.events?.length], [2, 1, 1]);
		assert.ok(Number(bcs.u64().parse(done.commandResults?.[1]?.returnValues[0]?.bcs ?? new Uint8Array())) >= 2);
		assert.equal(done.Transaction?.timestampMs, null);
		assert.equal(done.Transaction?.checkpoint, null);

		const failed = await dryRun((transaction) => increment(transaction, 5000));
		assert.equal(failed.FailedTransaction?.status.error?.MoveAbort?.cleverError?.constantName, 'ETooMuch');
		assert.equal(failed.FailedTransaction?.status.error?.MoveAbort?.cleverError?.value, 'that is too much');
		const overflow = await dryRun((transaction) => void transaction.moveCall({ target: call('overflow') }));
		assert.match(overflow.FailedTransaction?.status.error?.message ?? '', /overflow/);
		const potato = (transaction: Transaction) => void transaction.moveCall({ target: call('potato'), arguments: [transaction.pure.u64(1)] });
		assert.match((await dryRun(potato)).FailedTransaction?.status.error?.message ?? '', /UnusedValueWithoutDrop/);
		assert.equal((await dryRun(potato, false)).$kind, 'Transaction');
		const hidden = (transaction: Transaction) => void transaction.moveCall({ target: call('hidden') });
		assert.match((await dryRun(hidden)).FailedTransaction?.status.error?.message ?? '', /NonEntryFunctionInvoked/);
		assert.equal((await dryRun(hidden, false)).commandResults?.[0]?.returnValues.length, 1);
		assert.equal(stateHash(devnet.ledger), before, 'a simulation is not kept');

		const missing = await dryRun((transaction) => void transaction.moveCall({ target: call('nothing') }));
		assert.match(missing.FailedTransaction?.status.error?.message ?? '', /FunctionNotFound/);
		await rejectsWith(
			dryRun((transaction) => void transaction.moveCall({ target: `${NOWHERE}::a::b` })),
			'NOT_FOUND',
		);
		await rejectsWith(
			dryRun((transaction) => void transaction.transferObjects([transaction.object(NOWHERE)], address)),
			'NOT_FOUND',
			/Object .* not found/,
		);
		await rejectsWith(client.core.simulateTransaction({ transaction: Uint8Array.of(1, 2, 3) }), 'INVALID_ARGUMENT', /transaction/);
		await rejectsWith(client.transactionExecutionService.simulateTransaction({}).response, 'INVALID_ARGUMENT', /missing/);
		const masked = { transaction: { bcs: { value: Uint8Array.of(1) } } as never, readMask: { paths: ['nothing'] } };
		await rejectsWith(client.transactionExecutionService.simulateTransaction(masked).response, 'INVALID_ARGUMENT', /read_mask/);
	});

	it('resolveTransactionPlugin: owned, shared, immutable and received objects, and whether they are changed', async () => {
		const { client, call, counterId, boxIds, address } = surface();
		const [parent, child] = boxIds as [string, string];
		const sent = await run(surface(), (transaction) => {
			const [frozen, received] = [1, 2].map((size) => transaction.moveCall({ target: call('new_box'), arguments: [transaction.pure.u64(size)] }));
			transaction.moveCall({ target: call('freeze_box'), arguments: [frozen as never] });
			transaction.transferObjects([received as never], parent);
		});
		const created = sent.effects.changedObjects.filter(({ idOperation }) => idOperation === 'Created');
		const frozen = created.find(({ outputOwner }) => outputOwner?.$kind === 'Immutable')?.objectId as string;
		const received = created.find(({ outputOwner }) => outputOwner?.$kind === 'AddressOwner')?.objectId as string;
		const resolved = async (build: (transaction: Transaction) => void) => {
			const transaction = new Transaction();
			transaction.setSender(address);
			build(transaction);
			const built = Transaction.from(await transaction.build({ client })).getData();
			return built.inputs.flatMap((input) => (input.$kind === 'Object' ? [input.Object] : []));
		};
		const [shared] = await resolved((transaction) => increment(transaction, 1));
		assert.deepEqual([shared?.$kind, shared?.SharedObject?.mutable], ['SharedObject', true]);
		const [read] = await resolved((transaction) => void transaction.moveCall({ target: call('value'), arguments: [transaction.object(counterId)] }));
		assert.equal(read?.SharedObject?.mutable, false);
		const [clock] = await resolved((transaction) => void transaction.moveCall({ target: call('time'), arguments: [transaction.object('0x6')] }));
		assert.equal(clock?.SharedObject?.mutable, false);
		const [immutable, owned] = await resolved((transaction) => {
			for (const id of [frozen, child]) transaction.moveCall({ target: call('size'), arguments: [transaction.object(id)] });
		});
		assert.deepEqual([immutable?.$kind, owned?.$kind], ['ImmOrOwnedObject', 'ImmOrOwnedObject']);
		const [into, ticket] = await resolved((transaction) => {
			const box = transaction.moveCall({ target: call('receive'), arguments: [transaction.object(parent), transaction.object(received)] });
			transaction.transferObjects([box], address);
		});
		assert.deepEqual([into?.$kind, ticket?.$kind], ['ImmOrOwnedObject', 'Receiving']);
		// A resolver of one's own is the client's: the method itself, called by name.
		const plain = new Transaction();
		plain.setSender(address);
		increment(plain, 1);
		const plugin = client.core.resolveTransactionPlugin();
		plain.addBuildPlugin(plugin);
		assert.ok((await plain.build({ client })).length > 0);
		const doomed = new Transaction();
		doomed.setSender(address);
		increment(doomed, 5000);
		await assert.rejects(doomed.build({ client }), (error) => error instanceof SimulationError && error.executionError?.$kind === 'MoveAbort');
	});

	it('gas selection: many coins from the greatest on, never those that are inputs; sponsors; too little', async () => {
		const { client } = surface();
		const rich = await funded();
		const poor = new Ed25519Keypair();
		const sender = poor.toSuiAddress();
		const split = new Transaction();
		const coins = split.splitCoins(
			split.gas,
			Array.from({ length: 300 }, (_, index) => 1_000_000 + index),
		);
		split.transferObjects(
			Array.from({ length: 300 }, (_, index) => coins[index] as never),
			sender,
		);
		await client.core.signAndExecuteTransaction({ transaction: split, signer: rich });

		const spend = new Transaction();
		spend.setSender(sender);
		spend.transferObjects([spend.splitCoins(spend.gas, [7])], newAddress());
		const data = Transaction.from(await spend.build({ client })).getData();
		assert.equal(data.gasData.payment?.length, 256);
		const [greatest] = (await client.core.listCoins({ owner: sender, limit: 1 })).objects;
		assert.deepEqual([greatest?.balance, data.gasData.payment?.[0]?.objectId], ['1000299', greatest?.objectId]);

		const own = new Transaction();
		own.setSender(sender);
		own.transferObjects([own.object(greatest?.objectId as string)], newAddress());
		const withInput = Transaction.from(await own.build({ client })).getData();
		assert.ok(withInput.gasData.payment?.every(({ objectId }) => objectId !== greatest?.objectId));

		const tooMuch = new Transaction();
		tooMuch.setSender(sender);
		tooMuch.setGasBudget(5_000_000_000);
		tooMuch.transferObjects([tooMuch.splitCoins(tooMuch.gas, [7])], newAddress());
		await assert.rejects(tooMuch.build({ client }), /unable to select sufficient gas coins/);
		const named = new Transaction();
		named.setSender(sender);
		const coin = greatest as NonNullable<typeof greatest>;
		named.setGasPayment([{ objectId: coin.objectId, version: coin.version, digest: coin.digest }]);
		named.transferObjects([named.splitCoins(named.gas, [7])], newAddress());
		await assert.rejects(named.build({ client }), /Insufficient gas balance to cover estimated transaction cost/);
		named.setGasPayment([{ objectId: coin.objectId, version: '1', digest: coin.digest }]);
		await assert.rejects(named.build({ client }), /unavailable for consumption/);

		const nobody = new Ed25519Keypair();
		const sponsored = new Transaction();
		sponsored.setSender(nobody.toSuiAddress());
		sponsored.setGasOwner(rich.toSuiAddress());
		increment(sponsored, 1);
		const bytes = await sponsored.build({ client });
		const signatures = await Promise.all([nobody, rich].map(async (signer) => (await signer.signTransaction(bytes)).signature));
		await rejectsWith(client.core.executeTransaction({ transaction: bytes, signatures: signatures.slice(0, 1) }), 'INVALID_ARGUMENT');
		const paid = await client.core.executeTransaction({ transaction: bytes, signatures, include: { balanceChanges: true } });
		assert.deepEqual(
			paid.Transaction?.balanceChanges?.map(({ address }) => address),
			[rich.toSuiAddress()],
		);
	});
}
