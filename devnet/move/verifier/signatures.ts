/**
 * Types are well formed where they stand: references only outermost in signatures and nowhere in fields and type arguments, type
 * arguments have the abilities asked of them, phantom parameters stay in phantom positions (pass `signature.rs`).
 */
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { Refuse } from '#devnet/move/verifier/failure.ts';
import type { Type } from '#devnet/move/verifier/type-table.ts';
import { describeType, type ModuleView } from '#devnet/move/verifier/view.ts';

export function checkSignatures(view: ModuleView): void {
	const { compiled: m, refuse } = view;
	for (let index = 0; index < m.signatures.length; index++) {
		for (const type of view.signature(index)) refuseReferences(view, type.kind === 'reference' ? type.to : type, refuse);
	}
	for (const handle of m.function_handles) {
		for (const signature of [handle.return_, handle.parameters]) {
			for (const type of view.signature(signature)) checkInstantiation(view, type, handle.type_parameters, refuse);
		}
	}
	const checkFields = (handleIndex: number, fields: readonly Type[]) => {
		const { type_parameters } = view.datatypeHandle(handleIndex);
		const constraints = type_parameters.map((parameter) => parameter.constraints);
		for (const field of fields) {
			refuseReferences(view, field, refuse);
			checkInstantiation(view, field, constraints, refuse);
			checkPhantom(view, field, false, type_parameters, refuse);
		}
	};
	m.struct_defs.forEach((def, index) => {
		checkFields(def.struct_handle, view.fields(index));
	});
	(m.enum_defs ?? []).forEach((def, index) => {
		for (const fields of view.variants(index)) checkFields(def.enum_handle, fields);
	});
	for (const fn of view.functions) {
		if (fn.code === undefined) continue;
		for (const local of fn.locals.slice(fn.parameters.length)) checkInstantiation(view, local, fn.typeParameters, view.refuseIn(fn.name));
		fn.code.forEach((instruction, offset) => {
			const here = typeArguments(view, instruction);
			if (here === undefined) return;
			const refuseHere = view.refuseIn(fn.name, offset);
			for (const type of here.given) refuseReferences(view, type, refuseHere);
			checkArguments(view, here.given, here.constraints, fn.typeParameters, refuseHere);
		});
	}
}

/** The type arguments of an instruction and the abilities asked of each. */
function typeArguments(view: ModuleView, instruction: Bytecode): { readonly given: readonly Type[]; readonly constraints: readonly number[] } | undefined {
	const ofDatatype = (use: { readonly handle: number; readonly typeArguments: readonly Type[] }, handle = use.handle) => ({
		given: use.typeArguments,
		constraints: view.datatypeHandle(handle).type_parameters.map((parameter) => parameter.constraints),
	});
	switch (instruction.op) {
		case 'CallGeneric': {
			const { handle, typeArguments: given } = view.callee(instruction);
			return { given, constraints: view.compiled.function_handles[handle]?.type_parameters ?? [] };
		}
		case 'PackGeneric':
		case 'UnpackGeneric':
			return ofDatatype(view.struct(instruction));
		case 'ImmBorrowFieldGeneric':
		case 'MutBorrowFieldGeneric': {
			const { definition, typeArguments: given } = view.field(instruction);
			return ofDatatype({ handle: view.compiled.struct_defs[definition]?.struct_handle ?? 0, typeArguments: given });
		}
		case 'PackVariantGeneric':
		case 'UnpackVariantGeneric':
		case 'UnpackVariantGenericImmRef':
		case 'UnpackVariantGenericMutRef':
			return ofDatatype(view.variant(instruction));
		case 'VecPack':
		case 'VecUnpack':
		case 'VecLen':
		case 'VecImmBorrow':
		case 'VecMutBorrow':
		case 'VecPushBack':
		case 'VecPopBack':
		case 'VecSwap':
			return { given: view.signature(instruction.index), constraints: [0] };
		default:
			return undefined;
	}
}

function refuseReferences(view: ModuleView, type: Type, refuse: Refuse): void {
	if (type.kind === 'reference') refuse('INVALID_SIGNATURE_TOKEN', `reference ${describeType(view, type)} where none may stand`);
	if (type.kind === 'vector') refuseReferences(view, type.element, refuse);
	if (type.kind === 'datatype') for (const argument of type.args) refuseReferences(view, argument, refuse);
}

function checkInstantiation(view: ModuleView, type: Type, parameters: readonly number[], refuse: Refuse): void {
	switch (type.kind) {
		case 'vector':
			checkInstantiation(view, type.element, parameters, refuse);
			return;
		case 'reference':
			checkInstantiation(view, type.to, parameters, refuse);
			return;
		case 'datatype': {
			if (type.args.length === 0) return;
			const constraints = view.datatypeHandle(type.handle).type_parameters.map((parameter) => parameter.constraints);
			checkArguments(view, type.args, constraints, parameters, refuse);
			for (const argument of type.args) checkInstantiation(view, argument, parameters, refuse);
			return;
		}
		default:
			return;
	}
}

function checkArguments(view: ModuleView, given: readonly Type[], constraints: readonly number[], parameters: readonly number[], refuse: Refuse): void {
	if (given.length !== constraints.length) refuse('NUMBER_OF_TYPE_ARGUMENTS_MISMATCH', `${constraints.length} type arguments expected, ${given.length} given`);
	given.forEach((type, index) => {
		const constraint = constraints[index] ?? 0;
		if ((constraint & ~view.abilities(type, parameters)) !== 0) {
			refuse('CONSTRAINT_NOT_SATISFIED', `type argument ${index}, ${describeType(view, type)}, lacks an ability asked of it`);
		}
	});
}

type DatatypeParameters = ReturnType<ModuleView['datatypeHandle']>['type_parameters'];

function checkPhantom(view: ModuleView, type: Type, inPhantomPosition: boolean, parameters: DatatypeParameters, refuse: Refuse): void {
	if (type.kind === 'vector') checkPhantom(view, type.element, false, parameters, refuse);
	if (type.kind === 'parameter' && parameters[type.index]?.is_phantom === true && !inPhantomPosition) {
		refuse('INVALID_PHANTOM_TYPE_PARAM_POSITION', `phantom parameter ${type.index} is used`);
	}
	if (type.kind === 'datatype') {
		const handle = view.datatypeHandle(type.handle);
		type.args.forEach((argument, index) => {
			checkPhantom(view, argument, handle.type_parameters[index]?.is_phantom === true, parameters, refuse);
		});
	}
}
