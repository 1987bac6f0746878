/** Every operator of every integer type at the edges of the type: what random programs meet too seldom for a quick run. */
import type { IntegerKind } from '#devnet/move/api.ts';
import { INTEGER_BITS, INTEGER_KINDS, maximum } from './choices.ts';
import { NOTE_FUNCTION, TRACE_TYPE } from './function-writer.ts';
import { integerBytes } from './types.ts';
import type { GeneratedModule, ValueProgram } from './value-programs.ts';

const MODULE = 'operators';

/** One program a type notes all that succeeds, one for each operator and cast that can fail has the least operands for which it does. */
export function operatorModule(packageName: string): GeneratedModule<ValueProgram> {
	const functions = [NOTE_FUNCTION];
	const programs: ValueProgram[] = [];
	const add = (name: string, text: string, pure: readonly Uint8Array[]) => {
		functions.push(`public fun ${name}${text}`);
		programs.push({ kind: 'values', module: MODULE, function: name, typeArguments: [], pure });
	};
	for (const width of INTEGER_KINDS) {
		add(`all_${width}`, whatSucceeds(width), operandsOf(width));
		for (const { name, expression, left, right } of failing(width)) {
			add(`${name}_${width}`, `(left: ${width}, right: ${width}): ${width} { (${expression}) as ${width} }`, [
				integerBytes(left, width),
				integerBytes(right, width),
			]);
		}
	}
	return { name: MODULE, source: `module ${packageName}::${MODULE} {\n${functions.join('\n\n')}\n}\n`, programs };
}

/** Pairs whose sides are equal, one apart, far apart and alternating in bits; and an amount to shift by. */
function operandsOf(width: IntegerKind): Uint8Array[] {
	const most = maximum(width);
	const bits = INTEGER_BITS[width];
	const alternating = most / 3n;
	const pairs: readonly (readonly [left: bigint, right: bigint])[] = [
		[0n, 0n],
		[0n, 1n],
		[1n, 0n],
		[most, most],
		[most, most - 1n],
		[most - 1n, most],
		[0n, most],
		[alternating, most - alternating],
		[alternating, alternating + 1n],
		[7n, 4n],
	];
	const vector = (items: readonly Uint8Array[]) => Uint8Array.from([items.length, ...items.flatMap((item) => [...item])]);
	return [
		vector(pairs.map(([left]) => integerBytes(left, width))),
		vector(pairs.map(([, right]) => integerBytes(right, width))),
		vector(pairs.map((_, at) => Uint8Array.of(at === 0 ? bits - 1 : (at * 3) % bits))),
	];
}

function whatSucceeds(width: IntegerKind): string {
	const most = maximum(width);
	const low = `${(1n << BigInt(INTEGER_BITS[width] / 2)) - 1n}`;
	const integers = [
		...['|', '&', '^'].map((operator) => `left ${operator} right`),
		'left << by',
		'left >> by',
		'left - (left & right)',
		`left + (${most} - left)`,
		`(left & ${low}) * (right & ${low})`,
		'left / (right | 1)',
		'left % (right | 1)',
	];
	const expressions = [
		// Widened: bits beyond the type would not show in its bytes.
		...integers.map((expression) => `(${expression}) as u256`),
		...['<', '>', '<=', '>=', '==', '!='].map((operator) => `left ${operator} right`),
		'left < right && right > 1',
		'left < right || right > 1',
		'!(left == right)',
		...INTEGER_KINDS.map((to) => (INTEGER_BITS[to] < INTEGER_BITS[width] ? `(left & ${maximum(to)}) as ${to}` : `left as ${to}`)),
	];
	return `(lefts: vector<${width}>, rights: vector<${width}>, shifts: vector<u8>): ${TRACE_TYPE} {
	let mut trace = vector[];
	let mut i = 0;
	while (i < lefts.length()) {
		let left = lefts[i];
		let right = rights[i];
		let by = shifts[i];
		${expressions.map((expression) => `note(&mut trace, &(${expression}));`).join('\n\t\t')}
		i = i + 1;
	};
	trace
}`;
}

interface Failing {
	readonly name: string;
	readonly expression: string;
	readonly left: bigint;
	readonly right: bigint;
}

function failing(width: IntegerKind): Failing[] {
	const most = maximum(width);
	const bits = BigInt(INTEGER_BITS[width]);
	const cases: Failing[] = [
		{ name: 'add', expression: 'left + right', left: most, right: 1n },
		{ name: 'sub', expression: 'left - right', left: 0n, right: 1n },
		{ name: 'mul', expression: 'left * right', left: 1n << (bits / 2n), right: 1n << (bits / 2n) },
		{ name: 'div', expression: 'left / right', left: 1n, right: 0n },
		{ name: 'mod', expression: 'left % right', left: 1n, right: 0n },
	];
	// The width of u256 is beyond u8: no shift fails there.
	if (bits < 256n) {
		cases.push({ name: 'shl', expression: 'left << (right as u8)', left: 1n, right: bits });
		cases.push({ name: 'shr', expression: 'left >> (right as u8)', left: 1n, right: bits });
	}
	for (const to of INTEGER_KINDS) {
		if (INTEGER_BITS[to] < bits) cases.push({ name: `cast_${to}`, expression: `left as ${to}`, left: maximum(to) + 1n, right: 0n });
	}
	return cases;
}
