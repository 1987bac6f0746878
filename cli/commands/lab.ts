import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { changedParameters } from '#cli/commands/parameters.ts';
import { reportError } from '#cli/commands/run.ts';
import { exitCodeOf, VramhubError } from '#core/errors.ts';
import { type HparamValues, hparamsFromList, hparamsToList } from '#core/gradient/hparams.ts';
import { ATTACK_NAMES, type AttackName } from '#lab/attacks.ts';
import type { RunResult } from '#lab/books.ts';
import { plots } from '#lab/plots.ts';
import { replay } from '#lab/replay.ts';
import { reportLines, reportText } from '#lab/report.ts';
import { runLab } from '#lab/run.ts';
import { labHparams } from '#lab/settings.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { processSignal } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { cacheFolder } from '#runtime/state-folder.ts';

export interface LabFlags {
	readonly windows: number;
	readonly seeds: number;
	readonly attack?: readonly string[];
	/** `name=value,…` */
	readonly set?: string;
	readonly record?: string;
	readonly replay?: string;
	readonly out?: string;
	readonly json: boolean;
}

const PROGRESS_MS = 10_000;

/** The table on standard output, or with `--json` an object a line; progress goes to standard error. */
export async function labCommand({ windows, seeds, attack, set, record, replay: recorded, out, json }: LabFlags): Promise<void> {
	const log = createLogger({ target: 'vramhub' });
	const started = performance.now();
	let told = started;
	try {
		const values = set === undefined ? labHparams() : withinBounds(changedParameters(labHparams(), set));
		const results =
			recorded === undefined
				? await runLab({
						windows,
						seeds,
						values,
						attacks: attack === undefined || attack.length === 0 ? ATTACK_NAMES : attack.map(parseAttack),
						cacheDir: cacheFolder(),
						signal: processSignal(),
						onProgress: ({ windows: done, of }) => {
							const now = performance.now();
							if (now - told < PROGRESS_MS) return;
							told = now;
							log.info('Simulating', { windows: `${done}/${of}`, minutes_left: ((((now - started) / done) * (of - done)) / 60_000).toFixed(1) });
						},
					})
				: (await readRecord(recorded)).map((run) => replay(run, values));
		if (record !== undefined) await writeFileAtomic(resolve(record), Buffer.from(JSON.stringify(results)));
		process.stdout.write(
			json
				? reportLines(results)
						.map((line) => `${JSON.stringify(line)}\n`)
						.join('')
				: reportText(results),
		);
		if (out !== undefined) {
			await mkdir(resolve(out), { recursive: true });
			for (const [name, svg] of Object.entries(plots(results))) await writeFileAtomic(join(resolve(out), name), svg);
			log.info('Plots are written', { folder: resolve(out) });
		}
		log.info('Done', { seconds: ((performance.now() - started) / 1_000).toFixed(0) });
	} catch (error) {
		reportError(error, json, log);
		process.exitCode = exitCodeOf(error);
	}
	process.exit();
}

function parseAttack(name: string): AttackName {
	const known = ATTACK_NAMES.find((attack) => attack === name);
	if (known === undefined) throw new VramhubError('BAD_ARGUMENT', `no attack ${name}; there are ${ATTACK_NAMES.join(', ')}`);
	return known;
}

/** Throws BAD_ARGUMENT where the chain would refuse a value. */
const withinBounds = (values: HparamValues): HparamValues => hparamsFromList(hparamsToList(values));

/** Throws BAD_ARGUMENT unless it is what `--record` writes. */
async function readRecord(file: string): Promise<RunResult[]> {
	try {
		const runs = JSON.parse(await readFile(resolve(file), 'utf8')) as RunResult[];
		if (Array.isArray(runs) && runs.every(({ windows, players }) => Array.isArray(windows) && Array.isArray(players))) return runs;
	} catch (cause) {
		throw new VramhubError('BAD_ARGUMENT', `${file} cannot be read as a record of the lab`, { cause });
	}
	throw new VramhubError('BAD_ARGUMENT', `${file} is no record of the lab`);
}
