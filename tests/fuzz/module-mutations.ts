/** Changes to compiled modules, from those that hardly any decoder survives to those that only a verifier can tell from honest code. */
import type { RawInstruction, SignatureToken } from '#devnet/move/bytecode.ts';
import type { EditableModule } from '#devnet/move/verifier/verify.fixture.ts';
import type { Random } from '#tests/fuzz/random.ts';

type Mutation = (module: EditableModule, random: Random) => void;

/** One or a few changes of the same module. Some do nothing where the module lacks what they change. */
export function mutateModule(module: EditableModule, random: Random): void {
	const count = random.chance(0.7) ? 1 : 1 + random.integer(4);
	for (let i = 0; i < count; i++) random.pick(random.chance(0.75) ? CODE : DECLARATIONS)(module, random);
}

/** Bytes flipped, cut out, doubled or made up. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
	const changed = [...bytes];
	const count = 1 + random.integer(3);
	for (let i = 0; i < count; i++) {
		const at = random.integer(changed.length);
		switch (random.integer(5)) {
			case 0:
				changed[at] = random.integer(256);
				break;
			case 1:
				changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8));
				break;
			case 2:
				changed.splice(at, 1 + random.integer(3));
				break;
			case 3:
				changed.splice(at, 0, random.integer(256));
				break;
			default:
				changed.length = at + 1;
				break;
		}
	}
	return Uint8Array.from(changed);
}

interface Body {
	readonly code: RawInstruction[];
	readonly parameters: number;
	readonly raw: NonNullable<EditableModule['function_defs'][number]['code']>;
	readonly def: EditableModule['function_defs'][number];
}

function someBody(module: EditableModule, random: Random): Body | undefined {
	const def = module.function_defs[random.integer(module.function_defs.length)];
	if (!def?.code) return undefined;
	const handle = module.function_handles[def.function];
	return { def, raw: def.code, code: def.code.code, parameters: module.signatures[handle?.parameters ?? 0]?.length ?? 0 };
}

/** A change of one body at one offset. */
function atInstruction(change: (body: Body, offset: number, random: Random, module: EditableModule) => void): Mutation {
	return (module, random) => {
		const body = someBody(module, random);
		if (body !== undefined && body.code.length > 0) change(body, random.integer(body.code.length), random, module);
	};
}

const nameOf = (instruction: RawInstruction | undefined): string => (typeof instruction === 'string' ? instruction : (Object.keys(instruction ?? {})[0] ?? ''));

/** Instructions that take and give alike, so that the stack stays sound: references, locals and types may not. */
const EXCHANGEABLE: readonly (readonly string[])[] = [
	['Add', 'Sub', 'Mul', 'Div', 'Mod', 'BitOr', 'BitAnd', 'Xor'],
	['Lt', 'Gt', 'Le', 'Ge', 'Eq', 'Neq'],
	['Shl', 'Shr'],
	['And', 'Or'],
	['LdTrue', 'LdFalse'],
	['BrTrue', 'BrFalse'],
	['CopyLoc', 'MoveLoc'],
	['ImmBorrowLoc', 'MutBorrowLoc'],
	['ImmBorrowField', 'MutBorrowField'],
	['ImmBorrowFieldGeneric', 'MutBorrowFieldGeneric'],
	['VecImmBorrow', 'VecMutBorrow'],
	['CastU8', 'CastU16', 'CastU32', 'CastU64', 'CastU128', 'CastU256'],
	['ReadRef', 'FreezeRef', 'Not', 'CastU64'],
	['Pop', 'Abort'],
	['Pack', 'Unpack'],
	['PackVariant', 'UnpackVariant', 'UnpackVariantImmRef', 'UnpackVariantMutRef'],
	['Ret', 'Abort'],
];
const BARE = ['Pop', 'Ret', 'ReadRef', 'WriteRef', 'FreezeRef', 'Add', 'Sub', 'Eq', 'Not', 'Nop', 'LdTrue', 'Abort', 'CastU8', 'CastU256', 'Shl', 'Or'];
const TOKENS: readonly SignatureToken[] = ['Bool', 'U8', 'U16', 'U32', 'U64', 'U128', 'U256', 'Address', 'Signer'];

const exchange = atInstruction(({ code }, offset, random) => {
	const instruction = code[offset];
	const alike = EXCHANGEABLE.find((names) => names.includes(nameOf(instruction)));
	if (alike === undefined) return;
	const other = random.pick(alike);
	code[offset] = typeof instruction === 'object' ? { [other]: Object.values(instruction)[0] } : other;
});

/** Looks for an instruction that the exchange can change: most stand beside it. */
const exchangeSomewhere: Mutation = (module, random) => {
	for (let i = 0; i < 8; i++) exchange(module, random);
};

