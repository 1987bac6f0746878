/** Ratings by those who wrote them first: npm `openskill` in this process, PyPI `openskill` in a Python. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { rate } from 'openskill';
import type { Belief } from '#core/gradient/rating.ts';
import { MissingToolError, pythonOpenskill } from '../../scripts/python-tools.mjs';

export interface Game {
	readonly players: readonly Belief[];
	readonly ranks: readonly number[];
	readonly beta: number;
	readonly tau: number;
}

export interface Library {
	readonly name: string;
	rate(game: Game): Promise<readonly Belief[]>;
}

export const npmLibrary: Library = {
	name: 'npm openskill 5.0.1',
	rate: async ({ players, ranks, beta, tau }) =>
		rate(
			players.map((player) => [player]),
			{ rank: [...ranks], beta, tau },
		).map(([player]) => player!),
};

/** Undefined, and the test loudly skipped, where the package cannot be had: what did not run shows nothing. */
export async function pythonLibrary(test: TestContext): Promise<Library | undefined> {
	try {
		const { python, path } = await pythonOpenskill();
		const child = spawn(python, [join(import.meta.dirname, 'openskill_ratings.py')], {
			env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' },
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		test.after(() => child.kill());
		return overLines(child);
	} catch (error) {
		if (!(error instanceof MissingToolError)) throw error;
		const reason = `THE PYTHON LIBRARY DID NOT RUN, nothing was compared with it: ${error.message}`;
		process.stderr.write(`${reason}\n`);
		test.skip(reason);
		return undefined;
	}
}

function overLines(child: ChildProcessByStdio<Writable, Readable, null>): Library {
	const ended = once(child, 'close').then(([code]) => {
		throw new Error(`the Python library ended with ${code}`);
	});
	// Whoever waits for an answer hears of it; at the end of the test nobody does.
	ended.catch(() => undefined);
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	return {
		name: 'PyPI openskill 6.2.0',
		async rate({ players, ranks, beta, tau }) {
			child.stdin.write(`${JSON.stringify({ players: players.map(({ mu, sigma }) => [mu, sigma]), ranks, beta, tau })}\n`);
			const { value } = await Promise.race([lines.next(), ended]);
			return (JSON.parse(value as string) as [number, number][]).map(([mu, sigma]) => ({ mu, sigma }));
		},
	};
}
