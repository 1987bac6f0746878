/** Bytecode rewritten so that it means the same with instructions that the compiler never emits. */
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import type { MovePackage } from '#devnet/move/api.ts';
import type { CompiledModule, RawCode, RawInstruction } from '#devnet/move/bytecode.ts';

/**
 * Puts the value on the stack through every row of the truth tables of `And` and `Or`: pairs of constants are joined, and their
 * result, known from the tables, leaves the value as it is (`x or false`, `x and true`).
 */
const TRUTH_TABLES: readonly RawInstruction[] = [
	...['LdTrue', 'LdFalse', 'And', 'Or'],
	...['LdFalse', 'LdTrue', 'And', 'Or'],
	...['LdFalse', 'LdFalse', 'And', 'Or'],
	...['LdFalse', 'LdFalse', 'Or', 'Or'],
	...['LdTrue', 'LdTrue', 'And', 'And'],
	...['LdTrue', 'LdFalse', 'Or', 'And'],
	...['LdFalse', 'LdTrue', 'Or', 'And'],
	...['LdTrue', 'LdTrue', 'Or', 'And'],
];

/**
 * A `Nop` before each instruction; conditions go through {@link TRUTH_TABLES} and branch by `BrTrue`; a packed vector is unpacked and
 * packed again; a shared reference to a variant without fields is unpacked as a mutable one is, which borrows nothing either way.
 */
export function withRareInstructions(pkg: MovePackage): MovePackage {
	return { ...pkg, modules: new Map([...pkg.modules].map(([name, bytes]) => [name, rewriteModule(bytes)])) };
}

function rewriteModule(bytes: Uint8Array): Uint8Array {
	const module = deserialize(bytes) as CompiledModule & { function_defs: { code: RawCode | null | undefined }[] };
	for (const def of module.function_defs) if (def.code) def.code = rewriteCode(module, def.code);
	return serialize(module);
}

function rewriteCode(module: CompiledModule, code: RawCode): RawCode {
	const pieces = code.code.map((instruction) => ['Nop', ...rewritten(module, instruction)]);
	const starts: number[] = [];
	let length = 0;
	for (const piece of pieces) {
		starts.push(length);
		length += piece.length;
	}
	const moved = (target: number) => starts[target] as number;
	return {
		...code,
		code: pieces.flat().map((instruction) => retargeted(instruction, moved)),
		jump_tables: (code.jump_tables ?? []).map((table) => ({ ...table, jump_table: { Full: table.jump_table.Full.map(moved) } })),
	};
}

function rewritten(module: CompiledModule, instruction: RawInstruction): readonly RawInstruction[] {
	if (typeof instruction === 'string') return [instruction];
	if ('BrFalse' in instruction) return [...TRUTH_TABLES, 'Not', { BrTrue: instruction.BrFalse }];
	if ('VecPack' in instruction) {
		const [, count] = instruction.VecPack as readonly [number, bigint];
		return count === 0n || Number(count) === 0 ? [instruction] : [instruction, { VecUnpack: instruction.VecPack }, instruction];
	}
	if ('UnpackVariantImmRef' in instruction) {
		const handle = module.variant_handles?.[instruction.UnpackVariantImmRef as number];
		if (isFieldless(module, handle?.enum_def, handle?.variant)) return [{ UnpackVariantMutRef: instruction.UnpackVariantImmRef }];
	}
	if ('UnpackVariantGenericImmRef' in instruction) {
		const handle = module.variant_instantiation_handles?.[instruction.UnpackVariantGenericImmRef as number];
		const definition = module.enum_def_instantiations?.[handle?.enum_def ?? -1]?.def;
		if (isFieldless(module, definition, handle?.variant)) return [{ UnpackVariantGenericMutRef: instruction.UnpackVariantGenericImmRef }];
	}
	return [instruction];
}

function isFieldless(module: CompiledModule, definition: number | undefined, variant: number | undefined): boolean {
	return module.enum_defs?.[definition ?? -1]?.variants[variant ?? -1]?.fields.length === 0;
}

function retargeted(instruction: RawInstruction, moved: (target: number) => number): RawInstruction {
	if (typeof instruction === 'string') return instruction;
	const [name, operand] = Object.entries(instruction)[0] as [string, unknown];
	return name === 'Branch' || name === 'BrTrue' || name === 'BrFalse' ? { [name]: moved(operand as number) } : instruction;
}
