import { compileGenerated } from '#tests/differential/compile-generated.ts';
import { integerBytes } from '#tests/differential/generator/types.ts';
import { createLedger, newTransaction, runOnOurs } from '#tests/differential/our-machine.ts';
import { SecondMachine } from '#tests/differential/second-machine.ts';
import { quickest, report } from './report.ts';

const ADDRESS = `0x${'b'.repeat(64)}`;
/** Instructions of one turn of the loop below, as compiled. */
const INSTRUCTIONS_A_TURN = 16;
/** Both affordable; what a run costs besides its turns is in both, and falls out of the difference. */
const SHORT = 10_000;
const LONG = 130_000;
const ROUNDS = 5;

/** How fast the interpreter turns a loop, beside the machine that the differential runs compare it with. */
export async function run(): Promise<void> {
	const source = `module programs::loops {
		public fun spin(turns: u64): u64 { let mut i = 0; let mut sum = 0u64; while (i < turns) { i = i + 1; sum = sum ^ (i * 3); }; sum }
	}`;
	const pkg = await compileGenerated(ADDRESS, [{ name: 'loops', source }]);
	const bytecode = [...pkg.modules.values()];
	const ledger = await createLedger([pkg]);
	const second = await SecondMachine.start();
	try {
		const ours = async (turns: number) => {
			const transaction = newTransaction();
			transaction.moveCall({ target: `${ADDRESS}::loops::spin`, arguments: [transaction.pure(integerBytes(BigInt(turns), 'u64'))] });
			const bytes = await transaction.build();
			return quickest(ROUNDS, () => {
				const { failure } = runOnOurs(ledger, bytes);
				if (failure !== undefined) throw new Error(failure.text);
			});
		};
		const theirs = (turns: number) =>
			quickest(ROUNDS, async () => {
				const call = { package: ADDRESS, module: 'loops', function: 'spin', typeArguments: [], pure: [integerBytes(BigInt(turns), 'u64')], bytecode };
				const { failure } = await second.view(call);
				if (failure !== undefined) throw new Error(failure.text);
			});
		const ourMs = (await ours(LONG)) - (await ours(SHORT));
		const theirMs = (await theirs(LONG)) - (await theirs(SHORT));
		const instructions = (LONG - SHORT) * INSTRUCTIONS_A_TURN;
		report({
			bench: 'machine/instructions',
			of: "instructions a second / the second machine's",
			ratio: theirMs / ourMs,
			instructions_per_second: (1000 * instructions) / ourMs,
			second_instructions_per_second: (1000 * instructions) / theirMs,
		});
	} finally {
		await second.stop();
	}
}
