/** One module for each rule of the verifier, made by breaking a module that the compiler made. */
import type { RawInstruction, SignatureToken } from '#devnet/move/bytecode.ts';
import type { VerificationStatus } from '#devnet/move/verifier/failure.ts';
import { ModuleEditor } from '#devnet/move/verifier/verify.fixture.ts';

export interface BrokenRule {
	readonly status: VerificationStatus;
	readonly breaks: string;
	/** The function, and the instruction, that the refusal must name. */
	readonly in?: string;
	readonly at?: number;
	/** The binary format cannot say it, or its deserialiser refuses it before. */
	readonly undecodable?: true;
	readonly edit: (victim: ModuleEditor, neighbour: ModuleEditor) => void;
	/** A third module of the package. */
	readonly also?: (victim: ModuleEditor) => ModuleEditor;
}

const u64 = (value: number): RawInstruction => ({ LdU64: BigInt(value) });
const repeat = <T>(count: number, entries: readonly T[]): T[] => Array.from({ length: count }, () => entries).flat();
const vector = (element: SignatureToken): SignatureToken => ({ Vector: element });
const mutable = (to: SignatureToken): SignatureToken => ({ MutableReference: to });

/** A case that gives one function another body. */
function body(
	status: VerificationStatus,
	breaks: string,
	name: string,
	at: number | undefined,
	code: readonly RawInstruction[] | ((victim: ModuleEditor) => readonly RawInstruction[]),
	locals: readonly SignatureToken[] | ((victim: ModuleEditor) => readonly SignatureToken[]) = [],
): BrokenRule {
	const edit = (victim: ModuleEditor) => {
		const types = typeof locals === 'function' ? locals(victim) : locals;
		victim.body(name, typeof code === 'function' ? code(victim) : code, types);
	};
	return { status, breaks, in: name, ...(at === undefined ? {} : { at }), edit };
}

