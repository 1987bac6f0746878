import { join, resolve } from 'node:path';
import { parseKinds, planMiners, readKinds, writeKinds } from '#cli/demo/kinds.ts';
import { NetworkObserver, type ObservedCheckpoint, type ObservedWindow } from '#cli/demo/observe.ts';
import { checkpointLine, type DemoReport, finalReport, reportJson, windowTable } from '#cli/demo/render.ts';
import { type LocalNetwork, startLocalNetwork } from '#cli/network/local-network.ts';
import { ERRORS, errorToJson, exitCodeOf, isVramhubError } from '#core/errors.ts';
import { processSignal } from '#runtime/lifecycle.ts';
import { createLogger, type Logger } from '#runtime/log.ts';
import { networksFolder } from '#runtime/state-folder.ts';
import { Supervisor } from '#runtime/supervisor.ts';

export interface DemoFlags {
	readonly windows?: number;
	readonly windowSeconds: number;
	readonly miners: number;
	readonly validators: number;
	readonly seed: string;
	/** Comma-separated; see cli/demo/kinds.ts. */
	readonly kinds?: string;
	readonly data?: string;
	readonly json: boolean;
}

/** A whole network until Ctrl-C or the asked number of windows; the exit code is 0 only when each of them is final, scored by every validator, and every due checkpoint is anchored. */
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
	const plan = await minersOf(flags, data);
	log.info('Starting a network', { data, validators: flags.validators, miners: plan.miners.length, seed: plan.seed });
	const started = performance.now();
	const network = await startLocalNetwork({
		data,
		windowSeconds: flags.windowSeconds,
		validators: flags.validators,
		miners: plan.miners,
		seed: plan.seed,
		supervisor,
		log,
		onOperatorLine: (uid, line) => void process.stderr.write(`${operatorLine(line, uid, flags.validators)}\n`),
		signal,
	});
	const { uiUrl, namespace } = network.book.temporal;
	const webUi = `${uiUrl}/namespaces/${namespace}/workflows`;
	log.info('Every part is ready', { seconds: ((performance.now() - started) / 1000).toFixed(1), first_window: network.firstWindow });
	log.info(`Each window is a workflow in the Temporal Web UI: ${webUi}`);
	log.info(`An operator's commands: npx vramhub-cli --help, with --data '${data}' or after: source '${data}/.env'`);

	const output = flags.json ? process.stderr : process.stdout;
	const { windows, checkpoints } = await watch(flags, data, network, output, signal);
	const result: DemoReport = { genesis: { heldOutLoss: network.genesisHeldOutLoss }, windows, checkpoints, kinds: network.kinds, uiUrl: webUi };
	output.write(finalReport(result, Boolean(output.isTTY)));
	if (flags.json) process.stdout.write(`${reportJson(result)}\n`);
	const missing = whatIsMissing(result);
	if (missing === undefined) return 0;
	// The results have been told; their line stays the last one on standard output.
	log.error(missing, { code: 'WINDOW_VOID', logs: join(data, 'logs') });
	return ERRORS.WINDOW_VOID.exit;
}

/** Prints each window and checkpoint when it is decided, until there are enough. The two overlap: a checkpoint is made while the next windows run. */
async function watch(flags: DemoFlags, data: string, network: LocalNetwork, output: NodeJS.WriteStream, signal: AbortSignal) {
	await using observer = await NetworkObserver.connect(data, network.book);
	const windows: ObservedWindow[] = [];
	const checkpoints: ObservedCheckpoint[] = [];
	const pending = new Set<Promise<void>>();
	const lost = new AbortController();
	const either = AbortSignal.any([signal, lost.signal]);
	const follow = (boundary: bigint) => {
		const following = observer.checkpoint(boundary, either).then(
			(checkpoint) => {
				checkpoints.push(checkpoint);
				output.write(checkpointLine(checkpoint, network.genesisHeldOutLoss));
			},
			(error: unknown) => lost.abort(error),
		);
		pending.add(following);
		void following.finally(() => pending.delete(following));
	};
	for (let window = network.firstWindow; flags.windows === undefined || windows.length < flags.windows; window++) {
		const observed = await observer.window(window, either);
		windows.push(observed);
		// A network that runs for days must not remember every window.
		if (flags.windows === undefined) {
			windows.splice(0, windows.length - 1);
			checkpoints.splice(0, checkpoints.length - 1);
		}
		output.write(windowTable(observed, Boolean(output.isTTY)));
		if ((window + 1n) % (await observer.checkpointFrequency(window)) === 0n) follow(window + 1n);
	}
	await Promise.all(pending);
	either.throwIfAborted();
	checkpoints.sort((a, b) => Number(a.boundary - b.boundary));
	return { windows, checkpoints };
}

/** In one sentence what was due and did not happen. */
function whatIsMissing({ windows, checkpoints }: DemoReport): string | undefined {
	const unfinished = windows.filter(({ state, validators }) => state !== 'final' || validators.some(({ transaction }) => transaction === null));
	const expired = checkpoints.filter(({ outcome }) => outcome === 'expired');
	const names = [...unfinished.map(({ window }) => `window ${window}`), ...expired.map(({ boundary }) => `the checkpoint of window ${boundary}`)];
	return names.length === 0 ? undefined : `not every validator scored, and the chain did not make final or anchor: ${names.join(', ')}`;
}

/** Those of the folder when it holds a network, whatever the flags say; else by the flags, and kept there. */
async function minersOf({ miners, seed, kinds }: DemoFlags, data: string) {
	const kept = await readKinds(data);
	if (kept !== undefined) return kept;
	const planned = planMiners({ miners, seed, ...(kinds !== undefined && { kinds: parseKinds(kinds) }) });
	const plan = { format: 1, seed, miners: planned } as const;
	await writeKinds(data, plan);
	return plan;
}

/** A line as the process wrote it; with several validators followed by which one, where the line does not say so itself. */
export function operatorLine(line: string, uid: number, validators: number): string {
	return validators === 1 || line.startsWith('{') || / uid=\d+( |$)/.test(line) ? line : `${line} uid=${uid}`;
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
