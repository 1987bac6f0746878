/** Packages of programs over plain values: one function each, called with random arguments. */
import { type Choices, INTEGER_KINDS } from './choices.ts';
import { type Callable, FunctionWriter, NOTE_FUNCTION, type Parameter, TRACE_TYPE } from './function-writer.ts';
import { datatypeText, type GeneratedType, integer, integerBytes, randomDatatypes, randomPure, randomPureType, typeText, vectorOf } from './types.ts';

export interface ValueProgram {
	readonly kind: 'values';
	readonly module: string;
	readonly function: string;
	readonly typeArguments: readonly string[];
	readonly pure: readonly Uint8Array[];
}

export interface GeneratedModule<Program> {
	readonly name: string;
	readonly source: string;
	readonly programs: readonly Program[];
}

const HELPERS = 4;

export function valueModule(choices: Choices, packageName: string, name: string, count: number): GeneratedModule<ValueProgram> {
	const datatypes = randomDatatypes(choices);
	const callables: Callable[] = [];
	const functions = [NOTE_FUNCTION, GENERIC_FUNCTIONS];
	const programs: ValueProgram[] = [];
	const resultTypes = (): GeneratedType[] => {
		const writer = new FunctionWriter(choices, datatypes, []);
		return choices.times(choices.between(1, 3), () => writer.anyType());
	};
	const writeHelper = (fn: string, parameters: readonly Parameter[], returns: readonly GeneratedType[]) => {
		const writer = new FunctionWriter(choices, datatypes, callables);
		const body = writer.body(parameters, returns, choices.between(2, 7), 'continues');
		const given = [...parameters.map(parameterText), `trace: &mut ${TRACE_TYPE}`];
		functions.push(`fun ${fn}(${given.join(', ')}): ${tupleText(returns.map(typeText))} {\n${body}\n}`);
		return writer.weight;
	};
	const writeProgram = (fn: string, parameters: readonly Parameter[]) => {
		const returns = resultTypes();
		const body = new FunctionWriter(choices, datatypes, callables).body(parameters, returns, choices.between(2, 7), 'starts');
		const results = tupleText([...returns.map(typeText), TRACE_TYPE]);
		functions.push(`public fun ${fn}(${parameters.map(parameterText).join(', ')}): ${results} {\n${body}\n}`);
	};

	for (let i = 0; i < HELPERS; i++) {
		const writer = new FunctionWriter(choices, datatypes, []);
		const parameters = choices.times(choices.between(1, 3), (at): Parameter => {
			const reference = choices.below(3);
			return { name: `p${at}`, type: writer.anyType(), ...(reference < 2 && { mutableReference: reference === 0 }) };
		});
		const returns = resultTypes();
		callables.push({ name: `helper${i}`, parameters, returns, weight: writeHelper(`helper${i}`, parameters, returns) });
	}
	for (let i = 0; i < count; i++) {
		const kind = choices.below(100);
		if (kind < 6) {
			programs.push({ kind: 'values', module: name, ...genericCall(choices) });
			continue;
		}
		if (kind < 11) {
			functions.push(heavyFunction(choices, `heavy${i}`));
			programs.push({
				kind: 'values',
				module: name,
				function: `heavy${i}`,
				typeArguments: [],
				pure: [u64(choices.between(200, choices.chance(20) ? 25_000 : 6_000))],
			});
			continue;
		}
		const parameters = choices.times(choices.between(0, 4), (at): Parameter => ({ name: `p${at}`, type: randomPureType(choices) }));
		writeProgram(`run${i}`, parameters);
		programs.push({ kind: 'values', module: name, function: `run${i}`, typeArguments: [], pure: parameters.map(({ type }) => randomPure(choices, type)) });
	}
	const text = [...datatypes.structs, ...datatypes.enums].map(datatypeText);
	return { name, source: `module ${packageName}::${name} {\n${[...text, ...functions].join('\n\n')}\n}\n`, programs };
}

const u64 = (value: number): Uint8Array => integerBytes(BigInt(value), 'u64');

function parameterText({ name, type, mutableReference }: Parameter): string {
	return `${name}: ${mutableReference === undefined ? '' : mutableReference ? '&mut ' : '&'}${typeText(type)}`;
}

const tupleText = (types: readonly string[]): string => (types.length === 1 ? (types[0] as string) : `(${types.join(', ')})`);

/** Called with type arguments of every kind. */
const GENERIC_FUNCTIONS = `
public struct Pair<A, B> has copy, drop, store { first: A, second: B }

fun swapped<A: copy + drop, B: copy + drop>(pair: Pair<A, B>): Pair<B, A> {
	let Pair { first, second } = pair;
	Pair { first: second, second: first }
}

public fun rotate<T: copy + drop>(items: vector<T>, extra: T, turns: u64): (vector<T>, Pair<T, u64>) {
	let mut items = items;
	items.push_back(extra);
	let mut i = 0;
	while (i < turns % 9) {
		let last = items.pop_back();
		let at = i % (items.length() + 1);
		items.insert(last, at);
		i = i + 1;
	};
	let at = turns % items.length();
	(items, swapped(Pair { first: turns, second: items[at] }))
}

public fun count<T: copy + drop>(items: vector<T>, wanted: T, least: u64): u64 {
	let mut found = 0;
	items.do_ref!(|item| if (item == &wanted) found = found + 1);
	assert!(found >= least % 3, found);
	found
}`;

function genericCall(choices: Choices): Pick<ValueProgram, 'function' | 'typeArguments' | 'pure'> {
	const type = randomPureType(choices);
	return {
		function: choices.pick(['rotate', 'count']),
		typeArguments: [typeText(type)],
		pure: [randomPure(choices, vectorOf(type)), randomPure(choices, type), u64(choices.below(50))],
	};
}

/** A loop that is long enough to leave the first price of gas. */
function heavyFunction(choices: Choices, name: string): string {
	const width = choices.pick(INTEGER_KINDS);
	const writer = new FunctionWriter(choices, { structs: [], enums: [] }, []);
	const value = writer.expression(integer(width), 1);
	const steps = choices.times(choices.between(1, 3), () =>
		choices.pick([
			`value = value ^ ((i % 200) as ${width});`,
			`value = (value >> 1) + ${value};`,
			`items.push_back(value); if (items.length() > 8) { items.swap(0, 5); items.pop_back(); };`,
			`if (i % 3 == 0) continue;`,
			`total = total + items.length();`,
		]),
	);
	// Ends before the arithmetic can overflow.
	return `public fun ${name}(turns: u64): (${width}, u64) {
	let mut value: ${width} = 1;
	let mut total = 0u64;
	let mut items = vector<${width}>[];
	let mut i = 0;
	while (i < turns) {
		i = i + 1;
		${steps.join('\n\t\t')}
	};
	(value, total)
}`;
}