const tables: readonly BrokenRule[] = [
	{ status: 'UNKNOWN_VERSION', breaks: 'a format older than Sui', undecodable: true, edit: ({ module }) => Object.assign(module, { version: 5 }) },
	{ ...body('INDEX_OUT_OF_BOUNDS', 'a local that is not there', 'add', 0, [{ CopyLoc: 9 }, 'Ret']), undecodable: true },
	{ ...body('INDEX_OUT_OF_BOUNDS', 'a branch out of the code', 'add', 0, [{ Branch: 7 }]), undecodable: true },
	{ ...body('INDEX_OUT_OF_BOUNDS', 'a constant that is not there', 'name', 0, [{ LdConst: 99 }, 'Ret']), undecodable: true },
	{
		status: 'INDEX_OUT_OF_BOUNDS',
		breaks: 'a type parameter of nothing',
		in: 'add',
		undecodable: true,
		edit: (victim) => victim.body('add', [{ CopyLoc: 0 }, 'Ret'], [{ TypeParameter: 0 }]),
	},
	{
		status: 'INDEX_OUT_OF_BOUNDS',
		breaks: 'a signature that is not there',
		undecodable: true,
		edit: ({ module }) => Object.assign(module.function_handles[0] ?? {}, { return_: 999 }),
	},
	{
		status: 'NUMBER_OF_TYPE_ARGUMENTS_MISMATCH',
		breaks: 'type arguments for a struct without parameters',
		undecodable: true,
		edit: (victim) => victim.signature([{ DatatypeInstantiation: [victim.datatype('Pair'), ['U64']] }]),
	},
	{
		status: 'TOO_MANY_LOCALS',
		breaks: '255 locals beside two parameters',
		in: 'add',
		undecodable: true,
		edit: (victim) => victim.body('add', [u64(0), 'Ret'], repeat<SignatureToken>(254, ['U64'])),
	},
	{ ...body('UNKNOWN_OPCODE', "Move's global storage", 'add', 0, [{ MoveFromDeprecated: 0 }, 'Ret']) },
	{
		status: 'TOO_MANY_TYPE_PARAMETERS',
		breaks: '33 type parameters',
		edit: ({ module }, { module: other }) => [module, other].map((m) => m.function_handles[0]?.type_parameters.push(...repeat(33, [0]))),
	},
	{ status: 'TOO_MANY_PARAMETERS', breaks: '129 parameters', edit: (victim) => victim.retype('add', { parameters: repeat<SignatureToken>(129, ['U64']) }) },
	{
		status: 'TOO_MANY_TYPE_NODES',
		breaks: 'a box in a box, 65 deep',
		edit: (victim) => {
			let type: SignatureToken = 'U64';
			for (let i = 0; i < 65; i++) type = { DatatypeInstantiation: [victim.datatype('Box'), [type]] };
			victim.signature([type]);
		},
	},
	{ status: 'IDENTIFIER_TOO_LONG', breaks: '129 characters', edit: (victim) => victim.identifier('x'.repeat(129)) },
	{ status: 'INVALID_IDENTIFIER', breaks: "the name that scripts' modules had", edit: (victim) => victim.identifier('<SELF>') },
	{
		status: 'MAX_FUNCTION_DEFINITIONS_REACHED',
		breaks: '1001 functions',
		edit: ({ module }) => module.function_defs.push(...repeat(1001, module.function_defs.slice(0, 1))),
	},
	{
		status: 'MAX_STRUCT_DEFINITIONS_REACHED',
		breaks: '201 structs',
		edit: ({ module }) => module.struct_defs.push(...repeat(201, module.struct_defs.slice(0, 1))),
	},
	{
		status: 'MAX_FIELD_DEFINITIONS_REACHED',
		breaks: '33 fields',
		edit: (victim) => victim.fields('Pair').push(...repeat(31, victim.fields('Pair').slice(0, 1))),
	},
	{
		status: 'MAX_VARIANTS_REACHED',
		breaks: '128 variants',
		undecodable: true,
		edit: ({ module }) => module.enum_defs?.[0]?.variants.push(...repeat(128, module.enum_defs[0].variants.slice(0, 1))),
	},
	{
		status: 'TOO_MANY_VECTOR_ELEMENTS',
		breaks: 'a constant of 256 KiB and a byte',
		undecodable: true,
		edit: ({ module }) => void module.constant_pool.push({ type_: vector('U8'), data: [0x81, 0x80, 0x10, ...repeat(0x40001, [0])] }),
	},
	{
		status: 'INVALID_CONSTANT_TYPE',
		breaks: 'a constant signer',
		edit: ({ module }) => module.constant_pool.push({ type_: 'Signer', data: repeat(32, [0]) }),
	},
	{ status: 'MALFORMED_CONSTANT_DATA', breaks: 'a bool of 2', edit: ({ module }) => module.constant_pool.push({ type_: 'Bool', data: [2] }) },
	{ status: 'MALFORMED_CONSTANT_DATA', breaks: 'bytes after a constant', edit: ({ module }) => module.constant_pool.push({ type_: 'U8', data: [2, 0] }) },
	{ status: 'DUPLICATE_ELEMENT', breaks: 'an identifier twice', edit: ({ module }) => module.identifiers.push(module.identifiers[0] as string) },
	{
		status: 'DUPLICATE_ELEMENT',
		breaks: 'an address twice',
		edit: ({ module }) => module.address_identifiers.push(module.address_identifiers[0] as string),
	},
	{ status: 'DUPLICATE_ELEMENT', breaks: 'a signature twice', edit: ({ module }) => module.signatures.push(...module.signatures.slice(0, 1)) },
	{ status: 'DUPLICATE_ELEMENT', breaks: 'a constant twice', edit: ({ module }) => module.constant_pool.push(...module.constant_pool.slice(0, 1)) },
	{
		status: 'DUPLICATE_ELEMENT',
		breaks: 'a datatype under two handles',
		edit: ({ module }) => module.datatype_handles.push(...module.datatype_handles.slice(0, 1)),
	},
	{
		status: 'DUPLICATE_ELEMENT',
		breaks: 'a function defined twice',
		edit: ({ module }) => module.function_defs.push(...module.function_defs.slice(0, 1)),
	},
	{
		status: 'DUPLICATE_ELEMENT',
		breaks: 'two fields of one name',
		edit: (victim) => victim.setField('Pair', 1, { name: 'a' }),
	},
	{
		status: 'DUPLICATE_ELEMENT',
		breaks: 'an instantiation twice',
		edit: ({ module }) => module.function_instantiations.push(...module.function_instantiations.slice(0, 1)),
	},
	{ status: 'ZERO_SIZED_STRUCT', breaks: 'a struct without fields', edit: (victim) => victim.fields('Tag').splice(0) },
	{
		status: 'ZERO_SIZED_ENUM',
		breaks: 'an enum without variants',
		undecodable: true,
		edit: (victim) => {
			const { module } = victim;
			const other = module.enum_defs?.findIndex((def) => def.enum_handle === victim.datatype('Other'));
			module.enum_defs?.[other ?? -1]?.variants.splice(0);
			module.variant_handles = module.variant_handles?.filter((handle) => handle.enum_def !== other) ?? [];
			for (const name of ['other', 'shape', 'area']) victim.body(name, [u64(1), 'Abort']);
		},
	},
	{
		status: 'MISSING_DEPENDENCY',
		breaks: 'a native struct',
		edit: (victim) => Object.assign(victim.module.struct_defs[victim.struct('Hot')] ?? {}, { field_information: 'Native' }),
	},
	{ status: 'MISSING_DEPENDENCY', breaks: 'a native function', in: 'add', edit: (victim) => Object.assign(victim.function('add'), { code: null }) },
	{ status: 'UNIMPLEMENTED_HANDLE', breaks: 'a function declared and not defined', edit: ({ module }) => module.function_defs.pop() },
	{
		status: 'INVALID_MODULE_HANDLE',
		breaks: "another module's function defined here",
		edit: (victim) => Object.assign(victim.function('other'), { function: victim.handle('secret') }),
	},
	{ status: 'INVALID_SIGNATURE_TOKEN', breaks: 'a vector of references', edit: (victim) => victim.signature([vector({ Reference: 'U64' })]) },
	{
		status: 'INVALID_SIGNATURE_TOKEN',
		breaks: 'a field that is a reference',
		edit: (victim) => victim.setField('Pair', 0, { signature: { Reference: 'U64' } }),
	},
	body('INVALID_SIGNATURE_TOKEN', 'a reference for a type parameter', 'add', 0, (victim) => [
		{ CallGeneric: victim.instantiate('tag', [{ Reference: 'U64' }]) },
		'Pop',
		u64(0),
		'Ret',
	]),
	body('CONSTRAINT_NOT_SATISFIED', 'a type argument without the abilities asked for', 'heat', 3, (victim) => [
		{ MoveLoc: 0 },
		{ Pack: victim.struct('Hot') },
		'Nop',
		{ CallGeneric: victim.instantiate('same', [{ Datatype: victim.datatype('Hot') }]) },
		'Ret',
	]),
	body('CONSTRAINT_NOT_SATISFIED', 'a vector of 65536 elements', 'many', 0, (victim) => [{ VecPack: [victim.signature(['U64']), 65536n] }, 'Ret']),
	{
		status: 'INVALID_PHANTOM_TYPE_PARAM_POSITION',
		breaks: 'a phantom parameter that a field uses',
		edit: (victim) => Object.assign(victim.module.datatype_handles[victim.datatype('Box')]?.type_parameters[0] ?? {}, { is_phantom: true }),
	},
	body('GENERIC_MEMBER_OPCODE_MISMATCH', 'a plain call of a generic function', 'add', 1, (victim) => [{ CopyLoc: 0 }, { Call: victim.handle('same') }, 'Ret']),
	body('GENERIC_MEMBER_OPCODE_MISMATCH', 'a plain pack of a generic struct', 'add', 1, (victim) => [
		{ CopyLoc: 0 },
		{ Pack: victim.struct('Box') },
		'Pop',
		u64(0),
		'Ret',
	]),
	{
		status: 'INVALID_FRIEND_DECL_WITH_SELF',
		breaks: 'a friend of itself',
		edit: ({ module }) => module.friend_decls.push({ ...(module.module_handles[module.self_module_handle_idx] as { address: number; name: number }) }),
	},
	{
		status: 'INVALID_FRIEND_DECL_WITH_MODULES_OUTSIDE_ACCOUNT_ADDRESS',
		breaks: 'a friend in another package',
		edit: ({ module }) => {
			const own = module.module_handles[module.self_module_handle_idx];
			module.friend_decls.push({ ...(module.module_handles.find(({ address }) => address !== own?.address) as { address: number; name: number }) });
		},
	},
	{
		status: 'FIELD_MISSING_TYPE_ABILITY',
		breaks: 'an object that can be copied',
		edit: (victim) => victim.addAbilities('Thing', 1),
	},
	{
		status: 'FIELD_MISSING_TYPE_ABILITY',
		breaks: 'an enum with copy and a field without',
		edit: (victim) => {
			const [field] = victim.module.enum_defs?.flatMap(({ variants }) => variants.flatMap(({ fields }) => fields)) ?? [];
			Object.assign(field ?? {}, { signature: { Datatype: victim.datatype('Hot') } });
		},
	},
	{
		status: 'RECURSIVE_DATATYPE_DEFINITION',
		breaks: 'a struct in itself',
		edit: (victim) => victim.setField('Pair', 0, { signature: { Vector: { Datatype: victim.datatype('Pair') } } }),
	},
	{
		status: 'LOOP_IN_INSTANTIATION_GRAPH',
		breaks: 'a recursion over ever bigger types',
		in: 'down',
		edit: (victim) => {
			const bigger = victim.instantiate('down', [vector({ TypeParameter: 0 })]);
			for (const instruction of victim.code('down'))
				if (typeof instruction === 'object' && 'CallGeneric' in instruction) (instruction as { CallGeneric: number }).CallGeneric = bigger;
		},
	},
];

