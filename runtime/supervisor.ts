import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { VramhubError } from '#core/errors.ts';
import { END_WITH_PARENT } from '#runtime/lifecycle.ts';
import { type Logger, lineSplitter } from '#runtime/log.ts';
import { pause } from '#runtime/pause.ts';
import { cacheFolder, logFile } from '#runtime/state-folder.ts';

/** What is run. A Node program calls `processSignal()`; any other is wrapped so that it, too, ends with the supervisor. */
export type Program =
	| { readonly kind: 'node'; readonly main: string; readonly args?: readonly string[] }
	| { readonly kind: 'binary'; readonly command: string; readonly args?: readonly string[] };

export type ReadyFacts = Readonly<Record<string, unknown>>;

export interface ProcessSpec {
	/** Unique; names the log file. */
	readonly name: string;
	readonly program: Program;
	/** Added to this process's own environment; undefined removes. */
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** `line`: the program prints `{"ready":true,…}` on standard output. Else a probe that resolves once the program serves, and honours the signal. */
	readonly ready: 'line' | ((signal: AbortSignal) => Promise<void>);
	readonly readyTimeoutMs?: number;
	/** `always`: started again, with backoff, whenever it ends by itself. `never`: its end is the end of the whole (see {@link Supervisor.failure}). */
	readonly restart: 'always' | 'never';
	/** Between SIGTERM and SIGKILL. */
	readonly graceMs?: number;
	/** Each line that the program writes, besides its log file. */
	readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
	/** Each time that it is ready, again after a restart. */
	readonly onReady?: (facts: ReadyFacts, pid: number) => void;
}

export interface ManagedProcess {
	readonly name: string;
	/** Of the running program, or of the wrapper of a binary; it leads a process group of its own. */
	readonly pid: number | undefined;
	/** What the ready line said last. */
	readonly facts: ReadyFacts;
	readonly restarts: number;
	/** Stops this one process; resolves when it is gone. */
	stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 30_000;
const GRACE_MS = 10_000;
const BACKOFF = { firstMs: 200, factor: 2, highestMs: 10_000, stableAfterMs: 30_000 } as const;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/**
 * Starts processes, keeps them running, and ends them in reverse order of their start. None outlives the supervisor: each watches its standard
 * input, which the kernel closes when the supervisor dies. Each leads its own process group, so that a Ctrl-C in the terminal
 * reaches the supervisor alone, which then stops the rest in order.
 */
export class Supervisor {
	readonly #data: string;
	readonly #log: Logger;
	readonly #managed: Managed[] = [];
	readonly #failure = new AbortController();
	#stopping: Promise<void> | undefined;

	constructor(options: { /** The network's data folder, for the logs. */ readonly data: string; readonly log: Logger }) {
		this.#data = options.data;
		this.#log = options.log;
	}

	/** Aborted, with a VramhubError that says which, when a process that may not end has ended. */
	get failure(): AbortSignal {
		return this.#failure.signal;
	}

	get processes(): readonly ManagedProcess[] {
		return this.#managed;
	}

