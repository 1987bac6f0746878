/**
 * Decodes a function body. One pass with a stack of types: Move's verifier asks that the operand stack is empty at the
 * borders of basic blocks, so a block can be typed alone. Typing finds the integer width that bytecode leaves out and
 * refuses code whose operands do not fit (not a borrow checker: the compiler's output is trusted with aliasing).
 */
import type { MoveType } from '#devnet/move/api.ts';
import { blockLeaders } from '#devnet/move/basic-blocks.ts';
import { deserializeValue } from '#devnet/move/bcs.ts';
import {
	type CompiledModule,
	entry,
	identifier,
	malformed,
	moduleHandle,
	type RawCode,
	type RawInstruction,
	signatureTypes,
	typeOf,
} from '#devnet/move/bytecode.ts';
import { elementType, structShape, variantShape } from '#devnet/move/definition-shapes.ts';
import { type FunctionReference, Instruction, type InstructionOperands, type Op } from '#devnet/move/instruction.ts';
import { BOOL, INTEGER_BITS, isIntegerKind, substitute, typesEqual, U8, U16, U32, U64, U128, U256, vectorOf } from '#devnet/move/types.ts';
import { elementWidth } from '#devnet/move/values.ts';

export interface DecodedCode {
	readonly instructions: readonly Instruction[];
	readonly localTypes: readonly MoveType[];
	/** The most operands that the function has on the stack at once, its arguments' places not counted. */
	readonly maxStackHeight: number;
}

/** An instruction as the bytecode names it, with the types (of this function's parameters) that it takes and leaves. */
export interface TypedInstruction {
	/** As in the binary format: `Add`, `LdU8`, `CallGeneric`. */
	readonly opcode: string;
	/** As the deserialiser gives it: an index, a literal. */
	readonly operand: unknown;
	/** The last one is the top of the stack. */
	readonly pops: readonly MoveType[];
	readonly pushes: readonly MoveType[];
}

const REFERENCE_BYTES = 8;
const STRUCT_BYTES = 2;
const VECTOR_BYTES = 8;
/** What a copied or moved reference, a bool and every integer but u256 count (see `gas.ts`). */
const PRIMITIVE_BYTES = 16;
/** A call's frame; each type argument of a generic one, and each field or element unpacked, counts as a primitive. */
const CALL_BYTES = 3;

const SMALL_ARITHMETIC: Readonly<Record<string, readonly [Op, Op]>> = {
	Add: ['AddSmall', 'AddBig'],
	Sub: ['SubSmall', 'SubBig'],
	Mul: ['MulSmall', 'MulBig'],
	Div: ['DivSmall', 'DivBig'],
	Mod: ['ModSmall', 'ModBig'],
	BitOr: ['BitOrSmall', 'BitOrBig'],
	BitAnd: ['BitAndSmall', 'BitAndBig'],
	Xor: ['XorSmall', 'XorBig'],
};
const COMPARISONS: Readonly<Record<string, readonly [Op, Op]>> = {
	Lt: ['LtSmall', 'LtBig'],
	Gt: ['GtSmall', 'GtBig'],
	Le: ['LeSmall', 'LeBig'],
	Ge: ['GeSmall', 'GeBig'],
};
const SHIFTS: Readonly<Record<string, readonly [Op, Op]>> = { Shl: ['ShlSmall', 'ShlBig'], Shr: ['ShrSmall', 'ShrBig'] };
const LITERALS: Readonly<Record<string, MoveType>> = { LdU8: U8, LdU16: U16, LdU32: U32, LdU64: U64, LdU128: U128, LdU256: U256 };
const CASTS: Readonly<Record<string, MoveType>> = { CastU8: U8, CastU16: U16, CastU32: U32, CastU64: U64, CastU128: U128, CastU256: U256 };

