/** Instructions as a person reads them: the opcode of the binary format, and what its index means in the module. */
import type { MoveType } from '#devnet/move/api.ts';
import { type CompiledModule, entry, identifier, moduleHandle, signatureTypes } from '#devnet/move/bytecode.ts';
import { constantText } from '#devnet/move/clever-error.ts';
import type { TypedInstruction } from '#devnet/move/decoder.ts';
import type { LoadedFunction, LoadedModule } from '#devnet/move/loader.ts';
import { typedCode } from '#devnet/move/typed-code.ts';
import { formatType } from '#devnet/move/types.ts';

const MAX_CONSTANT_CHARACTERS = 80;

/** One line an instruction, in order; empty for a native. */
export function disassemble(fn: LoadedFunction): readonly string[] {
	return typedCode(fn).map((instruction) => instructionText(fn.module, instruction));
}

export function instructionText(module: LoadedModule, { opcode, operand, pops, pushes }: TypedInstruction): string {
	const what = operandText(module, opcode, operand, pops, pushes);
	return what === '' ? opcode : `${opcode} ${what}`;
}

function operandText(module: LoadedModule, opcode: string, operand: unknown, pops: readonly MoveType[], pushes: readonly MoveType[]): string {
	if (operand === undefined) return '';
	const { compiled } = module;
	const index = typeof operand === 'number' ? operand : -1;
	switch (opcode) {
		case 'LdConst':
			return JSON.stringify(shortened(constantText(module, index) ?? ''));
		case 'Call':
		case 'CallGeneric':
			return callText(compiled, index, opcode === 'CallGeneric');
		case 'Pack':
		case 'PackGeneric':
			return typesText(pushes);
		case 'Unpack':
		case 'UnpackGeneric':
			return typesText(pops);
		case 'VecPack':
		case 'VecUnpack': {
			const [signature, length] = operand as readonly [number, bigint];
			return `${typesText(signatureTypes(compiled, signature))}, ${length}`;
		}
		case 'VariantSwitch':
			return variantSwitchText(pops);
		default:
			if (opcode.includes('BorrowField')) return fieldText(compiled, index, opcode.endsWith('Generic'));
			if (opcode.startsWith('Vec')) return typesText(signatureTypes(compiled, index));
			if (opcode.includes('Variant')) return variantText(compiled, index, opcode.includes('Generic'));
			if (opcode.startsWith('Ld')) return literalText(operand);
			return String(operand); // a local, or where a branch goes
	}
}

const typesText = (types: readonly MoveType[]): string => types.map(formatType).join(', ');

function shortened(text: string): string {
	return text.length > MAX_CONSTANT_CHARACTERS ? `${text.slice(0, MAX_CONSTANT_CHARACTERS)}…` : text;
}

function callText(module: CompiledModule, index: number, generic: boolean): string {
	const instantiation = generic ? entry(module.function_instantiations, index, 'function instantiation') : undefined;
	const handle = entry(module.function_handles, instantiation?.handle ?? index, 'function handle');
	const owner = moduleHandle(module, handle.module);
	const types = instantiation === undefined ? '' : `<${typesText(signatureTypes(module, instantiation.type_parameters))}>`;
	return `${owner.address}::${owner.module}::${identifier(module, handle.name)}${types}`;
}

function fieldText(module: CompiledModule, index: number, generic: boolean): string {
	const instantiation = generic ? entry(module.field_instantiations, index, 'field instantiation') : undefined;
	const handle = entry(module.field_handles, instantiation?.handle ?? index, 'field handle');
	const struct = entry(module.struct_defs, handle.owner, 'struct definition');
	const fields = struct.field_information === 'Native' ? [] : struct.field_information.Declared;
	const name = identifier(module, entry(module.datatype_handles, struct.struct_handle, 'datatype handle').name);
	return `${name}.${identifier(module, entry(fields, handle.field, 'field').name)}`;
}

function variantText(module: CompiledModule, index: number, generic: boolean): string {
	const handle = entry(generic ? module.variant_instantiation_handles : module.variant_handles, index, 'variant handle');
	const definition = generic ? entry(module.enum_def_instantiations, handle.enum_def, 'enum instantiation').def : handle.enum_def;
	const found = entry(module.enum_defs, definition, 'enum definition');
	const name = identifier(module, entry(module.datatype_handles, found.enum_handle, 'datatype handle').name);
	return `${name}::${identifier(module, entry(found.variants, handle.variant, 'variant').variant_name)}`;
}

function variantSwitchText([type]: readonly MoveType[]): string {
	const over = type?.kind === 'reference' ? type.to : type;
	return over?.kind === 'datatype' ? over.name : '';
}

function literalText(operand: unknown): string {
	if (!Array.isArray(operand) && !(operand instanceof Uint8Array)) return String(operand);
	let value = 0n;
	for (let i = operand.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(operand[i] as number);
	return value.toString();
}
