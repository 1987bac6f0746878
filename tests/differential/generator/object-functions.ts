/** Modules of generated functions that work on the objects of `things.move`. */
import { FIRST_SLOT_KEY, SLOT_KEYS } from '../universe.ts';
import type { Choices } from './choices.ts';
import { type ExtraStatement, FunctionWriter, NOTE_FUNCTION, type Parameter, TRACE_TYPE } from './function-writer.ts';
import { datatypeText, type GeneratedType, integer, randomDatatypes, randomPureType, typeText } from './types.ts';

export interface ObjectFunction {
	readonly module: string;
	readonly name: string;
	/** After the thing, the shelf, the journal and the number of the slot. */
	readonly parameters: readonly GeneratedType[];
}

export function objectModule(
	choices: Choices,
	name: string,
	count: number,
): { readonly name: string; readonly source: string; readonly functions: ObjectFunction[] } {
	const datatypes = randomDatatypes(choices);
	const functions: ObjectFunction[] = [];
	const texts = [NOTE_FUNCTION, ...[...datatypes.structs, ...datatypes.enums].map(datatypeText)];
	for (let i = 0; i < count; i++) {
		const parameters = choices.times(choices.between(0, 3), (at): Parameter => ({ name: `p${at}`, type: randomPureType(choices) }));
		const writer = new FunctionWriter(choices, datatypes, [], objectStatement(choices.pick(['adds', 'removes'])));
		const body = writer.body(parameters, [integer('u64')], choices.between(3, 7), 'starts');
		const pure = parameters.map((parameter) => `, ${parameter.name}: ${typeText(parameter.type)}`).join('');
		texts.push(
			`public fun act${i}(thing: &mut Thing, shelf: &mut Shelf, journal: &mut Journal, slot: u64${pure}, ctx: &mut TxContext): (u64, ${TRACE_TYPE}) {\n${body}\n}`,
		);
		functions.push({ module: name, name: `act${i}`, parameters: parameters.map(({ type }) => type) });
	}
	return { name, source: `module programs::${name};\n\nuse programs::things::{Self, Thing, Shelf, Journal};\n\n${texts.join('\n\n')}\n`, functions };
}

/** Keys that the shelf has at first, and some that it has not. */
const key = (writer: FunctionWriter): string => `(${writer.expression(integer('u64'), 1)} % 12)`;

/** Of fields that only this call touches in the transaction. */
const slotKey = (writer: FunctionWriter): string => `(${FIRST_SLOT_KEY} + slot * ${SLOT_KEYS} + ${writer.expression(integer('u64'), 1)} % ${SLOT_KEYS})`;

/** What the function does with fields that other commands touch too: never both, see `universe.ts`. */
type Habit = 'adds' | 'removes';

const objectStatement =
	(habit: Habit): ExtraStatement =>
	(writer) => {
		const { choices } = writer;
		const number = () => writer.expression(integer('u64'), 1);
		const careful = !choices.chance(8);
		const guarded = (condition: string, statement: string) => (careful ? `if (${condition}) { ${statement} };` : statement);
		const k = writer.temporary();
		const v = writer.temporary();
		const tag = `(${writer.expression(integer('u8'), 1)} % 5)`;
		switch (choices.below(16)) {
			case 0:
				return `let ${v} = ${number()}; thing.set(${v});`;
			case 1:
				return `let ${v} = ${number()} >> 8; if (${careful} && thing.get() > 0xffff_ffff_ffff) thing.set(1); thing.add(${v} % 1000);`;
			case 2:
				writer.declareLocal(v, integer('u64'));
				return `let ${v} = thing.get();`;
			case 3: {
				const let2 = `let ${k} = ${key(writer)}; let ${v} = ${number()};`;
				return habit === 'adds'
					? `${let2} ${guarded(`!shelf.has(${k})`, `shelf.put(${k}, ${v});`)}`
					: `${let2} ${guarded(`shelf.has(${k})`, `journal.note(shelf.take(${k}) ^ ${v});`)}`;
			}
			case 4:
				return `let ${k} = ${key(writer)}; ${guarded(`shelf.has(${k})`, `journal.note(shelf.look(${k}));`)}`;
			case 5: {
				const let2 = `let ${k} = ${slotKey(writer)}; let ${v} = ${number()};`;
				return `${let2} ${guarded(`shelf.has(${k}) && shelf.look(${k}) < 10_000`, `journal.note(shelf.bump(${k}, ${v} % 100));`)}`;
			}
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
				return habit === 'adds'
					? `let ${k} = ${tag}; ${guarded(`!thing.has_tag(${k})`, `thing.tag(${k}, ${number()});`)}`
					: `let ${k} = ${tag}; ${guarded(`thing.has_tag(${k})`, `journal.note(thing.untag(${k}));`)}`;
			case 11:
				return `let ${k} = ${slotKey(writer)} as u8; ${guarded(`!thing.has_tag(${k})`, `thing.tag(${k}, ${number()});`)}`;
			case 12:
				return `let ${k} = ${slotKey(writer)} as u8; ${guarded(`thing.has_tag(${k})`, `journal.note(thing.untag(${k}));`)}`;
			case 13:
				return `let ${k} = ${slotKey(writer)} as u8; ${guarded(`thing.has_tag(${k}) && thing.tagged(${k}) < 10_000`, `journal.note(thing.retag(${k}, 3));`)}`;
			case 14: {
				const let2 = `let ${k} = ${slotKey(writer)}; let ${v} = ${number()};`;
				return `${let2} if (shelf.has(${k})) { journal.note(shelf.take(${k}) ^ ${v}); } else { shelf.put(${k}, ${v}); };`;
			}
			default:
				return guarded('shelf.funds() > 500', `let ${v} = shelf.withdraw(${choices.between(1, 300)}, ctx); shelf.deposit(${v});`);
		}
	};
