/**
 * Basic blocks of a function. Its code ends in an unconditional branch, its loops are nested not too deep, and each is entered at one
 * place only: the flow graph is reducible (pass `control_flow.rs`, after R. Tarjan, "Testing flow graph reducibility", 1974).
 */
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { Refuse } from '#devnet/move/verifier/failure.ts';
import { LIMITS } from '#devnet/move/verifier/limits.ts';
import { at, type FunctionView } from '#devnet/move/verifier/view.ts';

export interface BasicBlock {
	/** Offsets of the first and the last instruction. */
	readonly start: number;
	readonly end: number;
	/** Indices of blocks. */
	readonly successors: readonly number[];
}

export interface ControlFlow {
	readonly code: readonly Bytecode[];
	/** In order of offsets; the function starts in the first. */
	readonly blocks: readonly BasicBlock[];
	/** For each block that can be reached its place in an order where a block comes before those it leads to, loops' returns apart. */
	readonly order: ReadonlyMap<number, number>;
}

const UNCONDITIONAL: ReadonlySet<string> = new Set(['Ret', 'Abort', 'Branch', 'VariantSwitch']);

/** `refuse` makes the refusal for an offset. */
export function controlFlow(fn: FunctionView, code: readonly Bytecode[], refuse: (instruction?: number) => Refuse): ControlFlow {
	const last = code.at(-1);
	if (last === undefined) return refuse()('EMPTY_CODE_UNIT', 'a function without instructions');
	if (!UNCONDITIONAL.has(last.op)) refuse(code.length - 1)('INVALID_FALL_THROUGH', `execution runs past the end after ${last.op}`);

	const targets = code.map((instruction, offset) => successorsOf(fn, instruction, offset));
	const leaders = new Set<number>([0]);
	targets.forEach((successors, offset) => {
		if (!endsBlock(code[offset] as Bytecode)) return;
		leaders.add(offset + 1);
		for (const target of successors) leaders.add(target);
	});
	const starts = [...leaders].filter((offset) => offset < code.length).sort((a, b) => a - b);
	const indexOf = new Map(starts.map((start, index) => [start, index]));
	const blocks = starts.map((start, index): BasicBlock => {
		const end = (starts[index + 1] ?? code.length) - 1;
		return { start, end, successors: at(targets, end).map((target) => indexOf.get(target) as number) };
	});
	if (blocks.length > LIMITS.basicBlocks) refuse()('TOO_MANY_BASIC_BLOCKS', `${blocks.length}`);
	const order = checkLoops(blocks, refuse);
	return { code, blocks, order };
}

function endsBlock({ op }: Bytecode): boolean {
	return UNCONDITIONAL.has(op) || op === 'BrTrue' || op === 'BrFalse';
}

/** Offsets where execution goes on. */
function successorsOf(fn: FunctionView, { op, index }: Bytecode, offset: number): readonly number[] {
	switch (op) {
		case 'Ret':
		case 'Abort':
			return [];
		case 'Branch':
			return [index];
		case 'BrTrue':
		case 'BrFalse':
			return index === offset + 1 ? [index] : [index, offset + 1];
		case 'VariantSwitch':
			return [...new Set(at(fn.jumpTables, index).targets)];
		default:
			return [offset + 1];
	}
}

/** Nodes are blocks that can be reached, numbered in preorder of a depth-first spanning tree. */
function checkLoops(blocks: readonly BasicBlock[], refuse: (instruction?: number) => Refuse): ReadonlyMap<number, number> {
	const node = new Map<number, number>();
	const blockOf: number[] = [];
	/** Last descendant of a node in the tree. */
	const lastDescendant: number[] = [];
	const backEdges: number[][] = [];
	const otherEdges: number[][] = [];
	const postorder: number[] = [];

	const enter = (block: number) => {
		const number = blockOf.length;
		node.set(block, number);
		blockOf.push(block);
		lastDescendant.push(-1);
		backEdges.push([]);
		otherEdges.push([]);
		return { number, next: 0 };
	};
	const stack = [enter(0)];
	for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
		const successor = at(blocks, at(blockOf, top.number)).successors[top.next++];
		if (successor === undefined) {
			lastDescendant[top.number] = blockOf.length - 1;
			postorder.push(at(blockOf, top.number));
			stack.pop();
			continue;
		}
		const known = node.get(successor);
		if (known === undefined) {
			const entered = enter(successor);
			at(otherEdges, entered.number).push(top.number);
			stack.push(entered);
		} else {
			// What has not been left yet is an ancestor.
			(lastDescendant[known] === -1 ? at(backEdges, known) : at(otherEdges, known)).push(top.number);
		}
	}

	const head = blockOf.map((_, index) => index);
	const depth = blockOf.map(() => 0);
	const loopOf = (start: number): number => {
		let found = start;
		while (head[found] !== found) found = head[found] as number;
		for (let at = start; at !== found; ) {
			const next = head[at] as number;
			head[at] = found;
			at = next;
		}
		return found;
	};
	// Inner loops have later heads: they are made one node before those around them are looked at.
	for (let loop = blockOf.length - 1; loop >= 0; loop--) {
		const returns = at(backEdges, loop);
		if (returns.length === 0) continue;
		const body = new Set(returns.map(loopOf).filter((member) => member !== loop));
		for (const member of body) {
			for (const edge of at(otherEdges, member)) {
				const from = loopOf(edge);
				if (from < loop || from > (lastDescendant[loop] as number)) {
					refuse(at(blocks, at(blockOf, from)).start)('INVALID_LOOP_SPLIT', 'a loop is entered at two places');
				}
				// Grows while it is walked.
				if (from !== loop) body.add(from);
			}
		}
		let inner = 0;
		for (const member of body) {
			inner = Math.max(inner, depth[member] as number);
			head[member] = loop;
		}
		depth[loop] = inner + 1;
		if (inner + 1 > LIMITS.loopDepth) refuse(at(blocks, at(blockOf, loop)).start)('LOOP_MAX_DEPTH_REACHED', `loops ${inner + 1} deep`);
	}
	return new Map(postorder.reverse().map((block, index) => [block, index]));
}
