/**
 * Programs that the supervisor's tests start: `child` serves until it is told to end, `stubborn` ignores SIGTERM, `mute` never gets ready,
 * `dies` ends at once, `supervisor` supervises a child and a binary and prints their pids.
 */

import { aborted, announceReady, processSignal } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';
import { Supervisor } from '#runtime/supervisor.ts';

const [mode, argument] = process.argv.slice(2);
const keepAlive = () => setInterval(() => {}, 60_000);

switch (mode) {
	case 'child': {
		const signal = processSignal();
		keepAlive();
		announceReady({ pid: process.pid });
		await aborted(signal);
		process.stderr.write(`child ${argument ?? ''} ends\n`);
		process.exit(0);
		break;
	}
	case 'stubborn':
		process.on('SIGTERM', () => {});
		keepAlive();
		process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
		break;
	case 'mute':
		process.stderr.write('still thinking\n');
		keepAlive();
		break;
	case 'dies':
		process.stderr.write('cannot find my configuration\n');
		process.exit(3);
		break;
	case 'supervisor': {
		const signal = processSignal();
		const supervisor = new Supervisor({ data: argument!, log: createLogger({ target: 'fixture' }) });
		const node = await supervisor.start({
			name: 'node',
			program: { kind: 'node', main: import.meta.filename, args: ['child'] },
			ready: 'line',
			restart: 'always',
		});
		let binaryPid: number | undefined;
		const binaryReady = Promise.withResolvers<void>();
		const shim = await supervisor.start({
			name: 'binary',
			// A program that watches nothing and tells its pid.
			program: { kind: 'binary', command: process.execPath, args: ['-e', 'console.log(process.pid); setInterval(() => {}, 60000)'] },
			ready: () => binaryReady.promise,
			restart: 'never',
			onLine: (line) => {
				if (!/^\d+$/.test(line)) return;
				binaryPid = Number(line);
				binaryReady.resolve();
			},
		});
		process.stdout.write(`${JSON.stringify({ pids: [node.pid, shim.pid, binaryPid] })}\n`);
		await aborted(signal);
		await supervisor.stop();
		process.exit(0);
		break;
	}
	default:
		process.exit(2);
}
