/**
 * No chain of generic calls within the module instantiates ever bigger types (pass `instantiation_loops.rs`): type parameters are
 * nodes, a call that passes one on is an edge, marked when it is wrapped in a bigger type; no marked edge may lie on a cycle.
 */
import type { Type } from '#devnet/move/verifier/type-table.ts';
import type { ModuleView } from '#devnet/move/verifier/view.ts';

/** `function definition # type parameter` */
type Node = string;

export function checkInstantiationLoops(view: ModuleView): void {
	/** Edges by their start; true for those that grow the type. */
	const edges = new Map<Node, Map<Node, boolean>>();
	const definitionOf = new Map(view.functions.map((fn, index) => [fn.handle, index]));
	view.functions.forEach((fn, caller) => {
		for (const instruction of fn.code ?? []) {
			if (instruction.op !== 'CallGeneric') continue;
			const { handle, typeArguments } = view.callee(instruction);
			const callee = definitionOf.get(handle);
			if (callee === undefined) continue;
			typeArguments.forEach((argument, formal) => {
				for (const parameter of parametersOf(argument)) {
					const from = `${caller}#${parameter}`;
					const to = `${callee}#${formal}`;
					const outgoing = edges.get(from) ?? new Map<Node, boolean>();
					outgoing.set(to, outgoing.get(to) === true || argument.kind !== 'parameter');
					edges.set(from, outgoing);
				}
			});
		}
	});
	const component = components(edges);
	for (const [from, outgoing] of edges) {
		for (const [to, grows] of outgoing) {
			if (!grows || component.get(from) !== component.get(to)) continue;
			const [caller, parameter] = from.split('#').map(Number) as [number, number];
			view.refuseIn(view.functions[caller]?.name ?? '')('LOOP_IN_INSTANTIATION_GRAPH', `type parameter ${parameter} grows with every turn of a recursion`);
		}
	}
}

/** Strongly connected components, by Kosaraju's algorithm without recursion. */
function components(edges: ReadonlyMap<Node, ReadonlyMap<Node, boolean>>): ReadonlyMap<Node, number> {
	const incoming = new Map<Node, Node[]>();
	const listOf = (node: Node): Node[] => {
		const list = incoming.get(node) ?? [];
		incoming.set(node, list);
		return list;
	};
	for (const [from, outgoing] of edges) {
		listOf(from);
		for (const to of outgoing.keys()) listOf(to).push(from);
	}
	const finished: Node[] = [];
	const seen = new Set<Node>();
	for (const root of incoming.keys()) {
		if (seen.has(root)) continue;
		seen.add(root);
		const stack = [{ node: root, next: [...(edges.get(root)?.keys() ?? [])] }];
		for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
			const to = top.next.pop();
			if (to === undefined) {
				finished.push(top.node);
				stack.pop();
			} else if (!seen.has(to)) {
				seen.add(to);
				stack.push({ node: to, next: [...(edges.get(to)?.keys() ?? [])] });
			}
		}
	}
	const component = new Map<Node, number>();
	for (const root of finished.reverse()) {
		if (component.has(root)) continue;
		const number = component.size;
		const open = [root];
		for (let node = open.pop(); node !== undefined; node = open.pop()) {
			if (component.has(node)) continue;
			component.set(node, number);
			open.push(...(incoming.get(node) ?? []));
		}
	}
	return component;
}

function parametersOf(type: Type, found = new Set<number>()): ReadonlySet<number> {
	if (type.kind === 'parameter') found.add(type.index);
	if (type.kind === 'vector') parametersOf(type.element, found);
	if (type.kind === 'datatype') for (const argument of type.args) parametersOf(argument, found);
	return found;
}