export function decodeFunction(
	module: CompiledModule,
	moduleName: string,
	functionName: string,
	raw: RawCode,
	parameters: readonly MoveType[],
	returns: readonly MoveType[],
	observe?: (step: TypedInstruction) => void,
): DecodedCode {
	const localTypes = [...parameters, ...signatureTypes(module, raw.locals)];
	const count = raw.code.length;
	if (count === 0) throw malformed(moduleName, `${functionName} has no code`);
	const leaders = blockLeaders(raw);
	const instructions: Instruction[] = [];
	let stack: MoveType[] = [];
	let maxStackHeight = 0;

	const refuse = (at: number, why: string): never => {
		throw malformed(moduleName, `${functionName} at ${at}: ${why}`);
	};

	for (let at = 0; at < count; at++) {
		if (leaders.has(at)) stack = [];
		const instruction = raw.code[at] as RawInstruction;
		const name = typeof instruction === 'string' ? instruction : (Object.keys(instruction)[0] as string);
		const operand: unknown = typeof instruction === 'string' ? undefined : instruction[name];
		const pop = (): MoveType => stack.pop() ?? refuse(at, `${name} finds an empty stack`);
		const popIs = (type: MoveType) => {
			const found = pop();
			if (!typesEqual(found, type)) refuse(at, `${name} expects ${JSON.stringify(type)} and finds ${JSON.stringify(found)}`);
		};
		const popReference = (): MoveType => {
			const found = pop();
			return found.kind === 'reference' ? found.to : refuse(at, `${name} expects a reference`);
		};
		const popInteger = () => {
			const found = pop();
			return isIntegerKind(found.kind) ? { type: found, bits: INTEGER_BITS[found.kind] } : refuse(at, `${name} expects an integer`);
		};
		const popArguments = (types: readonly MoveType[]) => {
			for (let i = types.length - 1; i >= 0; i--) popIs(types[i] as MoveType);
		};
		const index = (): number => (typeof operand === 'number' ? operand : refuse(at, `${name} has no index`));
		const local = (): MoveType => entry(localTypes, index(), 'local');
		const target = (): number => {
			const to = index();
			return to >= 0 && to < count ? to : refuse(at, `${name} leaves the code`);
		};
		const emit = (op: Op, gas: ConstructorParameters<typeof Instruction>[1], operands?: InstructionOperands) =>
			instructions.push(new Instruction(op, gas, operands));
		const before = observe === undefined ? [] : [...stack];

		switch (name) {
			case 'Pop':
				pop();
				emit('Pop', [0, 1, 0]);
				break;
			case 'Ret':
				popArguments(returns);
				if (stack.length !== 0) refuse(at, 'values left on the stack at Ret');
				emit('Ret', [0, 0, 0], { a: returns.length });
				break;
			case 'BrTrue':
			case 'BrFalse':
				popIs(BOOL);
				emit(name, [0, 1, 0, 0], { a: target() });
				break;
			case 'Branch':
				emit('Branch', [0, 0, 0], { a: target() });
				break;
			case 'LdU8':
			case 'LdU16':
			case 'LdU32':
			case 'LdU64':
			case 'LdU128':
			case 'LdU256': {
				const type = LITERALS[name] as MoveType;
				stack.push(type);
				emit('Load', [1, 0, staticSize(type)], { value: literal(type, operand) ?? refuse(at, 'bad literal') });
				break;
			}
			case 'LdTrue':
			case 'LdFalse':
				stack.push(BOOL);
				emit('Load', [1, 0, PRIMITIVE_BYTES], { value: name === 'LdTrue' });
				break;
			case 'LdConst': {
				const constant = entry(module.constant_pool, index(), 'constant');
				const type = typeOf(module, constant.type_);
				stack.push(type);
				emit('LdConst', [1, 0, constant.data.length], { value: constantValue(type, constant.data, moduleName) });
				break;
			}
			case 'CopyLoc': {
				const type = local();
				stack.push(type);
				const width = staticSize(type);
				emit(width < 0 ? 'CopyLoc' : 'CopyLocPrimitive', [1, 0, width], { a: index() });
				break;
			}
			case 'MoveLoc': {
				const type = local();
				stack.push(type);
				emit('MoveLoc', [1, 0, Math.max(staticSize(type), PRIMITIVE_BYTES), 1], { a: index() });
				break;
			}
			case 'StLoc':
				popIs(local());
				emit('StLoc', [0, 1, 0], { a: index() });
				break;
			case 'MutBorrowLoc':
			case 'ImmBorrowLoc':
				stack.push({ kind: 'reference', mutable: name === 'MutBorrowLoc', to: local() });
				emit('BorrowLoc', [1, 0, REFERENCE_BYTES], { a: index() });
				break;
			case 'MutBorrowField':
			case 'ImmBorrowField':
			case 'MutBorrowFieldGeneric':
			case 'ImmBorrowFieldGeneric': {
				const instantiation = name.endsWith('Generic') ? entry(module.field_instantiations, index(), 'field instantiation') : undefined;
				const handle = entry(module.field_handles, instantiation?.handle ?? index(), 'field handle');
				const args = instantiation === undefined ? [] : signatureTypes(module, instantiation.type_parameters);
				const struct = structShape(module, handle.owner, args);
				if (!typesEqual(popReference(), struct.type)) refuse(at, `${name} on another struct`);
				stack.push({ kind: 'reference', mutable: name.startsWith('Mut'), to: entry(struct.fields, handle.field, 'field') });
				emit('BorrowField', [1, 1, REFERENCE_BYTES], { a: handle.field });
				break;
			}
			case 'Call':
			case 'CallGeneric': {
				const generic = name === 'CallGeneric';
				const instantiation = generic ? entry(module.function_instantiations, index(), 'function instantiation') : undefined;
				const handle = entry(module.function_handles, instantiation?.handle ?? index(), 'function handle');
				const typeArguments = instantiation === undefined ? [] : signatureTypes(module, instantiation.type_parameters);
				if (typeArguments.length !== handle.type_parameters.length) refuse(at, 'call with a wrong number of type arguments');
				const owner = moduleHandle(module, handle.module);
				const takes = signatureTypes(module, handle.parameters).map((type) => substitute(type, typeArguments));
				const gives = signatureTypes(module, handle.return_).map((type) => substitute(type, typeArguments));
				popArguments(takes);
				stack.push(...gives);
				const reference: FunctionReference = {
					moduleKey: `${owner.address}::${owner.module}`,
					name: identifier(module, handle.name),
					typeArguments,
					argumentCount: takes.length,
					returnCount: gives.length,
				};
				emit(generic ? 'CallGeneric' : 'Call', [0, takes.length, CALL_BYTES + PRIMITIVE_BYTES * typeArguments.length], { target: reference });
				break;
			}
			case 'Pack':
			case 'PackGeneric':
			case 'Unpack':
			case 'UnpackGeneric': {
				const instantiation = name.endsWith('Generic') ? entry(module.struct_def_instantiations, index(), 'struct instantiation') : undefined;
				const args = instantiation === undefined ? [] : signatureTypes(module, instantiation.type_parameters);
				const struct = structShape(module, instantiation?.def ?? index(), args);
				const size = struct.fields.length;
				if (name.startsWith('Pack')) {
					popArguments(struct.fields);
					stack.push(struct.type);
					emit('Pack', [1, size, STRUCT_BYTES], { a: size, type: struct.type });
				} else {
					popIs(struct.type);
					stack.push(...struct.fields);
					emit('Unpack', [size, 1, PRIMITIVE_BYTES * size], { a: size });
				}
				break;
			}
			case 'ReadRef': {
				const type = popReference();
				stack.push(type);
				const width = staticSize(type);
				emit('ReadRef', [1, 1, width]);
				break;
			}
			case 'WriteRef': {
				const to = popReference();
				popIs(to);
				emit('WriteRef', [0, 2, staticSize(to)]);
				break;
			}
			case 'FreezeRef':
				stack.push({ kind: 'reference', mutable: false, to: popReference() });
				emit('FreezeRef', [1, 1, REFERENCE_BYTES]);
				break;
			case 'Add':
			case 'Sub':
			case 'Mul':
			case 'Div':
			case 'Mod':
			case 'BitOr':
			case 'BitAnd':
			case 'Xor': {
				const { type, bits } = popInteger();
				popIs(type);
				stack.push(type);
				const [small, big] = SMALL_ARITHMETIC[name] as readonly [Op, Op];
				emit(bits <= 32 ? small : big, [1, 2, staticSize(type)], largest(bits));
				break;
			}
			case 'Shl':
			case 'Shr': {
				popIs(U8);
				const { type, bits } = popInteger();
				stack.push(type);
				const [small, big] = SHIFTS[name] as readonly [Op, Op];
				emit(bits <= 32 ? small : big, [1, 2, staticSize(type)], { ...largest(bits), b: bits });
				break;
			}
			case 'Lt':
			case 'Gt':
			case 'Le':
			case 'Ge': {
				const { type, bits } = popInteger();
				popIs(type);
				stack.push(BOOL);
				const [small, big] = COMPARISONS[name] as readonly [Op, Op];
				emit(bits <= 32 ? small : big, [1, 2, PRIMITIVE_BYTES]);
				break;
			}
			case 'CastU8':
			case 'CastU16':
			case 'CastU32':
			case 'CastU64':
			case 'CastU128':
			case 'CastU256': {
				const from = popInteger().bits;
				const type = CASTS[name] as MoveType;
				const width = elementWidth(type);
				stack.push(type);
				const op: Op = from <= 32 ? (width <= 4 ? 'CastSmallToSmall' : 'CastSmallToBig') : width <= 4 ? 'CastBigToSmall' : 'CastBigToBig';
				emit(op, [1, 1, staticSize(type)], { a: width <= 4 ? 2 ** (8 * width) - 1 : 0, value: (1n << BigInt(8 * width)) - 1n });
				break;
			}
			case 'Or':
			case 'And':
				popIs(BOOL);
				popIs(BOOL);
				stack.push(BOOL);
				emit(name, [1, 2, PRIMITIVE_BYTES]);
				break;
			case 'Not':
				popIs(BOOL);
				stack.push(BOOL);
				emit('Not', [1, 1, PRIMITIVE_BYTES]);
				break;
			case 'Eq':
			case 'Neq': {
				const type = pop();
				popIs(type);
				stack.push(BOOL);
				const width = staticSize(type);
				emit(name, [1, 2, width < 0 ? -1 : PRIMITIVE_BYTES]);
				break;
			}
			case 'Abort':
				popIs(U64);
				emit('Abort', [0, 1, 0]);
				break;
			case 'Nop':
				emit('Nop', [0, 0, 0]);
				break;
			case 'VecPack':
			case 'VecUnpack': {
				const [signature, length] = operand as readonly [number, bigint];
				const element = elementType(module, signature);
				const size = Number(length);
				const elements = new Array<MoveType>(size).fill(element);
				if (name === 'VecPack') {
					popArguments(elements);
					stack.push(vectorOf(element));
					emit('VecPack', [1, size, VECTOR_BYTES], { a: size, type: element });
				} else {
					popIs(vectorOf(element));
					stack.push(...elements);
					emit('VecUnpack', [size, 1, PRIMITIVE_BYTES * size], { a: size });
				}
				break;
			}
			case 'VecLen':
				popVector(popReference(), elementType(module, index()), at);
				stack.push(U64);
				emit('VecLen', [1, 1, PRIMITIVE_BYTES]);
				break;
			case 'VecImmBorrow':
			case 'VecMutBorrow': {
				popIs(U64);
				const element = elementType(module, index());
				popVector(popReference(), element, at);
				stack.push({ kind: 'reference', mutable: name === 'VecMutBorrow', to: element });
				emit('VecBorrow', [1, 2, REFERENCE_BYTES]);
				break;
			}
			case 'VecPushBack': {
				const element = elementType(module, index());
				popIs(element);
				popVector(popReference(), element, at);
				emit('VecPushBack', [0, 2, 0]);
				break;
			}
			case 'VecPopBack': {
				const element = elementType(module, index());
				popVector(popReference(), element, at);
				stack.push(element);
				emit('VecPopBack', [1, 1, PRIMITIVE_BYTES]);
				break;
			}
			case 'VecSwap':
				popIs(U64);
				popIs(U64);
				popVector(popReference(), elementType(module, index()), at);
				emit('VecSwap', [0, 3, 0]);
				break;
			case 'PackVariant':
			case 'PackVariantGeneric': {
				const variant = variantShape(module, index(), name.endsWith('Generic'));
				popArguments(variant.fields);
				stack.push(variant.type);
				emit('PackVariant', [1, variant.fields.length, STRUCT_BYTES], { a: variant.fields.length, b: variant.tag, type: variant.type });
				break;
			}
			case 'UnpackVariant':
			case 'UnpackVariantGeneric': {
				const variant = variantShape(module, index(), name.endsWith('Generic'));
				popIs(variant.type);
				stack.push(...variant.fields);
				emit('UnpackVariant', [variant.fields.length, 1, PRIMITIVE_BYTES * variant.fields.length], { b: variant.tag });
				break;
			}
			case 'UnpackVariantImmRef':
			case 'UnpackVariantMutRef':
			case 'UnpackVariantGenericImmRef':
			case 'UnpackVariantGenericMutRef': {
				const variant = variantShape(module, index(), name.includes('Generic'));
				if (!typesEqual(popReference(), variant.type)) refuse(at, `${name} on another enum`);
				const mutable = name.endsWith('MutRef');
				stack.push(...variant.fields.map((to): MoveType => ({ kind: 'reference', mutable, to })));
				emit('UnpackVariantRef', [variant.fields.length, 1, PRIMITIVE_BYTES * variant.fields.length], { b: variant.tag });
				break;
			}
			case 'VariantSwitch': {
				popReference();
				const jumps = entry(raw.jump_tables, index(), 'jump table').jump_table.Full;
				if (jumps.some((to) => !(to >= 0 && to < count))) refuse(at, 'jump table leaves the code');
				emit('VariantSwitch', [0, 1, 0], { jumps });
				break;
			}
			default:
				refuse(at, `unknown or withdrawn instruction ${name}`);
		}
		maxStackHeight = Math.max(maxStackHeight, stack.length);
		if (observe !== undefined) {
			const kept = before.length - (name === 'Ret' ? returns.length : (instructions[at] as Instruction).pops);
			observe({ opcode: name, operand, pops: before.slice(kept), pushes: stack.slice(kept) });
		}
		if ((leaders.has(at + 1) || at + 1 === count) && stack.length !== 0) refuse(at, 'operands left at the end of a block');
	}
	const last = instructions[count - 1] as Instruction;
	if (last.op !== 'Ret' && last.op !== 'Abort' && last.op !== 'Branch' && last.op !== 'VariantSwitch') refuse(count - 1, 'execution runs past the end');
	return { instructions, localTypes, maxStackHeight };

	function popVector(found: MoveType, element: MoveType, at: number): void {
		if (found.kind !== 'vector' || !typesEqual(found.element, element)) refuse(at, 'vector operation on another type');
	}
}