const otherLiteral = atInstruction(({ code }, offset, random) => {
	for (let i = 0; i < code.length; i++) {
		const at = (offset + i) % code.length;
		const name = nameOf(code[at]);
		const small = random.chance(0.5);
		if (name === 'LdU64' || name === 'LdU128')
			code[at] = { [name]: small ? BigInt(random.integer(4)) : BigInt(random.integer(2 ** 31)) << BigInt(random.integer(33)) };
		else if (name === 'LdU8') code[at] = { LdU8: random.integer(256) };
		else if (name === 'LdU16' || name === 'LdU32') code[at] = { [name]: random.integer(65_536) };
		else continue;
		return;
	}
});

const otherIndex = atInstruction(({ code }, offset, random) => {
	const instruction = code[offset];
	if (typeof instruction !== 'object') return;
	const name = nameOf(instruction);
	const operand = instruction[name];
	const nudge = (value: number) => Math.max(0, random.chance(0.8) ? value + random.pick([-1, 1]) : random.integer(12));
	if (typeof operand === 'number' && !name.startsWith('LdU')) code[offset] = { [name]: nudge(operand) };
	else if (Array.isArray(operand))
		code[offset] = { [name]: random.chance(0.5) ? [nudge(Number(operand[0])), operand[1]] : [operand[0], BigInt(nudge(Number(operand[1])))] };
});

const otherBranch = atInstruction(({ code }, offset, random) => {
	for (let i = 0; i < code.length; i++) {
		const at = (offset + i) % code.length;
		const name = nameOf(code[at]);
		if (!name.startsWith('Br')) continue;
		code[at] = { [name]: random.integer(code.length) };
		return;
	}
});

/** Moves branch targets along with an insertion or a removal. */
function shift(body: Body, from: number, by: number): void {
	body.code.forEach((instruction, offset) => {
		const name = nameOf(instruction);
		const target = typeof instruction === 'object' ? instruction[name] : undefined;
		if (name.startsWith('Br') && typeof target === 'number' && target > from) body.code[offset] = { [name]: target + by };
	});
	for (const table of body.raw.jump_tables ?? []) {
		table.jump_table.Full = table.jump_table.Full.map((target) => (target > from ? target + by : target));
	}
}

const insert = atInstruction((body, offset, random) => {
	const local = random.integer(body.parameters + 2);
	const pairs: readonly RawInstruction[][] = [
		['Nop'],
		[{ CopyLoc: local }, 'Pop'],
		[{ MoveLoc: local }, 'Pop'],
		[{ MoveLoc: local }, { StLoc: local }],
		[{ ImmBorrowLoc: local }, 'Pop'],
		[{ MutBorrowLoc: local }, 'Pop'],
		[{ CopyLoc: local }, { StLoc: random.integer(body.parameters + 2) }],
		['LdTrue', { BrTrue: random.integer(body.code.length) }],
		[{ Branch: random.integer(body.code.length) }],
		[random.pick(BARE)],
		[{ LdU64: 1n }, 'Abort'],
		['LdFalse', 'Pop'],
	];
	const added = random.pick(pairs);
	shift(body, offset, added.length);
	body.code.splice(offset, 0, ...added);
});

const remove = atInstruction((body, offset, random) => {
	const count = 1 + random.integer(2);
	shift(body, offset, -count);
	body.code.splice(offset, count);
});

const swapNeighbours = atInstruction(({ code }, offset) => {
	const [first, second] = [code[offset], code[offset + 1]];
	if (first !== undefined && second !== undefined) code.splice(offset, 2, second, first);
});

const repeatInstruction = atInstruction((body, offset) => {
	const instruction = body.code[offset];
	if (instruction === undefined) return;
	shift(body, offset, 1);
	body.code.splice(offset, 0, instruction);
});

const borrowInstruction = atInstruction(({ code }, offset, random, module) => {
	const other = someBody(module, random)?.code;
	if (other !== undefined && other.length > 0) code[offset] = random.pick(other);
});

const exchangeBodies: Mutation = (module, random) => {
	const [first, second] = [someBody(module, random), someBody(module, random)];
	if (first === undefined || second === undefined) return;
	[first.def.code, second.def.code] = [second.raw, first.raw];
};

const otherLocals: Mutation = (module, random) => {
	const body = someBody(module, random);
	if (body !== undefined) body.raw.locals = random.integer(module.signatures.length);
};

const otherJumpTable: Mutation = (module, random) => {
	const tables = module.function_defs.flatMap(({ code }) => code?.jump_tables ?? []);
	if (tables.length === 0) return;
	const table = random.pick(tables);
	const targets = table.jump_table.Full;
	if (random.chance(0.2)) table.head_enum = random.integer(3);
	else if (random.chance(0.5)) targets.reverse();
	else targets[random.integer(targets.length)] = random.integer(20);
};

