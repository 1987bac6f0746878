import assert from 'node:assert/strict';
import { it } from 'node:test';
import { toBase64 } from '@mysten/bcs';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Secp256k1Keypair } from '@mysten/sui/keypairs/secp256k1';
import { Transaction } from '@mysten/sui/transactions';
import { NO_DIGEST, NOWHERE, newAddress, rejectsWith, type Surface } from './surface.fixture.ts';

export function chainCases(surface: () => Surface): void {
	it('getChainIdentifier, getReferenceGasPrice, getCurrentSystemState, getProtocolConfig; GetEpoch, GetServiceInfo, GetCheckpoint', async () => {
		const { client, devnet } = surface();
		assert.equal((await client.core.getChainIdentifier()).chainIdentifier, devnet.chainId);
		assert.equal((await client.core.getReferenceGasPrice()).referenceGasPrice, '1000');
		const { systemState } = await client.core.getCurrentSystemState();
		assert.deepEqual([systemState.epoch, systemState.protocolVersion, systemState.safeMode], ['0', '106', false]);
		assert.equal(systemState.epochStartTimestampMs, devnet.ledger.genesisTimeMs.toString());
		const { protocolConfig } = await client.core.getProtocolConfig();
		assert.equal(protocolConfig.protocolVersion, '106');
		assert.equal(protocolConfig.attributes.max_programmable_tx_commands, '1024');

		const { response } = await client.ledgerService.getEpoch({});
		assert.deepEqual([response.epoch?.epoch, response.epoch?.protocolConfig?.protocolVersion], [0n, 106n]);
		assert.deepEqual([response.epoch?.systemState, response.epoch?.protocolConfig?.attributes], [undefined, {}]);
		await rejectsWith(client.ledgerService.getEpoch({ epoch: 1n }).response, 'NOT_FOUND');
		await rejectsWith(client.ledgerService.getEpoch({ readMask: { paths: ['era'] } }).response, 'INVALID_ARGUMENT', /read_mask/);

		const info = (await client.ledgerService.getServiceInfo({})).response;
		assert.equal(info.checkpointHeight, devnet.ledger.history.tip);
		const get = (checkpointId: Parameters<typeof client.ledgerService.getCheckpoint>[0]['checkpointId'], paths?: string[]) =>
			client.ledgerService.getCheckpoint({ checkpointId, ...(paths && { readMask: { paths } }) }).response;
		const last = (await get({ oneofKind: undefined }, ['*'])).checkpoint;
		assert.equal(last?.sequenceNumber, devnet.ledger.history.tip);
		assert.equal(last?.transactions[0]?.digest, last?.contents?.transactions[0]?.transaction);
		const byDigest = (await get({ oneofKind: 'digest', digest: last?.digest ?? '' })).checkpoint;
		assert.deepEqual([byDigest?.sequenceNumber, byDigest?.summary], [last?.sequenceNumber, undefined]);
		const before = (await get({ oneofKind: 'sequenceNumber', sequenceNumber: (last?.sequenceNumber ?? 0n) - 1n })).checkpoint;
		assert.equal(before?.digest, last?.summary?.previousDigest);
		assert.equal((await get({ oneofKind: 'sequenceNumber', sequenceNumber: 0n })).checkpoint?.digest, devnet.chainId);
		await rejectsWith(get({ oneofKind: 'sequenceNumber', sequenceNumber: 2n ** 64n - 1n }), 'NOT_FOUND');
		await rejectsWith(get({ oneofKind: 'digest', digest: NOWHERE }), 'INVALID_ARGUMENT', /digest/);
		await rejectsWith(get({ oneofKind: undefined }, ['transactions.nothing']), 'INVALID_ARGUMENT');
	});

	it('getMoveFunction; GetPackage, GetFunction, GetDatatype, ListPackageVersions', async () => {
		const { client, packageId, counterId } = surface();
		const { function: set } = await client.core.getMoveFunction({ packageId, moduleName: 'gems', name: 'set' });
		assert.deepEqual(
			set.typeParameters.map(({ constraints }) => constraints),
			[[], ['store']],
		);
		assert.deepEqual(set.parameters, [
			{ reference: null, body: { $kind: 'typeParameter', index: 1 } },
			{ reference: 'mutable', body: { $kind: 'datatype', datatype: { typeName: `0x${'0'.repeat(63)}2::tx_context::TxContext`, typeParameters: [] } } },
		]);
		assert.deepEqual([set.visibility, set.isEntry], ['public', false]);
		const secret = await client.core.getMoveFunction({ packageId, moduleName: 'playground', name: 'secret' });
		assert.deepEqual([secret.function.visibility, secret.function.isEntry], ['private', true]);
		await rejectsWith(client.core.getMoveFunction({ packageId, moduleName: 'gems', name: 'cut' }), 'NOT_FOUND');
		await rejectsWith(client.core.getMoveFunction({ packageId, moduleName: 'stones', name: 'set' }), 'NOT_FOUND');
		await rejectsWith(client.core.getMoveFunction({ packageId: NOWHERE, moduleName: 'gems', name: 'set' }), 'NOT_FOUND');
		await rejectsWith(client.core.getMoveFunction({ packageId: counterId, moduleName: 'gems', name: 'set' }), 'INVALID_ARGUMENT', /not a package/);
		const packages = client.movePackageService;
		await rejectsWith(packages.getFunction({ packageId, moduleName: 'gems' }).response, 'INVALID_ARGUMENT', /missing name/);

		const pkg = (await packages.getPackage({ packageId })).response.package;
		assert.deepEqual([pkg?.storageId, pkg?.originalId, pkg?.version], [packageId, packageId, 1n]);
		const gems = pkg?.modules.find(({ name }) => name === 'gems');
		assert.deepEqual(gems?.datatypes.map(({ name }) => name).sort(), ['Colour', 'GEMS', 'Setting']);
		assert.ok(gems?.functions.some(({ name }) => name === 'plain'));
		await rejectsWith(packages.getPackage({ packageId: NOWHERE }).response, 'NOT_FOUND');
		await rejectsWith(packages.getPackage({}).response, 'INVALID_ARGUMENT', /missing package_id/);

		const datatype = async (name: string) => (await packages.getDatatype({ packageId, moduleName: 'gems', name })).response.datatype;
		const colour = await datatype('Colour');
		assert.deepEqual(
			colour?.variants.map(({ name, fields }) => [name, fields.map((field) => field.name)]),
			[
				['Plain', []],
				['Mixed', ['red', 'blue']],
			],
		);
		const setting = await datatype('Setting');
		assert.equal(setting?.definingId, packageId);
		assert.deepEqual(
			setting?.typeParameters.map(({ isPhantom }) => isPhantom),
			[true, false],
		);
		assert.deepEqual(
			setting?.fields.map(({ name, position }) => [name, position]),
			[
				['id', 0],
				['colour', 1],
				['content', 2],
			],
		);
		assert.equal(setting?.fields[1]?.type?.typeName, `${packageId}::gems::Colour`);
		await rejectsWith(packages.getDatatype({ packageId, moduleName: 'gems', name: 'Ruby' }).response, 'NOT_FOUND');
		await rejectsWith(packages.getDatatype({ packageId, moduleName: 'gems' }).response, 'INVALID_ARGUMENT');

		const versions = (await packages.listPackageVersions({ packageId, pageSize: 1 })).response;
		assert.deepEqual(
			versions.versions.map((version) => [version.packageId, version.version]),
			[[packageId, 1n]],
		);
		assert.equal(versions.nextPageToken, undefined);
		await rejectsWith(packages.listPackageVersions({ packageId, pageToken: Uint8Array.of(1) }).response, 'INVALID_ARGUMENT', /page_token/);
		const forged = new TextEncoder().encode(`${JSON.stringify(['package versions', packageId])} x`);
		await rejectsWith(packages.listPackageVersions({ packageId, pageToken: forged }).response, 'INVALID_ARGUMENT', /page_token/);
		await rejectsWith(packages.listPackageVersions({ packageId: NOWHERE }).response, 'NOT_FOUND');
	});

	it('verifyZkLoginSignature: every scheme but zkLogin itself, which is UNIMPLEMENTED', async () => {
		const { client } = surface();
		const message = new TextEncoder().encode('hello');
		for (const keypair of [new Ed25519Keypair(), new Secp256k1Keypair()]) {
			const personal = { bytes: toBase64(message), intentScope: 'PersonalMessage' as const, address: keypair.toSuiAddress() };
			const { signature } = await keypair.signPersonalMessage(message);
			assert.deepEqual(await client.core.verifyZkLoginSignature({ ...personal, signature }), { success: true, errors: [] });
			const other = await client.core.verifyZkLoginSignature({ ...personal, signature, address: newAddress() });
			assert.equal(other.success, false);
			assert.match(other.errors[0] ?? '', /does not match derived address/);
			assert.equal((await client.core.verifyZkLoginSignature({ ...personal, signature, bytes: toBase64(message.subarray(1)) })).success, false);
		}
		const keypair = new Ed25519Keypair();
		const transaction = new Transaction();
		transaction.setSender(keypair.toSuiAddress());
		transaction.setGasPrice(1000);
		transaction.setGasBudget(1_000_000);
		transaction.setGasPayment([{ objectId: NOWHERE, version: '1', digest: NO_DIGEST }]);
		const bytes = await transaction.build();
		const { signature } = await keypair.signTransaction(bytes);
		const asked = { bytes: toBase64(bytes), signature, intentScope: 'TransactionData' as const, address: keypair.toSuiAddress() };
		assert.equal((await client.core.verifyZkLoginSignature(asked)).success, true);
		const zkLogin = toBase64(Uint8Array.of(5, ...new Uint8Array(100)));
		await rejectsWith(client.core.verifyZkLoginSignature({ ...asked, signature: zkLogin }), 'UNIMPLEMENTED', /zkLogin/);
		await rejectsWith(client.core.verifyZkLoginSignature({ ...asked, bytes: 'AAAA' }), 'INVALID_ARGUMENT', /message/);
		await rejectsWith(client.core.verifyZkLoginSignature({ ...asked, address: 'x' }), 'INVALID_ARGUMENT', /address/);
		assert.equal((await client.core.verifyZkLoginSignature({ ...asked, signature: toBase64(Uint8Array.of(9, 9)) })).success, false);
		await rejectsWith(client.signatureVerificationService.verifySignature({ jwks: [] }).response, 'INVALID_ARGUMENT');
	});

	it('resolveNameServiceAddress, defaultNameServiceName: a network without SuiNS, as Sui’s node has it', async () => {
		const { client } = surface();
		await rejectsWith(client.core.resolveNameServiceAddress({ name: 'example.sui' }), 'UNIMPLEMENTED', /SuiNS not configured/);
		await rejectsWith(client.core.defaultNameServiceName({ address: newAddress() }), 'UNIMPLEMENTED', /SuiNS not configured/);
	});

	it('services that only forks of other networks have are UNIMPLEMENTED', async () => {
		const { client } = surface();
		await rejectsWith(client.forkingService.getStatus({}).response, 'UNIMPLEMENTED');
		await rejectsWith(client.forkingService.advanceClock({}).response, 'UNIMPLEMENTED');
		await rejectsWith(client.forkingService.advanceCheckpoint({}).response, 'UNIMPLEMENTED');
	});
}
