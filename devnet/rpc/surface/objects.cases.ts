import assert from 'node:assert/strict';
import { it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { ObjectError } from '@mysten/sui/client';
import { attempt, run } from '#devnet/rpc/playground.fixture.ts';
import { allPages, NOWHERE, newAddress, rejectsWith, type Surface } from './surface.fixture.ts';

const Box = bcs.struct('Box', { id: bcs.Address, size: bcs.u64() });

export function objectCases(surface: () => Surface): void {
	it('getObject, getObjects: what was asked for and no more; what is missing fails alone', async () => {
		const { client, boxIds, packageId, counterId, address } = surface();
		const id = boxIds[0] as string;
		const { object: bare } = await client.core.getObject({ objectId: id });
		assert.deepEqual(bare.owner, { $kind: 'AddressOwner', AddressOwner: address });
		assert.equal(bare.type, `${packageId}::playground::Box`);
		assert.deepEqual(
			[bare.content, bare.objectBcs, bare.json, bare.previousTransaction, bare.display],
			[undefined, undefined, undefined, undefined, undefined],
		);
		const include = { content: true, objectBcs: true, json: true, previousTransaction: true, display: true } as const;
		const { object } = await client.core.getObject({ objectId: id, include });
		const { size } = Box.parse(object.content);
		assert.deepEqual(object.json, { id, size });
		assert.equal(object.display, null);
		const decoded = bcs.Object.parse(object.objectBcs);
		assert.deepEqual(new Uint8Array(Buffer.from(decoded.data.Move?.contents ?? [])), object.content);
		assert.equal(decoded.previousTransaction, object.previousTransaction);
		assert.equal((await client.core.getTransaction({ digest: object.previousTransaction ?? '' })).$kind, 'Transaction');

		const { objects } = await client.core.getObjects({ objectIds: [id, NOWHERE, counterId, packageId] });
		assert.ok(objects[1] instanceof ObjectError);
		assert.deepEqual([objects[1].code, objects[1].reason, objects[1].objectId], ['notExists', 'notFound', NOWHERE]);
		const [, , shared, pkg] = objects;
		assert.ok(shared !== undefined && !(shared instanceof Error) && shared.owner.$kind === 'Shared');
		assert.ok(pkg !== undefined && !(pkg instanceof Error) && pkg.owner.$kind === 'Immutable' && pkg.type === 'package');
		assert.equal((await client.core.getObjects({ objectIds: Array.from({ length: 120 }, () => id) })).objects.length, 120);
		assert.deepEqual((await client.core.getObjects({ objectIds: [] })).objects, []);
		await assert.rejects(client.core.getObject({ objectId: NOWHERE }), ObjectError);
		await rejectsWith(client.core.getObjects({ objectIds: [id, 'box'] }), 'INVALID_ARGUMENT', /requests\[1\]\.object_id/);
	});

	it('LedgerService/GetObject, BatchGetObjects: versions, masks, limits', async () => {
		const { client, boxIds, call } = surface();
		const id = boxIds[1] as string;
		const before = (await client.ledgerService.getObject({ objectId: id })).response.object;
		assert.deepEqual(Object.keys(JSON.parse(JSON.stringify(before, (_, value) => (typeof value === 'bigint' ? `${value}` : value)))).sort(), [
			'digest',
			'objectId',
			'version',
		]);
		await run(surface(), (transaction) => void transaction.moveCall({ target: call('grow'), arguments: [transaction.object(id), transaction.pure.u64(5)] }));
		const old = (await client.ledgerService.getObject({ objectId: id, version: before?.version ?? 0n, readMask: { paths: ['*'] } })).response.object;
		assert.equal(old?.digest, before?.digest);
		assert.equal(old?.storageRebate !== undefined && old.hasPublicTransfer, true);
		const now = (await client.ledgerService.getObject({ objectId: id, readMask: { paths: ['contents.value', 'version'] } })).response.object;
		assert.equal(BigInt(Box.parse(now?.contents?.value ?? new Uint8Array()).size), BigInt(Box.parse(old?.contents?.value ?? new Uint8Array()).size) + 5n);
		assert.ok((now?.version ?? 0n) > (before?.version ?? 0n));
		assert.equal(now?.objectId, undefined);
		const get = (request: Parameters<typeof client.ledgerService.getObject>[0]) => client.ledgerService.getObject(request).response;
		await rejectsWith(get({ objectId: id, version: 1n }), 'NOT_FOUND', /with version 1 not found/);
		await rejectsWith(get({ objectId: NOWHERE }), 'NOT_FOUND');
		await rejectsWith(get({}), 'INVALID_ARGUMENT', /missing object_id/);
		await rejectsWith(get({ objectId: '0xzz' }), 'INVALID_ARGUMENT');
		await rejectsWith(get({ objectId: id, readMask: { paths: ['object_id', 'colour'] } }), 'INVALID_ARGUMENT', /invalid read_mask path: colour/);
		await rejectsWith(get({ objectId: id, readMask: { paths: ['version.value'] } }), 'INVALID_ARGUMENT');
		const requests = Array.from({ length: 1001 }, () => ({ objectId: id }));
		await rejectsWith(client.ledgerService.batchGetObjects({ requests }).response, 'INVALID_ARGUMENT', /1000/);
	});

	it('listOwnedObjects: by type, page by page', async () => {
		const { client, address, boxIds, packageId } = surface();
		const type = `${packageId}::playground::Box`;
		const list = (limit: number) =>
			allPages(limit, async (cursor) => {
				const { objects, ...page } = await client.core.listOwnedObjects({ owner: address, type, limit, cursor, include: { content: true } });
				return { ...page, items: objects.map(({ objectId }) => objectId) };
			});
		for (const limit of [1, 2, 3, 50]) assert.deepEqual(await list(limit), boxIds);
		const every = await client.core.listOwnedObjects({ owner: address });
		assert.ok(every.objects.length > boxIds.length);
		// A type without its arguments stands for all of its instances.
		const coins = await client.core.listOwnedObjects({ owner: address, type: '0x2::coin::Coin' });
		assert.ok(coins.objects.length > 0 && coins.objects.every((object) => object.type.includes('::coin::Coin<')));
		assert.deepEqual(await client.core.listOwnedObjects({ owner: newAddress() }), { objects: [], cursor: null, hasNextPage: false });

		const first = await client.core.listOwnedObjects({ owner: address, type, limit: 1 });
		const cursor = first.cursor as string;
		await rejectsWith(client.core.listOwnedObjects({ owner: newAddress(), type, cursor }), 'INVALID_ARGUMENT', /page_token/);
		await rejectsWith(client.core.listOwnedObjects({ owner: address, cursor }), 'INVALID_ARGUMENT', /page_token/);
		await rejectsWith(client.core.listOwnedObjects({ owner: address, cursor: 'AAAA' }), 'INVALID_ARGUMENT', /page_token/);
		await rejectsWith(client.core.listOwnedObjects({ owner: 'nobody' }), 'INVALID_ARGUMENT', /owner/);
		await rejectsWith(client.core.listOwnedObjects({ owner: address, type: 'u64' }), 'INVALID_ARGUMENT', /object_type/);
		const { response } = await client.stateService.listOwnedObjects({ owner: address, pageSize: 0 });
		assert.equal(response.objects.length, 1, 'a page has at least one item');
		await rejectsWith(client.stateService.listOwnedObjects({}).response, 'INVALID_ARGUMENT', /missing owner/);
	});

	it('listDynamicFields, getDynamicField, getDynamicObjectField', async () => {
		const { client, counterId, boxIds, call, address } = surface();
		for (const by of [1, 2, 3]) {
			await run(surface(), (transaction) => {
				const values = [transaction.object(counterId), transaction.pure.u64(by), transaction.pure.string(`by ${by}`)];
				transaction.moveCall({ target: call('increment'), arguments: values });
			});
		}
		const { object } = await client.core.getObject({ objectId: counterId, include: { json: true } });
		const parentId = (object.json as { notes: { id: string } }).notes.id;
		const list = (limit: number) =>
			allPages(limit, async (cursor) => {
				const { dynamicFields, ...page } = await client.core.listDynamicFields({ parentId, limit, cursor });
				return { ...page, items: dynamicFields.map(({ name }) => bcs.u64().parse(name.bcs)) };
			});
		for (const limit of [1, 2, 3, 4]) assert.deepEqual((await list(limit)).sort(), ['1', '3', '6']);
		const u64 = (value: number) => ({ type: 'u64', bcs: bcs.u64().serialize(value).toBytes() });
		const { dynamicField } = await client.core.getDynamicField({ parentId, name: u64(3) });
		assert.equal(bcs.string().parse(dynamicField.value.bcs), 'by 2');
		assert.equal(dynamicField.$kind, 'DynamicField');
		await assert.rejects(client.core.getDynamicField({ parentId, name: u64(4) }), ObjectError);
		const { cursor } = await client.core.listDynamicFields({ parentId, limit: 1 });
		await rejectsWith(client.core.listDynamicFields({ parentId: counterId, cursor }), 'INVALID_ARGUMENT', /page_token/);
		await rejectsWith(client.core.listDynamicFields({ parentId: 'x' }), 'INVALID_ARGUMENT', /parent/);
		assert.deepEqual((await client.core.listDynamicFields({ parentId: NOWHERE })).dynamicFields, []);

		const [parent, child] = boxIds as [string, string];
		await run(surface(), (transaction) => {
			transaction.moveCall({ target: call('put'), arguments: [transaction.object(parent), transaction.pure.u64(7), transaction.object(child)] });
		});
		const field = await client.core.getDynamicObjectField({ parentId: parent, name: u64(7) });
		assert.equal(field.object.objectId, child);
		await assert.rejects(client.core.getDynamicObjectField({ parentId: parent, name: u64(8) }), ObjectError);
		const listed = await client.core.listDynamicFields({ parentId: parent });
		assert.deepEqual([listed.dynamicFields[0]?.$kind, listed.dynamicFields[0]?.childId], ['DynamicObject', child]);
		// What an object owns is no input of a transaction.
		await assert.rejects(
			attempt(surface(), (transaction) => void transaction.transferObjects([transaction.object(child)], address)),
			/object owned/,
		);
		await run(surface(), (transaction) => {
			const taken = transaction.moveCall({ target: call('take'), arguments: [transaction.object(parent), transaction.pure.u64(7)] });
			transaction.transferObjects([taken], address);
		});
	});
}
