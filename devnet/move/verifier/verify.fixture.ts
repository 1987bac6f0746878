/** A package to break: its compiled modules, and how to edit them. */
import { deserialize } from '@mysten/move-bytecode-template';
import { compileFramework, compilePackage } from '#devnet/compiler/compile.ts';
import { type CompiledModule, identifier, moduleHandle, type RawInstruction, type SignatureToken } from '#devnet/move/bytecode.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import type { LinkedModules } from '#devnet/move/verifier/dependencies.ts';

/** Types stay as they are: they are replaced whole. */
export type Editable<T> = T extends SignatureToken
	? T
	: T extends (infer E)[] | readonly (infer E)[]
		? Editable<E>[]
		: T extends object
			? { -readonly [K in keyof T]: Editable<T[K]> }
			: T;
export type EditableModule = Editable<CompiledModule>;

const VICTIM = `
module victim::victim;

use sui::event;
use victim::neighbour;

public struct VICTIM has drop {}
public struct Thing has key, store { id: UID, value: u64 }
public struct Hot { value: u64 }
public struct Pair has copy, drop, store { a: u64, b: u64 }
public struct Box<T> has copy, drop, store { inner: T }
public struct Tag<phantom P> has copy, drop, store { n: u64 }
public enum Shape has copy, drop, store { Point, Square { side: u64 }, Rect { w: u64, h: u64 } }
public enum Other has copy, drop, store { One, Two }
const TEN: u64 = 10;
const NAME: vector<u8> = b"victim";

fun init(witness: VICTIM, ctx: &mut TxContext) {
	let VICTIM {} = witness;
	transfer::public_transfer(new_thing(TEN, ctx), ctx.sender());
}
public fun add(a: u64, b: u64): u64 { a + b }
public fun name(): vector<u8> { NAME }
public fun new_thing(value: u64, ctx: &mut TxContext): Thing { Thing { id: object::new(ctx), value } }
public fun destroy(thing: Thing): u64 { let Thing { id, value } = thing; id.delete(); value }
public fun cool(hot: Hot): u64 { let Hot { value } = hot; value }
public fun heat(value: u64): Hot { Hot { value } }
public fun same<T: copy + drop>(value: T): T { value }
public fun down<T>(n: u64) { if (n > 0) down<T>(n - 1) }
public fun box(value: u64): Box<u64> { Box { inner: value } }
public fun unbox<T>(box: Box<T>): T { let Box { inner } = box; inner }
public fun inner<T>(box: &Box<T>): &T { &box.inner }
public fun tag<P>(): Tag<P> { Tag { n: 0 } }
public fun area(shape: &Shape): u64 { match (shape) { Shape::Point => 0, Shape::Square { side } => *side * *side, Shape::Rect { w, h } => *w * *h } }
public fun shape(n: u64): Shape { if (n == 0) Shape::Point else Shape::Square { side: n } }
public fun other(): Other { Other::One }
public fun first(pair: &mut Pair): &mut u64 { &mut pair.a }
public fun swap(pair: &mut Pair) { let a = pair.a; pair.a = pair.b; pair.b = a }
public fun pair(a: u64, b: u64): Pair { Pair { a, b } }
public fun sum(numbers: &vector<u64>): u64 { let mut i = 0; let mut total = 0; while (i < numbers.length()) { total = total + numbers[i]; i = i + 1 }; total }
public fun grow(numbers: &mut vector<u64>) { numbers.push_back(1); let last = numbers.pop_back(); numbers.push_back(last); numbers.swap(0, 0); *&mut numbers[0] = 2 }
public fun many(): vector<u64> { vector[1, 2, 3] }
public fun tell(a: u64) { event::emit(Pair { a, b: neighbour::secret() }) }
public fun widths(a: u8, b: u16, c: u32, d: u64, e: u128, f: u256): u256 { (a as u256) + (b as u256) + (c as u256) + (d as u256) + (e as u256) + (f << a) }
public fun logic(a: bool, b: bool): bool { !a && b || a }
entry fun keep(thing: Thing, ctx: &TxContext) { transfer::transfer(thing, ctx.sender()) }
entry fun count(n: u64): u64 { n + 1 }
`;

const NEIGHBOUR = `
module victim::neighbour;

public struct Shared has copy, drop, store { n: u64 }
public(package) fun secret(): u64 { 7 }
public fun known(): u64 { hidden() }
public fun shared(): Shared { Shared { n: hidden() } }
fun hidden(): u64 { 3 }
`;

export const VICTIM_FILES = {
	'Move.toml': '[package]\nname = "victim"\nedition = "2024"\n[addresses]\nvictim = "0x0"\n',
	'sources/victim.move': VICTIM,
	'sources/neighbour.move': NEIGHBOUR,
};

export interface Victims {
	/** Where they would be published: nothing else is there. */
	readonly modules: readonly CompiledModule[];
	readonly linked: LinkedModules;
}

