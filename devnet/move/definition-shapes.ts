/** Types and fields of the structs and enum variants that a module's instructions name by index. */
import type { MoveType } from '#devnet/move/api.ts';
import { type CompiledModule, entry, handleType, type SignatureToken, signatureTypes, typeOf } from '#devnet/move/bytecode.ts';
import { substitute } from '#devnet/move/types.ts';

/** The element type of a vector instruction. */
export function elementType(module: CompiledModule, signature: number): MoveType {
	return entry(signatureTypes(module, signature), 0, 'element type');
}

/** The type and field types of a struct defined here. */
export function structShape(
	module: CompiledModule,
	definition: number,
	args: readonly MoveType[],
): { readonly type: MoveType; readonly fields: readonly MoveType[] } {
	const def = entry(module.struct_defs, definition, 'struct definition');
	const declared = def.field_information === 'Native' ? [] : def.field_information.Declared;
	return { type: handleType(module, def.struct_handle, args), fields: fieldTypes(module, declared, args) };
}

/** The type, tag and field types of an enum's variant. */
export function variantShape(
	module: CompiledModule,
	index: number,
	generic: boolean,
): { readonly type: MoveType; readonly tag: number; readonly fields: readonly MoveType[] } {
	const handle = entry(generic ? module.variant_instantiation_handles : module.variant_handles, index, 'variant handle');
	const instantiation = generic ? entry(module.enum_def_instantiations, handle.enum_def, 'enum instantiation') : undefined;
	const args = instantiation === undefined ? [] : signatureTypes(module, instantiation.type_parameters);
	const def = entry(module.enum_defs, instantiation?.def ?? handle.enum_def, 'enum definition');
	const variant = entry(def.variants, handle.variant, 'variant');
	return { type: handleType(module, def.enum_handle, args), tag: handle.variant, fields: fieldTypes(module, variant.fields, args) };
}

function fieldTypes(module: CompiledModule, fields: readonly { readonly signature: SignatureToken }[], args: readonly MoveType[]): MoveType[] {
	return fields.map((field) => substitute(typeOf(module, field.signature), args));
}
