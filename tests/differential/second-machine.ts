/** The other Move machine: PyPI `sui-sandbox` in a Python process, asked one transaction after another. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { Address } from '#devnet/move/api.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { MissingToolError, suiSandbox } from '../../scripts/python-tools.mjs';

/** Where the Move machine stopped and why, in the words of Move's own status codes. */
export interface MachineFailure {
	/** `ABORTED`, `ARITHMETIC_ERROR`, `VECTOR_OPERATION_ERROR`, … or `LEDGER` for what the commands themselves refuse. */
	readonly status: string;
	/** The abort's code, or the sub-status of an error. */
	readonly code: bigint | undefined;
	readonly location: { readonly address: Address; readonly module: string; readonly functionIndex: number; readonly instruction: number } | undefined;
	/** As the machine says it, for people. */
	readonly text: string;
}

/** One call without objects. */
export interface ViewCall {
	readonly package: Address;
	readonly module: string;
	readonly function: string;
	readonly typeArguments: readonly string[];
	/** BCS of each argument. */
	readonly pure: readonly Uint8Array[];
	/** The package's modules that the call reaches. */
	readonly bytecode: readonly Uint8Array[];
}

export interface ViewResult {
	readonly failure: MachineFailure | undefined;
	/** BCS of each value returned. */
	readonly returns: readonly Uint8Array[];
	/** Gas units of the call, in the sandbox's buckets; 0 of what failed. */
	readonly gas: number;
}

export interface ReplayResult {
	readonly failure: (MachineFailure & { readonly command: number | undefined }) | undefined;
	readonly created: readonly Address[];
	/** Borrowed mutably, shared and mutable, or transferred. */
	readonly mutated: readonly Address[];
	readonly gas: number;
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface Answer {
	readonly fault?: string;
	readonly success?: boolean;
	readonly error?: string | null;
	readonly return_values?: readonly (readonly string[])[];
	readonly gas_used?: number;
	readonly local_success?: boolean;
	readonly local_error?: string;
	readonly effects?: {
		readonly created: readonly string[];
		readonly mutated: readonly string[];
		readonly transferred: readonly string[];
		readonly gas_used: number;
		readonly failed_command_index: number | null;
	};
}

export class SecondMachine {
	readonly #child: ChildProcessByStdio<Writable, Readable, null>;
	readonly #lines: Interface;
	readonly #waiting: ((line: string) => void)[] = [];
	#ended: string | undefined;
	#fail: (error: Error) => void = () => {};

	private constructor(python: string, path: string) {
		this.#child = spawn(python, [join(import.meta.dirname, 'second_machine.py')], {
			env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' },
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		this.#lines = createInterface({ input: this.#child.stdout });
		this.#lines.on('line', (line) => this.#waiting.shift()?.(line));
		const ended = (why: string) => {
			this.#ended ??= why;
			this.#fail(new Error(`the second machine ended: ${this.#ended}`));
		};
		this.#child.on('error', (error) => ended(error.message));
		this.#child.on('close', (code, signal) => ended(`exit ${code ?? signal}`));
		this.#child.stdin.on('error', (error) => ended(error.message));
	}

	/** Installs the sandbox when it is not there. Throws `MissingToolError`. */
	static async start(): Promise<SecondMachine> {
		const { python, path } = await suiSandbox();
		return new SecondMachine(python, path);
	}

	/** Undefined, and the test loudly skipped, where the sandbox cannot be had: what did not run shows nothing. */
	static async startFor(test: TestContext): Promise<SecondMachine | undefined> {
		try {
			const second = await SecondMachine.start();
			test.after(() => second.stop());
			return second;
		} catch (error) {
			if (!(error instanceof MissingToolError)) throw error;
			const reason = `THE SECOND MACHINE DID NOT RUN, nothing was compared: ${error.message}`;
			process.stderr.write(`${reason}\n`);
			test.skip(reason);
			return undefined;
		}
	}

	async view(call: ViewCall): Promise<ViewResult> {
		const answer = await this.#ask({
			view: { ...call, pure: call.pure.map(base64), bytecode: call.bytecode.map(base64) },
		});
		return {
			failure: answer.success === true ? undefined : readFailure(answer.error ?? ''),
			returns: (answer.return_values?.[0] ?? []).map((value) => new Uint8Array(Buffer.from(value, 'base64'))),
			gas: answer.gas_used ?? 0,
		};
	}

	/** `state` as the sandbox's state files are (`transaction`, `objects`, `packages`). */
	async replay(state: Json): Promise<ReplayResult> {
		const { effects, ...answer } = await this.#ask({ replay: state });
		const ids = (list: readonly string[] | undefined) => [...new Set((list ?? []).map(normalizeAddress))].sort();
		const failure = answer.local_success === true ? undefined : readFailure(answer.local_error ?? '');
		return {
			failure: failure === undefined ? undefined : { ...failure, command: effects?.failed_command_index ?? undefined },
			created: ids(effects?.created),
			mutated: ids([...(effects?.mutated ?? []), ...(effects?.transferred ?? [])]),
			gas: effects?.gas_used ?? 0,
		};
	}

	async #ask(request: Json): Promise<Answer> {
		if (this.#ended !== undefined) throw new Error(`the second machine ended: ${this.#ended}`);
		const line = await new Promise<string>((resolve, reject) => {
			this.#fail = reject;
			this.#waiting.push(resolve);
			this.#child.stdin.write(`${JSON.stringify(request)}\n`);
		});
		const answer = JSON.parse(line) as Answer;
		if (answer.fault !== undefined) throw new Error(`the second machine cannot run this: ${answer.fault}`);
		return answer;
	}

	async stop(): Promise<void> {
		if (this.#ended !== undefined) return;
		const closed = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
		this.#child.stdin.end();
		await closed;
		this.#lines.close();
	}
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** The sandbox prints Rust's debug form of Move's `VMError`; what is none of these is the sandbox's own refusal of a command. */
function readFailure(text: string): MachineFailure {
	const status = /major_status: (\w+)/.exec(text)?.[1];
	if (status === undefined) return { status: 'LEDGER', code: undefined, location: undefined, text };
	const code = /sub_status: Some\((\d+)\)/.exec(text)?.[1];
	const module = /location: Module\(ModuleId \{ address: ([0-9a-f]+), name: Identifier\("(\w+)"\) \}\)/.exec(text);
	const offset = /offsets: \[\(FunctionDefinitionIndex\((\d+)\), (\d+)\)\]/.exec(text);
	return {
		status,
		code: code === undefined ? undefined : BigInt(code),
		location:
			module === null || offset === null
				? undefined
				: { address: normalizeAddress(module[1]!), module: module[2]!, functionIndex: Number(offset[1]), instruction: Number(offset[2]) },
		text,
	};
}