export async function compileVictims(): Promise<Victims> {
	const { modules } = await compilePackage({ files: VICTIM_FILES });
	return { modules: [...modules.values()].map((bytes) => deserialize(bytes) as CompiledModule), linked: await linkedFramework() };
}

/** With all natives: the framework itself can be verified against it too. */
export async function linkedFramework(): Promise<LinkedModules> {
	const { packages } = await compileFramework();
	const known = new Map(
		packages.flatMap(({ address, modules }) =>
			[...modules].map(([name, bytes]): [string, CompiledModule] => [`${normalizeAddress(address)}::${name}`, deserialize(bytes) as CompiledModule]),
		),
	);
	return { module: (address, name) => known.get(`${address}::${name}`) };
}

/** Finds its way in one module's tables. */
export class ModuleEditor {
	readonly module: EditableModule;

	constructor(module: CompiledModule) {
		this.module = structuredClone(module) as EditableModule;
	}

	get name(): string {
		return moduleHandle(this.module, this.module.self_module_handle_idx).module;
	}

	#find<T>(table: readonly T[], nameOf: (entry: T) => number, name: string): number {
		const index = table.findIndex((entry) => identifier(this.module, nameOf(entry)) === name);
		if (index < 0) throw new RangeError(`no ${name}`);
		return index;
	}

	/** Index of a datatype handle. */
	datatype(name: string): number {
		return this.#find(this.module.datatype_handles, (handle) => handle.name, name);
	}

	/** Index of a function handle. */
	handle(name: string): number {
		return this.#find(this.module.function_handles, (handle) => handle.name, name);
	}

	/** Index of a struct definition. */
	struct(name: string): number {
		const handle = this.datatype(name);
		return this.module.struct_defs.findIndex((def) => def.struct_handle === handle);
	}

	fields(name: string): { name: number; signature: SignatureToken }[] {
		const information = this.module.struct_defs[this.struct(name)]?.field_information;
		if (information === undefined || information === 'Native') throw new RangeError(`no fields of ${name}`);
		return information.Declared;
	}

	/** `abilities` are bits of the binary format. */
	addAbilities(datatype: string, abilities: number): void {
		const handle = this.module.datatype_handles[this.datatype(datatype)];
		if (handle !== undefined) handle.abilities |= abilities;
	}

	/** Changes a field of a struct. */
	setField(struct: string, field: number, change: { readonly name?: string; readonly signature?: SignatureToken }): void {
		const { name, signature } = change;
		Object.assign(this.fields(struct)[field] ?? {}, name === undefined ? {} : { name: this.identifier(name) }, signature === undefined ? {} : { signature });
	}

	/** Index of a field handle, made when missing. */
	field(struct: string, field: number): number {
		return findOrAdd(this.module.field_handles, { owner: this.struct(struct), field });
	}

	function(name: string): EditableModule['function_defs'][number] {
		const handle = this.handle(name);
		const found = this.module.function_defs.find((def) => def.function === handle);
		if (found === undefined) throw new RangeError(`${name} is not defined here`);
		return found;
	}

	code(name: string): RawInstruction[] {
		const { code } = this.function(name);
		if (!code) throw new RangeError(`${name} is native`);
		return code.code as RawInstruction[];
	}

	/** Another body; `locals` beside the parameters. */
	body(name: string, code: readonly RawInstruction[], locals: readonly SignatureToken[] = []): void {
		const def = this.function(name);
		const switches = code.some((instruction) => typeof instruction === 'object' && 'VariantSwitch' in instruction);
		def.code = {
			locals: this.signature(locals),
			code: structuredClone(code) as Editable<RawInstruction>[],
			jump_tables: switches ? (def.code?.jump_tables ?? []) : [],
		};
	}

	/** Index of a signature, made when missing. */
	signature(tokens: readonly SignatureToken[]): number {
		return findOrAdd(this.module.signatures, structuredClone(tokens) as SignatureToken[]);
	}

	/** Index of a function instantiation. */
	instantiate(name: string, types: readonly SignatureToken[]): number {
		return findOrAdd(this.module.function_instantiations, { handle: this.handle(name), type_parameters: this.signature(types) });
	}

	identifier(text: string): number {
		return findOrAdd(this.module.identifiers, text);
	}

	/** Other parameters or results of a function of this module. */
	retype(name: string, change: { readonly parameters?: readonly SignatureToken[]; readonly returns?: readonly SignatureToken[] }): void {
		const handle = this.module.function_handles[this.handle(name)];
		if (handle === undefined) throw new RangeError(`no ${name}`);
		if (change.parameters !== undefined) handle.parameters = this.signature(change.parameters);
		if (change.returns !== undefined) handle.return_ = this.signature(change.returns);
	}
}

function findOrAdd<T>(table: T[], entry: T): number {
	const text = JSON.stringify(entry);
	const index = table.findIndex((known) => JSON.stringify(known) === text);
	return index < 0 ? table.push(entry) - 1 : index;
}
