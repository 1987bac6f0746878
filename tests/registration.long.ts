/** A network with all of its 256 places taken: what a flood of newcomers reaches, what replacing costs, and how large the registry becomes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Signer } from '@mysten/sui/cryptography';
import type { Transaction } from '@mysten/sui/transactions';
import { sha256 } from '@noble/hashes/sha2.js';
import { PeerRegistry } from '#clients/chain/bindings.ts';
import * as calls from '#clients/chain/calls.ts';
import { execute } from '#clients/chain/execute.ts';
import { readObject } from '#clients/chain/objects.ts';
import { replaceMiner } from '#clients/chain/registration-calls.ts';
import { windowStartMs } from '#core/window.ts';
import { ContractRecorder } from '#tests/differential/contract-recorder.ts';
import { assertAgreement, Report } from '#tests/differential/report.ts';
import { SecondMachine } from '#tests/differential/second-machine.ts';
import { standIns } from '#tests/differential/stand-ins.ts';
import { judge } from '#tests/differential/transaction.ts';
import { startTestChain, type TestChain } from '#tests/helpers/test-chain.ts';
import { consensusOf, registerTestValidator, type TestValidator } from '#tests/helpers/validator.ts';

const PLACES = 256;
const REGISTRATIONS = 64;
/** Calls of one transaction. */
const BATCH = 32;
/** Sui's limit on an object. */
const MAX_OBJECT_BYTES = 256_000;
/** Of the computation of one transaction, in gas units. */
const MAX_COMPUTATION_UNITS = 5_000_000n;

/** So many that the first uids to rest are given out again. */
const WINDOWS = 11;

const registration = { stakeMist: 1_000_000n, feeMist: 1_000n };
let chain: TestChain;
let validator: TestValidator;
let owner: Signer;

before(async () => {
	chain = await startTestChain({
		windowSeconds: 600,
		hparams: {
			max_miners: BigInt(PLACES),
			max_registrations_per_window: BigInt(REGISTRATIONS),
			immunity_windows: 1n,
			min_consensus_validators: 1n,
			min_miner_stake_mist: registration.stakeMist,
			registration_fee_mist: registration.feeMist,
		},
	});
	validator = await registerTestValidator(chain, 31);
	owner = await chain.fundedSigner();
});
after(() => chain?.stop());

const call = (what: string, build: (transaction: Transaction) => void) => execute({ client: chain.client, signer: owner, what, build });
const newcomer = () => ({ ...registration, operator: owner.toSuiAddress() });
const register = (count: number) =>
	call('registrations', (transaction) => {
		for (let i = 0; i < count; i++) calls.registerMiner(transaction, chain.target, newcomer());
	});
const replace = (count: number) =>
	call('replacements', (transaction) => {
		for (let i = 0; i < count; i++) replaceMiner(transaction, chain.target, newcomer());
	});
const enter = async (window: bigint) => chain.advanceTo(windowStartMs(window, chain.parameters.windowDurationMs));
const next = async () => enter((await chain.currentWindow()) + 1n);
const registry = () => readObject(chain.client, chain.objects.peerRegistry, PeerRegistry, 'the miners');
const refusedAs = (name: string) => (error: Error) => {
	assert.ok(`${error.message} ${JSON.stringify(error, Object.getOwnPropertyNames(error))}`.includes(name), `${name}: ${error.message}`);
	return true;
};

async function registryBytes(): Promise<number> {
	const { objects } = await chain.client.core.getObjects({ objectIds: [chain.objects.peerRegistry], include: { content: true } });
	const [object] = objects;
	if (object === undefined || object instanceof Error) throw object ?? new Error('no registry');
	return object.content.length;
}

test('a flood reaches the window’s limit each window, and the number of places in the end', async () => {
	for (let taken = 0; taken < PLACES; taken += REGISTRATIONS) {
		await next();
		for (let i = 0; i < REGISTRATIONS; i += BATCH) await register(BATCH);
		await assert.rejects(register(1), refusedAs('ETooManyRegistrations'));
	}
	await next();
	await assert.rejects(register(1), refusedAs('ERegistryFull'));
	const { uids, rosters } = await registry();
	assert.equal(uids.active, String(PLACES));
	assert.equal(rosters.at(-1)!.entries.length, PLACES);
});

