/**
 * Small passes over declarations: generic instructions name generic things and the others do not (`instruction_consistency.rs`),
 * constants decode (`constants.rs`), friends are neighbours (`friends.rs`), fields have the abilities that their datatype promises
 * (`ability_field_requirements.rs`), and no datatype contains itself (`data_defs.rs`).
 */
import { deserializeValue } from '#devnet/move/bcs.ts';
import { COPY, DROP, identifier, KEY, STORE, typeOf } from '#devnet/move/bytecode.ts';
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import { LIMITS } from '#devnet/move/verifier/limits.ts';
import type { Type } from '#devnet/move/verifier/type-table.ts';
import { ALL_ABILITIES, type ModuleView } from '#devnet/move/verifier/view.ts';

export function checkInstructionConsistency(view: ModuleView): void {
	const { compiled: m } = view;
	for (const fn of view.functions) {
		fn.code?.forEach((instruction, offset) => {
			const refuse = view.refuseIn(fn.name, offset);
			if ((instruction.op === 'VecPack' || instruction.op === 'VecUnpack') && instruction.count > LIMITS.vectorPackLength) {
				refuse('CONSTRAINT_NOT_SATISFIED', `${instruction.op} of ${instruction.count} elements`);
			}
			const parameters = typeParameterCount(view, instruction);
			if (parameters !== undefined && parameters > 0 !== instruction.op.includes('Generic')) {
				refuse('GENERIC_MEMBER_OPCODE_MISMATCH', `${instruction.op} of something with ${parameters} type parameters`);
			}
		});
	}

	function typeParameterCount(of: ModuleView, instruction: Bytecode): number | undefined {
		switch (instruction.op) {
			case 'Call':
			case 'CallGeneric':
				return m.function_handles[of.callee(instruction).handle]?.type_parameters.length;
			case 'MutBorrowField':
			case 'ImmBorrowField':
			case 'MutBorrowFieldGeneric':
			case 'ImmBorrowFieldGeneric':
				return of.datatypeHandle(m.struct_defs[of.field(instruction).definition]?.struct_handle ?? 0).type_parameters.length;
			case 'Pack':
			case 'PackGeneric':
			case 'Unpack':
			case 'UnpackGeneric':
				return of.datatypeHandle(of.struct(instruction).handle).type_parameters.length;
			case 'PackVariant':
			case 'PackVariantGeneric':
			case 'UnpackVariant':
			case 'UnpackVariantGeneric':
			case 'UnpackVariantImmRef':
			case 'UnpackVariantMutRef':
			case 'UnpackVariantGenericImmRef':
			case 'UnpackVariantGenericMutRef':
				return of.datatypeHandle(of.variant(instruction).handle).type_parameters.length;
			default:
				return undefined;
		}
	}
}

export function checkConstants(view: ModuleView): void {
	view.compiled.constant_pool.forEach(({ type_, data }, index) => {
		if (!isConstantType(view.types.read(type_))) view.refuse('INVALID_CONSTANT_TYPE', `constant ${index} is ${JSON.stringify(type_)}`);
		try {
			deserializeValue(typeOf(view.compiled, type_), Uint8Array.from(data), undefined);
		} catch (error) {
			view.refuse('MALFORMED_CONSTANT_DATA', `constant ${index}: ${error instanceof Error ? error.message : String(error)}`);
		}
		const length = typeof type_ === 'string' ? 0 : vectorLength(data);
		if (length > LIMITS.constantVectorLength) view.refuse('TOO_MANY_VECTOR_ELEMENTS', `constant ${index} has ${length}`);
	});
}

/** The ULEB128 at the start of a vector's BCS. */
function vectorLength(data: readonly number[]): number {
	const end = data.findIndex((byte) => byte < 0x80);
	return data.slice(0, end + 1).reduceRight((length, byte) => length * 128 + (byte & 0x7f), 0);
}

function isConstantType(type: Type): boolean {
	switch (type.kind) {
		case 'vector':
			return isConstantType(type.element);
		case 'signer':
		case 'datatype':
		case 'reference':
		case 'parameter':
			return false;
		default:
			return true;
	}
}

export function checkFriends(view: ModuleView): void {
	const { compiled: m } = view;
	const self = m.module_handles[m.self_module_handle_idx];
	for (const { address, name } of m.friend_decls) {
		if (address === self?.address && name === self.name) view.refuse('INVALID_FRIEND_DECL_WITH_SELF', 'a module is no friend of itself');
		if (address !== self?.address)
			view.refuse('INVALID_FRIEND_DECL_WITH_MODULES_OUTSIDE_ACCOUNT_ADDRESS', `friend ${identifier(m, name)} is in another package`);
	}
}

export function checkFieldAbilities(view: ModuleView): void {
	const { compiled: m } = view;
	const check = (handleIndex: number, fields: readonly Type[]) => {
		const { abilities, type_parameters } = view.datatypeHandle(handleIndex);
		// An object's fields must be storable too.
		const required = (abilities & (COPY | DROP | STORE)) | ((abilities & KEY) === 0 ? 0 : STORE);
		// What the arguments lack is taken from the instantiated type.
		const parameters = type_parameters.map(() => ALL_ABILITIES);
		fields.forEach((field, index) => {
			if ((required & ~view.abilities(field, parameters)) !== 0) {
				view.refuse('FIELD_MISSING_TYPE_ABILITY', `field ${index} of ${view.datatypeName(handleIndex).name} lacks an ability that the datatype has`);
			}
		});
	};
	m.struct_defs.forEach((def, index) => {
		check(def.struct_handle, view.fields(index));
	});
	(m.enum_defs ?? []).forEach((def, index) => {
		for (const fields of view.variants(index)) check(def.enum_handle, fields);
	});
}

/** Modules depend on each other in one direction, so a cycle of datatypes stays within one module. */
export function checkRecursiveDatatypes(view: ModuleView): void {
	const contained = new Map<number, readonly Type[]>();
	view.compiled.struct_defs.forEach((def, index) => {
		contained.set(def.struct_handle, view.fields(index));
	});
	(view.compiled.enum_defs ?? []).forEach((def, index) => {
		contained.set(def.enum_handle, view.variants(index).flat());
	});
	const finished = new Set<number>();
	const open = new Set<number>();
	const visit = (handle: number): void => {
		const fields = contained.get(handle);
		if (fields === undefined || finished.has(handle)) return;
		if (open.has(handle)) view.refuse('RECURSIVE_DATATYPE_DEFINITION', `${view.datatypeName(handle).name} contains itself`);
		open.add(handle);
		const walk = (type: Type): void => {
			if (type.kind === 'vector') walk(type.element);
			if (type.kind === 'datatype') {
				visit(type.handle);
				for (const argument of type.args) walk(argument);
			}
		};
		for (const field of fields) walk(field);
		open.delete(handle);
		finished.add(handle);
	};
	for (const handle of contained.keys()) visit(handle);
}
