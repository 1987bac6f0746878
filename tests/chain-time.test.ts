import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bcs } from '@mysten/sui/bcs';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import type { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import * as calls from '#clients/chain/calls.ts';
import { connectChain } from '#clients/chain/connect.ts';
import { abortOf } from '#clients/chain/errors.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { phaseOf, sealInterval, windowAt, windowStartMs } from '#core/window.ts';
import { devnetHparams } from '#devnet/publish/devnet-hparams.ts';
import { createNetwork, publishVramhub } from '#devnet/publish/publish.ts';
import { type Devnet, startDevnet } from '#devnet/start-devnet.ts';
import { Xoshiro128 } from '#model/random.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';
import { simulate } from '#tests/helpers/simulate.ts';
import { TEST_PCRS } from '#tests/helpers/test-chain.ts';

const DAY_MS = 86_400_000n;
/** An hour is no multiple of it, nor is a day. */
const WINDOW_SECONDS = 3_599.993;
const GENESIS_MS = Date.parse('2026-02-28T23:59:58.765Z');
/** Two clocks of this machine: one counts while a devnet runs, the other over its restart. */
const CLOCKS_DIFFER_MS = 20n;

const signer = Ed25519Keypair.generate();
const { windowDurationMs, values } = devnetHparams(WINDOW_SECONDS);
const phases = { windowDurationMs, putOpenMs: values.put_window_open_ms, putCloseMs: values.put_window_close_ms };
let folder: string;
let devnet: Devnet;
let client: SuiGrpcClient;
let packageId: string;
let objects: NetworkObjects;
/** Chain time and wall time when the chain had just begun, and the sum of all jumps since. */
let began: { readonly chainMs: bigint; readonly wallMs: number };
let jumpedMs = 0n;

async function open(): Promise<void> {
	devnet = await startDevnet({ dataDir: folder, genesisTimeMs: GENESIS_MS, log: { segmentBytes: 200_000 }, onError: console.error });
	client = connectChain(devnet.url);
}

before(async () => {
	folder = mkdtempSync(join(tmpdir(), 'vramhub-chain-time-'));
	await open();
	began = readClocks();
	await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient: signer.toSuiAddress() });
	const published = await publishVramhub({ client, signer });
	packageId = published.packageId;
	const hash = (byte: number) => new Uint8Array(32).fill(byte);
	const artefacts = { modelManifestHash: hash(1), datasetRoot: hash(2), genesisCheckpointHash: hash(3), pcrs: TEST_PCRS };
	({ objects } = await createNetwork({ client, signer }, { packageId, windowDurationMs, values, ...artefacts }, published));
});
after(async () => {
	await devnet.stop();
	rmSync(folder, { recursive: true, force: true });
});

/** Both in the same millisecond: a busy machine takes its time between two lines. */
function readClocks(): typeof began {
	for (;;) {
		const wallMs = Date.now();
		const chainMs = devnet.ledger.now();
		if (Date.now() === wallMs) return { chainMs, wallMs };
	}
}

function jumpTo(ms: bigint): void {
	const jump = ms - devnet.ledger.now();
	assert.ok(jump >= 0n, `the chain clock is ${-jump} ms past ${ms}`);
	devnet.advanceClock(Number(jump));
	jumpedMs += jump;
}

/** What the contracts see, in one execution. */
async function onChain(): Promise<{ readonly window: bigint; readonly clockMs: bigint }> {
	const transaction = new Transaction();
	transaction.setSender(signer.toSuiAddress());
	const clock = transaction.object.clock();
	transaction.moveCall({ target: `${packageId}::network::current_window`, arguments: [transaction.object(objects.network), clock] });
	transaction.moveCall({ target: '0x2::clock::timestamp_ms', arguments: [clock] });
	const { commandResults } = await client.core.simulateTransaction({ transaction, include: { commandResults: true } });
	const [window, clockMs] = (commandResults ?? []).map(({ returnValues }) => BigInt(bcs.u64().parse(returnValues[0]!.bcs)));
	assert.ok(window !== undefined && clockMs !== undefined);
	return { window, clockMs };
}

test('24 hours of windows: none is missed or comes twice, each is sealed in its own time, and the clock does not drift', { timeout: 300_000 }, async () => {
	const random = Xoshiro128.seeded('chain time');
	const parts = () => ({ reader: createChainReader({ client, packageId, objects }), writer: createChainWriter({ client, packageId, objects, signer }) });
	const first = windowAt(devnet.ledger.now(), windowDurationMs) + 1n;
	const startedMs = devnet.ledger.now();
	let latestMs = startedMs;
	let restarts = 0;
	const look = async () => {
		const seen = await onChain();
		assert.equal(seen.window, seen.clockMs / windowDurationMs, "the contracts' arithmetic");
		assert.equal(seen.window, windowAt(seen.clockMs, windowDurationMs), "core's arithmetic");
		assert.ok(seen.clockMs >= latestMs, 'time does not go back');
		latestMs = seen.clockMs;
		return seen;
	};

	let window = first;
	for (; devnet.ledger.now() - startedMs < DAY_MS; window++) {
		let { reader, writer } = parts();
		const start = windowStartMs(window, windowDurationMs);
		jumpTo(start);
		assert.equal((await look()).window, window, 'at its first millisecond');
		if ((window - first) % 5n === 2n) {
			await devnet.stop();
			await open();
			({ reader, writer } = parts());
			restarts++;
			assert.equal((await look()).window, window, 'after a restart');
		}
		jumpTo(start + BigInt(1_001 + 2 * random.below(100_000)));
		const early = await look();
		assert.deepEqual([early.window, phaseOf(window, early.clockMs, phases)], [window, 'commit']);
		const refused = await simulate(client, signer.toSuiAddress(), (transaction) => calls.sealWindow(transaction, { packageId, objects }, window));
		assert.equal(refused && abortOf(refused), 'ETooEarly');

		jumpTo(sealInterval(window, phases).fromMs + BigInt(2 * random.below(100_000) + 1));
		assert.notEqual(await writer.sealWindow(window), undefined);
		const record = await reader.windowRecord(window);
		assert.ok(record !== undefined && windowAt(record.sealedAtMs, windowDurationMs) === window);
		assert.ok(record.sealedAtMs >= sealInterval(window, phases).fromMs && record.sealedAtMs <= (await look()).clockMs);
	}

	const sealed = [...devnet.ledger.history.range()]
		.flatMap(({ effects }) => effects.outcome.events)
		.filter(({ type }) => type.kind === 'datatype' && type.name === 'WindowSealed')
		.map(({ contents }) => new DataView(contents.buffer, contents.byteOffset).getBigUint64(32, true));
	assert.deepEqual(
		sealed,
		Array.from({ length: Number(window - first) }, (_, i) => first + BigInt(i)),
	);
	assert.ok(sealed.length >= Number(DAY_MS / windowDurationMs) && restarts >= 4, `${sealed.length} windows, ${restarts} restarts`);

	const ended = readClocks();
	const elapsed = BigInt(ended.wallMs - began.wallMs);
	const drift = ended.chainMs - (began.chainMs + jumpedMs + elapsed);
	assert.ok(drift <= CLOCKS_DIFFER_MS && drift >= -CLOCKS_DIFFER_MS, `the clock is ${drift} ms off after a day`);
});
