import { Writable } from 'node:stream';
import { type DestinationStream, destination, pino } from 'pino';
import { redact } from '#runtime/redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFormat = 'human' | 'json';
export type LogValue = string | number | bigint | boolean | null | undefined;
export type LogFields = Readonly<Record<string, LogValue>>;

/** Field names are snake_case, as operators know them: `miner_uid`, `window`, `tx`. */
export interface Logger {
	debug(message: string, fields?: LogFields): void;
	info(message: string, fields?: LogFields): void;
	warn(message: string, fields?: LogFields): void;
	error(message: string, fields?: LogFields): void;
	/** The same sink under a part's own name: `child('evaluator')` of `vramhub_validator` is `vramhub_validator::evaluator`. */
	child(part: string): Logger;
}

export interface LoggerOptions {
	/** Who speaks: `vramhub_validator`. */
	readonly target: string;
	/** Default: VRAMHUB_LOG_LEVEL, else info. */
	readonly level?: LogLevel;
	/** Default: json when VRAMHUB_LOG is `json`, else human. */
	readonly format?: LogFormat;
	/** Default: standard error; data belongs to standard output. */
	readonly write?: (line: string) => void;
}

/**
 * Human lines read `INFO vramhub_validator: Starting window window=2957300`; JSON lines carry level, time (ISO), target, msg and the
 * fields. Everything passes through {@link redact}.
 */
export function createLogger(options: LoggerOptions): Logger {
	const format = options.format ?? (process.env.VRAMHUB_LOG === 'json' ? 'json' : 'human');
	const level = options.level ?? levelFromEnvironment();
	const write = options.write ?? standardError();
	const sink: DestinationStream = {
		write: (line) => write(format === 'json' ? line : humanLine(JSON.parse(line) as Record<string, LogValue>)),
	};
	const base = pino(
		{
			level,
			base: null,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: { level: (label) => ({ level: label }) },
		},
		sink,
	);
	return wrap(base, options.target);
}

function levelFromEnvironment(): LogLevel {
	const level = process.env.VRAMHUB_LOG_LEVEL;
	return level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
}

function wrap(base: pino.Logger, target: string): Logger {
	const at = (level: LogLevel) => (message: string, fields?: LogFields) => base[level]({ target, ...plain(fields) }, redact(message));
	return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (part) => wrap(base, `${target}::${part}`) };
}

/** JSON has no bigint: window numbers travel as decimal text. Redacted here, before any quoting can hide a secret from the patterns. */
function plain(fields: LogFields = {}): Record<string, LogValue> {
	const value = (raw: LogValue) => (typeof raw === 'bigint' ? raw.toString() : typeof raw === 'string' ? redact(raw) : raw);
	return Object.fromEntries(Object.entries(fields).map(([key, raw]) => [key, value(raw)]));
}

const RESERVED = new Set(['level', 'time', 'target', 'msg']);

function humanLine(record: Record<string, LogValue>): string {
	const fields = Object.entries(record)
		.filter(([key]) => !RESERVED.has(key))
		.map(([key, value]) => ` ${key}=${humanValue(value)}`);
	return `${String(record.level).toUpperCase()} ${record.target}: ${record.msg}${fields.join('')}\n`;
}

function humanValue(value: LogValue): string {
	const text = String(value);
	return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Synchronous, so that the last words of a process that ends are not lost. */
function standardError(): (line: string) => void {
	const stream = destination({ fd: 2, sync: true });
	return (line) => stream.write(line);
}

/** Cuts a stream of bytes into lines. */
export function lineSplitter(onLine: (line: string) => void): Writable {
	let rest = '';
	return new Writable({
		decodeStrings: false,
		write(chunk: Buffer | string, _encoding, done) {
			const lines = (rest + chunk.toString()).split('\n');
			rest = lines.pop()!;
			for (const line of lines) onLine(line);
			done();
		},
		final(done) {
			if (rest !== '') onLine(rest);
			done();
		},
	});
}
