/** Runs transactions over objects on both machines, each from the same state. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GenesisPackage } from '#devnet/genesis.ts';
import type { Address } from '#devnet/move/api.ts';
import { compileGenerated } from './compile-generated.ts';
import { Choices } from './generator/choices.ts';
import { objectModule } from './generator/object-functions.ts';
import { ObjectProgramWriter } from './generator/object-programs.ts';
import { createLedger, newTransaction } from './our-machine.ts';
import type { Report } from './report.ts';
import type { SecondMachine } from './second-machine.ts';
import { judge, prepare } from './transaction.ts';
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
			const name = `objects ${batch}/${i}`;
			const bytes = await transaction.build();
			const prepared = await report.timed('ours', async () => prepare(ledger, bytes, { name, modules: writer.modules, withGas: i % 4 === 0 }));
			await report.timed('theirs', () => judge(prepared, second, report));
		}
	}
}