/** Abstract size of a primitive on the stack; -1 when only the value tells. */
function staticSize(type: MoveType): number {
	switch (type.kind) {
		case 'bool':
		case 'u8':
		case 'u16':
		case 'u32':
		case 'u64':
		case 'u128':
			return PRIMITIVE_BYTES;
		case 'u256':
		case 'address':
		case 'signer':
			return 32;
		default:
			return -1;
	}
}

function largest(bits: number): InstructionOperands {
	return bits <= 32 ? { a: 2 ** bits - 1 } : { value: (1n << BigInt(bits)) - 1n };
}

function literal(type: MoveType, operand: unknown): number | bigint | undefined {
	if (type.kind === 'u8' || type.kind === 'u16' || type.kind === 'u32') return typeof operand === 'number' ? operand : undefined;
	if (typeof operand === 'bigint') return operand;
	if (typeof operand === 'number') return BigInt(operand);
	if (!Array.isArray(operand) && !(operand instanceof Uint8Array)) return undefined;
	let value = 0n;
	for (let i = operand.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(operand[i] as number);
	return value;
}

function constantValue(type: MoveType, data: readonly number[], moduleName: string): unknown {
	try {
		return deserializeValue(type, Uint8Array.from(data), undefined);
	} catch (error) {
		throw malformed(moduleName, `a constant does not decode: ${error instanceof Error ? error.message : String(error)}`);
	}
}
