/** What becomes of a window's lists once the chain gives them up, through the real client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Signer } from '@mysten/sui/cryptography';
import { sha256 } from '@noble/hashes/sha2.js';
import { abortOf } from '#clients/chain/errors.ts';
import { execute } from '#clients/chain/execute.ts';
import { pruneWindow } from '#clients/chain/retention-calls.ts';
import { windowStartMs } from '#core/window.ts';
import { startTestChain } from '#tests/helpers/test-chain.ts';
import { consensusOf, registerTestValidator } from '#tests/helpers/validator.ts';

test('a pruned window is unavailable to clients, never absent or different; the storage is refunded to the validator that prunes it', async (t) => {
	const hparams = { checkpoint_frequency: 1n, max_merge_windows: 1n, retention_windows: 8n, min_consensus_validators: 1n };
	const chain = await startTestChain({ windowSeconds: 600, hparams });
	t.after(() => chain.stop());
	const { client, target, reader, parameters } = chain;
	const startOf = (window: bigint) => windowStartMs(window, parameters.windowDurationMs);
	const validator = await registerTestValidator(chain, 31);
	const miner = chain.writerOf(await chain.fundedSigner());
	await miner.registerMiner({ stakeMist: parameters.values.min_miner_stake_mist, operator: miner.address });
	await miner.setCredentials({ uid: 0, credVersion: 1, ciphertext: new Uint8Array(200) });

	const first = (await chain.currentWindow()) + 1n;
	for (const window of [first, first + 1n]) {
		await chain.advanceTo(startOf(window));
		await miner.commitGradient({ uid: 0, window, sha256: sha256(Uint8Array.of(1)), size: 1_000n, credVersion: 1 });
		await chain.advanceTo(startOf(window) + parameters.values.put_window_open_ms);
		await miner.sealWindow(window);
		await validator.submit(window);
		const { medians, selected } = await consensusOf(chain, window);
		await miner.settleMedians({ window, fromRow: 0, medians });
		await miner.finalizeWindow({ window, selectedUids: selected.map(({ uid }) => uid) });
		await miner.distributeRewards(window);
	}
	const record = (await reader.windowRecord(first))!;
	const selection = await reader.selection(first);
	assert.equal(selection!.selected.length, 1);
	assert.equal(record.pruned, false);

	await chain.advanceTo(startOf(first + 8n));
	const prune = (signer: Signer, window: bigint) =>
		execute({ client, signer, what: 'pruning', build: (transaction) => pruneWindow(transaction, target, { window }) });
	const aborts = (name: string) => (error: unknown) => abortOf(error as Error) === name;
	await assert.rejects(prune(chain.admin, first), aborts('EValidatorsFirst'));
	await assert.rejects(prune(validator.signer, first + 1n), aborts('EKept'));
	const balanceOf = async () => BigInt((await client.core.getBalance({ owner: validator.writer.address })).balance.balance);
	const before = await balanceOf();
	await prune(validator.signer, first);
	assert.ok((await balanceOf()) > before, 'more comes back than the gas costs');
	await chain.advanceTo(startOf(first + 20n));
	await assert.rejects(prune(chain.admin, first + 1n), aborts('ELatestFinal'));

	assert.deepEqual(await reader.windowRecord(first), { ...record, validators: [], pruned: true });
	assert.deepEqual(await reader.selection(first), selection);
	const unavailable = { code: 'WINDOW_PRUNED' };
	await assert.rejects(reader.commitments(first), unavailable);
	await assert.rejects(reader.roster(first), unavailable);
	await assert.rejects(reader.settledScores(first, validator.uid), unavailable);
	await assert.rejects(reader.consensus(first), unavailable);

	// The one after it has everything, and of a window that nobody sealed there is nothing to be unavailable.
	assert.equal((await reader.commitments(first + 1n)).length, 1);
	assert.equal((await reader.settledScores(first + 1n, validator.uid))!.miners.length, 1);
	assert.deepEqual(await reader.roster(first + 2n), []);
	assert.equal(await reader.consensus(first + 2n), undefined);
});
