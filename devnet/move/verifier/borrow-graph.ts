/**
 * Which reference may point into what another reference points to (`move-borrow-graph`). An edge from a parent to a child carries the
 * path of fields between them: a strong edge says the child lies at exactly that path, a weak one at the path or anywhere below it.
 */

/** A path is its labels, each ended by `/`: one path leads through another when it starts with it. */
export type Path = string;

interface Reference {
	readonly mutable: boolean;
	readonly children: Map<number, EdgeSet>;
	readonly parents: Set<number>;
}

/** `=path` is a strong edge, `-path` a weak one. */
type Edge = string;

interface EdgeSet {
	readonly edges: Set<Edge>;
	/** Too many edges were one too exact: a weak edge without path stands for all of them, then and later. */
	overflown: boolean;
}

const MAX_EDGES = 10;

export class BorrowGraph {
	readonly #references = new Map<number, Reference>();

	clone(): BorrowGraph {
		return this.renamed((id) => id);
	}

	/** With other ids for the references. */
	renamed(rename: (id: number) => number): BorrowGraph {
		const copy = new BorrowGraph();
		for (const [id, { mutable, children, parents }] of this.#references) {
			copy.#references.set(rename(id), {
				mutable,
				children: new Map([...children].map(([child, set]) => [rename(child), { edges: new Set(set.edges), overflown: set.overflown }])),
				parents: new Set([...parents].map(rename)),
			});
		}
		return copy;
	}

	/** References and edges. */
	get size(): number {
		let size = 0;
		for (const { children } of this.#references.values()) {
			size++;
			for (const { edges } of children.values()) size += edges.size;
		}
		return size;
	}

	#reference(id: number): Reference {
		const found = this.#references.get(id);
		if (found === undefined) throw new RangeError(`no reference ${id} in the borrow graph`);
		return found;
	}

	add(id: number, mutable: boolean): void {
		this.#references.set(id, { mutable, children: new Map(), parents: new Set() });
	}

	isMutable(id: number): boolean {
		return this.#reference(id).mutable;
	}

	/** The child may be anywhere in what the parent points to. */
	addWeak(parent: number, child: number): void {
		this.#addEdge(parent, '-', child);
	}

	/** The child is at `path` from the parent: what was known to lie below that path lies below the child from now on. */
	addStrong(parent: number, path: Path, child: number): void {
		const { children } = this.#reference(parent);
		const moved: [number, Edge][] = [];
		for (const [id, { edges }] of children) {
			for (const edge of edges) {
				if (!edge.startsWith(path, 1)) continue;
				edges.delete(edge);
				moved.push([id, edge]);
			}
			if (edges.size > 0) continue;
			children.delete(id);
			this.#reference(id).parents.delete(parent);
		}
		for (const [id, edge] of moved) this.#addEdge(child, (edge[0] as string) + edge.slice(1 + path.length), id);
		this.#addEdge(parent, `=${path}`, child);
	}

	#addEdge(parent: number, edge: Edge, child: number): void {
		const { children } = this.#reference(parent);
		let set = children.get(child);
		if (set === undefined) {
			set = { edges: new Set(), overflown: false };
			children.set(child, set);
		}
		this.#reference(child).parents.add(parent);
		if (set.overflown) return;
		if (set.edges.size < MAX_EDGES) {
			set.edges.add(edge);
			return;
		}
		set.edges.clear();
		set.edges.add('-');
		set.overflown = true;
	}

	/** Forgets a reference: what was borrowed from it is borrowed from its parents. Returns how many edges were joined. */
	release(id: number): number {
		const { parents, children } = this.#reference(id);
		this.#references.delete(id);
		let joined = 0;
		for (const parent of parents) {
			const inward = this.#reference(parent).children.get(id)?.edges ?? [];
			this.#reference(parent).children.delete(id);
			for (const first of inward) {
				for (const [child, { edges }] of children) {
					for (const second of edges) {
						joined++;
						if (parent === child) continue;
						const strong = first[0] === '=';
						const path = strong ? first.slice(1) + second.slice(1) : first.slice(1);
						this.#addEdge(parent, (strong && second[0] === '=' ? '=' : '-') + path, child);
					}
				}
			}
		}
		for (const child of children.keys()) this.#reference(child).parents.delete(id);
		return joined;
	}

	/** Whether anything is borrowed from all of what the reference points to, rather than from a field. */
	hasFullBorrows(id: number): boolean {
		return this.#anyChild(id, (path) => path === '');
	}

	/** Whether anything is borrowed that overlaps the field (`undefined`: any part), mutably when `mutably`. */
	isBorrowed(id: number, label: Path | undefined, mutably: boolean): boolean {
		return this.#anyChild(id, (path, child) => (path === '' || label === undefined || path.startsWith(label)) && (!mutably || this.isMutable(child)));
	}

	#anyChild(id: number, test: (path: Path, child: number) => boolean): boolean {
		for (const [child, { edges }] of this.#reference(id).children) for (const edge of edges) if (test(edge.slice(1), child)) return true;
		return false;
	}

	/** This graph with the edges of another that it does not imply, or undefined when it implies all. */
	join(other: BorrowGraph): BorrowGraph | undefined {
		const missing: [number, Edge, number][] = [];
		for (const [parent, { children }] of other.#references) {
			const here = this.#reference(parent).children;
			for (const [child, { edges }] of children) {
				const known = here.get(child)?.edges;
				for (const edge of edges) if (!implied(known, edge)) missing.push([parent, edge, child]);
			}
		}
		if (missing.length === 0) return undefined;
		const joined = this.clone();
		for (const [parent, edge, child] of missing) joined.#addEdge(parent, edge, child);
		return joined;
	}
}

function implied(known: ReadonlySet<Edge> | undefined, edge: Edge): boolean {
	if (known === undefined) return false;
	if (known.has(edge)) return true;
	for (const candidate of known) if (candidate[0] === '-' && edge.startsWith(candidate.slice(1), 1)) return true;
	return false;
}
