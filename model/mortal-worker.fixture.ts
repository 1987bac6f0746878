import { parentPort, workerData } from 'node:worker_threads';
import type { Lot } from '#model/lot.ts';
import type { PoolJob, PoolWorkerData } from '#model/pool.ts';

const { thread } = workerData as PoolWorkerData;

function deadly(job: PoolJob): boolean {
	if ('sequences' in job) return job.sequences[0] === 255;
	return job.kind === 'move' ? job.step.scale === 1001 : (job.kind === 'apply' ? 1001 : 1002) === job.change.scale;
}

/** A pool's thread that dies of sequences that begin with a byte 255, of a `move` or `apply` of the scale 1001 and of a `revert` of 1002. */
parentPort?.on('message', (lot: Lot<PoolJob> | 'close') => {
	if (lot === 'close') return;
	const { jobs, claims } = lot;
	for (const [i, job] of jobs.entries()) if (deadly(job) && Atomics.compareExchange(claims, i, 0, thread) === 0) throw new Error('boom');
});
await import('#model/worker.ts');
