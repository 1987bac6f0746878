import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Inputs, type Transaction, type TransactionObjectArgument } from '@mysten/sui/transactions';
import { attempt, clientOf, type Playground, publish, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';
import type { DevnetOptions } from '#devnet/start-devnet.ts';
import { realFrameworkFolder, withoutRealFramework } from '#tests/framework/real-framework.ts';
import { THINGS } from '#tests/framework/things.ts';

type Ran = Awaited<ReturnType<typeof run>>;
type Change = Ran['effects']['changedObjects'][number];

for (const { framework, options, skip } of [
	{ framework: 'our framework', options: {}, skip: false },
	{ framework: 'Sui’s framework', options: { frameworkFolder: realFrameworkFolder }, skip: withoutRealFramework },
]) {
	describe(`objects under ${framework}`, { skip }, () => objectModel(options));
}

/** Sui's object model as a client sees it: owners, versions, what effects call each change, and what storage costs. */
function objectModel(options: DevnetOptions) {
	let playground: Playground;
	let packageId: string;
	const other = new Ed25519Keypair();
	const stranger = other.toSuiAddress();

	before(async () => {
		playground = await startPlayground(options);
		({ packageId } = await publish(playground, { 'things.move': THINGS }));
		await requestSuiFromFaucetV2({ host: playground.devnet.faucetUrl, recipient: stranger });
	});
	after(() => playground.stop());

	const call = (transaction: Transaction, name: string, ...args: TransactionObjectArgument[]) =>
		transaction.moveCall({ target: `${packageId}::things::${name}`, arguments: args });
	const box = (transaction: Transaction, size = 1) =>
		transaction.moveCall({ target: `${packageId}::things::new_box`, arguments: [transaction.pure.u64(size)] });
	const keep = (transaction: Transaction, ...objects: TransactionObjectArgument[]) => transaction.transferObjects(objects, playground.address);
	const given = async (id: string) => {
		const { object } = await playground.client.getObject({ objectId: id });
		return object;
	};
	const changeOf = ({ effects }: Ran, id: string): Change | undefined => effects.changedObjects.find(({ objectId }) => objectId === id);
	const idOf = (result: Ran, type: string) => {
		const found = result.effects.changedObjects.find(
			({ objectId, idOperation }) => idOperation === 'Created' && result.objectTypes[objectId]?.endsWith(`::${type}`),
		);
		assert.ok(found, type);
		return found.objectId;
	};
	/** [input, output, what became of the id]. */
	const fate = (result: Ran, id: string) => {
		const change = changeOf(result, id);
		return [change?.inputState, change?.outputState, change?.idOperation];
	};
	const failure = async (build: (transaction: Transaction) => void, account = playground.account) => {
		const { FailedTransaction: failed } = await attempt({ client: playground.client, account }, build);
		assert.ok(failed, 'it succeeded');
		return failed;
	};
	const asOther = (build: (transaction: Transaction) => void) => run({ client: clientOf(playground.devnet), account: other }, build);

	describe('of one address', () => {
		it('are created, changed, passed on and deleted, each time at the next version', async () => {
			const made = await run(playground, (t) => keep(t, box(t)));
			const id = idOf(made, 'Box');
			assert.deepEqual(fate(made, id), ['DoesNotExist', 'ObjectWrite', 'Created']);
			const grown = await run(playground, (t) => void t.moveCall({ target: `${packageId}::things::grow`, arguments: [t.object(id), t.pure.u64(2)] }));
			assert.deepEqual(fate(grown, id), ['Exists', 'ObjectWrite', 'None']);
			const change = changeOf(grown, id);
			assert.equal(change?.inputVersion, changeOf(made, id)?.outputVersion);
			assert.equal(change?.outputVersion, grown.effects.lamportVersion);
			assert.ok(BigInt(change?.outputVersion ?? 0) > BigInt(change?.inputVersion ?? 0));
			await run(playground, (t) => t.transferObjects([t.object(id)], stranger));
			assert.deepEqual((await given(id)).owner.AddressOwner, stranger);
			const ended = await asOther((t) => void call(t, 'end', t.object(id)));
			assert.deepEqual(fate(ended, id), ['Exists', 'DoesNotExist', 'Deleted']);
			await assert.rejects(given(id));
		});

		it('without store are moved by their module only', async () => {
			const made = await run(playground, (t) => void call(t, 'new_relic'));
			const id = idOf(made, 'Relic');
			const failed = await failure((t) => keep(t, t.object(id)));
			assert.equal(failed.status.error?.CommandArgumentError?.name ?? failed.status.error?.message, 'InvalidTransferObject');
			await run(playground, (t) => void t.moveCall({ target: `${packageId}::things::pass`, arguments: [t.object(id), t.pure.address(stranger)] }));
			assert.deepEqual((await given(id)).owner.AddressOwner, stranger);
		});
	});

	describe('in others', () => {
		it('are wrapped, unwrapped, and deleted out of their wrapper', async () => {
			const made = await run(playground, (t) => keep(t, box(t)));
			const id = idOf(made, 'Box');
			const wrapped = await run(playground, (t) => keep(t, call(t, 'new_crate', t.object(id))));
			assert.deepEqual(fate(wrapped, id), ['Exists', 'DoesNotExist', 'None'], 'wrapped');
			await assert.rejects(given(id));
			const crate = idOf(wrapped, 'Crate');
			const opened = await run(playground, (t) => keep(t, call(t, 'open', t.object(crate))));
			assert.deepEqual(fate(opened, id), ['DoesNotExist', 'ObjectWrite', 'None'], 'unwrapped');
			assert.equal((await given(id)).version, opened.effects.lamportVersion);
			await run(playground, (t) => void call(t, 'close', t.object(crate), t.object(id)));
			const broken = await run(playground, (t) => void call(t, 'break_all', t.object(crate)));
			assert.deepEqual(fate(broken, id), ['DoesNotExist', 'DoesNotExist', 'Deleted'], 'unwrapped, then deleted');
			assert.deepEqual(fate(broken, crate), ['Exists', 'DoesNotExist', 'Deleted']);
		});

		it('that are made and wrapped, or made and deleted, at once leave no trace', async () => {
			const made = await run(playground, (t) => {
				keep(t, call(t, 'new_crate', box(t)));
				call(t, 'end', box(t));
			});
			assert.deepEqual(made.effects.changedObjects.map(({ objectId }) => made.objectTypes[objectId]?.split('::').at(-1)).sort(), ['Crate', 'SUI>']);
		});

		it('are children that keep their identity, changed through their parent', async () => {
			const made = await run(playground, (t) => {
				keep(t, box(t, 1));
				keep(t, box(t, 2));
			});
			const ids = made.effects.changedObjects.filter(({ objectId }) => made.objectTypes[objectId]?.endsWith('::Box')).map(({ objectId }) => objectId);
			const [parent = '', child = ''] = ids;
			const one = (t: Transaction) => t.pure.u64(7);
			const attached = await run(
				playground,
				(t) => void t.moveCall({ target: `${packageId}::things::attach`, arguments: [t.object(parent), one(t), t.object(child)] }),
			);
			assert.deepEqual(fate(attached, child), ['Exists', 'ObjectWrite', 'None']);
			const field = idOf(attached, 'ID>');
			assert.equal((await given(field)).owner.ObjectOwner, parent);
			assert.equal((await given(child)).owner.ObjectOwner, field);
			const grown = await run(
				playground,
				(t) => void t.moveCall({ target: `${packageId}::things::grow_child`, arguments: [t.object(parent), one(t), t.pure.u64(9)] }),
			);
			assert.equal(changeOf(grown, child)?.outputVersion, grown.effects.lamportVersion);
			assert.equal(changeOf(grown, field), undefined, 'the field was read and not changed');
			const read = await run(playground, (t) => void t.moveCall({ target: `${packageId}::things::child_size`, arguments: [t.object(parent), one(t)] }));
			assert.equal(changeOf(read, child), undefined);
			const failed = await failure((t) => keep(t, t.moveCall({ target: `${packageId}::things::detach`, arguments: [t.object(parent), t.pure.u64(8)] })));
			assert.equal(failed.status.error?.MoveAbort?.abortCode, '1', 'no such field');
			const detached = await run(playground, (t) => keep(t, t.moveCall({ target: `${packageId}::things::detach`, arguments: [t.object(parent), one(t)] })));
			assert.deepEqual(fate(detached, field), ['Exists', 'DoesNotExist', 'Deleted']);
			assert.equal((await given(child)).owner.AddressOwner, playground.address);
		});

		it('cannot be inputs while they are', async () => {
			const made = await run(playground, (t) => {
				const parent = box(t);
				t.moveCall({ target: `${packageId}::things::attach`, arguments: [parent, t.pure.u64(1), box(t)] });
				keep(t, parent);
			});
			const children = made.effects.changedObjects.filter(({ outputOwner }) => outputOwner?.$kind === 'ObjectOwner');
			assert.equal(children.length, 2);
			for (const child of children) {
				const reference = { objectId: child.objectId, version: child.outputVersion ?? '', digest: child.outputDigest ?? '' };
				await assert.rejects(
					attempt(playground, (t) => void call(t, 'end', t.object(Inputs.ObjectRef(reference)))),
					/Invalid Child Object Argument/,
				);
			}
		});
	});

	describe('sent to an object', () => {
		async function sent(make: (transaction: Transaction) => void, type: string) {
			const parent = idOf(await run(playground, (t) => keep(t, box(t))), 'Box');
			const id = idOf(await run(playground, make), type);
			await run(playground, (t) =>
				type === 'Relic'
					? void t.moveCall({ target: `${packageId}::things::pass`, arguments: [t.object(id), t.pure.address(parent)] })
					: t.transferObjects([t.object(id)], parent),
			);
			const { version, digest, owner } = await given(id);
			assert.equal(owner.AddressOwner, parent);
			return { parent, id, reference: { objectId: id, version, digest } };
		}
		const receive = (name: string, parent: string, reference: Parameters<typeof Inputs.ReceivingRef>[0]) => (t: Transaction) =>
			keep(t, call(t, name, t.object(parent), t.object(Inputs.ReceivingRef(reference))));

		it('are received, changed, wrapped or deleted at once', async () => {
			const first = await sent((t) => keep(t, box(t)), 'Box');
			const received = await run(playground, receive('take_box', first.parent, first.reference));
			assert.deepEqual(fate(received, first.id), ['Exists', 'ObjectWrite', 'None']);
			assert.ok(BigInt(received.effects.lamportVersion ?? 0) > BigInt(first.reference.version));
			const second = await sent((t) => keep(t, box(t)), 'Box');
			const wrapped = await run(playground, (t) =>
				keep(t, call(t, 'new_crate', call(t, 'take_box', t.object(second.parent), t.object(Inputs.ReceivingRef(second.reference))))),
			);
			assert.deepEqual(fate(wrapped, second.id), ['Exists', 'DoesNotExist', 'None']);
			const third = await sent((t) => keep(t, call(t, 'new_crate', box(t))), 'Crate');
			const ended = await run(playground, (t) => {
				call(t, 'break_all', call(t, 'take_crate', t.object(third.parent), t.object(Inputs.ReceivingRef(third.reference))));
			});
			assert.deepEqual(fate(ended, third.id), ['Exists', 'DoesNotExist', 'Deleted']);
		});

		it('without store are received by their module', async () => {
			const relic = await sent((t) => void call(t, 'new_relic'), 'Relic');
			await run(playground, (t) => {
				const back = call(t, 'take_relic', t.object(relic.parent), t.object(Inputs.ReceivingRef(relic.reference)));
				t.moveCall({ target: `${packageId}::things::pass`, arguments: [back, t.pure.address(playground.address)] });
			});
			assert.equal((await given(relic.id)).owner.AddressOwner, playground.address);
		});

		it('a ticket may be looked at and thrown away', async () => {
			const thing = await sent((t) => keep(t, box(t)), 'Box');
			const result = await run(playground, (t) => {
				const ticket = t.object(Inputs.ReceivingRef(thing.reference));
				call(t, 'ticket_of', ticket);
				call(t, 'waste', ticket);
			});
			assert.equal(changeOf(result, thing.id), undefined);
			assert.equal((await given(thing.id)).owner.AddressOwner, thing.parent);
		});

		it('are not received through another object, as another type, or at another version', async () => {
			const thing = await sent((t) => keep(t, box(t)), 'Box');
			const elsewhere = idOf(await run(playground, (t) => keep(t, box(t))), 'Box');
			const stolen = await failure(receive('take_box', elsewhere, thing.reference));
			assert.deepEqual([stolen.status.error?.MoveAbort?.abortCode, stolen.status.error?.MoveAbort?.location?.functionName], ['3', 'receive_impl']);
			const mistyped = await failure(receive('take_crate', thing.parent, thing.reference));
			assert.equal(mistyped.status.error?.MoveAbort?.abortCode, '2');
			const stale = { ...thing.reference, version: String(BigInt(thing.reference.version) - 1n) };
			await assert.rejects(attempt(playground, receive('take_box', thing.parent, stale)), /unavailable for consumption/);
		});
	});

	describe('shared and frozen', () => {
		it('only new objects are shared', async () => {
			const old = idOf(await run(playground, (t) => keep(t, box(t))), 'Box');
			const failed = await failure((t) => void call(t, 'share', t.object(old)));
			assert.deepEqual([failed.status.error?.MoveAbort?.abortCode, failed.status.error?.MoveAbort?.location?.functionName], ['0', 'share_object_impl']);
			const unwrapped = await run(playground, (t) => keep(t, call(t, 'new_crate', box(t))));
			const crate = idOf(unwrapped, 'Crate');
			assert.equal(
				(await failure((t) => void call(t, 'share', call(t, 'break_open', t.object(crate))))).status.error?.MoveAbort?.abortCode,
				'0',
				'nor what was wrapped',
			);
		});

		it('a shared one is used by anyone, shared again at the version where it began, and deleted', async () => {
			const made = await run(playground, (t) => void call(t, 'share', box(t)));
			const id = idOf(made, 'Box');
			const start = made.effects.lamportVersion ?? '';
			assert.equal((await given(id)).owner.Shared?.initialSharedVersion, start);
			await asOther((t) => void t.moveCall({ target: `${packageId}::things::grow`, arguments: [t.object(id), t.pure.u64(1)] }));
			const again = await run(playground, (t) => void call(t, 'share', t.object(id)));
			assert.equal((await given(id)).owner.Shared?.initialSharedVersion, start);
			assert.deepEqual(fate(again, id), ['Exists', 'ObjectWrite', 'None']);
			const read = await run(playground, (t) => void call(t, 'size', t.object(id)));
			assert.equal(changeOf(read, id), undefined);
			assert.deepEqual(
				read.effects.unchangedConsensusObjects.map(({ kind, objectId }) => [kind, objectId]),
				[['ReadOnlyRoot', id]],
			);
			for (const name of ['freeze_it', 'new_crate'] as const) {
				const failed = await failure((t) => (name === 'freeze_it' ? void call(t, name, t.object(id)) : keep(t, call(t, 'new_crate', t.object(id)))));
				assert.match(failed.status.error?.message ?? '', /SharedObjectOperationNotAllowed/, name);
			}
			assert.deepEqual(fate(await asOther((t) => void call(t, 'end', t.object(id))), id), ['Exists', 'DoesNotExist', 'Deleted']);
		});

		it('a frozen one is read by anyone and changed by nobody', async () => {
			const made = await run(playground, (t) => void call(t, 'freeze_it', box(t)));
			const id = idOf(made, 'Box');
			assert.equal((await given(id)).owner.$kind, 'Immutable');
			const read = await asOther((t) => void call(t, 'size', t.object(id)));
			assert.equal(changeOf(read, id), undefined);
			const changed = await failure((t) => void t.moveCall({ target: `${packageId}::things::grow`, arguments: [t.object(id), t.pure.u64(1)] }));
			assert.equal(changed.status.error?.CommandArgumentError?.name, 'InvalidObjectByMutRef');
			const taken = await failure((t) => void call(t, 'end', t.object(id)));
			assert.equal(taken.status.error?.CommandArgumentError?.name, 'InvalidObjectByValue');
		});
	});

	describe('of a party', () => {
		const party = async (id: string) => {
			const { owner } = await given(id);
			return owner.ConsensusAddressOwner;
		};

		it('are owned through consensus from the version at which the owner got them', async () => {
			const made = await run(
				playground,
				(t) => void t.moveCall({ target: `${packageId}::things::to_party`, arguments: [box(t), t.pure.address(playground.address)] }),
			);
			const id = idOf(made, 'Box');
			const start = made.effects.lamportVersion ?? '';
			assert.deepEqual(await party(id), { startVersion: start, owner: playground.address });
			const grow = (t: Transaction) => void t.moveCall({ target: `${packageId}::things::grow`, arguments: [t.object(id), t.pure.u64(1)] });
			const grown = await run(playground, grow);
			assert.deepEqual(fate(grown, id), ['Exists', 'ObjectWrite', 'None']);
			assert.deepEqual(await party(id), { startVersion: start, owner: playground.address }, 'it stays the same stream');
			const read = await run(playground, (t) => void call(t, 'size', t.object(id)));
			assert.deepEqual(
				read.effects.unchangedConsensusObjects.map(({ kind, objectId }) => [kind, objectId]),
				[['ReadOnlyRoot', id]],
			);

			// To itself: the stream goes on. To another: a new one begins.
			const send = (to: string) => (t: Transaction) =>
				void t.moveCall({ target: `${packageId}::things::to_party`, arguments: [t.object(id), t.pure.address(to)] });
			await run(playground, send(playground.address));
			assert.equal((await party(id))?.startVersion, start);
			const moved = await run(playground, send(stranger));
			assert.deepEqual(await party(id), { startVersion: moved.effects.lamportVersion, owner: stranger });
			await assert.rejects(attempt(playground, grow), /not signed by the correct sender/);
			await asOther(grow);
			const owned = await playground.client.listOwnedObjects({ owner: stranger });
			assert.ok(owned.objects.some(({ objectId }) => objectId === id));

			// Out of consensus again, and shared never: it is not new.
			assert.equal((await failure((t) => void call(t, 'share', t.object(id)), other)).status.error?.MoveAbort?.abortCode, '0');
			await asOther((t) => t.transferObjects([t.object(id)], playground.address));
			assert.equal((await given(id)).owner.AddressOwner, playground.address);
			await run(playground, grow);
		});

		it('are wrapped, frozen and deleted by their owner', async () => {
			const make = async () =>
				idOf(
					await run(playground, (t) => void t.moveCall({ target: `${packageId}::things::to_party`, arguments: [box(t), t.pure.address(playground.address)] })),
					'Box',
				);
			const [first, second, third] = [await make(), await make(), await make()];
			const wrapped = await run(playground, (t) => keep(t, call(t, 'new_crate', t.object(first))));
			assert.deepEqual(fate(wrapped, first), ['Exists', 'DoesNotExist', 'None']);
			await run(playground, (t) => void call(t, 'freeze_it', t.object(second)));
			assert.equal((await given(second)).owner.$kind, 'Immutable');
			assert.deepEqual(fate(await run(playground, (t) => void call(t, 'end', t.object(third))), third), ['Exists', 'DoesNotExist', 'Deleted']);
		});

		it('without store belong to their module; none is given as an owned object or at another start', async () => {
			const made = await run(
				playground,
				(t) => void t.moveCall({ target: `${packageId}::things::new_party_relic`, arguments: [t.pure.address(playground.address)] }),
			);
			const id = idOf(made, 'Relic');
			await run(playground, (t) => void call(t, 'ripen', t.object(id)));
			const { version, digest } = await given(id);
			await assert.rejects(
				attempt(playground, (t) => void call(t, 'ripen', t.object(Inputs.ObjectRef({ objectId: id, version, digest })))),
				/NotOwnedObjectError/,
			);
			await assert.rejects(
				attempt(playground, (t) => void call(t, 'ripen', t.object(Inputs.SharedObjectRef({ objectId: id, initialSharedVersion: version, mutable: true })))),
				/SharedObjectStartingVersionMismatch/,
			);
		});

		it('survive a failing transaction, at its version', async () => {
			const made = await run(
				playground,
				(t) => void t.moveCall({ target: `${packageId}::things::to_party`, arguments: [box(t), t.pure.address(playground.address)] }),
			);
			const id = idOf(made, 'Box');
			const failed = await failure((t) => {
				t.moveCall({ target: `${packageId}::things::grow`, arguments: [t.object(id), t.pure.u64(1)] });
				t.moveCall({ target: `${packageId}::things::grow`, arguments: [t.object(id), t.pure.u64(18446744073709551615n)] });
			});
			assert.match(failed.status.error?.message ?? '', /MovePrimitiveRuntimeError/);
			assert.equal((await given(id)).version, failed.effects.lamportVersion);
			assert.equal((await party(id))?.startVersion, made.effects.lamportVersion);
		});
	});

	describe('storage', () => {
		const used = ({ effects }: Pick<Ran, 'effects'>) => {
			const { storageCost, storageRebate, nonRefundableStorageFee } = effects.gasUsed;
			return { cost: BigInt(storageCost), rebate: BigInt(storageRebate), kept: BigInt(nonRefundableStorageFee) };
		};

		it('is paid by the byte, and 99 of 100 parts come back when it is freed', async () => {
			const made = await run(playground, (t) => keep(t, box(t)));
			const id = idOf(made, 'Box');
			const stored = playground.devnet.ledger.object(id);
			assert.ok(stored?.kind === 'move');
			// 100 units a byte at 76 MIST
			assert.equal(stored.storageRebate % 7600n, 0n);
			const gas = (result: Ran) => {
				const change = result.effects.changedObjects.find(({ objectId }) => objectId === result.effects.gasObject?.objectId);
				const object = playground.devnet.ledger.object(change?.objectId ?? '', BigInt(change?.outputVersion ?? 0));
				return object?.storageRebate ?? 0n;
			};
			assert.equal(used(made).cost, stored.storageRebate + gas(made));
			const ended = await run(playground, (t) => void call(t, 'end', t.object(id)));
			const freed = stored.storageRebate + gas(made);
			assert.equal(used(ended).rebate + used(ended).kept, freed);
			assert.equal(used(ended).kept, freed - (freed * 9900n + 5000n) / 10_000n);
			assert.equal(used(ended).cost, gas(ended));
		});

		it('of what is wrapped is counted with its wrapper', async () => {
			const made = await run(playground, (t) => keep(t, box(t)));
			const id = idOf(made, 'Box');
			const alone = playground.devnet.ledger.object(id)?.storageRebate ?? 0n;
			const wrapped = await run(playground, (t) => keep(t, call(t, 'new_crate', t.object(id))));
			const crate = playground.devnet.ledger.object(idOf(wrapped, 'Crate'))?.storageRebate ?? 0n;
			assert.ok(crate > 0n && crate < 2n * alone);
			assert.ok(used(wrapped).rebate + used(wrapped).kept >= alone);
		});
	});
}
