import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { VramhubError } from '#core/errors.ts';

/** A process that answers one JSON line for each line it is given, and is idle in between: several can be measured in turns. */
export class Contestant {
	readonly #child: ChildProcess;
	readonly #answers: AsyncIterator<string>;

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.#answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
	}

	/** Ready when it has said its first line. */
	static async start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Contestant> {
		const contestant = new Contestant(spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } }));
		await contestant.#answer();
		return contestant;
	}

	async ask(line: string): Promise<Record<string, unknown>> {
		this.#child.stdin!.write(`${line}\n`);
		return this.#answer();
	}

	async stop(): Promise<void> {
		const { exitCode, signalCode } = this.#child;
		if (exitCode !== null || signalCode !== null) return;
		const exited = once(this.#child, 'exit');
		this.#child.stdin!.end();
		await exited;
	}

	async #answer(): Promise<Record<string, unknown>> {
		const { value, done } = await this.#answers.next();
		if (done === true) throw new VramhubError('INVARIANT', 'a measured process ended');
		return JSON.parse(value) as Record<string, unknown>;
	}
}
