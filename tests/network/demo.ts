import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkoutRoot } from '#runtime/state-folder.ts';

/** `npm start` without npm: the demo as a child process, its standard error read line by line. */
export interface RunningDemo extends AsyncDisposable {
	readonly child: ChildProcess;
	readonly log: readonly string[];
	/** Resolves with the first line that matches, past ones included; rejects when the demo ends without one. */
	line(pattern: RegExp): Promise<string>;
	/** Exit code or signal, and all of standard output. */
	readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly stdout: string }>;
}

/** A network's folder, with a blank in its path as on many a laptop. */
export async function networkFolder(): Promise<{ readonly data: string } & AsyncDisposable> {
	const data = await mkdtemp(join(tmpdir(), 'vramhub demo '));
	return { data, [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }) };
}

export function startDemo(data: string, ...args: string[]): RunningDemo {
	const child = spawn(process.execPath, [join(checkoutRoot, 'cli/main.ts'), 'demo', '--data', data, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
	const log: string[] = [];
	const waiting = new Set<(line: string) => void>();
	createInterface({ input: child.stderr }).on('line', (line) => {
		log.push(line);
		for (const take of waiting) take(line);
	});
	let stdout = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		stdout += text;
	});
	const ended = once(child, 'close').then(([code, signal]) => ({ code: code as number | null, signal: signal as NodeJS.Signals | null, stdout }));
	return {
		child,
		log,
		ended,
		line: (pattern) =>
			Promise.race([
				new Promise<string>((resolve) => {
					const past = log.find((line) => pattern.test(line));
					if (past !== undefined) return resolve(past);
					const take = (line: string) => {
						if (!pattern.test(line)) return;
						waiting.delete(take);
						resolve(line);
					};
					waiting.add(take);
				}),
				ended.then(({ code }) => {
					throw new Error(`the demo ended (${code}) before ${pattern}:\n${log.join('\n')}`);
				}),
			]),
		async [Symbol.asyncDispose]() {
			if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
			await ended;
		},
	};
}
