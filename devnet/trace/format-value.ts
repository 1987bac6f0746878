/** Move values as short text, with the names that their types give. */
import type { MoveType, MoveVm } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';
import { MoveVariant, MoveVector, Reference, type Value } from '#devnet/move/values.ts';

const MAX_DEPTH = 6;
const MAX_ITEMS = 16;
const MAX_BYTES = 48;
const MAX_CHARACTERS = 600;

/** At most `limit` characters; what is left out is marked `…`. Never throws: a value that is not of the type is shown as it is. */
export function formatValue(vm: Pick<MoveVm, 'fields'>, type: MoveType | undefined, value: Value, limit = MAX_CHARACTERS): string {
	const text = shortAddresses(valueText(vm, type, value, 0));
	return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

function valueText(vm: Pick<MoveVm, 'fields'>, type: MoveType | undefined, value: Value, depth: number): string {
	if (value instanceof Reference) {
		const to = type?.kind === 'reference' ? type.to : undefined;
		return `${type?.kind === 'reference' && type.mutable ? '&mut ' : '&'}${valueText(vm, to, value.container[value.key], depth)}`;
	}
	if (value instanceof MoveVector) return vectorText(vm, type, value, depth);
	if (value instanceof MoveVariant)
		return `${type?.kind === 'datatype' ? type.name : ''}#${value.tag}${itemsText(vm, value.fields, () => undefined, depth, '(', ')')}`;
	if (Array.isArray(value)) return structText(vm, type, value, depth);
	return value === undefined ? 'moved' : String(value);
}

function vectorText(vm: Pick<MoveVm, 'fields'>, type: MoveType | undefined, { items }: MoveVector, depth: number): string {
	const element = type?.kind === 'vector' ? type.element : undefined;
	if (element?.kind === 'u8') return bytesText(items as number[]);
	return itemsText(vm, items, () => element, depth, '[', ']');
}

function bytesText(items: readonly number[]): string {
	const hex = Buffer.from(items.slice(0, MAX_BYTES)).toString('hex');
	return `0x${hex}${items.length > MAX_BYTES ? `… (${items.length} bytes)` : ''}`;
}

function structText(vm: Pick<MoveVm, 'fields'>, type: MoveType | undefined, values: readonly Value[], depth: number): string {
	const fields = type === undefined ? undefined : fieldsOf(vm, type);
	if (type?.kind !== 'datatype' || fields?.length !== values.length) return itemsText(vm, values, () => undefined, depth, '{ ', ' }');
	const name = `${type.module}::${type.name}`;
	const [only] = values;
	// What wraps a single value is that value to a reader.
	if ((name === 'string::String' || name === 'ascii::String') && only instanceof MoveVector) return textOf(only.items as number[]);
	if (name === 'object::UID' || name === 'object::ID') return valueText(vm, fields[0]?.type, only, depth);
	if (name === 'option::Option' && only instanceof MoveVector)
		return only.items.length === 0 ? 'none' : `some(${valueText(vm, type.typeArguments[0], only.items[0], depth)})`;
	if (name === 'tx_context::TxContext') return 'TxContext'; // says nothing that the transaction does not
	if (depth >= MAX_DEPTH) return `${type.name} { … }`;
	const shown = fields.slice(0, MAX_ITEMS).map((field, i) => `${field.name}: ${valueText(vm, field.type, values[i], depth + 1)}`);
	return `${type.name} { ${shown.join(', ')}${fields.length > MAX_ITEMS ? ', …' : ''} }`;
}

function textOf(bytes: readonly number[]): string {
	const cut = bytes.length > MAX_CHARACTERS ? '…' : '';
	return `${JSON.stringify(Buffer.from(bytes.slice(0, MAX_CHARACTERS)).toString('utf8'))}${cut}`;
}

function itemsText(
	vm: Pick<MoveVm, 'fields'>,
	values: readonly Value[],
	typeOf: (index: number) => MoveType | undefined,
	depth: number,
	open: string,
	close: string,
): string {
	if (values.length === 0) return `${open.trim()}${close.trim()}`;
	if (depth >= MAX_DEPTH) return `${open}…${close}`;
	const shown = values.slice(0, MAX_ITEMS).map((value, i) => valueText(vm, typeOf(i), value, depth + 1));
	const more = values.length > MAX_ITEMS ? `, … (${values.length} items)` : '';
	return `${open}${shown.join(', ')}${more}${close}`;
}

function fieldsOf(vm: Pick<MoveVm, 'fields'>, type: MoveType) {
	try {
		return vm.fields(type);
	} catch {
		return undefined; // a type parameter that nothing replaced
	}
}

/** `0x2` for system addresses, all digits otherwise. */
export function shortType(type: MoveType): string {
	return shortAddresses(formatType(type));
}

/** Every address in the text without its leading zeros. */
export function shortAddresses(text: string): string {
	return text.replace(/\b0x0{8,}([0-9a-f]*)/g, (_, digits: string) => `0x${digits === '' ? '0' : digits}`);
}