const flow: readonly BrokenRule[] = [
	{ status: 'EMPTY_CODE_UNIT', breaks: 'no instruction', in: 'add', edit: (victim) => victim.body('add', []) },
	body('INVALID_FALL_THROUGH', 'execution past the end', 'add', 1, ['Nop', 'Nop']),
	body('INVALID_LOOP_SPLIT', 'a jump into the middle of a loop', 'logic', 0, [
		'LdTrue',
		{ BrTrue: 4 },
		{ CopyLoc: 0 },
		{ BrTrue: 6 },
		'Nop',
		{ Branch: 2 },
		{ CopyLoc: 1 },
		'Ret',
	]),
	body('LOOP_MAX_DEPTH_REACHED', 'loops six deep', 'logic', 0, [
		...repeat<RawInstruction>(5, ['Nop']),
		...[5, 4, 3, 2, 1, 0].flatMap((head): RawInstruction[] => [{ CopyLoc: 0 }, { BrTrue: head }]),
		{ CopyLoc: 0 },
		'Ret',
	]),
	body('TOO_MANY_BASIC_BLOCKS', '1025 blocks', 'logic', undefined, [
		...Array.from({ length: 1024 }, (_, i): RawInstruction => ({ Branch: i + 1 })),
		{ Branch: 1024 },
	]),
	body('NEGATIVE_STACK_SIZE_WITHIN_BLOCK', 'an operand that is not there', 'add', 1, [{ CopyLoc: 0 }, 'Add', 'Ret']),
	body('POSITIVE_STACK_SIZE_AT_BLOCK_END', 'an operand left over', 'add', 2, [{ CopyLoc: 0 }, { CopyLoc: 1 }, 'Ret']),
	body('VALUE_STACK_OVERFLOW', '1025 operands', 'logic', 1024, [...repeat<RawInstruction>(1025, ['LdTrue']), 'Ret']),
	body('VALUE_STACK_PUSH_OVERFLOW', '10001 pushes in a block', 'logic', 20_000, [...repeat<RawInstruction>(10_001, ['LdTrue', 'Pop']), 'LdTrue', 'Ret']),
];

