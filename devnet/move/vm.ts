/** The machine as the ledger sees it. */
import {
	type AbilitySet,
	type Address,
	type CallResult,
	type Cell,
	type ChildObjectResolver,
	type FieldLayout,
	type FunctionSignature,
	type GasMeter,
	type ModuleId,
	MoveFailure,
	type MovePackage,
	type MoveType,
	type MoveValue,
	type MoveVm,
	type NativeEnvironment,
	type ObjectRuntime,
	type TransactionContext,
} from '#devnet/move/api.ts';
import { BcsError, deserializeValue, serializeValue } from '#devnet/move/bcs.ts';
import { disassemble } from '#devnet/move/disassemble.ts';
import { TieredGasMeter } from '#devnet/move/gas.ts';
import { execute } from '#devnet/move/interpreter.ts';
import { type DatatypeType, Loader } from '#devnet/move/loader.ts';
import { TransactionObjectRuntime } from '#devnet/move/object-runtime.ts';
import type { ExecutionTracer } from '#devnet/move/tracer.ts';
import { datatype, formatType, normalizeAddress, substitute } from '#devnet/move/types.ts';
import { copyValue, Reference, type Value } from '#devnet/move/values.ts';

/** A borrowed cell before a call gives it a slot. */
class CellReference {
	readonly cell: Cell;
	readonly mutable: boolean;
	constructor(cell: Cell, mutable: boolean) {
		this.cell = cell;
		this.mutable = mutable;
	}
}

const FRAMEWORK = normalizeAddress('0x2');

export function createMoveVm(environment: NativeEnvironment): MoveVm {
	return new Vm(environment);
}

class Vm implements MoveVm {
	readonly #environment: NativeEnvironment;
	readonly #loader: Loader;

	constructor(environment: NativeEnvironment, loader = new Loader()) {
		this.#environment = environment;
		this.#loader = loader;
	}

