import { ModelPool } from '#model/pool.ts';
import type { ForwardGraph } from '#model/session.ts';

export interface LossesQuestion {
	readonly graph: ForwardGraph;
	readonly theta: Float32Array;
	readonly sequences: readonly Uint8Array[];
}

/** Nats a token, one a sequence, not rounded. */
export async function sequenceLosses({ graph, theta, sequences }: LossesQuestion): Promise<Float64Array> {
	await using pool = new ModelPool({ graph, threads: 1 });
	return pool.sequenceLosses(theta, sequences);
}

// As a process of its own: one question in, the answer out.
if (process.send !== undefined && import.meta.filename === process.argv[1]) {
	process.once('message', async (question: LossesQuestion) => {
		process.send!(await sequenceLosses(question), () => process.disconnect());
	});
}
