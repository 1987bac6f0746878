import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { VramhubError } from '#core/errors.ts';

export interface TemporalServerOptions {
	/** Path of Temporal's CLI. */
	readonly binary: string;
	readonly port: number;
	readonly uiPort: number;
	/** SQLite file; undefined keeps everything in memory. An old server on the same file must have ended. */
	readonly dbFile?: string;
	readonly namespace: string;
	/** Name → type, created at the start (`temporal.yaml`). */
	readonly searchAttributes: Readonly<Record<string, string>>;
	/** `journal_mode: wal` makes a 256-miner window two to three times as fast as the default. */
	readonly pragmas?: Readonly<Record<string, string>>;
}

/** Command line of a development server: everything on 127.0.0.1, only warnings logged. Ready when {@link waitForTemporal} resolves. */
export function temporalServerCommand(options: TemporalServerOptions): { readonly command: string; readonly args: string[] } {
	const { binary, port, uiPort, dbFile, namespace, searchAttributes, pragmas = {} } = options;
	const each = (flag: string, values: Readonly<Record<string, string>>) => Object.entries(values).flatMap(([key, value]) => [flag, `${key}=${value}`]);
	return {
		command: binary,
		args: [
			...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
			...['--namespace', namespace, '--log-level', 'warn', '--disable-config-env', '--disable-config-file'],
			...(dbFile === undefined ? [] : ['--db-filename', dbFile, ...each('--sqlite-pragma', pragmas)]),
			...each('--search-attribute', searchAttributes),
		],
	};
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 500;

/** Resolves when the server at `address` (host:port) answers and knows the namespace. Rejects with the signal's reason when that is aborted first. */
export async function waitForTemporal(address: string, namespace: string, signal: AbortSignal): Promise<void> {
	for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
		signal.throwIfAborted();
		if (await answers(address, namespace)) return;
		try {
			await delay(delayMs, undefined, { signal });
		} catch {
			throw signal.reason instanceof Error ? signal.reason : new VramhubError('INTERRUPTED', 'no longer waiting for Temporal');
		}
	}
}

async function answers(address: string, namespace: string): Promise<boolean> {
	let connection: Connection | undefined;
	try {
		connection = await Connection.connect({ address, connectTimeout: '2s' });
		await connection.workflowService.describeNamespace({ namespace });
		return true;
	} catch {
		return false;
	} finally {
		await connection?.close();
	}
}
