/** Runs a function over abstract states until nothing changes: each block from the join of what reaches it (`move-abstract-interpreter`). */
import type { ControlFlow } from '#devnet/move/verifier/control-flow.ts';

export interface Analysis<State> {
	/** The state after the block; must not change `before`. */
	run(block: { readonly start: number; readonly end: number }, before: State): State;
	/** `into` joined with `other`, or undefined when that is no more than `into`. */
	join(into: State, other: State): State | undefined;
}

export function analyze<State>(flow: ControlFlow, initial: State, analysis: Analysis<State>): void {
	const before = new Map<number, State>([[0, initial]]);
	const waiting = new Set<number>([0]);
	while (waiting.size > 0) {
		let block = -1;
		let place = Number.POSITIVE_INFINITY;
		for (const candidate of waiting) {
			const order = flow.order.get(candidate) as number;
			if (order < place) [block, place] = [candidate, order];
		}
		waiting.delete(block);
		const here = flow.blocks[block];
		if (here === undefined) return;
		const after = analysis.run(here, before.get(block) as State);
		for (const successor of here.successors) {
			const known = before.get(successor);
			const joined = known === undefined ? after : analysis.join(known, after);
			if (joined === undefined) continue;
			before.set(successor, joined);
			waiting.add(successor);
		}
	}
}
