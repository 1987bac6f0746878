/** Owners' acts through the real client: what a trial says, what happens, and what is refused by name. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { type Act, performAct, tryAct } from '#clients/chain/acts.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';

const SUI = 1_000_000_000n;
const WINDOW_MS = 60_000n;

let chain: TestChain;
before(async () => {
	chain = await startTestChain({ windowSeconds: Number(WINDOW_MS) / 1000 });
});
after(() => chain?.stop());

const contextOf = (signer: Ed25519Keypair) => ({ client: chain.client, target: chain.target, signer });
const balanceOf = async (owner: Ed25519Keypair) => BigInt((await chain.client.core.getBalance({ owner: owner.toSuiAddress() })).balance.balance);
const refused = (promise: Promise<unknown>, abort: string) =>
	assert.rejects(promise, (error: { code: string; details: { abort?: string } }) => error.code === 'CHAIN_REJECTED' && error.details.abort === abort);
const windowsLater = async (windows: bigint) => chain.advanceTo(((await chain.currentWindow()) + windows) * WINDOW_MS);

for (const role of ['miner', 'validator'] as const) {
	test(`the stake of a ${role} comes in, goes out after the delay, and to its owner only`, async () => {
		const owner = await chain.fundedSigner();
		const writer = chain.writerOf(owner);
		const operator = writer.address;
		const least = chain.parameters.values[`min_${role}_stake_mist`];
		const { uid, generation } = await (role === 'miner'
			? writer.registerMiner({ stakeMist: least, operator })
			: writer.registerValidator({ stakeMist: least, operator }));
		const stakeNow = async () => (await (role === 'miner' ? chain.reader.miner(uid) : chain.reader.validator(uid)))!.stake;
		const perform = (act: Act) => performAct(contextOf(owner), act);

		// A trial changes nothing and says what the act then does.
		const add: Act = { kind: 'addStake', role, uid, amountMist: 3n * SUI };
		const trial = await tryAct(contextOf(owner), add);
		assert.equal(await stakeNow(), least);
		const added = await perform(add);
		assert.deepEqual(
			trial.events.map(({ name }) => name),
			added.events.map(({ name }) => name),
		);
		assert.deepEqual(
			added.events.map(({ name }) => name),
			['StakeAdded', role === 'miner' ? 'MinerStakeChanged' : 'ValidatorStakeChanged'],
		);
		assert.equal(added.events[0]!.fields.amount, String(3n * SUI));
		assert.ok(trial.gasMist > 0n && added.digest !== undefined && trial.digest === undefined);
		assert.equal(await stakeNow(), least + 3n * SUI);

		const stranger = await chain.fundedSigner();
		for (const act of [
			{ kind: 'addStake', role, uid, amountMist: SUI },
			{ kind: 'unbondStake', role, uid, amountMist: SUI },
			{ kind: 'deactivate', role, uid },
			{ kind: 'withdrawStake', role, uid, generation },
		] as const) {
			await refused(performAct(contextOf(stranger), act), 'ENotOwner');
			await refused(tryAct(contextOf(stranger), act), 'ENotOwner');
		}

		await refused(perform({ kind: 'unbondStake', role, uid, amountMist: 4n * SUI }), 'EBelowMinimum');
		await perform({ kind: 'unbondStake', role, uid, amountMist: SUI });
		await refused(perform({ kind: 'withdrawStake', role, uid, generation }), 'ENothingReleased');
		await windowsLater(1n);
		await perform({ kind: 'deactivate', role, uid });
		assert.equal(await stakeNow(), 0n);
		await refused(perform(add), 'EDeactivated');

		const delay = chain.parameters.values.unbond_delay_windows;
		await windowsLater(delay);
		const poor = await balanceOf(owner);
		const first = await perform({ kind: 'withdrawStake', role, uid, generation });
		assert.equal(await balanceOf(owner), poor + SUI - first.gasMist);
		await windowsLater(1n);
		const second = await perform({ kind: 'withdrawStake', role, uid, generation });
		assert.equal(await balanceOf(owner), poor + least + 3n * SUI - first.gasMist - second.gasMist);
		await refused(perform({ kind: 'withdrawStake', role, uid, generation }), 'ENothingReleased');

		// The uid passes on, with another generation.
		const successor = chain.writerOf(await chain.fundedSigner());
		const again = await (role === 'miner'
			? successor.registerMiner({ stakeMist: least, operator: successor.address })
			: successor.registerValidator({ stakeMist: least, operator: successor.address }));
		assert.deepEqual({ uid: again.uid, generation: again.generation }, { uid, generation: generation + 1 });
	});
}

test('the administrator’s acts, and nobody else’s', async () => {
	const successor = await chain.fundedSigner();
	const by = (signer: Ed25519Keypair, act: Act) => performAct(contextOf(signer), act);
	const names = async (promise: Promise<{ readonly events: readonly { readonly name: string }[] }>) => (await promise).events.map(({ name }) => name);
	const pcrs = [4, 5, 6].map((byte) => new Uint8Array(48).fill(byte)) as unknown as readonly [Uint8Array, Uint8Array, Uint8Array];
	const window = await chain.currentWindow();
	const { values, ...digests } = await chain.reader.hparamsAt(window);
	const acts: readonly (readonly [Act, string])[] = [
		[{ kind: 'setHparams', hparams: { ...digests, values: { ...values, top_g: values.top_g + 1n } } }, 'HparamsProposed'],
		[{ kind: 'allowPcrs', pcrs }, 'PcrSetAdded'],
		[{ kind: 'expirePcrs', row: 1, untilWindow: window + 1_000n }, 'PcrSetExpired'],
		[{ kind: 'revokePcrs', row: 1 }, 'PcrSetRevoked'],
		[{ kind: 'pause', durationMs: 60_000n }, 'NetworkPaused'],
		[{ kind: 'resume' }, 'NetworkResumed'],
		[{ kind: 'spendFees', amount: 1n }, 'FeesSpent'],
		[{ kind: 'offerAdministration', to: undefined }, 'AdministrationOffered'],
		[{ kind: 'offerAdministration', to: successor.toSuiAddress() }, 'AdministrationOffered'],
	];
	for (const [act, event] of acts) {
		await assert.rejects(tryAct(contextOf(successor), act), { code: 'CHAIN_REJECTED' }, act.kind);
		assert.deepEqual(await names(tryAct(contextOf(chain.admin), act)), [event]);
		assert.deepEqual(await names(by(chain.admin, act)), [event]);
	}
	assert.equal((await chain.reader.hparamsAt(window + 1n)).values.top_g, values.top_g + 1n);
	await refused(by(chain.admin, { kind: 'acceptAdministration' }), 'ENotOffered');
	await by(successor, { kind: 'acceptAdministration' });
	await assert.rejects(by(chain.admin, { kind: 'offerAdministration', to: undefined }), { code: 'CHAIN_REJECTED' });
	assert.deepEqual(await names(by(successor, { kind: 'offerAdministration', to: undefined })), ['AdministrationOffered']);
	await refused(by(successor, { kind: 'pause', durationMs: 60_000n }), 'EPausedLately');
});

test('nobody claims what is not owed', async () => {
	await refused(performAct(contextOf(await chain.fundedSigner()), { kind: 'claimRewards' }), 'ENothingOwed');
});
