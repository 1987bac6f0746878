/** One transaction on both machines from one state. */
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { ObjectStore } from '#devnet/ledger/store.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { bucketOf, compareFailures, compareGas, type Disagreement } from './compare.ts';
import { compareEffects, type EffectsContext, effectsContext } from './compare-effects.ts';
import { type OurResult, runOnOurs } from './our-machine.ts';
import type { Report } from './report.ts';
import type { Json, SecondMachine } from './second-machine.ts';
import { type StateFile, type StateOptions, stateFile } from './state-file.ts';

export interface PrepareOptions {
	readonly name: string;
	/** Modules to send; all of each called package when absent. */
	readonly modules?: ReadonlySet<string>;
	/** Compares the gas of the heaviest call too, which takes two replays more. */
	readonly withGas: boolean;
	/** Calls whose result is given to the sandbox because it lacks their native. */
	readonly isGiven?: (target: string) => boolean;
	/** Sent with every state file; see `StateOptions`. */
	readonly packages?: readonly Json[];
	readonly budget?: bigint;
}

/** What ours did, and the files that the sandbox replays: nothing in it changes when the chain goes on. */
export interface Prepared {
	readonly name: string;
	readonly ours: OurResult;
	readonly file: StateFile;
	readonly effects: EffectsContext;
	readonly gas: { readonly command: number; readonly internalUnits: bigint; readonly whole: Json; readonly cheap: Json } | undefined;
}

export function prepare(ledger: Ledger, bytes: Uint8Array, { name, modules, withGas, isGiven, packages, budget }: PrepareOptions): Prepared {
	const lookedUp = new Set<Address>();
	const ours = recordingReads(ledger.store, lookedUp, () => runOnOurs(ledger, bytes));
	const { parsed } = ours.simulation;
	const given = new Map(
		parsed.commands.flatMap((command, at) => {
			const returned = ours.outputs[at]?.returnValues[0];
			return command.kind === 'moveCall' && isGiven?.(`${command.module}::${command.function}`) === true && returned ? [[at, returned.bytes] as const] : [];
		}),
	);
	const transferred = lastTransferred(ours);
	const options: StateOptions = {
		...(modules && { modules }),
		...(packages && { packages }),
		...(budget !== undefined && { budget }),
		...(packages && transferred && { transferred }),
		given,
		timestampMs: ledger.genesisTimeMs,
		epoch: 0n,
	};
	const file = stateFile(ledger, parsed, lookedUp, options);
	const heaviest = withGas && ours.failure === undefined ? heaviestCall(ours, given) : undefined;
	const part = (at: number, cheapLast: boolean) => stateFile(ledger, parsed, lookedUp, { ...options, commands: at + 1, cheapLast }).state;
	return {
		name,
		ours,
		file,
		effects: effectsContext(ledger, parsed, lookedUp),
		gas: heaviest && { ...heaviest, whole: part(heaviest.command, false), cheap: part(heaviest.command, true) },
	};
}

/** Type of the object when the last command transfers one result of another. */
function lastTransferred({ simulation, outputs }: OurResult): MoveType | undefined {
	const last = simulation.parsed.commands.at(-1);
	const [object] = last?.kind === 'transferObjects' && last.objects.length === 1 ? last.objects : [];
	return object?.kind === 'result' ? outputs[object.index]?.returnValues[object.subresult ?? 0]?.type : undefined;
}

function heaviestCall({ simulation, outputs }: OurResult, given: ReadonlyMap<number, unknown>) {
	const calls = simulation.parsed.commands.flatMap((it, command) =>
		it.kind === 'moveCall' && !given.has(command) ? [{ command, internalUnits: outputs[command]?.internalUnits ?? 0n }] : [],
	);
	return calls.reduce<(typeof calls)[number] | undefined>(
		(best, call) => (best === undefined || call.internalUnits > best.internalUnits ? call : best),
		undefined,
	);
}

/** Replays it and reports what differs. */
export async function judge({ name, ours, file, effects, gas }: Prepared, second: SecondMachine, report: Report, objects = true): Promise<Disagreement[]> {
	const theirs = await second.replay(file.state);
	const found: Disagreement[] = compareFailures(ours.failure, theirs.failure);
	if (ours.failure !== undefined && theirs.failure !== undefined) {
		const command = theirs.failure.command === undefined ? undefined : theirs.failure.command - file.preludeCommands;
		if (command !== ours.failure.command) found.push({ about: 'command', ours: `${ours.failure.command}`, theirs: `${command}` });
	}
	if (ours.failure === undefined && theirs.failure === undefined) {
		found.push(...compareEffects(ours, theirs, file, effects));
		if (gas !== undefined) {
			// What the sandbox charges for one call: the transaction up to it, less the same with a call in its place that costs the least.
			const whole = await second.replay(gas.whole);
			const cheap = await second.replay(gas.cheap);
			const failure = whole.failure ?? cheap.failure;
			if (failure !== undefined) throw new Error(`${name}: the transaction succeeds, a part of it does not: ${failure.text}`);
			const comparison = compareGas(gas.internalUnits, whole.gas - cheap.gas + bucketOf(0));
			report.gas.add(comparison);
			if (!comparison.same) report.otherBucket(`${name} command ${gas.command}`, comparison);
		}
	}
	report.program({ name, objects, failure: ours.failure?.status, found });
	return found;
}

/** Which objects the run looks up: inputs, and the dynamic fields that Move code asks for, there or not. */
function recordingReads<T>(store: ObjectStore, ids: Set<Address>, run: () => T): T {
	const move = store.move.bind(store);
	store.move = (id) => {
		ids.add(id);
		return move(id);
	};
	try {
		return run();
	} finally {
		store.move = move;
	}
}
