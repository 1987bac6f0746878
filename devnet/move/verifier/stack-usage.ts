/** Every block leaves the operand stack as it found it, never reaches below, and never gets it too high (pass `stack_usage_verifier.rs`). */
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { ControlFlow } from '#devnet/move/verifier/control-flow.ts';
import type { Refuse } from '#devnet/move/verifier/failure.ts';
import { LIMITS } from '#devnet/move/verifier/limits.ts';
import { at, type FunctionView, type ModuleView } from '#devnet/move/verifier/view.ts';

export function checkStackUsage(view: ModuleView, fn: FunctionView, flow: ControlFlow, refuse: (instruction?: number) => Refuse): void {
	for (const { start, end } of flow.blocks) {
		let height = 0;
		let pushed = 0;
		for (let offset = start; offset <= end; offset++) {
			const [pops, pushes] = stackEffect(view, fn, at(flow.code, offset));
			pushed += pushes;
			if (pushed > LIMITS.pushesPerBlock) refuse(offset)('VALUE_STACK_PUSH_OVERFLOW', `${pushed} values pushed in one block`);
			if (height < pops) refuse(offset)('NEGATIVE_STACK_SIZE_WITHIN_BLOCK', `${pops} operands expected, ${height} there`);
			height += pushes - pops;
			if (height > LIMITS.valueStackHeight) refuse(offset)('VALUE_STACK_OVERFLOW', `${height} operands`);
		}
		if (height !== 0) refuse(end)('POSITIVE_STACK_SIZE_AT_BLOCK_END', `${height} operands are left at the end of a block`);
	}
}

/** How many operands an instruction takes and gives. */
export function stackEffect(view: ModuleView, fn: FunctionView, instruction: Bytecode): readonly [pops: number, pushes: number] {
	switch (instruction.op) {
		case 'Pop':
		case 'BrTrue':
		case 'BrFalse':
		case 'StLoc':
		case 'Abort':
		case 'VariantSwitch':
			return [1, 0];
		case 'Branch':
		case 'Nop':
			return [0, 0];
		case 'LdU8':
		case 'LdU16':
		case 'LdU32':
		case 'LdU64':
		case 'LdU128':
		case 'LdU256':
		case 'LdTrue':
		case 'LdFalse':
		case 'LdConst':
		case 'CopyLoc':
		case 'MoveLoc':
		case 'MutBorrowLoc':
		case 'ImmBorrowLoc':
			return [0, 1];
		case 'Not':
		case 'FreezeRef':
		case 'ReadRef':
		case 'MutBorrowField':
		case 'MutBorrowFieldGeneric':
		case 'ImmBorrowField':
		case 'ImmBorrowFieldGeneric':
		case 'CastU8':
		case 'CastU16':
		case 'CastU32':
		case 'CastU64':
		case 'CastU128':
		case 'CastU256':
		case 'VecLen':
		case 'VecPopBack':
			return [1, 1];
		case 'Add':
		case 'Sub':
		case 'Mul':
		case 'Mod':
		case 'Div':
		case 'BitOr':
		case 'BitAnd':
		case 'Xor':
		case 'Shl':
		case 'Shr':
		case 'Or':
		case 'And':
		case 'Eq':
		case 'Neq':
		case 'Lt':
		case 'Gt':
		case 'Le':
		case 'Ge':
		case 'VecImmBorrow':
		case 'VecMutBorrow':
			return [2, 1];
		case 'WriteRef':
		case 'VecPushBack':
			return [2, 0];
		case 'VecSwap':
			return [3, 0];
		case 'VecPack':
			return [instruction.count, 1];
		case 'VecUnpack':
			return [1, instruction.count];
		case 'Ret':
			return [fn.returns.length, 0];
		case 'Call':
		case 'CallGeneric': {
			const { parameters, returns } = view.callee(instruction);
			return [parameters.length, returns.length];
		}
		case 'Pack':
		case 'PackGeneric':
			return [view.struct(instruction).fields.length, 1];
		case 'Unpack':
		case 'UnpackGeneric':
			return [1, view.struct(instruction).fields.length];
		case 'PackVariant':
		case 'PackVariantGeneric':
			return [view.variant(instruction).fields.length, 1];
		case 'UnpackVariant':
		case 'UnpackVariantGeneric':
		case 'UnpackVariantImmRef':
		case 'UnpackVariantMutRef':
		case 'UnpackVariantGenericImmRef':
		case 'UnpackVariantGenericMutRef':
			return [1, view.variant(instruction).fields.length];
		default:
			throw new TypeError(`unknown opcode ${instruction.op satisfies never}`);
	}
}
