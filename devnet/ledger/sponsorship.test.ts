import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { type Playground, publish, startPlayground } from '#devnet/rpc/playground.fixture.ts';

const SOURCE = `module playground::who;
public fun pays(sponsor: address, ctx: &TxContext) { assert!(ctx.sponsor() == option::some(sponsor)) }
public fun pays_self(ctx: &TxContext) { assert!(ctx.sponsor().is_none()) }
public fun sends(sender: address, ctx: &TxContext) { assert!(ctx.sender() == sender) }
`;

/** A transaction of one account that another pays for (sui-types `transaction.rs` `check_sponsorship`, sui-transaction-checks `check_gas`). */
describe('sponsored transactions', () => {
	let playground: Playground;
	let packageId: string;
	const [sender, sponsor, stranger] = [new Ed25519Keypair(), new Ed25519Keypair(), new Ed25519Keypair()];

	before(async () => {
		playground = await startPlayground();
		({ packageId } = await publish(playground, { 'who.move': SOURCE }));
		for (const account of [sponsor, stranger]) {
			await requestSuiFromFaucetV2({ host: playground.devnet.faucetUrl, recipient: account.toSuiAddress() });
		}
	});
	after(() => playground.stop());

	const coinsOf = async (account: Ed25519Keypair) => {
		const { objects } = await playground.client.listCoins({ owner: account.toSuiAddress() });
		return objects.map(({ objectId, version, digest }) => ({ objectId, version, digest }));
	};

	/** Built by the client, with the sponsor's coins chosen by the node unless `payment` is given. */
	async function build(steps: (transaction: Transaction) => void, payment?: Awaited<ReturnType<typeof coinsOf>>): Promise<Uint8Array> {
		const transaction = new Transaction();
		transaction.setSender(sender.toSuiAddress());
		transaction.setGasOwner(sponsor.toSuiAddress());
		steps(transaction);
		if (payment === undefined) return transaction.build({ client: playground.client });
		transaction.setGasPayment(payment);
		transaction.setGasBudget(10_000_000);
		transaction.setGasPrice(1000);
		return transaction.build();
	}
	const who = (transaction: Transaction) => {
		transaction.moveCall({ target: `${packageId}::who::pays`, arguments: [transaction.pure.address(sponsor.toSuiAddress())] });
		transaction.moveCall({ target: `${packageId}::who::sends`, arguments: [transaction.pure.address(sender.toSuiAddress())] });
	};
	const signed = (bytes: Uint8Array, accounts: readonly Ed25519Keypair[]) =>
		Promise.all(accounts.map(async (account) => (await account.signTransaction(bytes)).signature));
	const submit = async (bytes: Uint8Array, accounts: readonly Ed25519Keypair[]) =>
		playground.client.executeTransaction({ transaction: bytes, signatures: await signed(bytes, accounts), include: { effects: true, balanceChanges: true } });

	it('the sponsor pays, the sender acts, and the code knows both', async () => {
		const result = await submit(await build(who), [sender, sponsor]);
		assert.equal(result.$kind, 'Transaction');
		assert.deepEqual(
			result.Transaction?.balanceChanges?.map((change) => [change.address, BigInt(change.amount) < 0n]),
			[[sponsor.toSuiAddress(), true]],
		);
	});

	it('without one the code sees none', async () => {
		const transaction = new Transaction();
		transaction.moveCall({ target: `${packageId}::who::pays_self` });
		const { client, account } = playground;
		const result = await client.signAndExecuteTransaction({ transaction, signer: account });
		assert.equal(result.$kind, 'Transaction');
	});

	it('both signatures are needed, in any order, and no third', async () => {
		const bytes = await build(who);
		await assert.rejects(submit(bytes, [sender]), /Expect 2 signer signatures/);
		await assert.rejects(submit(bytes, [sponsor]), /Expect 2 signer signatures/);
		await assert.rejects(submit(bytes, [sender, sender]), /Invalid user signature/);
		await assert.rejects(submit(bytes, [sender, stranger]), /Invalid user signature/);
		await assert.rejects(submit(bytes, [sender, sponsor, stranger]), /Expect 2 signer signatures/);
		const other = await build((transaction) => {
			who(transaction);
			who(transaction);
		});
		const mixed = [...(await signed(bytes, [sender])), ...(await signed(other, [sponsor]))];
		await assert.rejects(playground.client.executeTransaction({ transaction: bytes, signatures: mixed }), /Invalid user signature/);
		assert.equal((await submit(bytes, [sponsor, sender])).$kind, 'Transaction');
	});

	it('the coins are the sponsor’s', async () => {
		const foreign = await build(who, await coinsOf(stranger));
		await assert.rejects(submit(foreign, [sender, sponsor]), /owned by account address/);
	});

	it('the sponsor’s other objects are out of reach', async () => {
		const [coin] = await coinsOf(sponsor);
		assert.ok(coin);
		const taking = (transaction: Transaction) => transaction.transferObjects([transaction.objectRef(coin)], sender.toSuiAddress());
		const bytes = await build(taking, await coinsOf(stranger));
		await assert.rejects(submit(bytes, [sender, sponsor]), /not signed by the correct sender|owned by account address/);
	});

	it('the gas coin can be used, and comes back to the sponsor', async () => {
		const bytes = await build((transaction) => transaction.transferObjects([transaction.splitCoins(transaction.gas, [77])], sender.toSuiAddress()));
		const result = await submit(bytes, [sender, sponsor]);
		const gas = result.Transaction?.effects?.gasObject;
		assert.equal(gas?.outputOwner?.AddressOwner, sponsor.toSuiAddress());
		assert.equal((await playground.client.getBalance({ owner: sender.toSuiAddress() })).balance.balance, '77');
	});

	it('a failure is paid for by the sponsor too', async () => {
		const before = BigInt((await playground.client.getBalance({ owner: sponsor.toSuiAddress() })).balance.balance);
		const fails = (transaction: Transaction) => void transaction.moveCall({ target: `${packageId}::who::pays_self` });
		const result = await submit(await build(fails, await coinsOf(sponsor)), [sender, sponsor]);
		assert.equal(result.$kind, 'FailedTransaction');
		const used = bcs.TransactionEffects.parse(result.FailedTransaction?.effects?.bcs ?? new Uint8Array()).V2?.gasUsed;
		const net = BigInt(used?.computationCost ?? 0) + BigInt(used?.storageCost ?? 0) - BigInt(used?.storageRebate ?? 0);
		assert.ok(net > 0n);
		assert.equal(BigInt((await playground.client.getBalance({ owner: sponsor.toSuiAddress() })).balance.balance), before - net);
	});
});
