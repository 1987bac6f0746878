import { parentPort } from 'node:worker_threads';
import type { PoolJob } from '#model/pool.ts';

/** A pool's thread that dies of sequences that begin with a byte 255, and of an `apply` or `revert` of the scales 1001 and 1002. */
parentPort?.on('message', (job: PoolJob | 'close') => {
	if (job === 'close') return;
	if ('sequences' in job && job.sequences[0] === 255) throw new Error('boom');
	if ((job.kind === 'apply' && job.change.scale === 1001) || (job.kind === 'revert' && job.change.scale === 1002)) throw new Error('boom');
});
await import('#model/worker.ts');