const CODE: readonly Mutation[] = [
	exchangeSomewhere,
	exchangeSomewhere,
	exchange,
	otherLiteral,
	otherLiteral,
	otherIndex,
	otherIndex,
	otherBranch,
	insert,
	insert,
	remove,
	swapNeighbours,
	repeatInstruction,
	borrowInstruction,
	exchangeBodies,
	otherLocals,
	otherJumpTable,
];

const someToken = (module: EditableModule, random: Random): SignatureToken => {
	const known = module.signatures.flat();
	const base = random.chance(0.5) || known.length === 0 ? random.pick(TOKENS) : random.pick(known);
	switch (random.integer(6)) {
		case 0:
			return { Vector: base };
		case 1:
			return { Reference: base };
		case 2:
			return { MutableReference: base };
		case 3:
			return { TypeParameter: random.integer(2) };
		default:
			return base;
	}
};

const DECLARATIONS: readonly Mutation[] = [
	(module, random) => {
		const signature = random.pick(module.signatures);
		if (signature.length > 0) signature[random.integer(signature.length)] = someToken(module, random);
	},
	(module, random) => {
		const signature = random.pick(module.signatures);
		if (random.chance(0.5)) signature.push(someToken(module, random));
		else signature.pop();
	},
	(module, random) => {
		const structs = module.struct_defs.flatMap(({ field_information }) => (field_information === 'Native' ? [] : [field_information.Declared]));
		const variants = (module.enum_defs ?? []).flatMap((def) => def.variants.map(({ fields }) => fields));
		const fields = random.pick([...structs, ...variants, []]);
		if (fields.length === 0) return;
		const at = random.integer(fields.length);
		const field = fields[at];
		if (field === undefined) return;
		if (random.chance(0.7)) fields[at] = { ...field, signature: someToken(module, random) };
		else if (random.chance(0.5)) fields.push(field);
		else fields.splice(at, 1);
	},
	(module, random) => {
		const handle = random.pick(module.datatype_handles);
		handle.abilities ^= 1 << random.integer(4);
	},
	(module, random) => {
		const parameter = random.pick(module.datatype_handles).type_parameters[0];
		if (parameter === undefined) return;
		if (random.chance(0.5)) parameter.is_phantom = !parameter.is_phantom;
		else parameter.constraints ^= 1 << random.integer(4);
	},
	(module, random) => {
		const handle = random.pick(module.function_handles);
		if (handle.type_parameters.length > 0 && random.chance(0.7)) handle.type_parameters[0] = (handle.type_parameters[0] ?? 0) ^ (1 << random.integer(4));
		else if (random.chance(0.5)) handle.parameters = random.integer(module.signatures.length);
		else handle.return_ = random.integer(module.signatures.length);
	},
	(module, random) => {
		const def = random.pick(module.function_defs);
		if (random.chance(0.4)) def.is_entry = !def.is_entry;
		else if (random.chance(0.95)) def.visibility = random.pick(['Public', 'Friend', 'Private']);
		else def.code = null;
	},
	(module, random) => {
		if (module.constant_pool.length === 0) return;
		const constant = random.pick(module.constant_pool);
		if (random.chance(0.6)) constant.data[random.integer(constant.data.length)] = random.integer(256);
		else if (random.chance(0.5)) constant.type_ = someToken(module, random);
		else constant.data.push(0);
	},
	(module, random) => {
		const at = random.integer(module.identifiers.length);
		module.identifiers[at] = random.chance(0.5)
			? random.pick(module.identifiers)
			: random.pick(['id', 'init', 'new', 'UID', 'transfer', '<SELF>', 'x'.repeat(random.integer(200))]);
	},
	(module, random) => {
		const table = random.pick([module.function_instantiations, module.struct_def_instantiations, module.field_instantiations]);
		if (table.length > 0) random.pick<{ type_parameters: number }>(table).type_parameters = random.integer(module.signatures.length);
	},
	(module, random) => {
		if (random.chance(0.5)) module.friend_decls.pop();
		else module.friend_decls.push({ ...random.pick(module.module_handles) });
	},
	(module, random) => {
		const table: readonly { module: number; name: number }[] = random.chance(0.5) ? module.function_handles : module.datatype_handles;
		const handle = random.pick(table);
		if (random.chance(0.5)) handle.module = random.integer(module.module_handles.length);
		else handle.name = random.integer(module.identifiers.length);
	},
	/** Any number anywhere. */
	(module, random) => {
		let at: unknown = module;
		for (let depth = 0; depth < 12 && typeof at === 'object' && at !== null; depth++) {
			const container = at as Record<string, unknown>;
			const keys = Object.keys(container);
			if (keys.length === 0) return;
			const key = random.pick(keys);
			const value = container[key];
			if (typeof value === 'number') {
				container[key] = Math.max(0, value + random.pick([-1, 1, 2, 255]));
				return;
			}
			at = value;
		}
	},
];
