/** Executes again what was executed, or what might be, and records how. */
import { VramhubError } from '#core/errors.ts';
import { summarize } from '#devnet/ledger/effects.ts';
import { type Outcome, runTransaction } from '#devnet/ledger/engine.ts';
import { loadInputs } from '#devnet/ledger/inputs.ts';
import { EPOCH, type Ledger } from '#devnet/ledger/ledger.ts';
import type { TransactionTracer } from '#devnet/ledger/tracer.ts';
import { parseTransaction } from '#devnet/ledger/transaction.ts';
import type { MoveVm } from '#devnet/move/api.ts';
import type { EventList } from '#devnet/trace/events.ts';
import { PastObjects } from '#devnet/trace/past-objects.ts';
import { EventCounter, Recorder, type TraceDetail } from '#devnet/trace/recorder.ts';

export interface TraceOptions {
	readonly detail: TraceDetail;
	/** Events at most: the first half and the last, so that a failure is always shown. */
	readonly limit: number;
}

export interface TransactionTrace extends EventList {
	readonly digest: string;
	readonly success: boolean;
	readonly detail: TraceDetail;
	/** Not of an executed transaction: of a dry run, done again on the newest state. */
	readonly dryRun: boolean;
}

export const DEFAULT_TRACE_LIMIT = 1000;
export const MAX_TRACE_LIMIT = 100_000;

/** In place of a digest: what failed last. */
export const LAST_FAILURE = 'last';
/** Transactions among which the last failure is looked for. */
const LAST_SEARCHED = 1000;

/**
 * Executes a past transaction again, from the objects that it had; or one of the last dry runs that failed, on the newest state. `digest` may be
 * {@link LAST_FAILURE}. Throws CHAIN_OBJECT_MISSING when the transaction is not known or those versions are no longer kept, INVARIANT when the
 * execution has other effects than the recorded ones, RejectedTransaction when a dry run's objects have changed since.
 */
export function traceTransaction(ledger: Ledger, wanted: string, options: TraceOptions): TransactionTrace {
	const digest = wanted === LAST_FAILURE ? lastFailure(ledger) : wanted;
	const record = ledger.transaction(digest);
	if (record === undefined) {
		const dryRun = ledger.dryRuns.get(digest);
		if (dryRun === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `transaction ${digest} is not known`);
		return traceSimulation(ledger, dryRun.bytes, { ...options, unchecked: dryRun.unchecked });
	}
	const past = new PastObjects(ledger, record);
	const parsed = parseTransaction(record.bytes);
	const inputs = loadInputs(parsed, past, { checkOwners: true });
	// What it published would be in the way of publishing it again.
	const vm = ledger.vm.fork(past.ownPackages());
	const run = (tracer: TransactionTracer) => {
		const outcome = runTransaction(vm, past, parsed, inputs, {
			epoch: EPOCH,
			epochTimestampMs: ledger.genesisTimeMs,
			unchecked: false,
			recordOutputs: false,
			tracer,
		});
		for (const id of outcome.published) vm.unload(id);
		return outcome;
	};
	const { outcome, events } = recorded(vm, run, options);
	if (summarize(outcome, digest, parsed.sender, past).digest !== record.effects.digest) {
		throw new VramhubError('INVARIANT', `transaction ${digest} had other effects when it was executed again`);
	}
	return { digest, dryRun: false, success: outcome.failure === undefined, detail: options.detail, ...events };
}

function lastFailure(ledger: Ledger): string {
	const [dryRun] = ledger.dryRuns.list();
	let left = LAST_SEARCHED;
	for (const record of ledger.history.range({ descending: true })) {
		if (dryRun !== undefined && record.timestampMs < dryRun.timestampMs) return dryRun.digest;
		if (record.effects.outcome.failure !== undefined) return record.digest;
		if (--left === 0) break;
	}
	if (dryRun === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', 'nothing failed lately');
	return dryRun.digest;
}

/** Traces a dry run of a transaction on the newest state; nothing is kept. Throws RejectedTransaction. */
export function traceSimulation(ledger: Ledger, bytes: Uint8Array, options: TraceOptions & { readonly unchecked: boolean }): TransactionTrace {
	let digest = '';
	const run = (tracer: TransactionTracer) => {
		const { parsed, outcome } = ledger.simulate(bytes, { unchecked: options.unchecked, tracer });
		digest = parsed.digest;
		return outcome;
	};
	const { outcome, events } = recorded(ledger.vm, run, options);
	return { digest, dryRun: true, success: outcome.failure === undefined, detail: options.detail, ...events };
}

/** Runs twice, so that only what is shown is ever written down: a transaction may execute millions of instructions. */
function recorded(vm: MoveVm, run: (tracer: TransactionTracer) => Outcome, { detail, limit }: TraceOptions) {
	const counter = new EventCounter(detail);
	run(counter);
	const recorder = new Recorder(vm, detail, limit, counter.count);
	const outcome = run(recorder);
	return { outcome, events: recorder.finish() };
}
