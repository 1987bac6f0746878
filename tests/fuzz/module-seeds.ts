/** Small packages to mutate: between them every instruction, objects and their natives, and loops over references. */
import { deserialize } from '@mysten/move-bytecode-template';
import { compilePackage, type MoveFiles, readContracts } from '#devnet/compiler/compile.ts';
import type { CompiledModule } from '#devnet/move/bytecode.ts';
import { VICTIM_FILES } from '#devnet/move/verifier/verify.fixture.ts';
import { PLAYGROUND } from '#devnet/rpc/playground.fixture.ts';

const REFERENCES = `
module seeds::references;

public struct Point has copy, drop, store { x: u64, y: u64 }
public struct Line has copy, drop, store { from: Point, to: Point }
public enum Tree<T> has copy, drop, store { Leaf, One { value: T }, Two(T, T) }

public fun point(x: u64, y: u64): Point { Point { x, y } }
public fun line(from: Point, to: Point): Line { Line { from, to } }
public fun end(line: &mut Line, first: bool): &mut Point { if (first) &mut line.from else &mut line.to }
public fun shift(line: &mut Line, by: u64) { let p = line.end(by > 3); p.x = p.x + by; p.y = p.x ^ by }
public fun flip(line: &mut Line) { let p = line.from; line.from = line.to; line.to = p }
public fun greatest(points: &mut vector<Point>): u64 {
	let mut i = 0;
	let mut best = 0;
	while (i < points.length()) {
		let p = &mut points[i];
		if (p.x > best) { best = p.x } else { p.x = best };
		i = i + 1;
	};
	best
}
public fun sort(numbers: vector<u64>): vector<u64> {
	let mut sorted = numbers;
	let n = sorted.length();
	let mut i = 0;
	while (i < n) {
		let mut j = i;
		while (j > 0 && sorted[j - 1] > sorted[j]) { sorted.swap(j, j - 1); j = j - 1 };
		i = i + 1;
	};
	sorted
}
public fun tree<T>(value: T): Tree<T> { Tree::One { value } }
public fun size<T>(tree: &Tree<T>): u64 { match (tree) { Tree::Leaf => 0, Tree::One { .. } => 1, Tree::Two(_, _) => 2 } }
public fun both<T: copy + drop>(tree: &mut Tree<T>, other: T) {
	match (tree) { Tree::Leaf => { *tree = Tree::One { value: other } }, Tree::One { value } => { *value = other }, Tree::Two(a, b) => { *a = other; *b = other } }
}
public fun unwrap<T: drop>(tree: Tree<T>, otherwise: T): T { match (tree) { Tree::Leaf => otherwise, Tree::One { value } => value, Tree::Two(a, _) => a } }
public fun grow(): u64 { let mut t = tree(5u64); both(&mut t, 6); let mut l = line(point(1, 2), point(3, 4)); shift(&mut l, 5); flip(&mut l); size(&t) + l.from.x + unwrap(t, 1) }
public fun fibonacci(n: u64): u64 { if (n < 2) n else fibonacci(n - 1) + fibonacci(n - 2) }
public fun wide(a: u8, b: u128, c: u256): u128 { ((c % 1000) as u128) + (b >> a) * (a as u128) }
`;

const OBJECTS = `
module seeds::objects;

use std::string::String;
use sui::dynamic_field;
use sui::table::{Self, Table};
use sui::vec_map::{Self, VecMap};

public struct OBJECTS has drop {}
public struct Shelf has key { id: UID, labels: VecMap<u64, u64>, notes: Table<u64, u64> }
public struct Toy has key, store { id: UID, size: u64 }
public struct Chest<T: key + store> has key, store { id: UID, inside: Option<T> }

fun init(_: OBJECTS, ctx: &mut TxContext) {
	transfer::share_object(Shelf { id: object::new(ctx), labels: vec_map::empty(), notes: table::new(ctx) });
	transfer::public_transfer(toy(1, ctx), ctx.sender());
}
public fun toy(size: u64, ctx: &mut TxContext): Toy { Toy { id: object::new(ctx), size } }
public fun chest<T: key + store>(inside: T, ctx: &mut TxContext): Chest<T> { Chest { id: object::new(ctx), inside: option::some(inside) } }
public fun open<T: key + store>(chest: Chest<T>): T { let Chest { id, inside } = chest; id.delete(); inside.destroy_some() }
public fun tag(toy: &mut Toy, tag: u64): u64 { dynamic_field::add(&mut toy.id, tag, tag + 1); *dynamic_field::borrow(&toy.id, tag) }
public fun untag(toy: &mut Toy, tag: u64): u64 { dynamic_field::remove(&mut toy.id, tag) }
public fun give(toy: Toy, to: address) { transfer::transfer(toy, to) }
public fun bin(toy: Toy) { let Toy { id, size: _ } = toy; id.delete() }
public fun text(bytes: vector<u8>): u64 { let s: String = bytes.to_string(); s.length() }
public fun maybe(n: u64): Option<u64> { if (n > 9) option::none() else option::some(n) }
public fun play(n: u64, ctx: &mut TxContext): u64 {
	let mut t = toy(n, ctx);
	let a = tag(&mut t, n);
	let b = untag(&mut t, n);
	let c = chest(t, ctx);
	bin(open(c));
	a + b + maybe(n).destroy_or!(7)
}
`;

const manifest = (name: string) => `[package]\nname = "${name}"\nedition = "2024"\n[addresses]\n${name} = "0x0"\n`;

export interface Seed {
	readonly name: string;
	/** The first is the one to mutate. */
	readonly modules: readonly CompiledModule[];
	readonly bytes: readonly Uint8Array[];
}

export async function readSeeds(): Promise<readonly Seed[]> {
	const seeds: Seed[] = [];
	const add = async (files: MoveFiles, names: readonly (readonly string[])[]) => {
		const { modules } = await compilePackage({ files });
		for (const group of names) {
			const bytes = group.map((name) => modules.get(name) ?? new Uint8Array());
			seeds.push({ name: group[0] ?? '', bytes, modules: bytes.map((module) => deserialize(module) as CompiledModule) });
		}
	};
	await add(VICTIM_FILES, [
		['victim', 'neighbour'],
		['neighbour', 'victim'],
	]);
	await add({ 'Move.toml': manifest('seeds'), 'sources/references.move': REFERENCES, 'sources/objects.move': OBJECTS }, [
		['references'],
		['references'],
		['objects'],
	]);
	await add({ 'Move.toml': manifest('playground'), 'sources/playground.move': PLAYGROUND }, [['playground']]);
	await add(await readContracts(), [['score_payload']]);
	return seeds;
}