const types: readonly BrokenRule[] = [
	body('POP_WITHOUT_DROP_ABILITY', 'a value without drop thrown away', 'cool', 1, [{ MoveLoc: 0 }, 'Pop', u64(0), 'Ret']),
	body('BR_TYPE_MISMATCH_ERROR', 'a branch on a number', 'add', 1, [{ CopyLoc: 0 }, { BrTrue: 2 }, { CopyLoc: 0 }, 'Ret']),
	body('STLOC_TYPE_MISMATCH_ERROR', 'a bool in a local of u64', 'add', 1, ['LdTrue', { StLoc: 0 }, { CopyLoc: 0 }, 'Ret']),
	body('ABORT_TYPE_MISMATCH_ERROR', 'an abort code that is a bool', 'add', 1, ['LdTrue', 'Abort']),
	body('RET_TYPE_MISMATCH_ERROR', 'a bool returned as u64', 'add', 1, ['LdTrue', 'Ret']),
	body('FREEZEREF_TYPE_MISMATCH_ERROR', 'an immutable reference frozen', 'sum', 1, [{ CopyLoc: 0 }, 'FreezeRef', 'Pop', u64(0), 'Ret']),
	body('BORROWFIELD_TYPE_MISMATCH_ERROR', 'a field of another struct', 'first', 1, (victim) => [
		{ MoveLoc: 0 },
		{ MutBorrowField: victim.field('Hot', 0) },
		'Ret',
	]),
	body('BORROWFIELD_TYPE_MISMATCH_ERROR', 'a mutable field of an immutable reference', 'swap', 2, (victim) => [
		{ CopyLoc: 0 },
		'FreezeRef',
		{ MutBorrowField: victim.field('Pair', 0) },
		'Pop',
		'Ret',
	]),
	body('BORROWLOC_REFERENCE_ERROR', 'a reference to a reference', 'sum', 0, [{ ImmBorrowLoc: 0 }, 'Pop', u64(0), 'Ret']),
	body('CALL_TYPE_MISMATCH_ERROR', 'an argument of another type', 'add', 1, (victim) => ['LdTrue', { Call: victim.handle('box') }, 'Pop', u64(0), 'Ret']),
	body('PACK_TYPE_MISMATCH_ERROR', 'a struct of other fields', 'pair', 2, (victim) => [u64(1), 'LdTrue', { Pack: victim.struct('Pair') }, 'Ret']),
	body('PACK_TYPE_MISMATCH_ERROR', 'a variant of other fields', 'shape', 1, () => ['LdTrue', { PackVariant: 1 }, 'Ret']),
	body('UNPACK_TYPE_MISMATCH_ERROR', 'another struct unpacked', 'cool', 1, (victim) => [{ MoveLoc: 0 }, { Unpack: victim.struct('Pair') }, 'Add', 'Ret']),
	body('READREF_TYPE_MISMATCH_ERROR', 'a number read through', 'add', 1, [{ CopyLoc: 0 }, 'ReadRef', 'Ret']),
	{
		...body('READREF_WITHOUT_COPY_ABILITY', 'a copy of what has no copy', 'cool', 1, [{ ImmBorrowLoc: 0 }, 'ReadRef', 'Pop', u64(0), 'Ret']),
	},
	body('COPYLOC_WITHOUT_COPY_ABILITY', 'a copy of what has no copy', 'cool', 0, [{ CopyLoc: 0 }, 'Pop', u64(0), 'Ret']),
	body('WRITEREF_NO_MUTABLE_REFERENCE_ERROR', 'a write through an immutable reference', 'sum', 2, [{ LdConst: 0 }, { CopyLoc: 0 }, 'WriteRef', u64(0), 'Ret']),
	body('WRITEREF_WITHOUT_DROP_ABILITY', 'a write over what has no drop', 'cool', 3, (victim) => [
		u64(1),
		{ Pack: victim.struct('Hot') },
		{ MutBorrowLoc: 0 },
		'WriteRef',
		u64(0),
		'Ret',
	]),
	body('WRITEREF_TYPE_MISMATCH_ERROR', 'a bool over a number', 'add', 2, ['LdTrue', { MutBorrowLoc: 0 }, 'WriteRef', u64(0), 'Ret']),
	body('INTEGER_OP_TYPE_MISMATCH_ERROR', 'a sum of two widths', 'add', 2, [{ LdU8: 1 }, { CopyLoc: 0 }, 'Add', 'Ret']),
	body('INTEGER_OP_TYPE_MISMATCH_ERROR', 'a cast of a bool', 'add', 1, ['LdTrue', 'CastU64', 'Ret']),
	body('INTEGER_OP_TYPE_MISMATCH_ERROR', 'a shift by a u64', 'add', 2, [{ CopyLoc: 0 }, { CopyLoc: 1 }, 'Shl', 'Ret']),
	body('INTEGER_OP_TYPE_MISMATCH_ERROR', 'an order of bools', 'logic', 2, [{ CopyLoc: 0 }, { CopyLoc: 1 }, 'Lt', 'Ret']),
	body('BOOLEAN_OP_TYPE_MISMATCH_ERROR', 'a negated number', 'add', 1, [{ CopyLoc: 0 }, 'Not', 'Pop', u64(0), 'Ret']),
	body('EQUALITY_OP_TYPE_MISMATCH_ERROR', 'a number equal to a bool', 'logic', 2, [{ CopyLoc: 0 }, u64(0), 'Eq', 'Ret']),
	body('EQUALITY_OP_TYPE_MISMATCH_ERROR', 'a comparison that would lose values without drop', 'heat', 4, (victim) => [
		u64(0),
		{ Pack: victim.struct('Hot') },
		u64(0),
		{ Pack: victim.struct('Hot') },
		'Eq',
		'Pop',
		u64(0),
		{ Pack: victim.struct('Hot') },
		'Ret',
	]),
	body('TYPE_MISMATCH', 'a bool pushed into a vector of numbers', 'grow', 2, (victim) => [
		{ CopyLoc: 0 },
		'LdTrue',
		{ VecPushBack: victim.signature(['U64']) },
		'Ret',
	]),
	body('TYPE_MISMATCH', 'a vector of other elements', 'sum', 1, (victim) => [{ CopyLoc: 0 }, { VecLen: victim.signature(['U8']) }, 'Ret']),
	body('TYPE_MISMATCH', 'an immutable vector that changes', 'sum', 1, (victim) => [{ CopyLoc: 0 }, { VecPopBack: victim.signature(['U64']) }, 'Ret']),
	body('ENUM_SWITCH_BAD_OPERAND', 'a switch over a value', 'area', 1, (victim) => {
		const [table] = victim.function('area').code?.jump_tables ?? [];
		if (table !== undefined) table.jump_table.Full = [0, 0, 0];
		return [u64(0), { VariantSwitch: 0 }];
	}),
	body('ENUM_TYPE_MISMATCH', 'a switch over another enum', 'area', 1, (victim) => {
		const [table] = victim.function('area').code?.jump_tables ?? [];
		const other = victim.module.enum_defs?.findIndex((def) => def.enum_handle === victim.datatype('Other')) ?? -1;
		if (table !== undefined) Object.assign(table, { head_enum: other, jump_table: { Full: [0, 0] } });
		return [{ CopyLoc: 0 }, { VariantSwitch: 0 }];
	}),
	{
		...body('INVALID_ENUM_SWITCH', 'a switch that forgets a variant', 'area', 1, (victim) => {
			const [table] = victim.function('area').code?.jump_tables ?? [];
			if (table !== undefined) table.jump_table.Full = [0, 0];
			return [{ CopyLoc: 0 }, { VariantSwitch: 0 }];
		}),
		undecodable: true,
	},
];

