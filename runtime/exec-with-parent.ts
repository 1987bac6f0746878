/**
 * `node exec-with-parent.ts COMMAND [ARGUMENT…]`: runs a program that knows nothing of supervisors (temporal, weed) and ends it when the
 * supervisor ends, even by SIGKILL: then the kernel closes our standard input. Standard output and error are the program's own.
 * SIGTERM is passed on; after the grace, SIGKILL follows. Our exit code is the program's.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { endWithParent } from '#runtime/lifecycle.ts';

const GRACE_MS = 5_000;

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
	process.stderr.write('usage: exec-with-parent COMMAND [ARGUMENT…]\n');
	process.exit(2);
}

let stopping = false;
const stop = () => {
	if (stopping) return;
	stopping = true;
	child.kill('SIGTERM');
	setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
};
endWithParent(stop);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);

const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('error', (error) => {
	process.stderr.write(`cannot run ${command}: ${error.message}\n`);
	process.exit(127);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 9)));
