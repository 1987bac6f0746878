import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { sha256 } from '@noble/hashes/sha2.js';
import * as calls from '#clients/chain/calls.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import { windowAt, windowStartMs } from '#core/window.ts';
import { createDevelopmentRoot, createDocumentMinter } from '#devnet/nitro/mint.ts';
import { devnetHparams } from '#devnet/publish/devnet-hparams.ts';
import { createNetwork, publishVramhub } from '#devnet/publish/publish.ts';
import { enclaveKey, payloadFor, rowsFor, signPayload } from '#tests/helpers/payload.ts';
import { TEST_PCRS } from '#tests/helpers/test-chain.ts';
import { startServer } from './devnet-server.ts';
import { report } from './report.ts';

const MINERS = 256;
/** Calls of one transaction. */
const BATCH = 32;
const WINDOWS = 4;

/**
 * What it takes to record a window's scores with as many miners as a network has at most: the transaction `submit_scores` (which checks the enclave's
 * signature over all rows), signed beforehand, alone and with the first slice of its settlement as a validator sends it.
 */
export async function benchSubmitScores(): Promise<void> {
	const root = createDevelopmentRoot();
	await using server = await startServer({ nitroRoot: root.certificate });
	const client = connectChain(server.url);
	const signer = Ed25519Keypair.generate();
	const owner = signer.toSuiAddress();
	for (let i = 0; i < 5; i++) await requestSuiFromFaucetV2({ host: server.url, recipient: owner });

	const published = await publishVramhub({ client, signer });
	const { packageId } = published;
	const { windowDurationMs, values: defaults } = devnetHparams(3_600);
	const values = { ...defaults, max_registrations_per_window: BigInt(MINERS), registration_fee_mist: 0n, min_miner_stake_mist: 1n };
	const hash = (byte: number) => new Uint8Array(32).fill(byte);
	const artefacts = { modelManifestHash: hash(1), datasetRoot: hash(2), genesisCheckpointHash: hash(3), pcrs: TEST_PCRS };
	const { objects } = await createNetwork({ client, signer }, { packageId, windowDurationMs, values, ...artefacts }, published);
	const target = { packageId, objects };
	const reader = createChainReader({ client, packageId, objects });
	const writer = createChainWriter({ client, packageId, objects, signer });
	const run = async (build: (transaction: Transaction) => void) => {
		const transaction = new Transaction();
		build(transaction);
		const result = await client.signAndExecuteTransaction({ transaction, signer });
		if (result.$kind !== 'Transaction') throw new Error(JSON.stringify(result.FailedTransaction.status.error));
	};
	const inBatches = async (call: (transaction: Transaction, uid: number) => void) => {
		for (let from = 0; from < MINERS; from += BATCH) {
			await run((transaction) => {
				for (let uid = from; uid < Math.min(from + BATCH, MINERS); uid++) call(transaction, uid);
			});
		}
	};
	const jumpTo = async (ms: bigint) => server.advanceClock(Number(ms - (await reader.clockMs())));

	await inBatches((transaction) => calls.registerMiner(transaction, target, { stakeMist: 1n, feeMist: 0n, operator: owner }));
	await inBatches((transaction, uid) => calls.setCredentials(transaction, target, { uid, credVersion: 1, ciphertext: hash(uid) }));
	await writer.registerValidator({ stakeMist: values.min_validator_stake_mist, operator: owner });
	const key = await enclaveKey(11);
	const attestationDocument = createDocumentMinter(root).mint({
		timestampMs: await reader.clockMs(),
		pcrs: new Map(TEST_PCRS.map((pcr, index) => [index, pcr])),
		publicKey: key.publicKey,
		userData: enclaveUserData({ network: objects.network, validatorUid: 0, validatorGeneration: 1, owner }),
		nonce: undefined,
	});
	await writer.registerEnclave({ validatorUid: 0, attestationDocument });

	let previous: { readonly window: bigint; readonly payload: Uint8Array } | undefined;
	const figures: { readonly ms: number; readonly serverMs: number; readonly computationUnits: bigint; readonly gasMist: bigint; readonly bytes: number }[] = [];
	for (let i = 0; i < WINDOWS; i++) {
		const window = windowAt(await reader.clockMs(), windowDurationMs) + 1n;
		await jumpTo(windowStartMs(window, windowDurationMs));
		await inBatches((transaction, uid) =>
			calls.commitGradient(transaction, target, { uid, window, sha256: sha256(Uint8Array.of(uid, i)), size: 1_000n, credVersion: 1 }),
		);
		await jumpTo(windowStartMs(window, windowDurationMs) + values.put_window_open_ms);
		await writer.sealWindow(window);
		const [record, roster, commitments] = [await reader.windowRecord(window), await reader.roster(window), await reader.commitments(window)];
		const payload = payloadFor({
			network: objects.network,
			validatorUid: 0,
			validatorGeneration: 1,
			key,
			record: record!,
			miners: rowsFor(roster, commitments),
			...(previous !== undefined && { previous }),
		});
		const submission = { validatorUid: 0, window, payload, signature: await signPayload(payload, key) };
		const transaction = new Transaction();
		transaction.setSender(owner);
		calls.submitScores(transaction, target, submission);
		calls.settleSlice(transaction, target, { ...submission, fromRow: 0, rows: 40 });
		const signed = await signer.signTransaction(await transaction.build({ client }));
		const bytes = Buffer.from(signed.bytes, 'base64');

		const before = await server.cpuMs();
		const started = performance.now();
		const result = await client.core.executeTransaction({ transaction: bytes, signatures: [signed.signature], include: { effects: true } });
		const ms = performance.now() - started;
		const serverMs = (await server.cpuMs()) - before;
		if (result.$kind !== 'Transaction') throw new Error(JSON.stringify(result.FailedTransaction.status.error));
		const { computationCost, storageCost, storageRebate } = result.Transaction.effects.gasUsed;
		const gasMist = BigInt(computationCost) + BigInt(storageCost) - BigInt(storageRebate);
		figures.push({ ms, serverMs, computationUnits: BigInt(computationCost) / 1_000n, gasMist, bytes: payload.length });
		for (let fromRow = 40; fromRow < MINERS; fromRow += 40) await writer.settleSlice({ ...submission, fromRow });
		previous = { window, payload };
	}
	const best = figures.reduce((a, b) => (b.ms < a.ms ? b : a));
	report({
		bench: 'devnet/submit-scores',
		of: `submit_scores with ${MINERS} miners and its first slice of 40 rows, through HTTP`,
		ms: best.ms,
		server_ms: best.serverMs,
		first_ms: figures[0]!.ms,
		payload_bytes: best.bytes,
		computation_units: Number(best.computationUnits),
		gas_mist: Number(best.gasMist),
	});
}
