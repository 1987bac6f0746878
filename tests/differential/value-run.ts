/** Runs packages of value programs on both machines. */
import type { GenesisPackage } from '#devnet/genesis.ts';
import { compareFailures, compareGas, type Disagreement } from './compare.ts';
import { compileGenerated } from './compile-generated.ts';
import { Choices } from './generator/choices.ts';
import { operatorModule } from './generator/operator-programs.ts';
import { type GeneratedModule, type ValueProgram, valueModule } from './generator/value-programs.ts';
import { createLedger, newTransaction, runOnOurs } from './our-machine.ts';
import type { Report } from './report.ts';
import type { SecondMachine } from './second-machine.ts';

const PROGRAMS_A_MODULE = 20;
const MODULES_A_PACKAGE = 10;

/** Compiles and runs `count` programs; what they did goes to the report. */
export async function runValuePrograms(seed: string, count: number, second: SecondMachine, report: Report): Promise<void> {
	let left = count;
	for (let batch = 0; left > 0; batch++) {
		const choices = new Choices(`${seed}/values/${batch}`);
		const address = `0x${(0x1000 + batch).toString(16).padStart(64, '0')}`;
		const modules: GeneratedModule<ValueProgram>[] = [];
		for (let m = 0; m < MODULES_A_PACKAGE && left > 0; m++) {
			const programs = Math.min(PROGRAMS_A_MODULE, left);
			left -= programs;
			modules.push(valueModule(choices, 'programs', `values${m}`, programs));
		}
		const pkg = await report.timed('compile', () => compileOrSkip(address, modules));
		if (pkg === undefined) {
			const skipped = modules.reduce((sum, { programs }) => sum + programs.length, 0);
			left += skipped;
			report.uncompiled(skipped);
			continue;
		}
		const ledger = await createLedger([pkg]);
		for (const { programs } of modules) for (const program of programs) await runProgram(program, pkg, ledger, second, report, `batch ${batch}`);
	}
}

/** Every integer operator at the edges of its type; what they did goes to the report. */
export async function runOperatorPrograms(second: SecondMachine, report: Report): Promise<void> {
	const module = operatorModule('programs');
	const pkg = await report.timed('compile', () => compileGenerated(`0x${'8'.repeat(64)}`, [module]));
	const ledger = await createLedger([pkg]);
	for (const program of module.programs) await runProgram(program, pkg, ledger, second, report, 'operators');
}

/** Undefined where the compiler itself panics, as it does on some texts. */
async function compileOrSkip(address: string, modules: readonly GeneratedModule<ValueProgram>[]): Promise<GenesisPackage | undefined> {
	try {
		return await compileGenerated(address, modules);
	} catch (error) {
		if (error instanceof Error && /Move compiler: (unreachable|memory access)/.test(error.message)) return undefined;
		throw error;
	}
}

async function runProgram(
	program: ValueProgram,
	pkg: GenesisPackage,
	ledger: Awaited<ReturnType<typeof createLedger>>,
	second: SecondMachine,
	report: Report,
	where: string,
): Promise<void> {
	const transaction = newTransaction();
	transaction.moveCall({
		target: `${pkg.address}::${program.module}::${program.function}`,
		typeArguments: [...program.typeArguments],
		arguments: program.pure.map((bytes) => transaction.pure(bytes)),
	});
	const bytes = await transaction.build();
	const ours = await report.timed('ours', async () => runOnOurs(ledger, bytes));
	const theirs = await report.timed('theirs', () =>
		second.view({
			package: pkg.address,
			module: program.module,
			function: program.function,
			typeArguments: program.typeArguments,
			pure: program.pure,
			bytecode: [pkg.modules.get(program.module) as Uint8Array],
		}),
	);

	const found: Disagreement[] = compareFailures(ours.failure, theirs.failure);
	const [output] = ours.outputs;
	if (output !== undefined && theirs.failure === undefined) {
		const hex = (values: readonly Uint8Array[]) => values.map((value) => Buffer.from(value).toString('hex')).join(' ');
		const left = hex(output.returnValues.map((value) => value.bytes));
		const right = hex(theirs.returns);
		if (left !== right) found.push({ about: 'returns', ours: left, theirs: right });
		const gas = compareGas(output.internalUnits, theirs.gas);
		report.gas.add(gas);
		if (!gas.same) report.otherBucket(`${where} ${program.module}::${program.function}`, gas);
	}
	report.program({ name: `${where} ${program.module}::${program.function}`, objects: false, failure: ours.failure?.status, found });
}
