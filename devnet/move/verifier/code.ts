/** Instructions as the verifier reads them: an opcode, its index into some table, and a count for the two that have one. */
import type { RawInstruction } from '#devnet/move/bytecode.ts';

const WITHOUT_OPERAND = [
	'Pop',
	'Ret',
	'LdTrue',
	'LdFalse',
	'ReadRef',
	'WriteRef',
	'FreezeRef',
	'Add',
	'Sub',
	'Mul',
	'Mod',
	'Div',
	'BitOr',
	'BitAnd',
	'Xor',
	'Shl',
	'Shr',
	'Or',
	'And',
	'Not',
	'Eq',
	'Neq',
	'Lt',
	'Gt',
	'Le',
	'Ge',
	'CastU8',
	'CastU16',
	'CastU32',
	'CastU64',
	'CastU128',
	'CastU256',
	'Abort',
	'Nop',
] as const;
const LITERALS = ['LdU8', 'LdU16', 'LdU32', 'LdU64', 'LdU128', 'LdU256'] as const;
const WITH_INDEX = [
	'BrTrue',
	'BrFalse',
	'Branch',
	'LdConst',
	'CopyLoc',
	'MoveLoc',
	'StLoc',
	'MutBorrowLoc',
	'ImmBorrowLoc',
	'MutBorrowField',
	'ImmBorrowField',
	'MutBorrowFieldGeneric',
	'ImmBorrowFieldGeneric',
	'Call',
	'CallGeneric',
	'Pack',
	'PackGeneric',
	'Unpack',
	'UnpackGeneric',
	'VecLen',
	'VecImmBorrow',
	'VecMutBorrow',
	'VecPushBack',
	'VecPopBack',
	'VecSwap',
	'PackVariant',
	'PackVariantGeneric',
	'UnpackVariant',
	'UnpackVariantGeneric',
	'UnpackVariantImmRef',
	'UnpackVariantMutRef',
	'UnpackVariantGenericImmRef',
	'UnpackVariantGenericMutRef',
	'VariantSwitch',
] as const;
const WITH_COUNT = ['VecPack', 'VecUnpack'] as const;

export type Opcode = (typeof WITHOUT_OPERAND)[number] | (typeof LITERALS)[number] | (typeof WITH_INDEX)[number] | (typeof WITH_COUNT)[number];

export interface Bytecode {
	readonly op: Opcode;
	/** -1 where the opcode has none. */
	readonly index: number;
	/** Elements of `VecPack` and `VecUnpack`; an unsigned 64-bit number there, cut to what a number holds exactly. */
	readonly count: number;
}

const KNOWN = new Map<string, 'bare' | 'literal' | 'index' | 'count'>([
	...WITHOUT_OPERAND.map((op) => [op, 'bare'] as const),
	...LITERALS.map((op) => [op, 'literal'] as const),
	...WITH_INDEX.map((op) => [op, 'index'] as const),
	...WITH_COUNT.map((op) => [op, 'count'] as const),
]);
const BARE = new Map(WITHOUT_OPERAND.map((op) => [op as string, { op, index: -1, count: 0 } satisfies Bytecode]));

/** Undefined for what is no instruction of Sui's: Move's global storage among it. */
export function readInstruction(raw: RawInstruction): Bytecode | undefined {
	if (typeof raw === 'string') return BARE.get(raw);
	const name = Object.keys(raw)[0] as string;
	const operand = raw[name];
	switch (KNOWN.get(name)) {
		case 'literal':
			return { op: name as Opcode, index: -1, count: 0 };
		case 'index':
			return typeof operand === 'number' ? { op: name as Opcode, index: operand, count: 0 } : undefined;
		case 'count': {
			if (!Array.isArray(operand)) return undefined;
			const [index, count] = operand as [number, number | bigint];
			return { op: name as Opcode, index, count: Number(count) };
		}
		default:
			return undefined;
	}
}

export const opcodeName = (raw: RawInstruction): string => (typeof raw === 'string' ? raw : (Object.keys(raw)[0] ?? ''));
