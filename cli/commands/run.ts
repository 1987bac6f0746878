import { errorToJson, exitCodeOf, isVramhubError } from '#core/errors.ts';
import { processSignal } from '#runtime/lifecycle.ts';
import { createLogger, type Logger } from '#runtime/log.ts';
import { redact } from '#runtime/redact.ts';

export interface OutputFlags {
	readonly json: boolean;
}

/** What a command found out: data for programs, text for people, and an exit code when it is not 0. */
export interface Answer {
	readonly json: unknown;
	/** Ends in a line break unless it is empty. */
	readonly text: string;
	readonly exitCode?: number;
}

/**
 * Runs a command's work: its answer goes to stdout, as one line of JSON or as text; talk goes to stderr. An error is one line on stderr, and with
 * `--json` `{"error":…}` on stdout. A signal ends it at once with exit code 130, whatever library is waiting.
 */
export async function runCommand(flags: OutputFlags, work: (tools: { readonly log: Logger; readonly signal: AbortSignal }) => Promise<Answer>): Promise<void> {
	const log = createLogger({ target: 'vramhub' });
	const signal = processSignal();
	const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
	let exitCode: number;
	try {
		const answer = await Promise.race([work({ log, signal }), stopped]);
		process.stdout.write(flags.json ? `${JSON.stringify(answer.json, plain)}\n` : answer.text);
		exitCode = answer.exitCode ?? 0;
	} catch (error) {
		reportError(error, flags.json, log);
		exitCode = exitCodeOf(error);
	}
	// Connections that a library keeps open would hold the process.
	process.exit(exitCode);
}

export function reportError(error: unknown, json: boolean, log: Logger): void {
	if (json) process.stdout.write(`${redact(JSON.stringify(errorToJson(error)))}\n`);
	log.error(error instanceof Error ? error.message : String(error), { code: isVramhubError(error) ? error.code : 'INVARIANT' });
	if (!isVramhubError(error) && error instanceof Error && error.stack !== undefined) log.debug(error.stack);
}

/** Window numbers and times are far below 2^53; amounts in MIST, which may not be, are named `…Mist` and stay text. */
function plain(key: string, value: unknown): unknown {
	if (typeof value !== 'bigint') return value;
	return key.endsWith('Mist') ? value.toString() : Number(value);
}

/** Columns right-aligned but the last; ends in a line break. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
	const last = headings.length - 1;
	const widths = headings.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
	const line = (cells: readonly string[]) => `${cells.map((cell, column) => (column === last ? cell : cell.padStart(widths[column]!))).join('  ')}\n`;
	return line(headings) + rows.map(line).join('');
}

/** `name  value` lines; ends in a line break. */
export function listing(entries: readonly (readonly [string, string])[]): string {
	const width = Math.max(...entries.map(([name]) => name.length));
	return entries.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
