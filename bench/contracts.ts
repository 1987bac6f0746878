import type { Signer } from '@mysten/sui/cryptography';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { sha256 } from '@noble/hashes/sha2.js';
import * as calls from '#clients/chain/calls.ts';
import { execute } from '#clients/chain/execute.ts';
import { medianSliceRows, SETTLE_SLICE_ROWS } from '#clients/chain/port.ts';
import { pruneWindow } from '#clients/chain/retention-calls.ts';
import { windowStartMs } from '#core/window.ts';
import { MAX_COMPUTATION_UNITS } from '#devnet/ledger/gas.ts';
import type { GasMeter } from '#devnet/move/api.ts';
import { bucketOf } from '#tests/differential/compare.ts';
import { SecondMachine } from '#tests/differential/second-machine.ts';
import { standIns } from '#tests/differential/stand-ins.ts';
import { prepare } from '#tests/differential/transaction.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { consensusOf, registerTestValidator, type TestValidator } from '#tests/helpers/validator.ts';
import { MissingToolError } from '../scripts/python-tools.mjs';
import { report } from './report.ts';

/** As many as a network can have. */
const MINERS = 256;
const VALIDATORS = 32;
const SUI = 1_000_000_000n;
/** Calls of one transaction while the network is made. */
const BATCH = 32;
/** MIST: what a transaction may cost at most, so that none ends for want of it. */
const BUDGET = 50n * SUI;

/**
 * What each call of a full network's window costs in computation: gas units and instructions of our machine, and the bucket that the second
 * machine charges. A bucket is what Sui bills; a transaction may use {@link MAX_COMPUTATION_UNITS}. Instructions are as Sui's meter counts them: from
 * the 701st native call of a transaction on, natives count by their cost, of which the second machine's figures show nothing.
 */
export async function run(): Promise<void> {
	await using network = await fullNetwork();
	const { chain, validators } = network;
	const { reader, parameters, target } = chain;
	const [first, ...others] = validators as readonly [TestValidator, ...TestValidator[]];
	const measure = await createMeasure(chain);
	await using _ = measure;
	const startOf = (window: bigint) => windowStartMs(window, parameters.windowDurationMs);
	const window = (await chain.currentWindow()) + 1n;
	const sealed = async (at: bigint) => {
		await chain.advanceTo(startOf(at));
		await inBatches(MINERS, (from, to) =>
			execute({
				client: chain.client,
				signer: chain.admin,
				what: 'commitments',
				build: (transaction) => {
					for (let uid = from; uid < to; uid++)
						calls.commitGradient(transaction, target, { uid, window: at, sha256: sha256(Uint8Array.of(uid)), size: 1_000n, credVersion: 1 });
				},
			}),
		);
		await chain.advanceTo(startOf(at) + parameters.values.put_window_open_ms);
		await first.writer.sealWindow(at);
	};
	/** All rows that are not settled, in one transaction. */
	const settleRest = ({ uid, signer }: TestValidator, at: bigint, fromRow: number) =>
		execute({
			client: chain.client,
			signer,
			what: 'settling',
			build: (transaction) => calls.settleSlice(transaction, target, { validatorUid: uid, window: at, fromRow, rows: MINERS }),
		});

	await sealed(window);
	for (const validator of others) {
		await validator.submit(window);
		await settleRest(validator, window, SETTLE_SLICE_ROWS);
	}
	// The writer submits and settles the first slice in one transaction.
	chain.ledger.execute = measure.watching(chain.ledger.execute.bind(chain.ledger), 'submit_scores and the first settle_slice');
	await first.submit(window);
	chain.ledger.execute = measure.unwatched;
	for (let fromRow = SETTLE_SLICE_ROWS; fromRow < MINERS; fromRow += SETTLE_SLICE_ROWS) {
		const slice = { validatorUid: first.uid, window, fromRow, rows: SETTLE_SLICE_ROWS };
		await measure.run(`settle_slice ${fromRow}`, first.signer, (transaction) => calls.settleSlice(transaction, target, slice));
	}

	const { medians, selected } = await consensusOf(chain, window);
	const rows = medianSliceRows(VALIDATORS);
	await measure.look('settle_medians of all rows at once', first.signer, (transaction) =>
		calls.settleMedians(transaction, target, { window, fromRow: 0, medians }),
	);
	await measure.run('settle_medians 0', first.signer, (transaction) =>
		calls.settleMedians(transaction, target, { window, fromRow: 0, medians: medians.slice(0, rows) }),
	);
	await measure.run(`settle_medians ${rows}, the rest`, first.signer, (transaction) =>
		calls.settleMedians(transaction, target, { window, fromRow: rows, medians: medians.slice(rows) }),
	);
	const selectedUids = selected.map(({ uid }) => uid);
	await measure.run('finalize_window', first.signer, (transaction) => calls.finalizeWindow(transaction, target, { window, selectedUids }), { hashes: true });
	await measure.run('distribute', first.signer, (transaction) => calls.distributeRewards(transaction, target, window));

	// Another final window, because the latest one is kept: the first validator has most of the stake.
	await sealed(window + 1n);
	await first.submit(window + 1n);
	await settleRest(first, window + 1n, SETTLE_SLICE_ROWS);
	await chain.advanceTo(startOf(window + 5n));
	const next = await consensusOf(chain, window + 1n);
	await first.writer.settleMedians({ window: window + 1n, fromRow: 0, medians: next.medians });
	await first.writer.finalizeWindow({ window: window + 1n, selectedUids: next.selected.map(({ uid }) => uid) });
	await chain.advanceTo(startOf(window + 1n + parameters.values.retention_windows));
	await measure.run('prune_window', first.signer, (transaction) => pruneWindow(transaction, target, { window }));
	if ((await reader.windowRecord(window))?.pruned !== true) throw new TypeError('the window is not pruned');
}

