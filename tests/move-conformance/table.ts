/**
 * The coverage tables: what the tests of the package executed, against what can exist. `node tests/move-conformance/table.ts` prints
 * them and ends with 1 when a cell is empty.
 */
import { join } from 'node:path';
import { frameworkFolder, readMovePackage } from '#devnet/compiler/compile.ts';
import type { FrameworkSources } from '#devnet/move/test-compiler.ts';
import { runMoveUnitTests } from '#devnet/move/unit-tests.ts';
import { type Counts, CoverageTracer, OPERAND_KINDS } from '#tests/move-conformance/coverage.ts';
import { ELSEWHERE } from '#tests/move-conformance/elsewhere.ts';
import { withRareInstructions } from '#tests/move-conformance/rewrite.ts';
import { errorConstantsOf, INSTRUCTION_ERRORS, INSTRUCTIONS, nativesOf } from '#tests/move-conformance/rules.ts';

interface Table {
	readonly name: string;
	readonly counts: Counts;
	/** Row → the columns that can exist in it. */
	readonly cells: ReadonlyMap<string, readonly string[]>;
}

export interface CoverageReport {
	readonly text: string;
	/** Cells that can exist, are empty, and are covered by nothing else. */
	readonly empty: readonly string[];
	/** What was executed though no rule knows it, and entries of {@link ELSEWHERE} that are filled or unknown. */
	readonly wrong: readonly string[];
	readonly filled: number;
	readonly elsewhere: number;
}

export function coverageReport(tracer: CoverageTracer, { moveStdlib, suiFramework }: FrameworkSources): CoverageReport {
	const natives = new Map([...nativesOf(moveStdlib), ...nativesOf(suiFramework)]);
	const long = (id: number) => `0x${id.toString().padStart(64, '0')}`;
	const constants = new Map([...errorConstantsOf(moveStdlib, long(1)), ...errorConstantsOf(suiFramework, long(2))]);
	const tables: readonly Table[] = [
		{ name: 'instructions', counts: tracer.instructions(), cells: INSTRUCTIONS },
		{ name: 'errors', counts: tracer.errors, cells: INSTRUCTION_ERRORS },
		{ name: 'natives', counts: tracer.natives, cells: natives },
		{ name: 'aborts', ...abortsByName(tracer.aborts, constants) },
	];
	const lines: string[] = [];
	const empty: string[] = [];
	const wrong: string[] = [];
	const used = new Set<string>();
	let filled = 0;
	for (const table of tables) {
		lines.push('', ...(table.name === 'instructions' ? grid(table) : list(table)));
		for (const [row, columns] of table.cells) {
			for (const column of columns) {
				const cell = `${table.name}: ${row} / ${column}`;
				const isElsewhere = ELSEWHERE.has(cell);
				if (isElsewhere) used.add(cell);
				if (table.counts.get(row, column) > 0) {
					filled++;
					if (isElsewhere) wrong.push(`${cell} is filled here too`);
				} else if (!isElsewhere) empty.push(cell);
			}
		}
		for (const [row, columns] of table.counts.rows) {
			for (const column of columns.keys())
				if (table.cells.get(row)?.includes(column) !== true) wrong.push(`${table.name}: ${row} / ${column} was not foreseen`);
		}
	}
	for (const cell of ELSEWHERE.keys()) if (!used.has(cell)) wrong.push(`${cell} is no cell`);
	lines.push('', `${filled} cells filled, ${used.size} covered elsewhere, ${empty.length} empty`);
	return { text: lines.join('\n'), empty, wrong, filled, elsewhere: used.size };
}

/** Only codes of the framework's modules; plain numbers by the names of their constants. */
function abortsByName(
	aborts: Counts,
	constants: ReadonlyMap<string, ReadonlyMap<string, string>>,
): { readonly counts: Counts; readonly cells: ReadonlyMap<string, readonly string[]> } {
	const counts = aborts.mapped((module, code) => {
		const name = constants.get(module)?.get(code);
		return name === undefined ? undefined : [short(module), name];
	});
	return { counts, cells: new Map([...constants].map(([module, names]) => [short(module), [...names.values()]])) };
}

function short(module: string): string {
	return module.replace(/^0x0+1::/, 'std::').replace(/^0x0+2::/, 'sui::');
}

/** Opcodes by operand kinds; `·` cannot exist, `*` is covered elsewhere. */
function grid({ name, counts, cells }: Table): string[] {
	const width = 8;
	const lines = [`${'instruction'.padEnd(28)}${OPERAND_KINDS.map((kind) => kind.padStart(width)).join('')}`];
	for (const [row, columns] of cells) {
		const shown = OPERAND_KINDS.map((kind) => (columns.includes(kind) ? shownCount(counts, name, row, kind) : '·').padStart(width));
		lines.push(`${row.padEnd(28)}${shown.join('')}`);
	}
	return lines;
}

function list({ name, counts, cells }: Table): string[] {
	return [
		`${name}:`,
		...[...cells].map(([row, columns]) => `${row.padEnd(40)}${columns.map((column) => `${column} ${shownCount(counts, name, row, column)}`).join(', ')}`),
	];
}

function shownCount(counts: Counts, table: string, row: string, column: string): string {
	const count = counts.get(row, column);
	if (count === 0) return ELSEWHERE.has(`${table}: ${row} / ${column}`) ? '*' : 'EMPTY';
	return count < 10_000 ? `${count}` : `${Math.round(count / 1000)}k`;
}

if (import.meta.main) {
	const [moveStdlib = {}, suiFramework = {}] = await Promise.all(['move-stdlib', 'sui-framework'].map((name) => readMovePackage(join(frameworkFolder, name))));
	const packageFiles = await readMovePackage(import.meta.dirname);
	const framework = { moveStdlib, suiFramework };
	const tracer = new CoverageTracer();
	await runMoveUnitTests({ packageFiles, framework, tracer });
	await runMoveUnitTests({ packageFiles, framework, tracer, rewrite: withRareInstructions });
	const { text, empty, wrong } = coverageReport(tracer, framework);
	console.log([text, ...empty.map((cell) => `EMPTY ${cell}`), ...wrong.map((what) => `WRONG ${what}`)].join('\n'));
	process.exitCode = empty.length + wrong.length > 0 ? 1 : 0;
}
