/**
 * Writes the body of one well-typed Move function. Most operations are guarded so that they cannot fail, some are not: about a
 * quarter of the programs are to abort. Every loop is bounded. What a statement computes is noted in a trace, so that a wrong value
 * shows even if nothing returned depends on it.
 */
import type { IntegerKind } from '#devnet/move/api.ts';
import { type Choices, INTEGER_BITS, INTEGER_KINDS, maximum } from './choices.ts';
import { BOOL, type EnumType, type GeneratedType, integer, randomPureType, type StructType, sameType, typeText, vectorOf } from './types.ts';

export interface Variable {
	readonly name: string;
	readonly type: GeneratedType;
	readonly assignable: boolean;
}

export interface Parameter {
	readonly name: string;
	readonly type: GeneratedType;
	/** `&mut` when true, `&` when false, by value when absent. */
	readonly mutableReference?: boolean;
}

/** A function that later ones of the module may call. */
export interface Callable {
	readonly name: string;
	readonly parameters: readonly Parameter[];
	readonly returns: readonly GeneratedType[];
	/** About how many instructions a call takes. */
	readonly weight: number;
}

/** What else a statement can do here, such as touching an object. Undefined: nothing just now. */
export type ExtraStatement = (writer: FunctionWriter) => string | undefined;

/** Of a module with generated functions: what the statements of these call. */
export const NOTE_FUNCTION = 'fun note<T>(trace: &mut vector<vector<u8>>, value: &T) { trace.push_back(std::bcs::to_bytes(value)) }';
export const TRACE_TYPE = 'vector<vector<u8>>';

/** A function that transactions call starts a trace and returns it last; the others are given one as their last argument. */
export type TraceRole = 'starts' | 'continues';

const UNGUARDED_PERCENT = 5;
const MAX_WEIGHT = 4_000;

export class FunctionWriter {
	readonly choices: Choices;
	readonly #structs: readonly StructType[];
	readonly #enums: readonly EnumType[];
	readonly #callables: readonly Callable[];
	readonly #extra: ExtraStatement | undefined;
	#role: TraceRole = 'starts';
	#scope: Variable[] = [];
	#returns: readonly GeneratedType[] = [];
	#names = 0;
	#loopFactor = 1;
	weight = 0;

	constructor(
		choices: Choices,
		datatypes: { readonly structs: readonly StructType[]; readonly enums: readonly EnumType[] },
		callables: readonly Callable[],
		extra?: ExtraStatement,
	) {
		this.choices = choices;
		this.#structs = datatypes.structs;
		this.#enums = datatypes.enums;
		this.#callables = callables;
		this.#extra = extra;
	}

	/** Statements and the returned expression, for between the braces. */
	body(parameters: readonly Parameter[], returns: readonly GeneratedType[], statements: number, role: TraceRole): string {
		this.#role = role;
		// What stands behind a reference is copied out first: expressions then know values only.
		this.#scope = parameters.filter(({ mutableReference }) => mutableReference === undefined).map(({ name, type }) => ({ name, type, assignable: false }));
		const lines = parameters.flatMap((parameter) => {
			if (parameter.mutableReference === undefined) return [];
			const local = this.#declare(parameter.type);
			return [`let mut ${local.name} = *${parameter.name};`];
		});
		this.#returns = returns;
		if (role === 'starts') lines.unshift('let mut trace = vector[];');
		lines.push(...this.#statements(statements, 2));
		for (const { name, type, mutableReference } of parameters) if (mutableReference === true) lines.push(`*${name} = ${this.expression(type, 1)};`);
		lines.push(this.#tuple());
		return lines.join('\n');
	}

	#tuple(): string {
		const values = this.#returns.map((type) => this.expression(type, 1));
		if (this.#role === 'starts') values.push('trace');
		return values.length === 1 ? (values[0] as string) : `(${values.join(', ')})`;
	}

	get #trace(): string {
		return this.#role === 'starts' ? '&mut trace' : 'trace';
	}

	/** A statement after which the value of a local is in the trace. */
	#note(...locals: readonly string[]): string {
		return locals.map((local) => `note(${this.#trace}, &${local});`).join(' ');
	}

