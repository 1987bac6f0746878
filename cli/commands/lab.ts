import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reportError } from '#cli/commands/run.ts';
import { exitCodeOf, VramhubError } from '#core/errors.ts';
import { ATTACK_NAMES, type AttackName } from '#lab/attacks.ts';
import { plots } from '#lab/plots.ts';
import { reportLines, reportText } from '#lab/report.ts';
import { runLab } from '#lab/run.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { processSignal } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { cacheFolder } from '#runtime/state-folder.ts';

export interface LabFlags {
	readonly windows: number;
	readonly seeds: number;
	readonly attack?: readonly string[];
	readonly out?: string;
	readonly json: boolean;
}

const PROGRESS_MS = 10_000;

/** The table on standard output, or with `--json` an object a line; progress goes to standard error. */
export async function labCommand({ windows, seeds, attack, out, json }: LabFlags): Promise<void> {
	const log = createLogger({ target: 'vramhub' });
	const started = performance.now();
	let told = started;
	try {
		const results = await runLab({
			windows,
			seeds,
			attacks: attack === undefined || attack.length === 0 ? ATTACK_NAMES : attack.map(parseAttack),
			cacheDir: cacheFolder(),
			signal: processSignal(),
			onProgress: ({ windows: done, of }) => {
				const now = performance.now();
				if (now - told < PROGRESS_MS) return;
				told = now;
				log.info('Simulating', { windows: `${done}/${of}`, minutes_left: ((((now - started) / done) * (of - done)) / 60_000).toFixed(1) });
			},
		});
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