const locals: readonly BrokenRule[] = [
	body('STLOC_UNSAFE_TO_DESTROY_ERROR', 'a value without drop overwritten', 'cool', 2, (victim) => [
		u64(0),
		{ Pack: victim.struct('Hot') },
		{ StLoc: 0 },
		u64(0),
		'Ret',
	]),
	body('MOVELOC_UNAVAILABLE_ERROR', 'a local moved twice', 'add', 1, [{ MoveLoc: 0 }, { MoveLoc: 0 }, 'Add', 'Ret']),
	body('COPYLOC_UNAVAILABLE_ERROR', 'a local that was never set', 'add', 0, [{ CopyLoc: 2 }, 'Ret'], ['U64']),
	body(
		'COPYLOC_UNAVAILABLE_ERROR',
		'a local set on one of two ways',
		'logic',
		4,
		[{ CopyLoc: 0 }, { BrTrue: 4 }, 'LdTrue', { StLoc: 2 }, { CopyLoc: 2 }, 'Ret'],
		['Bool'],
	),
	body('BORROWLOC_UNAVAILABLE_ERROR', 'a reference to a local that was moved', 'add', 2, [{ MoveLoc: 0 }, 'Pop', { ImmBorrowLoc: 0 }, 'ReadRef', 'Ret']),
	body('UNSAFE_RET_UNUSED_VALUES_WITHOUT_DROP', 'a value without drop left in a local', 'cool', 1, [u64(0), 'Ret']),
];