	#declare(type: GeneratedType, assignable = true): Variable {
		const variable = { name: `v${this.#names++}`, type, assignable };
		this.#scope.push(variable);
		return variable;
	}

	#fresh(): string {
		return `t${this.#names++}`;
	}

	/** A name that nothing else has. */
	temporary(): string {
		return this.#fresh();
	}

	/** Makes a local that an extra statement binds known to what follows. */
	declareLocal(name: string, type: GeneratedType): void {
		this.#scope.push({ name, type, assignable: false });
	}

	variables(accepts: (variable: Variable) => boolean): Variable[] {
		return this.#scope.filter(accepts);
	}

	// ---- statements ----------------------------------------------------------------------------------------------

	#statements(count: number, depth: number): string[] {
		return this.choices.times(count, () => this.#statement(depth));
	}

	#block(count: number, depth: number): string {
		const scope = [...this.#scope];
		const lines = this.#statements(count, depth);
		this.#scope = scope;
		return `{ ${lines.join('\n')} }`;
	}

	#statement(depth: number): string {
		this.weight += 6 * this.#loopFactor;
		const { choices } = this;
		if (this.#extra !== undefined && choices.chance(45)) {
			const line = this.#extra(this);
			if (line !== undefined) return line;
		}
		const nested = depth > 0 ? 1 : 0;
		return choices.weighted<() => string>([
			[20, () => this.#let()],
			[20, () => this.#assign()],
			[8 * nested, () => this.#if(depth)],
			[7 * nested, () => this.#while(depth)],
			[3 * nested, () => this.#loop(depth)],
			[10, () => this.#vectorStatement()],
			[6, () => this.#fieldStatement()],
			[5, () => this.#referenceStatement()],
			[5 * nested, () => this.#match(depth)],
			[6, () => this.#callStatement()],
			[3, () => this.#assert()],
			[2, () => `if (${this.#rarely()}) return ${this.#tuple()};`],
			[2, () => `if (${this.#rarely()}) abort ${choices.below(1000)};`],
		])();
	}

	#let(): string {
		const type = this.anyType();
		const value = this.expression(type, 2);
		const { name } = this.#declare(type);
		return `let mut ${name}: ${typeText(type)} = ${value}; ${this.#note(name)}`;
	}

	#assign(): string {
		const targets = this.variables(({ assignable }) => assignable);
		if (targets.length === 0) return this.#let();
		const target = this.choices.pick(targets);
		// The compiler panics on some assignments of a local to itself, folded ones too.
		const scope = this.#scope;
		this.#scope = scope.filter((variable) => variable !== target);
		const value = this.expression(target.type, 2);
		this.#scope = scope;
		return `${target.name} = ${value}; ${this.#note(target.name)}`;
	}

	#if(depth: number): string {
		const condition = this.expression(BOOL, 1);
		const then = this.#block(this.choices.between(1, 2), depth - 1);
		return this.choices.chance(50) ? `if (${condition}) ${then};` : `if (${condition}) ${then} else ${this.#block(this.choices.between(1, 2), depth - 1)};`;
	}

	/** Turns a loop may take so that the function stays affordable. */
	#turns(): number {
		const room = Math.max(1, Math.floor(MAX_WEIGHT / (this.weight + 60 * this.#loopFactor)));
		return Math.min(this.choices.between(1, 25), room);
	}

	#inLoop(turns: number, write: () => string): string {
		const before = this.#loopFactor;
		this.#loopFactor *= turns;
		const text = write();
		this.#loopFactor = before;
		return text;
	}

	#while(depth: number): string {
		const counter = this.#fresh();
		const turns = this.#turns();
		const scope = [...this.#scope];
		this.#scope.push({ name: counter, type: integer('u64'), assignable: false });
		const body = this.#inLoop(turns, () => this.#block(this.choices.between(1, 2), depth - 1));
		this.#scope = scope;
		return `let mut ${counter} = 0u64; while (${counter} < ${turns}) { ${counter} = ${counter} + 1; ${body}; };`;
	}

	#loop(depth: number): string {
		const counter = this.#fresh();
		const turns = this.#turns();
		const body = this.#inLoop(turns, () => this.#block(this.choices.between(1, 2), depth - 1));
		const skip = this.choices.chance(40) ? `if (${this.expression(BOOL, 1)}) continue;` : '';
		return `let mut ${counter} = 0u8; loop { if (${counter} >= ${turns}) break; ${counter} = ${counter} + 1; ${skip} ${body}; };`;
	}

	#vectorStatement(): string {
		const targets = this.variables(({ assignable, type }) => assignable && type.kind === 'vector');
		if (targets.length === 0) return this.#let();
		const { name, type } = this.choices.pick(targets);
		if (type.kind !== 'vector') throw new TypeError('picked a vector');
		const value = this.#fresh();
		const at = this.#fresh();
		const index = this.expression(integer('u64'), 1);
		const write = () => {
			switch (this.choices.below(5)) {
				case 0:
					return `let ${value} = ${this.expression(type.element, 2)}; ${name}.push_back(${value});`;
				case 1:
					return this.#sometimes(`!${name}.is_empty()`, `let ${value} = ${name}.pop_back(); ${this.#note(value)}`);
				case 2:
					return `let ${at} = ${index}; let ${value} = ${this.expression(type.element, 2)}; ${this.#sometimes(`${at} < ${name}.length()`, `*(&mut ${name}[${at}]) = ${value};`)}`;
				case 3:
					return this.#sometimes(`${name}.length() > 1`, `let ${at} = ${name}.length(); ${name}.swap(0, ${at} - 1);`);
				default:
					return `let ${at} = ${index}; ${this.#sometimes(`${at} < ${name}.length()`, `let ${value} = ${name}.remove(${at}); ${name}.push_back(${value});`)}`;
			}
		};
		return `${write()} ${this.#note(name)}`;
	}

	#sometimes(guard: string, statement: string): string {
		return this.choices.chance(UNGUARDED_PERCENT * 2) ? statement : `if (${guard}) { ${statement} };`;
	}

	#fieldStatement(): string {
		const targets = this.variables(({ assignable, type }) => assignable && type.kind === 'struct');
		if (targets.length === 0) return this.#let();
		const { name, type } = this.choices.pick(targets);
		if (type.kind !== 'struct') throw new TypeError('picked a struct');
		if (this.choices.chance(30)) {
			const parts = type.fields.map(([field, fieldType]) => [field, this.#fresh(), fieldType] as const);
			for (const [, local, fieldType] of parts) this.#scope.push({ name: local, type: fieldType, assignable: false });
			const locals = parts.map(([, local]) => local);
			return `let ${type.name} { ${parts.map(([field, local]) => `${field}: ${local}`).join(', ')} } = ${name}; ${this.#note(...locals)}`;
		}
		const [field, fieldType] = this.choices.pick(type.fields);
		return `${name}.${field} = ${this.expression(fieldType, 2)}; ${this.#note(name)}`;
	}

	#referenceStatement(): string {
		const targets = this.variables(({ assignable }) => assignable);
		if (targets.length === 0) return this.#let();
		const { name, type } = this.choices.pick(targets);
		const value = this.#fresh();
		const reference = this.#fresh();
		return `let ${value} = ${this.expression(type, 2)}; let ${reference} = &mut ${name}; if (*${reference} != ${value}) { *${reference} = ${value}; }; ${this.#note(name)}`;
	}

	#match(depth: number): string {
		if (this.#enums.length === 0) return this.#let();
		const type = this.choices.pick(this.#enums);
		const value = this.expression(type, 2);
		const subject = this.#fresh();
		const wild = this.choices.chance(25);
		const arms = (wild ? type.variants.slice(0, 1) : type.variants).map(([variant, fields]) => {
			const scope = [...this.#scope];
			const names = fields.map((field) => {
				const name = this.#fresh();
				this.#scope.push({ name, type: field, assignable: false });
				return name;
			});
			const body = this.#block(this.choices.between(1, 2), depth - 1);
			this.#scope = scope;
			return `${type.name}::${variant}${names.length === 0 ? '' : `(${names.join(', ')})`} => { ${this.#note(...names)} ${body} },`;
		});
		if (wild) arms.push(`_ => ${this.#block(1, depth - 1)},`);
		return `let ${subject} = ${value}; match (${subject}) { ${arms.join('\n')} };`;
	}

	#callStatement(): string {
		const affordable = this.#callables.filter(({ weight }) => weight * this.#loopFactor < MAX_WEIGHT / 2);
		if (affordable.length === 0) return this.#let();
		const target = this.choices.pick(affordable);
		this.weight += target.weight * this.#loopFactor;
		const lines: string[] = [];
		const written: string[] = [];
		const args = target.parameters.map(({ type, mutableReference }) => {
			const local = this.#fresh();
			lines.push(`let mut ${local}: ${typeText(type)} = ${this.expression(type, 1)};`);
			if (mutableReference === true) written.push(local);
			return mutableReference === undefined ? local : mutableReference ? `&mut ${local}` : `&${local}`;
		});
		const results = target.returns.map((type) => {
			const name = this.#fresh();
			return { name, type, assignable: false };
		});
		const pattern = results.length === 1 ? results[0]?.name : `(${results.map(({ name }) => name).join(', ')})`;
		lines.push(`let ${pattern} = ${target.name}(${[...args, this.#trace].join(', ')});`, this.#note(...results.map(({ name }) => name), ...written));
		this.#scope.push(...results);
		return lines.join(' ');
	}

	#assert(): string {
		return `assert!(!${this.#rarely()}, ${this.choices.below(1000)});`;
	}

	/** A condition that is seldom true. */
	#rarely(): string {
		const width = this.choices.pick(INTEGER_KINDS);
		const rare = this.choices.chance(30) ? 3 : 97;
		return `(${this.expression(integer(width), 1)} % ${rare}${width} == ${this.choices.below(3)}${width})`;
	}

	// ---- expressions ---------------------------------------------------------------------------------------------

	anyType(): GeneratedType {
		const kind = this.choices.below(10);
		if (kind < 6) return randomPureType(this.choices);
		if (kind < 8 && this.#structs.length > 0) return this.choices.pick(this.#structs);
		if (kind < 9 && this.#enums.length > 0) return this.choices.pick(this.#enums);
		return vectorOf(integer(this.choices.pick(INTEGER_KINDS)));
	}

	expression(type: GeneratedType, depth: number): string {
		this.weight += 2 * this.#loopFactor;
		const { choices } = this;
		const known = this.variables((variable) => sameType(variable.type, type));
		if (known.length > 0 && choices.chance(depth <= 0 ? 80 : 30)) return choices.pick(known).name;
		if (depth > 0 && choices.chance(8))
			return `(if (${this.expression(BOOL, depth - 1)}) ${this.expression(type, depth - 1)} else ${this.expression(type, depth - 1)})`;
		if (depth > 0 && choices.chance(10)) {
			const field = this.#fieldOf(type);
			if (field !== undefined) return field;
		}
		switch (type.kind) {
			case 'integer':
				return depth <= 0 ? `${choices.integer(type.width)}${type.width}` : this.#integerExpression(type.width, depth);
			case 'bool':
				return depth <= 0 ? `${choices.chance(50)}` : this.#boolExpression(depth);
			case 'address':
				return `@${choices.address()}`;
			case 'vector':
				return `vector<${typeText(type.element)}>[${choices.times(choices.below(5), () => this.expression(type.element, depth - 1)).join(', ')}]`;
			case 'struct':
				return `${type.name} { ${type.fields.map(([name, field]) => `${name}: ${this.expression(field, depth - 1)}`).join(', ')} }`;
			case 'enum': {
				const [name, fields] = choices.pick(type.variants);
				const values = fields.map((field) => this.expression(field, depth - 1));
				return `${type.name}::${name}${values.length === 0 ? '' : `(${values.join(', ')})`}`;
			}
			default:
				throw new TypeError(`unknown type ${JSON.stringify(type satisfies never)}`);
		}
	}

	#fieldOf(type: GeneratedType): string | undefined {
		const places = this.#scope.flatMap(({ name, type: holder }) =>
			holder.kind === 'struct' ? holder.fields.filter(([, field]) => sameType(field, type)).map(([field]) => `${name}.${field}`) : [],
		);
		return places.length === 0 ? undefined : this.choices.pick(places);
	}

	#integerExpression(width: IntegerKind, depth: number): string {
		const { choices } = this;
		const left = this.expression(integer(width), depth - 1);
		const right = () => this.expression(integer(width), depth - 1);
		const bits = INTEGER_BITS[width];
		const guarded = !choices.chance(UNGUARDED_PERCENT);
		const half = `${(1n << BigInt(bits / 2)) - 1n}${width}`;
		switch (choices.below(11)) {
			case 0:
				return guarded ? `((${left} >> 1) + (${right()} >> 1))` : `(${left} + ${right()})`;
			case 1:
				return guarded ? `((${left} | ${half}) - (${right()} & ${half}))` : `(${left} - ${right()})`;
			case 2:
				return guarded ? `((${left} & ${half}) * (${right()} & ${half}))` : `(${left} * ${right()})`;
			case 3:
				return guarded ? `(${left} / (${right()} | 1))` : `(${left} / ${right()})`;
			case 4:
				return guarded ? `(${left} % (${right()} | 1))` : `(${left} % ${right()})`;
			case 5:
				return `(${left} ${choices.pick(['|', '&', '^'])} ${right()})`;
			case 6:
			case 7: {
				const by = this.expression(integer('u8'), depth - 1);
				const shift = choices.pick(['<<', '>>']);
				// The width of u256 is beyond u8: no shift fails there.
				return guarded && bits < 256 ? `(${left} ${shift} (${by} % ${bits}u8))` : `(${left} ${shift} ${by})`;
			}
			case 8: {
				const from = choices.pick(INTEGER_KINDS.filter((kind) => kind !== width));
				const value = this.expression(integer(from), depth - 1);
				const narrows = INTEGER_BITS[from] > bits;
				return guarded && narrows ? `((${value} & ${maximum(width)}${from}) as ${width})` : `(${value} as ${width})`;
			}
			case 9: {
				const vectors = this.variables(({ type }) => type.kind === 'vector' && sameType(type.element, integer(width)));
				if (vectors.length === 0) return left;
				const { name } = choices.pick(vectors);
				const index = this.expression(integer('u64'), depth - 1);
				return guarded ? `(if (${name}.is_empty()) ${left} else ${name}[${index} % ${name}.length()])` : `${name}[${index}]`;
			}
			default: {
				const vectors = width === 'u64' ? this.variables(({ type }) => type.kind === 'vector') : [];
				return vectors.length === 0 ? left : `${choices.pick(vectors).name}.length()`;
			}
		}
	}

	#boolExpression(depth: number): string {
		const { choices } = this;
		const side = (type: GeneratedType) => this.expression(type, depth - 1);
		switch (choices.below(6)) {
			case 0:
			case 1: {
				const type = integer(choices.pick(INTEGER_KINDS));
				const left = side(type);
				// Equal sides, which random ones seldom are, tell the strict comparisons from the others.
				return `(${left} ${choices.pick(['<', '>', '<=', '>='])} ${choices.chance(20) ? left : side(type)})`;
			}
			case 2: {
				const type = this.anyType();
				return `(${side(type)} ${choices.pick(['==', '!='])} ${side(type)})`;
			}
			case 3:
				return `(${side(BOOL)} ${choices.pick(['&&', '||'])} ${side(BOOL)})`;
			case 4:
				return `!${side(BOOL)}`;
			default:
				return `${choices.chance(50)}`;
		}
	}
}
