import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { publishSealKeyServers } from '#devnet/publish/publish.ts';
import { startTestChain } from '#tests/helpers/test-chain.ts';

/** Version 2 of a key server, as `@mysten/seal` parses it. */
const KeyServerV2 = bcs.struct('KeyServerV2', {
	name: bcs.string(),
	keyType: bcs.u8(),
	pk: bcs.byteVector(),
	serverType: bcs.enum('ServerType', { Independent: bcs.struct('Independent', { url: bcs.string() }), Committee: null }),
});

test('each key server gets an object of its own, in the form that Seal’s client reads', async () => {
	const chain = await startTestChain({ windowSeconds: 600 });
	try {
		const servers = [3n, 4n, 5n].map((secret, i) => ({
			name: `server-${i}`,
			url: `http://127.0.0.1:${9_000 + i}`,
			publicKey: bls12_381.G2.Point.BASE.multiply(secret).toBytes(),
		}));
		const { objectIds } = await publishSealKeyServers({ client: chain.client, signer: chain.admin }, servers);
		assert.equal(new Set(objectIds).size, 3);
		for (const [i, objectId] of objectIds.entries()) {
			const { dynamicField } = await chain.client.core.getDynamicField({ parentId: objectId, name: { type: 'u64', bcs: bcs.u64().serialize(2).toBytes() } });
			const server = KeyServerV2.parse(dynamicField.value.bcs);
			assert.deepEqual([server.name, server.keyType, server.serverType.Independent?.url], [servers[i]!.name, 0, servers[i]!.url]);
			assert.deepEqual(server.pk, servers[i]!.publicKey);
		}
		const wrong = [{ ...servers[0]!, publicKey: new Uint8Array(96).fill(1) }];
		await assert.rejects(publishSealKeyServers({ client: chain.client, signer: chain.admin }, wrong), { code: 'CHAIN_REJECTED' });
	} finally {
		await chain.stop();
	}
});