const references: readonly BrokenRule[] = [
	body('COPYLOC_EXISTS_BORROW_ERROR', 'a local copied while it is borrowed mutably', 'add', 1, [{ MutBorrowLoc: 0 }, { CopyLoc: 0 }, 'Pop', 'ReadRef', 'Ret']),
	body('MOVELOC_EXISTS_BORROW_ERROR', 'a local moved while it is borrowed', 'add', 1, [{ ImmBorrowLoc: 0 }, { MoveLoc: 0 }, 'Pop', 'ReadRef', 'Ret']),
	body('STLOC_UNSAFE_TO_DESTROY_ERROR', 'a local overwritten while it is borrowed', 'add', 2, [{ ImmBorrowLoc: 0 }, u64(1), { StLoc: 0 }, 'ReadRef', 'Ret']),
	body('BORROWLOC_EXISTS_BORROW_ERROR', 'an immutable reference beside a mutable one', 'add', 1, [
		{ MutBorrowLoc: 0 },
		{ ImmBorrowLoc: 0 },
		'ReadRef',
		'Pop',
		'ReadRef',
		'Ret',
	]),
	body(
		'FIELD_EXISTS_MUTABLE_BORROW_ERROR',
		'a field borrowed under a mutable reference to the whole',
		'swap',
		3,
		(victim) => [{ CopyLoc: 0 }, { StLoc: 1 }, { CopyLoc: 0 }, { ImmBorrowField: victim.field('Pair', 0) }, 'ReadRef', 'Pop', { MoveLoc: 1 }, 'Pop', 'Ret'],
		(victim) => [mutable({ Datatype: victim.datatype('Pair') })],
	),
	body(
		'FREEZEREF_EXISTS_MUTABLE_BORROW_ERROR',
		'a reference frozen under a mutable borrow',
		'swap',
		4,
		(victim) => [{ CopyLoc: 0 }, { MutBorrowField: victim.field('Pair', 0) }, { StLoc: 1 }, { CopyLoc: 0 }, 'FreezeRef', 'Pop', { MoveLoc: 1 }, 'Pop', 'Ret'],
		[mutable('U64')],
	),
	body(
		'READREF_EXISTS_MUTABLE_BORROW_ERROR',
		'a read under a mutable borrow',
		'swap',
		4,
		(victim) => [{ CopyLoc: 0 }, { MutBorrowField: victim.field('Pair', 0) }, { StLoc: 1 }, { CopyLoc: 0 }, 'ReadRef', 'Pop', { MoveLoc: 1 }, 'Pop', 'Ret'],
		[mutable('U64')],
	),
	body(
		'WRITEREF_EXISTS_BORROW_ERROR',
		'a write under a borrow of a field',
		'swap',
		7,
		(victim) => [
			{ CopyLoc: 0 },
			{ MutBorrowField: victim.field('Pair', 0) },
			{ StLoc: 1 },
			u64(1),
			u64(2),
			{ Pack: victim.struct('Pair') },
			{ CopyLoc: 0 },
			'WriteRef',
			{ MoveLoc: 1 },
			'Pop',
			'Ret',
		],
		[mutable('U64')],
	),
	body(
		'VEC_BORROW_ELEMENT_EXISTS_MUTABLE_BORROW_ERROR',
		'two elements borrowed mutably',
		'grow',
		6,
		(victim) => [
			{ CopyLoc: 0 },
			u64(0),
			{ VecMutBorrow: victim.signature(['U64']) },
			{ StLoc: 1 },
			{ CopyLoc: 0 },
			u64(1),
			{ VecMutBorrow: victim.signature(['U64']) },
			'Pop',
			{ MoveLoc: 1 },
			'Pop',
			'Ret',
		],
		[mutable('U64')],
	),
	body(
		'VEC_UPDATE_EXISTS_MUTABLE_BORROW_ERROR',
		'a vector that changes under its element',
		'grow',
		5,
		(victim) => [
			{ CopyLoc: 0 },
			u64(0),
			{ VecMutBorrow: victim.signature(['U64']) },
			{ StLoc: 1 },
			{ CopyLoc: 0 },
			{ VecPopBack: victim.signature(['U64']) },
			'Pop',
			{ MoveLoc: 1 },
			'Pop',
			'Ret',
		],
		[mutable('U64')],
	),
	body(
		'CALL_BORROWED_MUTABLE_REFERENCE_ERROR',
		'a mutable reference passed on under its field',
		'swap',
		4,
		(victim) => [
			{ CopyLoc: 0 },
			{ MutBorrowField: victim.field('Pair', 0) },
			{ StLoc: 1 },
			{ CopyLoc: 0 },
			{ Call: victim.handle('swap') },
			{ MoveLoc: 1 },
			'Pop',
			'Ret',
		],
		[mutable('U64')],
	),
	{
		...body('RET_BORROWED_MUTABLE_REFERENCE_ERROR', 'a mutable reference returned twice', 'first', 3, () => [{ CopyLoc: 0 }, { MoveLoc: 0 }, 'Nop', 'Ret']),
		edit: (victim) => {
			const pair = mutable({ Datatype: victim.datatype('Pair') });
			victim.retype('first', { returns: [pair, pair] });
			victim.body('first', [{ CopyLoc: 0 }, { MoveLoc: 0 }, 'Nop', 'Ret']);
		},
	},
	body(
		'UNSAFE_RET_LOCAL_OR_RESOURCE_STILL_BORROWED',
		'a reference to a local returned',
		'first',
		6,
		(victim) => [u64(1), u64(2), { Pack: victim.struct('Pair') }, { StLoc: 1 }, { MutBorrowLoc: 1 }, { MutBorrowField: victim.field('Pair', 0) }, 'Ret'],
		(victim) => [{ Datatype: victim.datatype('Pair') }],
	),
	{
		status: 'PROGRAM_TOO_COMPLEX',
		breaks: 'a thousand branches with 120 references that meet',
		edit: (victim) => {
			victim.retype('swap', { parameters: repeat(120, [mutable('U64')]) });
			victim.body('swap', [...repeat<RawInstruction>(1000, ['LdTrue', { BrTrue: 2000 }]), 'Ret']);
		},
	},
];