	fork(without: readonly Address[]): MoveVm {
		return new Vm(this.#environment, this.#loader.fork(without));
	}

	load(pkg: MovePackage): void {
		this.#loader.load(pkg);
	}

	unload(id: Address): void {
		this.#loader.unload(id);
	}

	isLoaded(id: Address): boolean {
		return this.#loader.package(id) !== undefined;
	}

	moduleNames(id: Address): readonly string[] {
		return this.#loader.package(id)?.modules.names ?? [];
	}

	signature(module: ModuleId, functionName: string): FunctionSignature | undefined {
		return this.#module(module)?.functions.get(functionName)?.signature;
	}

	functions(module: ModuleId): ReadonlyMap<string, FunctionSignature> {
		return new Map([...(this.#module(module)?.functions ?? [])].map(([name, fn]) => [name, fn.signature]));
	}

	disassemble(module: ModuleId, functionName: string): readonly string[] | undefined {
		const fn = this.#module(module)?.functions.get(functionName);
		return fn === undefined ? undefined : disassemble(fn);
	}

	fields(type: MoveType): readonly FieldLayout[] | undefined {
		if (type.kind !== 'datatype') return undefined;
		const body = this.#loader.datatype(type)?.body;
		return body?.kind === 'struct' ? body.fields.map((field) => ({ name: field.name, type: substitute(field.type, type.typeArguments) })) : undefined;
	}

	abilities(type: MoveType): AbilitySet {
		return this.#loader.abilities(type);
	}

	definingType(type: MoveType): MoveType | undefined {
		return this.#loader.definingType(type);
	}

	instantiationFault(type: MoveType): 'arity' | 'constraint' | undefined {
		return this.#loader.instantiationFault(type);
	}

	/** The type named as its module in capitals, with `drop` alone, no type parameter and the one field that the compiler gives an empty struct. */
	oneTimeWitness(module: ModuleId): MoveType | undefined {
		const loaded = this.#module(module);
		const found = loaded?.datatypes.get(module.module.toUpperCase());
		if (loaded === undefined || found?.body.kind !== 'struct' || found.phantom.length > 0) return undefined;
		const witness = this.#loader.definingType(datatype(loaded.address, loaded.name, found.name));
		if (witness === undefined) return undefined;
		const { copy, drop, store, key } = this.#loader.abilities(witness);
		if (!drop || copy || store || key) return undefined;
		const [field, ...others] = found.body.fields;
		return field?.type.kind === 'bool' && others.length === 0 ? witness : undefined;
	}

	createRuntime(context: TransactionContext, children: ChildObjectResolver, tracer?: ExecutionTracer): ObjectRuntime {
		return new TransactionObjectRuntime(this.#loader, context, children, tracer);
	}

	createMeter(limitInternalUnits: bigint | undefined): GasMeter {
		return new TieredGasMeter(limitInternalUnits);
	}

	deserialize(type: MoveType, bytes: Uint8Array): MoveValue {
		return this.#coded(type, () => deserializeValue(type, bytes, this.#loader));
	}

	serialize(type: MoveType, value: MoveValue): Uint8Array {
		return this.#coded(type, () => serializeValue(type, value as Value, this.#loader));
	}

	borrow(cell: Cell, mutable: boolean): MoveValue {
		return new CellReference(cell, mutable);
	}

	copy(value: MoveValue): MoveValue {
		return copyValue(value as Value);
	}

	call(
		target: ModuleId & { readonly function: string },
		typeArguments: readonly MoveType[],
		args: readonly MoveValue[],
		runtime: ObjectRuntime,
		meter: GasMeter,
	): CallResult {
		const fn = this.#module(target)?.functions.get(target.function);
		if (fn === undefined) throw invariant(`${target.address}::${target.module}::${target.function} is not loaded`);
		if (!(runtime instanceof TransactionObjectRuntime) || !(meter instanceof TieredGasMeter)) throw invariant('runtime and meter must be made by this machine');
		if (fn.signature.typeParameters.length !== typeArguments.length) throw invariant(`${fn.name} takes ${fn.signature.typeParameters.length} type arguments`);

		const slots = new Map<Cell, Value[]>();
		const values = args.map((argument): Value => {
			if (!(argument instanceof CellReference)) return argument as Value;
			let slot = slots.get(argument.cell);
			if (slot === undefined) {
				slot = [argument.cell.value as Value];
				slots.set(argument.cell, slot);
			}
			return new Reference(slot, 0);
		});
		const last = fn.signature.parameters.at(-1);
		if (values.length === fn.signature.parameters.length - 1 && isContextReference(last)) values.push(new Reference([this.#contextValue(runtime)], 0));
		if (values.length !== fn.signature.parameters.length) throw invariant(`${fn.name} takes ${fn.signature.parameters.length} arguments, not ${values.length}`);

		const results = execute(
			{ loader: this.#loader, linkage: this.#loader.linkageOf(fn.module.address), runtime, meter, environment: this.#environment },
			fn,
			typeArguments,
			values,
		);
		for (const [cell, slot] of slots) cell.value = slot[0];
		return {
			returns: fn.signature.returns.map((type, index) => ({ type: substitute(type, typeArguments), cell: { value: results[index] } })),
		};
	}

	#module(module: ModuleId) {
		return this.#loader.module(normalizeAddress(module.address), module.module);
	}

	/** `TxContext` holds little that is read nowadays (natives answer), but it has fields: they are filled by name. */
	#contextValue(runtime: TransactionObjectRuntime): Value[] {
		const { context } = runtime;
		const fields = this.fields(datatype(FRAMEWORK, 'tx_context', 'TxContext')) ?? [];
		const known: Readonly<Record<string, MoveValue>> = {
			sender: context.sender,
			tx_hash: deserializeValue({ kind: 'vector', element: { kind: 'u8' } }, Uint8Array.from([context.digest.length, ...context.digest]), undefined),
			epoch: context.epoch,
			epoch_timestamp_ms: context.epochTimestampMs,
			ids_created: runtime.idsCreated,
		};
		return fields.map((field) => {
			const value = known[field.name];
			if (value === undefined) throw new MoveFailure({ kind: 'unsupported', feature: `field ${field.name} of TxContext` });
			return value as Value;
		});
	}

	#coded<T>(type: MoveType, run: () => T): T {
		try {
			return run();
		} catch (error) {
			if (error instanceof BcsError) throw invariant(`${formatType(type)}: ${error.message}`);
			throw error;
		}
	}
}

function isContextReference(type: MoveType | undefined): boolean {
	if (type?.kind !== 'reference' || type.to.kind !== 'datatype') return false;
	const to: DatatypeType = type.to;
	return to.address === FRAMEWORK && to.module === 'tx_context' && to.name === 'TxContext';
}

function invariant(message: string): MoveFailure {
	return new MoveFailure({ kind: 'invariant', message });
}
