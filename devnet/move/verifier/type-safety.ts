/**
 * Every instruction finds operands of the types that it works on, with the abilities that it needs of them (pass `type_safety.rs`).
 * Blocks are typed alone, each from an empty stack: the stack-usage pass has seen to that.
 */
import { COPY, DROP } from '#devnet/move/bytecode.ts';
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { ControlFlow } from '#devnet/move/verifier/control-flow.ts';
import type { Refuse, VerificationStatus } from '#devnet/move/verifier/failure.ts';
import type { Meter } from '#devnet/move/verifier/limits.ts';
import { INTEGERS, type Type } from '#devnet/move/verifier/type-table.ts';
import { at, describeType, type FunctionView, type ModuleView } from '#devnet/move/verifier/view.ts';

const TICKS_PER_PUSH = 3;

export function checkTypeSafety(view: ModuleView, fn: FunctionView, flow: ControlFlow, meter: Meter, refuse: (instruction?: number) => Refuse): void {
	for (const { start, end } of flow.blocks) {
		const block = new BlockTypes(view, fn, meter, refuse);
		for (let offset = start; offset <= end; offset++) block.step(at(flow.code, offset), offset);
	}
}

class BlockTypes {
	readonly #view: ModuleView;
	readonly #function: FunctionView;
	readonly #meter: Meter;
	readonly #stack: Type[] = [];
	readonly #refuseAt: (instruction: number) => Refuse;
	#offset = 0;

	constructor(view: ModuleView, fn: FunctionView, meter: Meter, refuse: (instruction: number) => Refuse) {
		this.#refuseAt = refuse;
		this.#view = view;
		this.#function = fn;
		this.#meter = meter;
	}

