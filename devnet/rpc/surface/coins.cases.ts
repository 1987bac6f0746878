import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FaucetRateLimitError, requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { run } from '#devnet/rpc/playground.fixture.ts';
import { allPages, newAddress, rejectsWith, type Surface } from './surface.fixture.ts';

export function coinCases(surface: () => Surface): void {
	it('getBalance, listBalances, listCoins: sums, pages, coins from the greatest on', async () => {
		const { client, treasuryId, gemType } = surface();
		const owner = newAddress();
		await run(surface(), (transaction) => {
			const gems = [30, 10, 20].map((amount) =>
				transaction.moveCall({
					target: '0x2::coin::mint',
					typeArguments: [gemType],
					arguments: [transaction.object(treasuryId), transaction.pure.u64(amount)],
				}),
			);
			transaction.transferObjects([...gems, ...transaction.splitCoins(transaction.gas, [5])], owner);
		});
		const { balance } = await client.core.getBalance({ owner, coinType: gemType });
		assert.deepEqual(balance, { coinType: gemType, balance: '60', coinBalance: '60', addressBalance: '0' });
		assert.equal((await client.core.getBalance({ owner })).balance.balance, '5');
		assert.equal((await client.core.getBalance({ owner: newAddress() })).balance.balance, '0');
		const balances = (limit: number) =>
			allPages(limit, async (cursor) => {
				const { balances: items, ...page } = await client.core.listBalances({ owner, limit, cursor });
				return { ...page, items };
			});
		for (const limit of [1, 2, 3]) assert.deepEqual((await balances(limit)).map(({ balance: sum }) => sum).sort(), ['5', '60']);
		const coins = (limit: number) =>
			allPages(limit, async (cursor) => {
				const { objects, ...page } = await client.core.listCoins({ owner, coinType: gemType, limit, cursor });
				return { ...page, items: objects.map((coin) => coin.balance) };
			});
		for (const limit of [1, 2, 3]) assert.deepEqual(await coins(limit), ['30', '20', '10']);

		const { cursor } = await client.core.listBalances({ owner, limit: 1 });
		await rejectsWith(client.core.listBalances({ owner: newAddress(), cursor }), 'INVALID_ARGUMENT', /page_token/);
		await rejectsWith(client.core.listBalances({ owner: '0x' }), 'INVALID_ARGUMENT', /owner/);
		await rejectsWith(client.core.getBalance({ owner, coinType: 'gems' }), 'INVALID_ARGUMENT', /coin_type/);
		await rejectsWith(client.core.getBalance({ owner: 'x' }), 'INVALID_ARGUMENT', /owner/);
		await rejectsWith(client.core.listCoins({ owner, coinType: '0x2' }), 'INVALID_ARGUMENT', /object_type/);
		await rejectsWith(client.stateService.getBalance({ owner }).response, 'INVALID_ARGUMENT', /missing coin_type/);
	});

	it('getCoinMetadata: of SUI, of a coin with metadata, of none', async () => {
		const { client, gemType, treasuryId } = surface();
		const { coinMetadata } = await client.core.getCoinMetadata({ coinType: gemType });
		const { id, ...described } = coinMetadata ?? { id: null };
		assert.deepEqual(described, { decimals: 6, name: 'Gem', symbol: 'GEM', description: 'shiny', iconUrl: 'https://gem.example/icon.svg' });
		assert.equal((await client.core.getObject({ objectId: id ?? '' })).object.owner.$kind, 'Immutable');
		assert.equal((await client.core.getCoinMetadata({ coinType: '0x2::sui::SUI' })).coinMetadata?.decimals, 9);
		assert.deepEqual(await client.core.getCoinMetadata({ coinType: '0x2::clock::Clock' }), { coinMetadata: null });
		const { response } = await client.stateService.getCoinInfo({ coinType: gemType });
		assert.deepEqual([response.treasury?.id, response.treasury?.totalSupply], [treasuryId, 60n]);
		await rejectsWith(client.stateService.getCoinInfo({ coinType: '0x2::clock::Clock' }).response, 'NOT_FOUND', /Coin type .* not found/);
		await rejectsWith(client.stateService.getCoinInfo({ coinType: '&' }).response, 'INVALID_ARGUMENT', /coin_type/);
		// The client says null for whatever fails, as its own code has it.
		assert.deepEqual(await client.core.getCoinMetadata({ coinType: '&' }), { coinMetadata: null });
	});

	it('the faucet gives, and refuses what it cannot read', async () => {
		const { devnet, client } = surface();
		const recipient = newAddress();
		const given = await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient });
		assert.equal(given.coins_sent?.length, 1);
		assert.equal((await client.core.getTransaction({ digest: given.coins_sent?.[0]?.transferTxDigest ?? '' })).$kind, 'Transaction');
		await assert.rejects(requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient: 'bob' }), (error) => !(error instanceof FaucetRateLimitError));
		const post = async (body: string, path = '/v2/gas') => (await fetch(new URL(path, devnet.faucetUrl), { method: 'POST', body })).status;
		for (const body of ['', '{', '[]', '{}', '{"FixedAmountRequest":{}}', `{"FixedAmountRequest":{"recipient":"${recipient}","amount":-1}}`])
			assert.equal(await post(body), 400);
		assert.equal(await post('x'.repeat(7_000_000)), 413);
		assert.equal(await post('{}', '/v3/gas'), 404);
		assert.equal(await post(`{"FixedAmountRequest":{"recipient":"${recipient}","amount":"99999999999999999999999"}}`), 500);
	});
}