test('replacing the weakest of 256 fits a transaction, on both machines', async (t) => {
	const { miners } = { miners: Array.from({ length: PLACES }, (_, uid) => uid) };
	for (let from = 0; from < PLACES; from += BATCH) {
		await call('credentials', (transaction) => {
			for (const uid of miners.slice(from, from + BATCH)) {
				calls.setCredentials(transaction, chain.target, { uid, credVersion: 1, ciphertext: new Uint8Array(2_048).fill(uid) });
			}
		});
	}
	await next();
	const window = await chain.currentWindow();
	const { put_window_open_ms: putOpenMs } = chain.parameters.values;
	for (let from = 0; from < PLACES; from += BATCH) {
		await call('commitments', (transaction) => {
			for (const uid of miners.slice(from, from + BATCH)) {
				calls.commitGradient(transaction, chain.target, { uid, window, sha256: sha256(Uint8Array.of(uid)), size: 9n, credVersion: 1 });
			}
		});
	}
	await chain.advanceTo(windowStartMs(window, chain.parameters.windowDurationMs) + putOpenMs);
	await validator.writer.sealWindow(window);
	// Ever less from the first to the last: each is a candidate for the least, so each is looked at. Two of the same weight at the end.
	await validator.submit(window, (row) => ({ ...row, weight: 60_000 - 200 * Math.min(row.uid, PLACES - 2) }));
	for (let fromRow = 0; fromRow < PLACES; fromRow += 40) await validator.writer.settleSlice({ validatorUid: validator.uid, window, fromRow });
	const { medians, selected } = await consensusOf(chain, window);
	for (let fromRow = 0; fromRow < PLACES; fromRow += 40) {
		await validator.writer.settleMedians({ window, fromRow, medians: medians.slice(fromRow, fromRow + 40) });
	}
	await validator.writer.finalizeWindow({ window, selectedUids: selected.map(({ uid }) => uid) });

	const second = await SecondMachine.startFor(t);
	const recorder = second && new ContractRecorder(chain.ledger, await standIns());
	recorder?.watch(chain.packageId);
	const { events, effects, gasUsedMist } = await replace(1);
	recorder?.stop();
	const replaced = events.find(({ eventType }) => eventType.endsWith('::registration::MinerReplaced'))!.json!;
	assert.deepEqual([replaced.uid, replaced.weight, replaced.new_uid], [PLACES - 1, 60_000 - 200 * (PLACES - 2), PLACES]);
	const units = BigInt(effects.gasUsed.computationCost) / 1_000n;
	t.diagnostic(`replace_miner among ${PLACES}: ${units} gas units of computation, ${gasUsedMist} MIST with storage`);
	assert.ok(units < MAX_COMPUTATION_UNITS);
	if (recorder === undefined || second === undefined) return;
	const report = new Report();
	for (const prepared of recorder.recorded) await judge(prepared, second, report);
	assert.equal(report.programs, 1);
	assertAgreement(t, report);
});

test('coming and going makes the registry grow to a bound, and uids beyond 255 work', async (t) => {
	await next();
	let most = 0;
	for (let i = 0; i < WINDOWS; i++) {
		await next();
		for (let j = 0; j < REGISTRATIONS; j += BATCH) await replace(BATCH);
		await assert.rejects(replace(1), refusedAs('ETooManyRegistrations'));
		most = Math.max(most, await registryBytes());
	}
	const { uids, rosters } = await registry();
	t.diagnostic(
		`the registry after ${WINDOWS} windows of ${REGISTRATIONS} replacements: ${most} bytes, ${uids.next_uid} uids, ${uids.free.length} of them free`,
	);
	// 256 places, and what rests for 9 windows.
	assert.equal(uids.next_uid, PLACES + 9 * REGISTRATIONS);
	assert.equal(uids.active, String(PLACES));
	assert.equal(rosters.length, 3);
	assert.ok(most < MAX_OBJECT_BYTES / 10, `${most} bytes`);

	// Who took the last places commits, and the window is sealed with it in its row.
	const { entries } = rosters.at(-1)!;
	const last = entries.at(-1)!;
	assert.ok(last.uid > 255);
	await call('credentials', (transaction) => calls.setCredentials(transaction, chain.target, { uid: last.uid, credVersion: 1, ciphertext: new Uint8Array(9) }));
	await next();
	const window = await chain.currentWindow();
	const commitment = { uid: last.uid, window, sha256: sha256(Uint8Array.of(1)), size: 9n, credVersion: 1 };
	await call('a commitment', (transaction) => calls.commitGradient(transaction, chain.target, commitment));
	await chain.advanceTo(windowStartMs(window, chain.parameters.windowDurationMs) + chain.parameters.values.put_window_open_ms);
	await validator.writer.sealWindow(window);
	await validator.submit(window, (row) => ({ ...row, weight: row.uid === last.uid ? 9 : 0 }));
	for (let fromRow = 0; fromRow < PLACES; fromRow += 40) await validator.writer.settleSlice({ validatorUid: validator.uid, window, fromRow });
	const settled = await chain.reader.settledScores(window, validator.uid);
	assert.deepEqual(
		settled!.miners.filter(({ code }) => code === 0).map(({ uid, weight }) => ({ uid, weight })),
		[{ uid: last.uid, weight: 9 }],
	);
});
