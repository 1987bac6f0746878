/** Runs transactions over objects on both machines, each from the same state. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenesisPackage } from '#devnet/genesis.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { Address } from '#devnet/move/api.ts';
import { bucketOf, compareFailures, compareGas, type Disagreement } from './compare.ts';
import { compareEffects } from './compare-effects.ts';
import { compileGenerated } from './compile-generated.ts';
import { Choices } from './generator/choices.ts';
import { objectModule } from './generator/object-functions.ts';
import { ObjectProgramWriter } from './generator/object-programs.ts';
import { createLedger, GENESIS_TIME_MS, newTransaction, type OurResult, runOnOurs } from './our-machine.ts';
import type { Report } from './report.ts';
import type { SecondMachine } from './second-machine.ts';
import { type StateOptions, stateFile } from './state-file.ts';
import { createUniverse } from './universe.ts';

const PACKAGE_ID: Address = `0x${'7'.repeat(64)}`;
const MODULES = 4;
const FUNCTIONS_A_MODULE = 12;
const PROGRAMS_A_BATCH = 200;

export async function runObjectPrograms(seed: string, count: number, second: SecondMachine, report: Report): Promise<void> {
	for (let batch = 0; batch * PROGRAMS_A_BATCH < count; batch++) {
		const choices = new Choices(`${seed}/objects/${batch}`);
		const modules = choices.times(MODULES, (at) => objectModule(choices, `acts${at}`, FUNCTIONS_A_MODULE));
		const things = { name: 'things', source: await readFile(join(import.meta.dirname, 'moves', 'things.move'), 'utf8') };
		const pkg: GenesisPackage = await report.timed('compile', () => compileGenerated(PACKAGE_ID, [things, ...modules]));
		const universe = createUniverse(PACKAGE_ID);
		const ledger = await createLedger([pkg], universe.all);
		const programs = Math.min(PROGRAMS_A_BATCH, count - batch * PROGRAMS_A_BATCH);
		for (let i = 0; i < programs; i++) {
			const transaction = newTransaction();
			const program = new Choices(`${seed}/objects/${batch}/${i}`);
			const writer = new ObjectProgramWriter(program, transaction, PACKAGE_ID, universe, program.pick(modules).functions);
			writer.write();
			await compareTransaction(ledger, await transaction.build(), second, report, { name: `objects ${batch}/${i}`, modules: writer.modules, gasOf: 4 });
		}
	}
}

export interface Compared {
	readonly name: string;
	readonly modules?: ReadonlySet<string>;
	/** One in so many transactions has the gas of its heaviest call compared: that takes two replays more. */
	readonly gasOf: number;
}

/** Runs the transaction here and there and reports what differs. */
export async function compareTransaction(
	ledger: Ledger,
	bytes: Uint8Array,
	second: SecondMachine,
	report: Report,
	{ name, modules, gasOf }: Compared,
): Promise<{ readonly ours: OurResult; readonly found: readonly Disagreement[] }> {
	const lookedUp = new Set<Address>();
	const ours = await report.timed('ours', async () => recordingReads(ledger, lookedUp, () => runOnOurs(ledger, bytes)));
	const options: StateOptions = { ...(modules && { modules }), timestampMs: ledger.genesisTimeMs, epoch: 0n };
	const file = stateFile(ledger, ours.simulation.parsed, lookedUp, options);
	const theirs = await report.timed('theirs', () => second.replay(file.state));

	const found: Disagreement[] = compareFailures(ours.failure, theirs.failure);
	if (ours.failure !== undefined && theirs.failure !== undefined) {
		const command = theirs.failure.command === undefined ? undefined : theirs.failure.command - file.preludeCommands;
		if (command !== ours.failure.command) found.push({ about: 'command', ours: `${ours.failure.command}`, theirs: `${command}` });
	}
	if (ours.failure === undefined && theirs.failure === undefined) {
		found.push(...compareEffects(ledger, ours, theirs, file, lookedUp));
		if (report.programs % gasOf === 0) await compareHeaviestCall(ledger, ours, lookedUp, options, second, report, name);
	}
	report.program({ name, objects: true, failure: ours.failure?.status, found });
	return { ours, found };
}

/** What the sandbox charges for one call: the transaction up to it, less the same with a call in its place that costs the least. */
async function compareHeaviestCall(
	ledger: Ledger,
	ours: OurResult,
	lookedUp: ReadonlySet<Address>,
	options: StateOptions,
	second: SecondMachine,
	report: Report,
	name: string,
): Promise<void> {
	const { commands } = ours.simulation.parsed;
	const calls = commands.flatMap((command, at) => (command.kind === 'moveCall' ? [{ at, units: ours.outputs[at]?.internalUnits ?? 0n }] : []));
	const heaviest = calls.reduce<(typeof calls)[number] | undefined>((best, call) => (best === undefined || call.units > best.units ? call : best), undefined);
	if (heaviest === undefined) return;
	const upTo = { ...options, commands: heaviest.at + 1 };
	const [whole, cheap] = [
		await second.replay(stateFile(ledger, ours.simulation.parsed, lookedUp, upTo).state),
		await second.replay(stateFile(ledger, ours.simulation.parsed, lookedUp, { ...upTo, cheapLast: true }).state),
	];
	if (whole.failure !== undefined || cheap.failure !== undefined) {
		throw new Error(`${name}: the transaction succeeds, a part of it does not: ${(whole.failure ?? cheap.failure)?.text}`);
	}
	const gas = compareGas(heaviest.units, whole.gas - cheap.gas + bucketOf(0));
	report.gas.add(gas);
	if (!gas.same) report.otherBucket(`${name} command ${heaviest.at}`, gas);
}

/** Which objects the run looks up: inputs, and the dynamic fields that Move code asks for, there or not. */
function recordingReads<T>(ledger: Ledger, ids: Set<Address>, run: () => T): T {
	const { store } = ledger;
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

/** What `tx_context::epoch_timestamp_ms` answers in every run. */
export const EPOCH_TIME_MS = BigInt(GENESIS_TIME_MS);
