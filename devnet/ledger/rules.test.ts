import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions';
import { attempt, type Playground, type Published, publish, publishPlayground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

type Target = `${string}::${string}::${string}`;

/** What a programmable transaction may and may not do, seen from the client. */
describe('rules of programmable transactions', () => {
	let playground: Playground;
	let published: Published;
	const call = (name: string): Target => `${published.packageId}::playground::${name}`;

	before(async () => {
		playground = await startPlayground();
		published = await publishPlayground(playground);
	});
	after(() => playground.stop());

	const newBox = (transaction: Transaction, size = 1) => transaction.moveCall({ target: call('new_box'), arguments: [transaction.pure.u64(size)] });
	const keep = (transaction: Transaction, object: TransactionObjectArgument) => transaction.transferObjects([object], playground.address);

	/** Expects failing effects; gives the error's kind and detail. Gas is charged all the same. */
	async function failure(build: (transaction: Transaction) => void, budget?: number) {
		const { FailedTransaction: failed } = await attempt(playground, build, budget);
		assert.ok(failed, 'the transaction succeeded');
		assert.ok(Number(failed.effects.gasUsed.computationCost) >= 1_000_000);
		assert.deepEqual(failed.events, []);
		return failed.status.error;
	}

	async function makeBox(size = 1): Promise<string> {
		const { effects, objectTypes } = await run(playground, (transaction) => keep(transaction, newBox(transaction, size)));
		const id = effects.changedObjects.find(({ objectId, idOperation }) => idOperation === 'Created' && objectTypes[objectId]?.endsWith('::Box'))?.objectId;
		assert.ok(id);
		return id;
	}

	describe('values', () => {
		it('a result without drop must be used', async () => {
			const error = await failure((transaction) => void transaction.moveCall({ target: call('potato'), arguments: [transaction.pure.u64(1)] }));
			assert.match(error?.message ?? '', /UnusedValueWithoutDrop/);
			await run(playground, (transaction) => {
				const potato = transaction.moveCall({ target: call('potato'), arguments: [transaction.pure.u64(1)] });
				transaction.moveCall({ target: call('eat'), arguments: [potato] });
			});
		});

		it('a value is taken once', async () => {
			const error = await failure((transaction) => {
				const potato = transaction.moveCall({ target: call('potato'), arguments: [transaction.pure.u64(1)] });
				transaction.moveCall({ target: call('eat'), arguments: [potato] });
				transaction.moveCall({ target: call('eat'), arguments: [potato] });
			});
			assert.deepEqual([error?.CommandArgumentError?.name, error?.command, error?.CommandArgumentError?.argument], ['ArgumentWithoutValue', 2, 0]);
		});

		it('a mutable borrow is alone in its command', async () => {
			const box = await makeBox();
			const error = await failure((transaction) => {
				const object = transaction.object(box);
				transaction.moveCall({ target: call('put'), arguments: [object, transaction.pure.u64(1), object] });
			});
			assert.equal(error?.CommandArgumentError?.name, 'CannotMoveBorrowedValue');
		});

		it('types, arity and bytes are checked', async () => {
			const kinds = await Promise.all([failure((transaction) => void transaction.moveCall({ target: call('eat'), arguments: [newBox(transaction)] }))]);
			assert.equal(kinds[0]?.CommandArgumentError?.name, 'TypeMismatch');
			const arity = await failure((transaction) => void transaction.moveCall({ target: call('spin'), arguments: [] }));
			assert.match(arity?.message ?? '', /ArityMismatch/);
			const bytes = await failure((transaction) => void transaction.moveCall({ target: call('spin'), arguments: [transaction.pure.u8(1)] }));
			assert.equal(bytes?.CommandArgumentError?.name, 'InvalidBcsBytes');
			const text = await failure(
				(transaction) =>
					void transaction.moveCall({
						target: call('increment'),
						arguments: [transaction.object(published.counterId), transaction.pure.u64(1), transaction.pure(Uint8Array.of(2, 0xc3, 0x28))],
					}),
			);
			assert.equal(text?.CommandArgumentError?.name, 'InvalidBcsBytes');
			const pure = await failure((transaction) => void transaction.moveCall({ target: call('destroy'), arguments: [transaction.pure.u64(1)] }));
			assert.equal(pure?.CommandArgumentError?.name, 'InvalidUsageOfPureArgument');
		});

		it('a transaction makes so many ids and no more', async () => {
			const error = await failure((transaction) => {
				for (let i = 0; i < 6; i++) {
					const amounts = Array.from({ length: 500 }, () => 1);
					transaction.transferObjects([...transaction.splitCoins(transaction.gas, amounts)], playground.address);
				}
			});
			assert.match(error?.message ?? '', /more than 2048 new ids/);
		});

		it('vectors of objects are made and taken apart', async () => {
			const { effects } = await run(playground, (transaction) => {
				const boxes = transaction.makeMoveVec({ elements: [newBox(transaction), newBox(transaction)] });
				transaction.moveCall({ target: call('sizes'), arguments: [boxes] });
				transaction.moveCall({ target: call('destroy_all'), arguments: [boxes] });
			});
			assert.equal(effects.changedObjects.length, 1); // the gas coin
		});
	});

	describe('functions', () => {
		it('private functions are called by nobody, private entries by transactions', async () => {
			const error = await failure((transaction) => void transaction.moveCall({ target: call('hidden') }));
			assert.match(error?.message ?? '', /NonEntryFunctionInvoked/);
			const box = await makeBox();
			await run(playground, (transaction) => void transaction.moveCall({ target: call('secret'), arguments: [transaction.object(box)] }));
			const missing = await failure((transaction) => void transaction.moveCall({ target: call('nothing') }));
			assert.match(missing?.message ?? '', /FunctionNotFound/);
		});

		it('a private entry takes nothing that met a value which must yet be consumed', async () => {
			const use = (transaction: Transaction, eatFirst: boolean) => {
				const number = transaction.pure.u64(1);
				const box = transaction.moveCall({ target: call('new_box'), arguments: [number] });
				const potato = transaction.moveCall({ target: call('potato'), arguments: [number] });
				const eat = () => transaction.moveCall({ target: call('eat'), arguments: [potato] });
				if (eatFirst) eat();
				transaction.moveCall({ target: call('secret'), arguments: [box] });
				if (!eatFirst) eat();
				keep(transaction, box);
			};
			const error = await failure((transaction) => use(transaction, false));
			assert.deepEqual([error?.CommandArgumentError?.name, error?.command], ['InvalidArgumentToPrivateEntryFunction', 2]);
			await run(playground, (transaction) => use(transaction, true));
		});

		it('nothing but transfers follows a draw', async () => {
			await assert.rejects(
				attempt(playground, (transaction) => {
					transaction.moveCall({ target: call('draw'), arguments: [transaction.object.random()] });
					transaction.moveCall({ target: call('spin'), arguments: [transaction.pure.u64(1)] });
				}),
				/PostRandomCommandRestrictions/,
			);
		});

		it('an event names the module that the transaction called, and the type that was emitted', async () => {
			const { packageId } = await publish(playground, {
				'inner.move': 'module playground::inner; public struct Said has copy, drop { n: u64 } public fun say(n: u64) { sui::event::emit(Said { n }) }',
				'outer.move':
					'module playground::outer; fun init(_: &mut TxContext) { playground::inner::say(0) } public fun tell(n: u64) { playground::inner::say(n) }',
			});
			const { events } = await run(playground, (transaction) => {
				transaction.moveCall({ target: `${packageId}::outer::tell`, arguments: [transaction.pure.u64(1)] });
				transaction.moveCall({ target: `${packageId}::inner::say`, arguments: [transaction.pure.u64(2)] });
			});
			assert.deepEqual(
				events?.map(({ module, eventType }) => [module, eventType]),
				['outer', 'inner'].map((module) => [module, `${packageId}::inner::Said`]),
			);
			const { events: initial } = await playground.client.listEvents({ filter: { emitModule: `${packageId}::outer` } });
			assert.equal(initial.length, 2);
		});
	});

	describe('objects', () => {
		it('are wrapped, unwrapped and deleted', async () => {
			const box = await makeBox(5);
			const packed = await run(playground, (transaction) => {
				keep(transaction, transaction.moveCall({ target: call('pack'), arguments: [transaction.object(box)] }));
			});
			const wrapped = packed.effects.changedObjects.find(({ objectId }) => objectId === box);
			assert.deepEqual([wrapped?.inputState, wrapped?.outputState, wrapped?.idOperation], ['Exists', 'DoesNotExist', 'None']);
			await assert.rejects(playground.client.getObject({ objectId: box }), /not found/i);
			const crate = packed.effects.changedObjects.find(({ idOperation }) => idOperation === 'Created')?.objectId ?? '';

			const unpacked = await run(playground, (transaction) => {
				keep(transaction, transaction.moveCall({ target: call('unpack'), arguments: [transaction.object(crate)] }));
			});
			const unwrapped = unpacked.effects.changedObjects.find(({ objectId }) => objectId === box);
			assert.deepEqual([unwrapped?.inputState, unwrapped?.outputState, unwrapped?.idOperation], ['DoesNotExist', 'ObjectWrite', 'None']);
			assert.equal(unpacked.effects.changedObjects.find(({ objectId }) => objectId === crate)?.idOperation, 'Deleted');

			const destroyed = await run(playground, (transaction) => void transaction.moveCall({ target: call('destroy'), arguments: [transaction.object(box)] }));
			assert.equal(destroyed.effects.changedObjects.find(({ objectId }) => objectId === box)?.idOperation, 'Deleted');
			assert.ok(Number(destroyed.effects.gasUsed.storageRebate) > Number(destroyed.effects.gasUsed.storageCost));
		});

		it('sent to an object are received by it', async () => {
			const [mailbox, letter] = [await makeBox(1), await makeBox(7)];
			const sent = await run(playground, (transaction) => transaction.transferObjects([transaction.object(letter)], mailbox));
			const reference = sent.effects.changedObjects.find(({ objectId }) => objectId === letter);
			const received = await run(playground, (transaction) => {
				const ticket = transaction.receivingRef({ objectId: letter, version: reference?.outputVersion ?? '', digest: reference?.outputDigest ?? '' });
				keep(transaction, transaction.moveCall({ target: call('receive'), arguments: [transaction.object(mailbox), ticket] }));
			});
			assert.equal(received.effects.changedObjects.find(({ objectId }) => objectId === letter)?.outputOwner?.AddressOwner, playground.address);
		});

		it('a child is wrapped straight out of its field', async () => {
			const [outer, inner] = [await makeBox(1), await makeBox(2)];
			await run(playground, (transaction) => {
				transaction.moveCall({ target: call('put'), arguments: [transaction.object(outer), transaction.pure.u64(1), transaction.object(inner)] });
			});
			const { effects } = await run(playground, (transaction) => {
				const box = transaction.moveCall({ target: call('take'), arguments: [transaction.object(outer), transaction.pure.u64(1)] });
				keep(transaction, transaction.moveCall({ target: call('pack'), arguments: [box] }));
			});
			const child = effects.changedObjects.find(({ objectId }) => objectId === inner);
			assert.deepEqual([child?.inputOwner?.$kind, child?.outputState, child?.idOperation], ['ObjectOwner', 'DoesNotExist', 'None']);
			await assert.rejects(playground.client.getObject({ objectId: inner }), /not found/i);
		});

		it('frozen ones are read only', async () => {
			const box = await makeBox();
			await run(playground, (transaction) => void transaction.moveCall({ target: call('freeze_box'), arguments: [transaction.object(box)] }));
			await run(playground, (transaction) => void transaction.moveCall({ target: call('size'), arguments: [transaction.object(box)] }));
			const error = await failure(
				(transaction) => void transaction.moveCall({ target: call('grow'), arguments: [transaction.object(box), transaction.pure.u64(1)] }),
			);
			assert.equal(error?.CommandArgumentError?.name, 'InvalidObjectByMutRef');
		});

		it('shared ones given read-only are not changed', async () => {
			const { object } = await playground.client.getObject({ objectId: published.counterId });
			const shared = (transaction: Transaction, mutable: boolean) =>
				transaction.sharedObjectRef({ objectId: published.counterId, initialSharedVersion: object.owner.Shared?.initialSharedVersion ?? '', mutable });
			const error = await failure(
				(transaction) =>
					void transaction.moveCall({
						target: call('increment'),
						arguments: [shared(transaction, false), transaction.pure.u64(1), transaction.pure.string('')],
					}),
			);
			assert.equal(error?.CommandArgumentError?.name, 'InvalidObjectByMutRef');
			const read = await run(playground, (transaction) => void transaction.moveCall({ target: call('value'), arguments: [shared(transaction, false)] }));
			assert.deepEqual(
				read.effects.unchangedConsensusObjects.map(({ kind, objectId }) => [kind, objectId]),
				[['ReadOnlyRoot', published.counterId]],
			);
			assert.ok(BigInt(read.effects.lamportVersion ?? 0) > BigInt(object.version));
		});

		it('shared ones taken by value must end', async () => {
			const other = await publishPlayground(playground);
			const gone = await run(playground, (transaction) => {
				transaction.moveCall({ target: `${other.packageId}::playground::forget`, arguments: [transaction.object(other.counterId)] });
			});
			assert.equal(gone.effects.changedObjects.find(({ objectId }) => objectId === other.counterId)?.idOperation, 'Deleted');
		});

		it('of an older version are refused, and a digest is executed once', async () => {
			const { client, account, address } = playground;
			const box = await makeBox();
			const { object } = await client.getObject({ objectId: box });
			const grow = async (by: number) => {
				const transaction = new Transaction();
				transaction.setSender(address);
				transaction.moveCall({
					target: call('grow'),
					arguments: [transaction.objectRef({ objectId: box, version: object.version, digest: object.digest }), transaction.pure.u64(by)],
				});
				return transaction.build({ client });
			};
			const bytes = await grow(1);
			const late = await grow(2);
			const submit = async (transaction: Uint8Array) =>
				client.executeTransaction({ transaction, signatures: [(await account.signTransaction(transaction)).signature], include: { effects: true } });
			const [first, again] = await Promise.all([submit(bytes), submit(bytes)]);
			assert.deepEqual(again, first);
			await assert.rejects(submit(late), { code: 'FAILED_PRECONDITION', message: /needs to be rebuilt because object/ });
		});

		it('of others are refused, and so are their signatures', async () => {
			const { client, address } = playground;
			const box = await makeBox();
			const thief = new Ed25519Keypair();
			const { object } = await client.getObject({ objectId: box });
			const transaction = new Transaction();
			transaction.setSender(thief.toSuiAddress());
			transaction.setGasBudget(10_000_000);
			transaction.transferObjects([transaction.objectRef(object)], thief.toSuiAddress());
			await assert.rejects(transaction.build({ client }), /owned by account address|sufficient gas/);
			const mine = new Transaction();
			mine.setSender(address);
			mine.transferObjects([mine.objectRef(object)], thief.toSuiAddress());
			const bytes = await mine.build({ client });
			const { signature } = await thief.signTransaction(bytes);
			await assert.rejects(client.executeTransaction({ transaction: bytes, signatures: [signature] }), /Invalid user signature/);
		});
	});

	describe('gas', () => {
		it('buys computation and no more', async () => {
			const error = await failure(
				(transaction) => void transaction.moveCall({ target: call('spin'), arguments: [transaction.pure.u64(1_000_000)] }),
				20_000_000,
			);
			assert.match(error?.message ?? '', /InsufficientGas/);
			const small = await run(playground, (transaction) => void transaction.moveCall({ target: call('spin'), arguments: [transaction.pure.u64(10)] }));
			assert.equal(small.effects.gasUsed.computationCost, '1000000');
		});

		it('too little for storage fails after the run', async () => {
			const error = await failure((transaction) => {
				for (let i = 0; i < 10; i++) keep(transaction, newBox(transaction));
			}, 5_000_000);
			assert.match(error?.message ?? '', /InsufficientGas/);
		});

		it('coins are split off and merged into the gas coin, whose budget is out of reach', async () => {
			const { client, address } = playground;
			await run(playground, (transaction) => {
				const [a, b] = transaction.splitCoins(transaction.gas, [5, 6]);
				assert.ok(a !== undefined && b !== undefined);
				transaction.mergeCoins(a, [b]);
				keep(transaction, a);
			});
			const { objects } = await client.listCoins({ owner: address });
			assert.ok(objects.some(({ balance }) => balance === '11'));
			const balance = objects.reduce((most, coin) => (BigInt(coin.balance) > most ? BigInt(coin.balance) : most), 0n);
			const error = await failure((transaction) => keep(transaction, transaction.splitCoins(transaction.gas, [balance])));
			assert.match(error?.message ?? '', /InsufficientCoinBalance/);
			const gas = await failure(
				(transaction) => void transaction.moveCall({ target: call('deposit'), arguments: [transaction.object(published.counterId), transaction.gas] }),
			);
			assert.equal(gas?.CommandArgumentError?.name, 'InvalidGasCoinUsage');
		});

		it('several payment coins become one, and the gas coin may be given away', async () => {
			const { client, account, address } = playground;
			const { objects } = await client.listCoins({ owner: address });
			assert.ok(objects.length > 1);
			const recipient = new Ed25519Keypair().toSuiAddress();
			const transaction = new Transaction();
			transaction.setSender(address);
			transaction.setGasPayment(objects.map(({ objectId, version, digest }) => ({ objectId, version, digest })));
			transaction.transferObjects([transaction.gas], recipient);
			const result = await client.signAndExecuteTransaction({ transaction, signer: account, include: { effects: true, balanceChanges: true } });
			assert.equal(result.$kind, 'Transaction');
			assert.equal((await client.getBalance({ owner: address })).balance.balance, '0');
			const total = objects.reduce((sum, { balance }) => sum + BigInt(balance), 0n);
			const { computationCost, storageCost, storageRebate } = result.Transaction?.effects?.gasUsed ?? {
				computationCost: '',
				storageCost: '',
				storageRebate: '',
			};
			const net = BigInt(computationCost) + BigInt(storageCost) - BigInt(storageRebate);
			assert.equal((await client.getBalance({ owner: recipient })).balance.balance, (total - net).toString());
		});

		it('a sponsor pays when both sign', async () => {
			const { client } = playground;
			const [sponsor, sender] = [new Ed25519Keypair(), new Ed25519Keypair()];
			await fetch(`${playground.devnet.url}/gas`, { method: 'POST', body: JSON.stringify({ FixedAmountRequest: { recipient: sponsor.toSuiAddress() } }) });
			const transaction = new Transaction();
			transaction.setSender(sender.toSuiAddress());
			transaction.setGasOwner(sponsor.toSuiAddress());
			transaction.moveCall({ target: call('spin'), arguments: [transaction.pure.u64(1)] });
			const bytes = await transaction.build({ client });
			const signatures = await Promise.all([sender, sponsor].map(async (key) => (await key.signTransaction(bytes)).signature));
			await assert.rejects(client.executeTransaction({ transaction: bytes, signatures: signatures.slice(0, 1) }), /Expect 2 signer signatures/);
			const result = await client.executeTransaction({ transaction: bytes, signatures, include: { effects: true } });
			assert.equal(result.$kind, 'Transaction');
			assert.equal(bcs.TransactionData.parse(bytes).V1?.gasData.owner, sponsor.toSuiAddress());
		});
	});
});