const linking: readonly BrokenRule[] = [
	{
		status: 'MISSING_DEPENDENCY',
		breaks: 'a module that nobody published',
		edit: ({ module }) => {
			const handle = module.module_handles.find(({ name }) => module.identifiers[name] === 'event');
			if (handle !== undefined) handle.name = module.identifiers.push('nowhere') - 1;
		},
	},
	{
		status: 'LOOKUP_FAILED',
		breaks: 'a function that is not there',
		edit: (victim) => Object.assign(victim.module.function_handles[victim.handle('emit')] ?? {}, { name: victim.identifier('shout') }),
	},
	{
		status: 'LOOKUP_FAILED',
		breaks: "a neighbour's private function",
		edit: (_, neighbour) => Object.assign(neighbour.function('secret'), { visibility: 'Private' }),
	},
	{ status: 'LOOKUP_FAILED', breaks: 'a function for friends that this module is none of', edit: (_, { module }) => module.friend_decls.splice(0) },
	{
		status: 'LOOKUP_FAILED',
		breaks: 'a type that is not there',
		edit: (victim) => Object.assign(victim.module.datatype_handles[victim.datatype('UID')] ?? {}, { name: victim.identifier('Uid') }),
	},
	{
		status: 'TYPE_MISMATCH',
		breaks: 'more abilities than a type has',
		edit: (victim) => victim.addAbilities('UID', 2),
	},
	{
		status: 'TYPE_MISMATCH',
		breaks: 'fewer constraints than a function has',
		edit: (victim) => Object.assign(victim.module.function_handles[victim.handle('emit')] ?? {}, { type_parameters: [0] }),
	},
	{
		status: 'TYPE_MISMATCH',
		breaks: 'other results than a function has',
		edit: (_, neighbour) => {
			neighbour.retype('secret', { returns: ['U8'] });
			neighbour.body('secret', [{ LdU8: 7 }, 'Ret']);
		},
	},
	{
		status: 'CYCLIC_MODULE_DEPENDENCY',
		breaks: 'two modules that need each other',
		edit: (_, neighbour) => {
			const own = neighbour.module.module_handles[neighbour.module.self_module_handle_idx];
			neighbour.module.module_handles.push({ address: own?.address ?? 0, name: neighbour.identifier('victim') });
		},
	},
	{
		status: 'DUPLICATE_MODULE_NAME',
		breaks: 'a module twice',
		edit: () => {},
		also: (victim) => new ModuleEditor(victim.module),
	},
];

