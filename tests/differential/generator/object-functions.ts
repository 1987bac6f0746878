/** Modules of generated functions that work on the objects of `things.move`. */
import type { Choices } from './choices.ts';
import { type ExtraStatement, FunctionWriter, type Parameter } from './function-writer.ts';
import { datatypeText, type GeneratedType, integer, randomDatatypes, randomPureType, typeText } from './types.ts';

export interface ObjectFunction {
	readonly module: string;
	readonly name: string;
	/** After the thing, the shelf and the journal. */
	readonly parameters: readonly GeneratedType[];
}

export function objectModule(
	choices: Choices,
	name: string,
	count: number,
): { readonly name: string; readonly source: string; readonly functions: ObjectFunction[] } {
	const datatypes = randomDatatypes(choices);
	const functions: ObjectFunction[] = [];
	const texts = [...datatypes.structs, ...datatypes.enums].map(datatypeText);
	for (let i = 0; i < count; i++) {
		const parameters = choices.times(choices.between(0, 3), (at): Parameter => ({ name: `p${at}`, type: randomPureType(choices) }));
		const writer = new FunctionWriter(choices, datatypes, [], objectStatement);
		const body = writer.body(parameters, [integer('u64')], choices.between(3, 7));
		const pure = parameters.map((parameter) => `, ${parameter.name}: ${typeText(parameter.type)}`).join('');
		texts.push(`public fun act${i}(thing: &mut Thing, shelf: &mut Shelf, journal: &mut Journal${pure}, ctx: &mut TxContext): u64 {\n${body}\n}`);
		functions.push({ module: name, name: `act${i}`, parameters: parameters.map(({ type }) => type) });
	}
	return { name, source: `module programs::${name};\n\nuse programs::things::{Self, Thing, Shelf, Journal};\n\n${texts.join('\n\n')}\n`, functions };
}

/** Keys that the shelf has at first, and some that it has not. */
const key = (writer: FunctionWriter): string => `(${writer.expression(integer('u64'), 1)} % 12)`;

const objectStatement: ExtraStatement = (writer) => {
	const { choices } = writer;
	const number = () => writer.expression(integer('u64'), 1);
	const careful = !choices.chance(8);
	const k = writer.temporary();
	const v = writer.temporary();
	const let2 = `let ${k} = ${key(writer)}; let ${v} = ${number()};`;
	const tag = `(${writer.expression(integer('u8'), 1)} % 5)`;
	switch (choices.below(14)) {
		case 0:
			return `let ${v} = ${number()}; thing.set(${v});`;
		case 1:
			return `let ${v} = ${number()} >> 8; if (${careful} && thing.get() > 0xffff_ffff_ffff) thing.set(1); thing.add(${v} % 1000);`;
		case 2:
			writer.declareLocal(v, integer('u64'));
			return `let ${v} = thing.get();`;
		case 3:
			return careful ? `${let2} if (!shelf.has(${k})) shelf.put(${k}, ${v});` : `${let2} shelf.put(${k}, ${v});`;
		case 4:
			return careful ? `${let2} if (shelf.has(${k})) { journal.note(shelf.take(${k}) ^ ${v}); };` : `${let2} journal.note(shelf.take(${k}) ^ ${v});`;
		case 5:
			return `${let2} if (${!careful} || shelf.has(${k}) && shelf.look(${k}) < 1000) shelf.bump(${k}, ${v} % 100);`;
		case 6: {
			const type = writer.anyType();
			return `let ${v}: ${typeText(type)} = ${writer.expression(type, 2)}; journal.note(${v});`;
		}
		case 7:
			return `let ${v} = ${number()}; things::make(${v}, ctx).give(@${choices.address()}, journal);`;
		case 8:
			return `let ${v} = ${number()}; things::make(${v}, ctx).burn(journal);`;
		case 9:
			return `let ${v} = ${number()}; things::${choices.pick(['share_new', 'freeze_new'])}(${v}, journal, ctx);`;
		case 10:
			return `let ${k} = ${tag}; if (${!careful} || !thing.has_tag(${k})) thing.tag(${k}, ${number()});`;
		case 11:
			return `let ${k} = ${tag}; if (${!careful} || thing.has_tag(${k})) { journal.note(thing.untag(${k})); };`;
		case 12:
			return `let ${k} = ${tag}; if (thing.has_tag(${k}) && thing.tagged(${k}) < 100) thing.retag(${k}, 3);`;
		default:
			return `if (${!careful} || shelf.funds() > 500) { let ${v} = shelf.withdraw(${choices.between(1, 300)}, ctx); shelf.deposit(${v}); };`;
	}
};
