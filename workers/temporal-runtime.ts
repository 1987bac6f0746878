import { Connection } from '@temporalio/client';
import { type LogEntry, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import type { LogFields, Logger } from '#runtime/log.ts';

/** Temporal's own lines, the SDK's and the Rust core's, in this process's log. Once a process, before any connection. Signals stay ours. */
export function installTemporalRuntime(log: Logger): void {
	Runtime.install({
		logger: {
			log: (level, message, meta) => write(log, level, message, meta),
			trace: () => {},
			debug: () => {},
			info: (message, meta) => write(log, 'INFO', message, meta),
			warn: (message, meta) => write(log, 'WARN', message, meta),
			error: (message, meta) => write(log, 'ERROR', message, meta),
		},
		shutdownSignals: [],
		telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
	});
}

/** Of what Temporal attaches, what a reader uses. */
const KEPT = ['workflowId', 'activityType', 'attempt', 'window', 'miners', 'taskQueue'] as const;

/** Temporal's information (state changes, retries under way) is for those who look for it: debug. What workflows say themselves keeps its level. */
function write(log: Logger, level: LogEntry['level'], message: string, meta: Record<string | symbol, unknown> = {}): void {
	const fields: Record<string, string | number> = {};
	for (const key of KEPT) {
		const value = meta[key];
		if (typeof value === 'string' || typeof value === 'number') fields[key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value;
	}
	const { error, sdkComponent } = meta;
	const to = sdkComponent === 'workflow' ? log : log.child('temporal');
	if (error !== undefined) fields.error = error instanceof Error ? error.message : String(error);
	const say: Readonly<Record<LogEntry['level'], (message: string, fields: LogFields) => void>> = {
		TRACE: to.debug,
		DEBUG: to.debug,
		INFO: to.debug,
		WARN: to.warn,
		ERROR: to.error,
	};
	say[level](message, fields);
}

export interface TemporalConnections {
	readonly client: Connection;
	readonly worker: NativeConnection;
	close(): Promise<void>;
}

const RETRY_MS = 500;
/** A validator may be started before its Temporal server: it says so once, and waits. */
export async function connectTemporal(address: string, log: Logger, signal: AbortSignal): Promise<TemporalConnections> {
	for (let attempt = 0; ; attempt++) {
		signal.throwIfAborted();
		let client: Connection | undefined;
		try {
			client = await Connection.connect({ address, connectTimeout: '5s' });
			const worker = await NativeConnection.connect({ address });
			const connected = client;
			return {
				client: connected,
				worker,
				async close() {
					await worker.close();
					await connected.close();
				},
			};
		} catch (error) {
			await client?.close();
			if (attempt === 0) log.warn('Temporal does not answer yet; waiting', { address, error: error instanceof Error ? error.message : String(error) });
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, RETRY_MS);
				signal.addEventListener(
					'abort',
					() => {
						clearTimeout(timer);
						resolve();
					},
					{ once: true },
				);
			});
		}
	}
}
