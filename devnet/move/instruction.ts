/**
 * Pre-decoded instructions. The decoder has already resolved indices, found operand types and split arithmetic by
 * representation: `Small` works on numbers (u8, u16, u32), `Big` on bigints (u64, u128, u256).
 */
import type { MoveType } from '#devnet/move/api.ts';

export type Op =
	| 'Pop'
	| 'Ret'
	| 'BrTrue'
	| 'BrFalse'
	| 'Branch'
	| 'Load'
	| 'LdConst'
	| 'CopyLoc'
	| 'CopyLocPrimitive'
	| 'MoveLoc'
	| 'StLoc'
	| 'BorrowLoc'
	| 'BorrowField'
	| 'Call'
	| 'CallGeneric'
	| 'Pack'
	| 'Unpack'
	| 'ReadRef'
	| 'WriteRef'
	| 'FreezeRef'
	| 'AddSmall'
	| 'SubSmall'
	| 'MulSmall'
	| 'DivSmall'
	| 'ModSmall'
	| 'AddBig'
	| 'SubBig'
	| 'MulBig'
	| 'DivBig'
	| 'ModBig'
	| 'BitOrSmall'
	| 'BitAndSmall'
	| 'XorSmall'
	| 'BitOrBig'
	| 'BitAndBig'
	| 'XorBig'
	| 'ShlSmall'
	| 'ShrSmall'
	| 'ShlBig'
	| 'ShrBig'
	| 'LtSmall'
	| 'GtSmall'
	| 'LeSmall'
	| 'GeSmall'
	| 'LtBig'
	| 'GtBig'
	| 'LeBig'
	| 'GeBig'
	| 'CastSmallToSmall'
	| 'CastSmallToBig'
	| 'CastBigToSmall'
	| 'CastBigToBig'
	| 'Or'
	| 'And'
	| 'Not'
	| 'Eq'
	| 'Neq'
	| 'Abort'
	| 'Nop'
	| 'VecPack'
	| 'VecLen'
	| 'VecBorrow'
	| 'VecPushBack'
	| 'VecPopBack'
	| 'VecUnpack'
	| 'VecSwap'
	| 'PackVariant'
	| 'UnpackVariant'
	| 'UnpackVariantRef'
	| 'VariantSwitch'
	/** Never in a module: see the interpreter's tracing. */
	| 'Pause';

/** A call's target, linked to the callee's module at its first execution. */
export interface FunctionReference {
	/** `0x…::name` as bytecode has it: by the first version of the package. */
	readonly moduleKey: string;
	readonly name: string;
	readonly typeArguments: readonly MoveType[];
	readonly argumentCount: number;
	readonly returnCount: number;
}

/** One shape for every instruction, so that the interpreter's loads stay monomorphic. */
export class Instruction {
	readonly op: Op;
	/** Index of a local or field, branch target, count, largest value or bits: as the operation needs. */
	readonly a: number;
	readonly b: number;
	/** Largest value of a `Big` operation; literal of `Load`; copied constant of `LdConst`. */
	readonly value: unknown;
	/** What `Pack` and `PackVariant` make; the elements of what `VecPack` makes. */
	readonly type: MoveType | undefined;
	readonly target: FunctionReference | undefined;
	readonly jumps: readonly number[] | undefined;
	readonly pushes: number;
	readonly pops: number;
	/** Pops as the measured machine counts them (`gas.ts`). */
	readonly measuredPops: number;
	/** Bytes that gas counts as pushed; -1 when the value decides. */
	readonly bytes: number;

	constructor(op: Op, gas: readonly [pushes: number, pops: number, bytes: number, measuredPops?: number], operands: InstructionOperands = {}) {
		this.op = op;
		this.a = operands.a ?? 0;
		this.b = operands.b ?? 0;
		this.value = operands.value;
		this.type = operands.type;
		this.target = operands.target;
		this.jumps = operands.jumps;
		[this.pushes, this.pops, this.bytes] = gas;
		this.measuredPops = gas[3] ?? this.pops;
	}
}

export interface InstructionOperands {
	readonly a?: number;
	readonly b?: number;
	readonly value?: unknown;
	readonly type?: MoveType;
	readonly target?: FunctionReference;
	readonly jumps?: readonly number[];
}
