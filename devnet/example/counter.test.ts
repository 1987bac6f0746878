import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { compilePackage, readMovePackage } from '#devnet/compiler/compile.ts';
import { publishPackage } from '#devnet/publish/publish.ts';
import { startDevnet } from '#devnet/start-devnet.ts';

test('a counter is raised once an hour', async () => {
	const devnet = await startDevnet({ accounts: 1 });
	try {
		const client = new SuiGrpcClient({ network: 'custom', baseUrl: devnet.url });
		const signer = Ed25519Keypair.fromSecretKey(devnet.accounts[0]!.secretKey);
		const compiled = await compilePackage({ files: await readMovePackage(import.meta.dirname) });
		const { packageId, created } = await publishPackage({ client, signer }, compiled, 'the counter');
		const counter = created.find(({ type }) => type.endsWith('::Counter'))!.id;
		const raise = async () => {
			const transaction = new Transaction();
			transaction.moveCall({ target: `${packageId}::counter::raise`, arguments: [transaction.object(counter), transaction.object.clock()] });
			return client.signAndExecuteTransaction({ transaction, signer });
		};

		assert.equal((await raise()).$kind, 'Transaction');
		await assert.rejects(raise(), /ETooEarly/);
		const failure = devnet.trace('last', { detail: 'instructions' }).events.at(-1);
		assert.equal(failure?.kind === 'failure' && failure.text, 'Abort');

		devnet.advanceClock(3_600_000);
		assert.equal((await raise()).$kind, 'Transaction');
	} finally {
		await devnet.stop();
	}
});
