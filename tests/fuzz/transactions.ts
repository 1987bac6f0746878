/** Transactions that nobody meant, executed and simulated: each is refused, or fails, or succeeds, and what is refused changes nothing. */
import assert from 'node:assert/strict';
import { toHex } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import { UNFIT_BYTES } from '#devnet/ledger/values.ts';
import { Random } from './helpers/random.ts';
import { type FuzzedTransaction, TransactionFuzzer } from './helpers/transactions.ts';
import { StateWatch, startWorld } from './helpers/world.ts';

export interface TransactionFigures {
	readonly seed: number;
	count: number;
	/** BCS of transaction data. */
	decoded: number;
	/** Reached the engine: executed or simulated, whatever came of it. */
	ran: number;
	succeeded: number;
	/** Executed for good. */
	kept: number;
	refused: number;
	/** Simulated with checks disabled, with bytes that are no value of their type. */
	unfitBytes: number;
	longestMs: number;
	/** Why transactions failed, and how often. */
	readonly failures: Record<string, number>;
	/** Why they were refused. */
	readonly refusals: Record<string, number>;
}

/** A new chain after so many: its objects stay few. */
const A_CHAIN = 2500;
/** Every object's bytes are compared after so many. */
const BYTES_EVERY = 250;

/** Throws at the first transaction that does what none may do; the message has all that is needed to repeat it. */
export async function fuzzTransactions(seed: number, count: number): Promise<TransactionFigures> {
	const figures: TransactionFigures = {
		seed,
		count,
		decoded: 0,
		ran: 0,
		succeeded: 0,
		kept: 0,
		refused: 0,
		unfitBytes: 0,
		longestMs: 0,
		failures: {},
		refusals: {},
	};
	for (let from = 0; from < count; from += A_CHAIN) await fuzzChain(figures, seed + from, Math.min(A_CHAIN, count - from));
	return figures;
}

async function fuzzChain(figures: TransactionFigures, seed: number, count: number): Promise<void> {
	const defects: unknown[] = [];
	const world = await startWorld((error) => defects.push(error));
	try {
		const random = new Random(seed);
		const fuzzer = new TransactionFuzzer(world, random);
		const watch = new StateWatch(world.ledger, CLOCK_ID);
		for (let i = 0; i < count; i++) {
			const transaction = fuzzer.next();
			const execute = random.chance(0.5);
			const unchecked = random.chance(0.2);
			if (isTransactionData(transaction.bytes)) figures.decoded++;
			const began = performance.now();
			try {
				const { tip } = world.ledger.history;
				const outcome = await attempt(world, transaction, execute, unchecked, figures);
				figures.longestMs = Math.max(figures.longestMs, performance.now() - began);
				if (outcome === 'kept') {
					assert.equal(world.ledger.history.tip, tip + 1n);
					watch.remember();
				} else {
					assert.equal(world.ledger.history.tip, tip);
					watch.checkSame();
				}
				if (i % BYTES_EVERY === 0) watch.checkBytes();
			} catch (cause) {
				const what = `transaction ${i} of seed ${seed} (${execute ? 'executed' : unchecked ? 'simulated without checks' : 'simulated'})`;
				throw new Error(`${what}: ${toHex(transaction.bytes)} signed ${transaction.signatures.join()}`, { cause });
			}
		}
		watch.checkBytes();
		assert.deepEqual(defects, []);
	} finally {
		await world.stop();
	}
}

/** What never comes from what a client sends: it would be the machine's own fault. */
const DEFECTS = new Set(['InvariantViolation', 'VMInvariantViolation']);

async function attempt(
	{ ledger }: Awaited<ReturnType<typeof startWorld>>,
	{ bytes, signatures }: FuzzedTransaction,
	execute: boolean,
	unchecked: boolean,
	figures: TransactionFigures,
): Promise<'kept' | 'not kept'> {
	const { tip } = ledger.history;
	let failure: { readonly failure: { readonly status: { readonly $kind: string }; readonly message: string; readonly detail: string } } | undefined;
	try {
		failure = execute ? (await ledger.execute(bytes, signatures)).effects.outcome.failure : ledger.simulate(bytes, { unchecked }).outcome.failure;
	} catch (error) {
		if (!(error instanceof RejectedTransaction)) throw error;
		figures.refused++;
		figures.refusals[error.reason] = (figures.refusals[error.reason] ?? 0) + 1;
		return 'not kept';
	}
	figures.ran++;
	if (failure === undefined) figures.succeeded++;
	else {
		const kind = failure.failure.status.$kind;
		// With checks disabled Sui, too, ends so when bytes do not fit their type.
		const unfit = !execute && unchecked && kind === 'InvariantViolation' && failure.failure.detail.startsWith(UNFIT_BYTES);
		if (unfit) figures.unfitBytes++;
		else if (DEFECTS.has(kind)) throw new Error(failure.failure.message);
		figures.failures[kind] = (figures.failures[kind] ?? 0) + 1;
	}
	// The same transaction again is answered from memory.
	if (ledger.history.tip === tip) return 'not kept';
	figures.kept++;
	return 'kept';
}

function isTransactionData(bytes: Uint8Array): boolean {
	try {
		return bcs.TransactionData.parse(bytes).V1?.kind.ProgrammableTransaction !== undefined;
	} catch {
		return false;
	}
}

/** The shares that make a run worth something. */
export function checkTransactionFigures(figures: TransactionFigures): void {
	const { count, decoded, ran, succeeded, refused } = figures;
	assert.ok(decoded >= count / 10, `only ${decoded} of ${count} were transactions at all`);
	assert.ok(ran >= count / 100, `only ${ran} of ${count} ran`);
	assert.ok(succeeded >= count / 100, `only ${succeeded} of ${count} succeeded`);
	assert.ok(refused >= count / 100, `only ${refused} of ${count} were refused`);
}
