import { join, resolve } from 'node:path';
import { NetworkObserver, type ObservedWindow } from '#cli/demo/observe.ts';
import { reportJson, windowTable } from '#cli/demo/render.ts';
import { startLocalNetwork } from '#cli/network/local-network.ts';
import { errorToJson, exitCodeOf, isVramhubError, VramhubError } from '#core/errors.ts';
import { processSignal } from '#runtime/lifecycle.ts';
import { createLogger, type Logger } from '#runtime/log.ts';
import { networksFolder } from '#runtime/state-folder.ts';
import { Supervisor } from '#runtime/supervisor.ts';

export interface DemoFlags {
	readonly windows?: number;
	readonly windowSeconds: number;
	readonly data?: string;
	readonly json: boolean;
}

const VALIDATORS = 1;
const MINERS = 1;

/** A whole network until Ctrl-C or the asked number of windows; the exit code is 0 only when each of them was scored by every validator. */
export async function demoCommand(flags: DemoFlags): Promise<void> {
	const log = createLogger({ target: 'vramhub' });
	const stopped = processSignal();
	const data = flags.data === undefined ? newNetworkFolder() : resolve(flags.data);
	const supervisor = new Supervisor({ data, log });
	const signal = AbortSignal.any([stopped, supervisor.failure]);
	try {
		process.exitCode = await runDemo(flags, data, supervisor, log, signal);
	} catch (error) {
		const why: unknown = signal.aborted ? signal.reason : error;
		// Without a number of windows, Ctrl-C is how a demo ends.
		const orderly = stopped.aborted && flags.windows === undefined;
		if (!orderly) report(why, flags.json, log);
		process.exitCode = orderly ? 0 : exitCodeOf(why);
	} finally {
		await supervisor.stop();
	}
	process.exit();
}

async function runDemo(flags: DemoFlags, data: string, supervisor: Supervisor, log: Logger, signal: AbortSignal): Promise<number> {
	log.info('Starting a network', { data });
	const started = performance.now();
	const toStderr = (line: string) => void process.stderr.write(`${line}\n`);
	const network = await startLocalNetwork({
		data,
		windowSeconds: flags.windowSeconds,
		validators: VALIDATORS,
		miners: MINERS,
		supervisor,
		log,
		onValidatorLine: toStderr,
		signal,
	});
	const { uiUrl, namespace } = network.book.temporal;
	const webUi = `${uiUrl}/namespaces/${namespace}/workflows`;
	log.info('Every part is ready', { seconds: ((performance.now() - started) / 1000).toFixed(1), first_window: network.firstWindow });
	log.info(`Each window is a workflow in the Temporal Web UI: ${webUi}`);

	await using observer = await NetworkObserver.connect(network.book);
	const tables = flags.json ? process.stderr : process.stdout;
	const windows: ObservedWindow[] = [];
	for (let window = network.firstWindow; flags.windows === undefined || windows.length < flags.windows; window++) {
		const observed = await observer.window(window, signal);
		windows.push(observed);
		// A network that runs for days must not remember every window.
		if (flags.windows === undefined && windows.length > 1) windows.shift();
		tables.write(windowTable(observed, Boolean(tables.isTTY)));
	}
	if (flags.json) process.stdout.write(`${reportJson({ genesis: { heldOutLoss: network.genesisHeldOutLoss }, windows, uiUrl: webUi })}\n`);
	if (windows.every(({ state }) => state === 'scored')) return 0;
	throw new VramhubError('WINDOW_VOID', 'not every window was scored by every validator');
}

function report(error: unknown, json: boolean, log: Logger): void {
	if (json) process.stdout.write(`${JSON.stringify(errorToJson(error))}\n`);
	log.error(error instanceof Error ? error.message : String(error), { code: isVramhubError(error) ? error.code : 'INVARIANT' });
	if (!isVramhubError(error) && error instanceof Error && error.stack !== undefined) log.debug(error.stack);
}

/** A new network each time: named by when it was started, in UTC. */
function newNetworkFolder(): string {
	return join(networksFolder(), `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${process.pid}`);
}