const suiRules: readonly BrokenRule[] = [
	{
		status: 'SUI_KEY_STRUCT',
		breaks: 'an object whose first field has another name',
		edit: (victim) => victim.setField('Thing', 0, { name: 'uid' }),
	},
	{
		status: 'SUI_KEY_STRUCT',
		breaks: 'an object without UID',
		edit: (victim) => {
			victim.setField('Pair', 0, { name: 'id' });
			victim.addAbilities('Pair', 8);
		},
	},
	{
		status: 'SUI_KEY_STRUCT',
		breaks: 'an enum with key',
		edit: (victim) => victim.addAbilities('Other', 8),
	},
	{
		status: 'SUI_ID_LEAK',
		breaks: 'an object made with the id of another',
		in: 'destroy',
		at: 2,
		edit: (victim) => {
			victim.retype('destroy', { returns: [{ Datatype: victim.datatype('Thing') }] });
			victim.body('destroy', [{ MoveLoc: 0 }, { Unpack: victim.struct('Thing') }, { Pack: victim.struct('Thing') }, 'Ret']);
		},
	},
	{
		status: 'SUI_PRIVATE_GENERICS',
		breaks: 'an event of a foreign type',
		in: 'tell',
		edit: (victim) => {
			victim.body('tell', [{ Call: victim.handle('secret') }, 'Pop', u64(1), { CallGeneric: victim.instantiate('emit', ['U64']) }, 'Ret']);
		},
	},
	{
		status: 'SUI_ENTRY_FUNCTION',
		breaks: 'an entry that takes a struct that is no object',
		in: 'cool',
		edit: (victim) => Object.assign(victim.function('cool'), { is_entry: true }),
	},
	{
		status: 'SUI_ENTRY_FUNCTION',
		breaks: 'an entry that returns what has no drop',
		in: 'heat',
		edit: (victim) => Object.assign(victim.function('heat'), { is_entry: true }),
	},
	{
		status: 'SUI_ENTRY_FUNCTION',
		breaks: 'an entry that returns a reference',
		in: 'count',
		edit: (victim) => {
			victim.retype('count', {
				parameters: [{ Reference: { Datatype: victim.datatype('Thing') } }],
				returns: [{ Reference: { Datatype: victim.datatype('Thing') } }],
			});
			victim.body('count', [{ MoveLoc: 0 }, 'Ret']);
		},
	},
	{
		status: 'SUI_INIT',
		breaks: 'an init that anybody may call',
		in: 'init',
		edit: (victim) => Object.assign(victim.function('init'), { visibility: 'Public' }),
	},
	{ status: 'SUI_INIT', breaks: 'an init that is an entry', in: 'init', edit: (victim) => Object.assign(victim.function('init'), { is_entry: true }) },
	{
		status: 'SUI_INIT',
		breaks: 'a call of init',
		in: 'count',
		at: 1,
		edit: (victim) => {
			victim.retype('count', { parameters: ['U64', mutable({ Datatype: victim.datatype('TxContext') })] });
			victim.retype('init', { parameters: [mutable({ Datatype: victim.datatype('TxContext') })] });
			victim.body('init', ['Ret']);
			victim.body('count', [{ MoveLoc: 1 }, { Call: victim.handle('init') }, { CopyLoc: 0 }, 'Ret']);
		},
	},
	{
		status: 'SUI_INIT',
		breaks: 'an init without context',
		in: 'init',
		edit: (victim) => {
			victim.retype('init', { parameters: [{ Datatype: victim.datatype('VICTIM') }] });
			victim.body('init', ['Ret']);
		},
	},
	{
		status: 'SUI_ONE_TIME_WITNESS',
		breaks: 'a witness that can be copied',
		edit: (victim) => victim.addAbilities('VICTIM', 1),
	},
	{
		status: 'SUI_ONE_TIME_WITNESS',
		breaks: 'a witness made by hand',
		in: 'add',
		at: 1,
		edit: (victim) => victim.body('add', ['LdTrue', { Pack: victim.struct('VICTIM') }, 'Pop', u64(0), 'Ret']),
	},
	{
		status: 'SUI_ONE_TIME_WITNESS',
		breaks: 'an init that takes no witness where there is one',
		in: 'init',
		edit: (victim) => {
			victim.retype('init', { parameters: [mutable({ Datatype: victim.datatype('TxContext') })] });
			victim.body('init', ['Ret']);
		},
	},
	{
		status: 'SUI_ONE_TIME_WITNESS',
		breaks: 'an init that takes another type for its witness',
		in: 'init',
		edit: (victim) => {
			victim.retype('init', { parameters: [{ Datatype: victim.datatype('Pair') }, mutable({ Datatype: victim.datatype('TxContext') })] });
			victim.body('init', ['Ret']);
		},
	},
];

export const BROKEN_RULES: readonly BrokenRule[] = [...tables, ...flow, ...types, ...locals, ...references, ...linking, ...suiRules];