	/** Resolves when the process is ready. Throws INVARIANT (its log file and last lines named) when it ends or is silent before that. */
	async start(spec: ProcessSpec): Promise<ManagedProcess> {
		if (this.#stopping !== undefined) throw new VramhubError('INTERRUPTED', `not starting ${spec.name}: everything is being stopped`);
		if (this.#managed.some(({ name }) => name === spec.name)) throw new VramhubError('BAD_ARGUMENT', `there is a process ${spec.name} already`);
		const file = logFile(this.#data, spec.name);
		await mkdir(dirname(file), { recursive: true });
		const managed = new Managed(spec, file, this.#log, (error) => this.#failure.abort(error));
		this.#managed.push(managed);
		try {
			await managed.startFirst();
		} catch (error) {
			this.#managed.splice(this.#managed.indexOf(managed), 1);
			await managed.stop();
			throw error;
		}
		return managed;
	}

	/** Stops everything, the last started first. Repeating it awaits the same end. */
	stop(): Promise<void> {
		this.#stopping ??= (async () => {
			for (const managed of [...this.#managed].reverse()) await managed.stop();
		})();
		return this.#stopping;
	}
}

class Managed implements ManagedProcess {
	readonly name: string;
	facts: ReadyFacts = {};
	restarts = 0;
	readonly #spec: ProcessSpec;
	readonly #file: string;
	readonly #log: Logger;
	readonly #onFailure: (error: VramhubError) => void;
	readonly #lastLines: string[] = [];
	readonly #stop = new AbortController();
	#out: WriteStream | undefined;
	#child: Child | undefined;
	#gone: Promise<void> = Promise.resolve();
	#delayMs: number = BACKOFF.firstMs;

	constructor(spec: ProcessSpec, file: string, log: Logger, onFailure: (error: VramhubError) => void) {
		this.name = spec.name;
		this.#spec = spec;
		this.#file = file;
		this.#log = log;
		this.#onFailure = onFailure;
	}

	get pid(): number | undefined {
		return this.#child?.pid;
	}

	async startFirst(): Promise<void> {
		this.#out = createWriteStream(this.#file, { flags: 'a' });
		await this.#run();
	}

	async stop(): Promise<void> {
		this.#stop.abort();
		const child = this.#child;
		if (child !== undefined) {
			child.kill('SIGTERM');
			const timer = setTimeout(() => this.#killGroup(child, 'SIGKILL'), this.#spec.graceMs ?? GRACE_MS);
			await this.#gone;
			clearTimeout(timer);
		}
		await new Promise<void>((resolve) => (this.#out === undefined ? resolve() : this.#out.end(() => resolve())));
	}

	/** One life of the process, up to its readiness; its later end is watched in the background. */
	async #run(): Promise<void> {
		const startedAt = performance.now();
		const { command, args } = commandOf(this.#spec.program);
		const child = spawn(command, args, {
			stdio: ['pipe', 'pipe', 'pipe'],
			detached: true,
			env: { ...process.env, ...compileCache(this.#spec.program), ...this.#spec.env, [END_WITH_PARENT]: '1' },
		});
		this.#child = child;
		// Writing to a child that is gone is not an error of ours: its end is reported by 'exit'.
		child.stdin.on('error', () => {});
		const announced = Promise.withResolvers<ReadyFacts>();
		child.stdout.pipe(lineSplitter((line) => this.#onStdout(line, announced.resolve)));
		child.stderr.pipe(lineSplitter((line) => this.#record(line, 'stderr')));
		// Whatever it started and left behind goes with it; and as long as such a one held its output open, 'close' would not come.
		child.once('exit', () => this.#killGroup(child, 'SIGKILL'));
		const ended = new Promise<string>((resolve) => {
			child.once('error', (error) => resolve(error.message));
			// 'close' rather than 'exit': its last lines have been read by then.
			child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
		});
		this.#gone = ended.then((how) => {
			if (this.#child === child) this.#child = undefined;
			this.#note(`(ended: ${how})`);
		});
		this.facts = await this.#awaitReady(announced.promise, ended);
		this.#spec.onReady?.(this.facts, child.pid!);
		void ended.then((how) => this.#onEnd(how, performance.now() - startedAt));
	}

	async #awaitReady(announced: Promise<ReadyFacts>, ended: Promise<string>): Promise<ReadyFacts> {
		const timeoutMs = this.#spec.readyTimeoutMs ?? READY_TIMEOUT_MS;
		const over = new AbortController();
		let timer: NodeJS.Timeout | undefined;
		const timeout = new Promise<never>((_, reject) => {
			timer = setTimeout(() => reject(this.#startError(`is not ready after ${timeoutMs / 1000} s`)), timeoutMs);
		});
		const death = ended.then((how) => {
			throw this.#startError(`ended before it was ready (${how})`);
		});
		try {
			const { ready } = this.#spec;
			return await Promise.race([ready === 'line' ? announced : ready(AbortSignal.any([over.signal, this.#stop.signal])).then(() => ({})), timeout, death]);
		} finally {
			clearTimeout(timer);
			over.abort();
			death.catch(() => {});
		}
	}

	#startError(what: string): VramhubError {
		const lines = this.#lastLines.length === 0 ? ' It printed nothing.' : ` Its last lines:\n${this.#lastLines.map((line) => `  ${line}`).join('\n')}`;
		return new VramhubError('INVARIANT', `${this.name} ${what}; its log is ${this.#file}.${lines}`, { details: { process: this.name, log: this.#file } });
	}

	#onEnd(how: string, lifeMs: number): void {
		if (this.#stop.signal.aborted) return;
		switch (this.#spec.restart) {
			case 'never':
				this.#onFailure(this.#startError(`ended (${how})`));
				return;
			case 'always':
				void this.#restart(how, lifeMs);
				return;
			default:
				this.#spec.restart satisfies never;
		}
	}

	async #restart(how: string, lifeMs: number): Promise<void> {
		if (lifeMs >= BACKOFF.stableAfterMs) this.#delayMs = BACKOFF.firstMs;
		let why = `ended (${how}) after ${Math.round(lifeMs / 1000)} s`;
		while (!this.#stop.signal.aborted) {
			this.restarts++;
			const delayMs = this.#delayMs;
			this.#delayMs = Math.min(delayMs * BACKOFF.factor, BACKOFF.highestMs);
			this.#log.warn(`${this.name} ${why}; starting it again`, { restart: this.restarts, delay_ms: delayMs });
			await pause(delayMs, this.#stop.signal);
			if (this.#stop.signal.aborted) return;
			try {
				await this.#run();
				return;
			} catch (error) {
				const child = this.#child;
				if (child !== undefined) this.#killGroup(child, 'SIGKILL');
				await this.#gone;
				why = error instanceof Error ? error.message.split(';')[0]!.replace(`${this.name} `, '') : String(error);
			}
		}
	}

	#onStdout(line: string, announce: (facts: ReadyFacts) => void): void {
		const facts = this.#spec.ready === 'line' ? readyFacts(line) : undefined;
		if (facts !== undefined) announce(facts);
		this.#record(line, 'stdout');
	}

	#record(line: string, stream: 'stdout' | 'stderr'): void {
		this.#note(line);
		this.#spec.onLine?.(line, stream);
	}

	/** Into the log file: what the program wrote, or what there is to say of it. */
	#note(line: string): void {
		// JSON lines carry their own time.
		this.#out?.write(line.startsWith('{') ? `${line}\n` : `${new Date().toISOString()} ${line}\n`);
		this.#lastLines.push(line);
		if (this.#lastLines.length > 8) this.#lastLines.shift();
	}

	#killGroup(child: Child, signal: NodeJS.Signals): void {
		if (child.pid === undefined) return;
		try {
			process.kill(-child.pid, signal);
		} catch (error) {
			// ESRCH: nobody of that group is left.
			if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
		}
	}
}

function commandOf(program: Program): { command: string; args: string[] } {
	switch (program.kind) {
		case 'node':
			return { command: process.execPath, args: [program.main, ...(program.args ?? [])] };
		case 'binary':
			return { command: process.execPath, args: [join(import.meta.dirname, 'exec-with-parent.ts'), program.command, ...(program.args ?? [])] };
		default:
			throw new VramhubError('INVARIANT', `unknown program ${program satisfies never}`);
	}
}

/** Node keeps what it compiled for the next start, which takes half as long. */
function compileCache({ kind }: Program): Record<string, string> {
	return kind === 'node' && process.env.NODE_COMPILE_CACHE === undefined ? { NODE_COMPILE_CACHE: join(cacheFolder(), 'node') } : {};
}

function readyFacts(line: string): ReadyFacts | undefined {
	if (!line.startsWith('{')) return undefined;
	try {
		const value = JSON.parse(line) as Record<string, unknown>;
		return value.ready === true ? value : undefined;
	} catch {
		return undefined;
	}
}