async function inBatches(count: number, call: (from: number, to: number) => Promise<unknown>): Promise<void> {
	for (let from = 0; from < count; from += BATCH) await call(from, Math.min(from + BATCH, count));
}

/** Every miner has an owner of its own, as the rewards have then, and one operator. */
async function fullNetwork(): Promise<AsyncDisposable & { readonly chain: TestChain; readonly validators: readonly TestValidator[] }> {
	const hparams = { max_registrations_per_window: 512n, registration_fee_mist: 0n, min_miner_stake_mist: 1n };
	const short = { checkpoint_frequency: 1n, max_merge_windows: 1n, retention_windows: 8n, top_g: BigInt(MINERS), score_quorum_bps: 5_000n };
	const chain = await startTestChain({ windowSeconds: 3_600, hparams: { ...hparams, ...short, min_consensus_validators: 1n } });
	const { client, admin, target } = chain;
	const owners = Array.from({ length: MINERS }, () => Ed25519Keypair.generate());
	await inBatches(MINERS, (from, to) =>
		execute({
			client,
			signer: admin,
			what: 'funds',
			build: (transaction) => {
				for (const owner of owners.slice(from, to)) transaction.transferObjects([transaction.splitCoins(transaction.gas, [SUI / 2n])], owner.toSuiAddress());
			},
		}),
	);
	for (const [uid, signer] of owners.entries()) {
		await execute({
			client,
			signer,
			what: `miner ${uid}`,
			build: (transaction) => {
				calls.registerMiner(transaction, target, { stakeMist: 1n, feeMist: 0n, operator: admin.toSuiAddress() });
				calls.setCredentials(transaction, target, { uid, credVersion: 1, ciphertext: new Uint8Array(200) });
			},
		});
	}
	const validators: TestValidator[] = [];
	for (let uid = 0; uid < VALIDATORS; uid++) validators.push(await registerTestValidator(chain, uid + 1, uid === 0 ? 900n * SUI : 10n * SUI));
	return { chain, validators, [Symbol.asyncDispose]: () => chain.stop() };
}

type Execute = TestChain['ledger']['execute'];
interface Options {
	/** BLAKE2b is a native on Sui, and Move code on the second machine: its bucket is more than Sui's, and told under another name. */
	readonly hashes?: boolean;
}

/** Prices transactions from the state before them. */
async function createMeasure({ client, ledger }: TestChain) {
	const unwatched = ledger.execute.bind(ledger);
	const second = await SecondMachine.start().catch((error: unknown) => {
		if (error instanceof MissingToolError) return undefined;
		throw error;
	});
	const packages = [await standIns()];
	let meter: GasMeter | undefined;
	const createMeter = ledger.vm.createMeter.bind(ledger.vm);
	ledger.vm.createMeter = (limit) => {
		meter = createMeter(limit);
		return meter;
	};

	const price = async (name: string, bytes: Uint8Array, { hashes = false }: Options = {}) => {
		const { ours, gas } = prepare(ledger, bytes, { name, withGas: second !== undefined, packages, budget: BUDGET });
		const units = ours.outputs.reduce((sum, { internalUnits }) => sum + internalUnits, 0n) / 1_000n;
		const line = {
			bench: `contracts/${name}`,
			of: `${MINERS} miners, ${VALIDATORS} validators`,
			units: Number(units),
			instructions: Number(meter?.instructionsExecuted ?? 0n),
			bucket: bucketOf(Number(units)),
			part_of_limit: Number(units) / Number(MAX_COMPUTATION_UNITS),
		};
		if (second === undefined || gas === undefined) return report({ ...line, ...(ours.failure !== undefined && { failure: ours.failure.text }) });
		const [whole, cheap] = [await second.replay(gas.whole), await second.replay(gas.cheap)];
		const failure = whole.failure ?? cheap.failure;
		report({
			...line,
			...(failure === undefined
				? { [hashes ? 'second_bucket_hashing_in_move' : 'second_bucket']: whole.gas - cheap.gas + bucketOf(0) }
				: { second_failure: failure.text }),
		});
	};
	const look = async (name: string, signer: Signer, build: (transaction: Transaction) => void, options?: Options) => {
		const transaction = new Transaction();
		transaction.setSender(signer.toSuiAddress());
		transaction.setGasBudget(BUDGET);
		build(transaction);
		await price(name, await transaction.build({ client }), options);
	};
	return {
		unwatched,
		watching:
			(go: Execute, name: string): Execute =>
			async (bytes, signatures) => {
				await price(name, bytes);
				return go(bytes, signatures);
			},
		look,
		async run(name: string, signer: Signer, build: (transaction: Transaction) => void, options?: Options): Promise<void> {
			await look(name, signer, build, options);
			await execute({ client, signer, what: name, build });
		},
		[Symbol.asyncDispose]: async () => second?.stop(),
	};
}