	#refuse(status: VerificationStatus, reason: string): never {
		return this.#refuseAt(this.#offset)(status, reason);
	}

	#push(...types: readonly Type[]): void {
		this.#meter.add(TICKS_PER_PUSH * types.length);
		for (const type of types) this.#stack.push(type);
	}

	#pop(): Type {
		return this.#stack.pop() ?? this.#refuse('NEGATIVE_STACK_SIZE_WITHIN_BLOCK', 'an operand is missing');
	}

	#expect(type: Type, status: VerificationStatus): void {
		const found = this.#pop();
		if (found !== type) this.#refuse(status, `expected ${describeType(this.#view, type)}, found ${describeType(this.#view, found)}`);
	}

	/** In the order of declaration: the last lies on top. */
	#expectAll(types: readonly Type[], status: VerificationStatus): void {
		for (let i = types.length - 1; i >= 0; i--) this.#expect(at(types, i), status);
	}

	#need(ability: number, type: Type, status: VerificationStatus): void {
		if ((this.#view.abilities(type, this.#function.typeParameters) & ability) === 0) {
			this.#refuse(status, `${describeType(this.#view, type)} has not the ability ${ability === COPY ? 'copy' : 'drop'}`);
		}
	}

	#integer(): Type {
		const found = this.#pop();
		return INTEGERS.has(found.kind) ? found : this.#refuse('INTEGER_OP_TYPE_MISMATCH_ERROR', `expected an integer, found ${describeType(this.#view, found)}`);
	}

	/** What a reference points to; with `mutable`, of a mutable one only. */
	#dereference(mutable: boolean, status: VerificationStatus): Type {
		const found = this.#pop();
		if (found.kind === 'reference' && (found.mutable || !mutable)) return found.to;
		return this.#refuse(status, `expected a ${mutable ? 'mutable ' : ''}reference, found ${describeType(this.#view, found)}`);
	}

	#vector(element: Type, mutable: boolean): void {
		const found = this.#dereference(mutable, 'TYPE_MISMATCH');
		if (found.kind !== 'vector' || found.element !== element) {
			this.#refuse('TYPE_MISMATCH', `expected a vector of ${describeType(this.#view, element)}, found ${describeType(this.#view, found)}`);
		}
	}

	step(instruction: Bytecode, offset: number): void {
		this.#offset = offset;
		const { op, index } = instruction;
		const { types } = this.#view;
		switch (op) {
			case 'Pop':
				this.#need(DROP, this.#pop(), 'POP_WITHOUT_DROP_ABILITY');
				return;
			case 'BrTrue':
			case 'BrFalse':
				this.#expect(types.bool, 'BR_TYPE_MISMATCH_ERROR');
				return;
			case 'Branch':
			case 'Nop':
				return;
			case 'Abort':
				this.#expect(types.u64, 'ABORT_TYPE_MISMATCH_ERROR');
				return;
			case 'Ret':
				this.#expectAll(this.#function.returns, 'RET_TYPE_MISMATCH_ERROR');
				return;
			case 'LdU8':
				this.#push(types.u8);
				return;
			case 'LdU16':
				this.#push(types.u16);
				return;
			case 'LdU32':
				this.#push(types.u32);
				return;
			case 'LdU64':
				this.#push(types.u64);
				return;
			case 'LdU128':
				this.#push(types.u128);
				return;
			case 'LdU256':
				this.#push(types.u256);
				return;
			case 'LdTrue':
			case 'LdFalse':
				this.#push(types.bool);
				return;
			case 'LdConst':
				this.#push(types.read(at(this.#view.compiled.constant_pool, index).type_));
				return;
			case 'CopyLoc':
			case 'MoveLoc':
			case 'StLoc':
			case 'MutBorrowLoc':
			case 'ImmBorrowLoc':
				this.#local(op, at(this.#function.locals, index));
				return;
			case 'FreezeRef':
				this.#push(types.reference(this.#dereference(true, 'FREEZEREF_TYPE_MISMATCH_ERROR'), false));
				return;
			case 'ReadRef': {
				const type = this.#dereference(false, 'READREF_TYPE_MISMATCH_ERROR');
				this.#need(COPY, type, 'READREF_WITHOUT_COPY_ABILITY');
				this.#push(type);
				return;
			}
			case 'WriteRef': {
				const type = this.#dereference(true, 'WRITEREF_NO_MUTABLE_REFERENCE_ERROR');
				this.#need(DROP, type, 'WRITEREF_WITHOUT_DROP_ABILITY');
				this.#expect(type, 'WRITEREF_TYPE_MISMATCH_ERROR');
				return;
			}
			case 'MutBorrowField':
			case 'ImmBorrowField':
			case 'MutBorrowFieldGeneric':
			case 'ImmBorrowFieldGeneric': {
				const use = this.#view.field(instruction);
				const mutable = op.startsWith('Mut');
				if (this.#dereference(mutable, 'BORROWFIELD_TYPE_MISMATCH_ERROR') !== use.type) {
					this.#refuse('BORROWFIELD_TYPE_MISMATCH_ERROR', `expected a reference to ${describeType(this.#view, use.type)}`);
				}
				this.#push(types.reference(at(use.fields, use.field), mutable));
				return;
			}
			case 'Call':
			case 'CallGeneric': {
				const { parameters, returns } = this.#view.callee(instruction);
				this.#expectAll(parameters, 'CALL_TYPE_MISMATCH_ERROR');
				this.#push(...returns);
				return;
			}
			case 'Pack':
			case 'PackGeneric': {
				const { fields, type } = this.#view.struct(instruction);
				this.#expectAll(fields, 'PACK_TYPE_MISMATCH_ERROR');
				this.#push(type);
				return;
			}
			case 'Unpack':
			case 'UnpackGeneric': {
				const { fields, type } = this.#view.struct(instruction);
				this.#expect(type, 'UNPACK_TYPE_MISMATCH_ERROR');
				this.#push(...fields);
				return;
			}
			case 'PackVariant':
			case 'PackVariantGeneric': {
				const { fields, type } = this.#view.variant(instruction);
				this.#expectAll(fields, 'PACK_TYPE_MISMATCH_ERROR');
				this.#push(type);
				return;
			}
			case 'UnpackVariant':
			case 'UnpackVariantGeneric': {
				const { fields, type } = this.#view.variant(instruction);
				this.#expect(type, 'UNPACK_TYPE_MISMATCH_ERROR');
				this.#push(...fields);
				return;
			}
			case 'UnpackVariantImmRef':
			case 'UnpackVariantMutRef':
			case 'UnpackVariantGenericImmRef':
			case 'UnpackVariantGenericMutRef': {
				const { fields, type } = this.#view.variant(instruction);
				const mutable = op.endsWith('MutRef');
				this.#expect(types.reference(type, mutable), 'UNPACK_TYPE_MISMATCH_ERROR');
				this.#push(...fields.map((field) => types.reference(field, mutable)));
				return;
			}
			case 'VariantSwitch':
				this.#variantSwitch(index);
				return;
			case 'Add':
			case 'Sub':
			case 'Mul':
			case 'Mod':
			case 'Div':
			case 'BitOr':
			case 'BitAnd':
			case 'Xor': {
				const type = this.#integer();
				this.#expect(type, 'INTEGER_OP_TYPE_MISMATCH_ERROR');
				this.#push(type);
				return;
			}
			case 'Shl':
			case 'Shr':
				this.#expect(types.u8, 'INTEGER_OP_TYPE_MISMATCH_ERROR');
				this.#push(this.#integer());
				return;
			case 'Lt':
			case 'Gt':
			case 'Le':
			case 'Ge':
				this.#expect(this.#integer(), 'INTEGER_OP_TYPE_MISMATCH_ERROR');
				this.#push(types.bool);
				return;
			case 'Eq':
			case 'Neq': {
				const type = this.#pop();
				this.#need(DROP, type, 'EQUALITY_OP_TYPE_MISMATCH_ERROR');
				this.#expect(type, 'EQUALITY_OP_TYPE_MISMATCH_ERROR');
				this.#push(types.bool);
				return;
			}
			case 'Or':
			case 'And':
				this.#expect(types.bool, 'BOOLEAN_OP_TYPE_MISMATCH_ERROR');
				this.#expect(types.bool, 'BOOLEAN_OP_TYPE_MISMATCH_ERROR');
				this.#push(types.bool);
				return;
			case 'Not':
				this.#expect(types.bool, 'BOOLEAN_OP_TYPE_MISMATCH_ERROR');
				this.#push(types.bool);
				return;
			case 'CastU8':
				this.#cast(types.u8);
				return;
			case 'CastU16':
				this.#cast(types.u16);
				return;
			case 'CastU32':
				this.#cast(types.u32);
				return;
			case 'CastU64':
				this.#cast(types.u64);
				return;
			case 'CastU128':
				this.#cast(types.u128);
				return;
			case 'CastU256':
				this.#cast(types.u256);
				return;
			case 'VecPack':
			case 'VecUnpack':
			case 'VecLen':
			case 'VecImmBorrow':
			case 'VecMutBorrow':
			case 'VecPushBack':
			case 'VecPopBack':
			case 'VecSwap':
				this.#vectorOperation(op, at(this.#view.signature(index), 0), instruction.count);
				return;
			default:
				throw new TypeError(`unknown opcode ${op satisfies never}`);
		}
	}

	#cast(to: Type): void {
		this.#integer();
		this.#push(to);
	}

	#local(op: 'CopyLoc' | 'MoveLoc' | 'StLoc' | 'MutBorrowLoc' | 'ImmBorrowLoc', type: Type): void {
		switch (op) {
			case 'CopyLoc':
				this.#need(COPY, type, 'COPYLOC_WITHOUT_COPY_ABILITY');
				this.#push(type);
				return;
			case 'MoveLoc':
				this.#push(type);
				return;
			case 'StLoc':
				this.#expect(type, 'STLOC_TYPE_MISMATCH_ERROR');
				return;
			case 'MutBorrowLoc':
			case 'ImmBorrowLoc':
				if (type.kind === 'reference') this.#refuse('BORROWLOC_REFERENCE_ERROR', 'a reference to a reference');
				this.#push(this.#view.types.reference(type, op === 'MutBorrowLoc'));
				return;
			default:
				throw new TypeError(`unknown opcode ${op satisfies never}`);
		}
	}

	#vectorOperation(
		op: 'VecPack' | 'VecUnpack' | 'VecLen' | 'VecImmBorrow' | 'VecMutBorrow' | 'VecPushBack' | 'VecPopBack' | 'VecSwap',
		element: Type,
		count: number,
	): void {
		const { types } = this.#view;
		switch (op) {
			case 'VecPack':
				for (let i = 0; i < count; i++) this.#expect(element, 'TYPE_MISMATCH');
				this.#push(types.vector(element));
				return;
			case 'VecUnpack':
				this.#expect(types.vector(element), 'TYPE_MISMATCH');
				for (let i = 0; i < count; i++) this.#push(element);
				return;
			case 'VecLen':
				this.#vector(element, false);
				this.#push(types.u64);
				return;
			case 'VecImmBorrow':
			case 'VecMutBorrow': {
				const mutable = op === 'VecMutBorrow';
				this.#expect(types.u64, 'TYPE_MISMATCH');
				this.#vector(element, mutable);
				this.#push(types.reference(element, mutable));
				return;
			}
			case 'VecPushBack':
				this.#expect(element, 'TYPE_MISMATCH');
				this.#vector(element, true);
				return;
			case 'VecPopBack':
				this.#vector(element, true);
				this.#push(element);
				return;
			case 'VecSwap':
				this.#expect(types.u64, 'TYPE_MISMATCH');
				this.#expect(types.u64, 'TYPE_MISMATCH');
				this.#vector(element, true);
				return;
			default:
				throw new TypeError(`unknown opcode ${op satisfies never}`);
		}
	}

	#variantSwitch(table: number): void {
		const { enum: definition, targets } = at(this.#function.jumpTables, table);
		const operand = this.#pop();
		if (operand.kind !== 'reference' || operand.mutable) {
			this.#refuse('ENUM_SWITCH_BAD_OPERAND', `expected an immutable reference, found ${describeType(this.#view, operand)}`);
			return;
		}
		const declared = at(this.#view.compiled.enum_defs ?? [], definition);
		if (operand.to.kind !== 'datatype' || operand.to.handle !== declared.enum_handle) {
			this.#refuse('ENUM_TYPE_MISMATCH', `a switch over another type than ${describeType(this.#view, operand.to)}`);
		}
		if (targets.length !== declared.variants.length) {
			this.#refuse('INVALID_ENUM_SWITCH', `${targets.length} jumps for ${declared.variants.length} variants`);
		}
	}
}
