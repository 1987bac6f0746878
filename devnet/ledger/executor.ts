/** Runs the commands of one programmable transaction on the Move machine (sui-adapter `programmable_transactions/execution.rs`). */
import { checkCompatibility } from '#devnet/ledger/compatibility.ts';
import { BcsWriter, coinBalance, coinContents, coinOf, coinTypeOf, isDatatype, SUI_TYPE } from '#devnet/ledger/encoding.ts';
import { argumentFailure, ExecutionFailure, type PackageUpgradeErrorKind } from '#devnet/ledger/failure.ts';
import { PUBLISH_COST_PER_BYTE } from '#devnet/ledger/gas.ts';
import { readLength } from '#devnet/ledger/layout.ts';
import { loadable } from '#devnet/ledger/objects.ts';
import {
	checkLinkage,
	decodeModules,
	draftPackage,
	draftUpgrade,
	type PackageDraft,
	type UpgradeTicket,
	upgradeCapContents,
	upgradeDigest,
} from '#devnet/ledger/publish.ts';
import { Slot, type TransactionValues } from '#devnet/ledger/slots.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { Argument, Command } from '#devnet/ledger/transaction.ts';
import type { Address, Cell, FunctionSignature, GasMeter, ModuleId, MoveType, MoveValue, MoveVm, ObjectRuntime } from '#devnet/move/api.ts';
import { TransactionObjectRuntime } from '#devnet/move/object-runtime.ts';
import { ADDRESS, addressFromBytes, formatType, substitute, typesEqual, U64 } from '#devnet/move/types.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;
const MAX_U64 = (1n << 64n) - 1n;

/** What a command gave back, for simulations: BCS with its type. */
export interface CommandOutput {
	readonly returnValues: readonly { readonly type: MoveType; readonly bytes: Uint8Array }[];
	readonly mutatedByReference: readonly { readonly argument: Argument; readonly type: MoveType; readonly bytes: Uint8Array }[];
	/** Of the computation meter, for this command alone. */
	readonly internalUnits: bigint;
}

export interface ExecutorOptions {
	/** Any function may be called and any value left over: simulations with checks disabled, and the system itself. */
	readonly unchecked: boolean;
	/** Keeps {@link CommandOutput}s. */
	readonly recordOutputs: boolean;
}

type MoveCall = Command & { readonly kind: 'moveCall' };

export class Executor {
	readonly #vm: MoveVm;
	readonly #store: ObjectReader;
	readonly #values: TransactionValues;
	readonly #runtime: ObjectRuntime;
	readonly #meter: GasMeter;
	readonly #options: ExecutorOptions;
	/** Coins destroyed by commands of the ledger itself. */
	readonly deletedIds = new Set<Address>();
	readonly published: PackageDraft[] = [];
	readonly outputs: CommandOutput[] = [];
	/** Which call of the transaction each event came from, in the order of events: an event names that module, not the one that emitted it. */
	readonly eventSources: ModuleId[] = [];

	constructor(vm: MoveVm, store: ObjectReader, values: TransactionValues, runtime: ObjectRuntime, meter: GasMeter, options: ExecutorOptions) {
		this.#vm = vm;
		this.#store = store;
		this.#values = values;
		this.#runtime = runtime;
		this.#meter = meter;
		this.#options = options;
	}

	run(command: Command): void {
		this.#values.startCommand();
		const mutated: { argument: Argument; slot: Slot }[] = [];
		const before = this.#meter.internalUnits;
		const results = this.#dispatch(command, mutated);
		this.#values.push(results);
		if (!this.#options.recordOutputs) return;
		const bytesOf = (slot: Slot) => (slot.cell === undefined ? new Uint8Array() : this.#vm.serialize(slot.type, slot.cell.value));
		this.outputs.push({
			returnValues: results.map((slot) => ({ type: slot.type, bytes: bytesOf(slot) })),
			mutatedByReference: mutated.map(({ argument, slot }) => ({ argument, type: slot.type, bytes: bytesOf(slot) })),
			internalUnits: this.#meter.internalUnits - before,
		});
	}

	#dispatch(command: Command, mutated: { argument: Argument; slot: Slot }[]): Slot[] {
		switch (command.kind) {
			case 'moveCall':
				return this.#moveCall(command, mutated);
			case 'transferObjects':
				return this.#transferObjects(command.objects, command.address);
			case 'splitCoins':
				return this.#splitCoins(command.coin, command.amounts);
			case 'mergeCoins':
				return this.#mergeCoins(command.destination, command.sources);
			case 'makeMoveVec':
				return this.#makeMoveVec(command.type, command.elements);
			case 'publish':
				return this.#publish(command.modules, command.dependencies);
			case 'upgrade':
				return this.#upgrade(command);
			default:
				throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
		}
	}

	#slot(type: MoveType, value: MoveValue): Slot {
		return new Slot(type, this.#vm.abilities(type), value);
	}

	// ---- MoveCall ------------------------------------------------------------------------------------------------

	#moveCall(call: MoveCall, mutated: { argument: Argument; slot: Slot }[]): Slot[] {
		const signature = this.#vm.signature({ address: call.packageId, module: call.module }, call.function);
		if (signature === undefined) {
			throw new ExecutionFailure({ $kind: 'FunctionNotFound' }, `${call.packageId}::${call.module}::${call.function}`);
		}
		const privateEntry = signature.visibility !== 'public' && signature.isEntry;
		if (signature.visibility !== 'public' && !signature.isEntry && !this.#options.unchecked) {
			throw new ExecutionFailure({ $kind: 'NonEntryFunctionInvoked' }, `${call.module}::${call.function} is neither public nor an entry`);
		}
		const typeArguments = call.typeArguments.map((type, index) => this.#definingType(type, index));
		this.#checkTypeArguments(signature, typeArguments);
		const parameters = this.#ledgerParameters(signature).map((type) => substitute(type, typeArguments));
		if (parameters.length !== call.arguments.length) {
			throw new ExecutionFailure({ $kind: 'ArityMismatch' }, `${call.function} takes ${parameters.length} arguments, not ${call.arguments.length}`);
		}

		const args: MoveValue[] = [];
		parameters.forEach((parameter, index) => {
			const argument = call.arguments[index] as Argument;
			const expected = parameter.kind === 'reference' ? parameter.to : parameter;
			const slot = this.#values.slot(index, argument, expected);
			this.#values.expectType(index, slot, expected);
			if (privateEntry && slot.hot && !this.#options.unchecked) throw argumentFailure(index, { $kind: 'InvalidArgumentToPrivateEntryFunction' });
			if (parameter.kind === 'reference') {
				args.push(this.#vm.borrow(this.#values.borrowSlot(index, slot, parameter.mutable), parameter.mutable));
				if (parameter.mutable) mutated.push({ argument, slot });
			} else {
				args.push(this.#values.takeSlot(index, slot));
			}
		});

		const target: ModuleId & { function: string } = { address: call.packageId, module: call.module, function: call.function };
		const { returns } = this.#vm.call(target, typeArguments, args, this.#runtime, this.#meter);
		this.#claimEvents(target);
		const results = returns.map(({ type, cell }, index) => this.#returned(type, cell, index));
		if (!signature.isEntry) for (const slot of [...results, ...mutated.map((it) => it.slot)]) slot.hot = true;
		return results;
	}

	#returned(type: MoveType, cell: Cell, index: number): Slot {
		if (type.kind !== 'reference') return this.#slot(type, cell.value);
		if (!this.#options.unchecked) throw new ExecutionFailure({ $kind: 'InvalidPublicFunctionReturnType', index }, formatType(type));
		return this.#slot(type.to, this.#vm.deserialize(type.to, this.#vm.serialize(type.to, cell.value)));
	}

	#checkTypeArguments(signature: FunctionSignature, typeArguments: readonly MoveType[]): void {
		if (signature.typeParameters.length !== typeArguments.length) throw new ExecutionFailure({ $kind: 'TypeArityMismatch' });
		typeArguments.forEach((type, index) => {
			const abilities = this.#abilitiesOf(type, index);
			const constraint = signature.typeParameters[index];
			if (constraint === undefined) return;
			const missing = (['copy', 'drop', 'store', 'key'] as const).some((ability) => constraint[ability] && !abilities[ability]);
			if (missing) throw new ExecutionFailure({ $kind: 'TypeArgumentError', index, error: 'ConstraintNotSatisfied' }, formatType(type));
		});
	}

	#definingType(type: MoveType, index: number): MoveType {
		const found = this.#vm.definingType(type);
		if (found === undefined) throw new ExecutionFailure({ $kind: 'TypeArgumentError', index, error: 'TypeNotFound' }, formatType(type));
		return found;
	}

	#abilitiesOf(type: MoveType, index: number) {
		try {
			return this.#vm.abilities(type);
		} catch {
			throw new ExecutionFailure({ $kind: 'TypeArgumentError', index, error: 'TypeNotFound' }, formatType(type));
		}
	}

	/** Without the transaction context, which the machine supplies. */
	#ledgerParameters(signature: FunctionSignature): readonly MoveType[] {
		const last = signature.parameters.at(-1);
		return last?.kind === 'reference' && isDatatype(last.to, FRAMEWORK, 'tx_context', 'TxContext') ? signature.parameters.slice(0, -1) : signature.parameters;
	}

	// ---- objects and coins ---------------------------------------------------------------------------------------

	#transferObjects(objects: readonly Argument[], address: Argument): Slot[] {
		const recipient = addressFromBytes(this.#vm.serialize(ADDRESS, this.#values.take(objects.length, address, ADDRESS)));
		this.#values.gasByValueAllowed = true;
		const taken = objects.map((argument, index) => {
			const slot = this.#values.slot(index, argument, undefined);
			if (!slot.abilities.key || !slot.abilities.store) throw argumentFailure(index, { $kind: 'InvalidTransferObject' }, formatType(slot.type));
			if (slot.input?.access === 'sharedMutable') throw argumentFailure(index, { $kind: 'SharedObjectOperationNotAllowed' });
			return { type: slot.type, value: this.#values.takeSlot(index, slot) };
		});
		this.#values.gasByValueAllowed = false;
		for (const { type, value } of taken) this.#runtime.transfer(value, type, { kind: 'address', address: recipient });
		return [];
	}

	#coin(index: number, slot: Slot): MoveType {
		const coinType = coinTypeOf(slot.type);
		if (coinType === undefined) throw argumentFailure(index, { $kind: 'TypeMismatch' }, `expected a coin, got ${formatType(slot.type)}`);
		return coinType;
	}

	#splitCoins(coin: Argument, amounts: readonly Argument[]): Slot[] {
		const source = this.#values.slot(0, coin, undefined);
		this.#coin(0, source);
		const cell = this.#values.borrowSlot(0, source, true);
		const values = amounts.map((argument, index) => readU64(this.#vm.serialize(U64, this.#values.take(index + 1, argument, U64))));
		const contents = this.#vm.serialize(source.type, cell.value);
		const rest = coinBalance(contents) - values.reduce((sum, value) => sum + value, 0n);
		if (rest < 0n) throw new ExecutionFailure({ $kind: 'InsufficientCoinBalance' });
		cell.value = this.#vm.deserialize(source.type, coinContents(addressFromBytes(contents), rest));
		return values.map((value) => this.#slot(source.type, this.#vm.deserialize(source.type, coinContents(this.#runtime.freshId(), value))));
	}

	#mergeCoins(destination: Argument, sources: readonly Argument[]): Slot[] {
		const target = this.#values.slot(0, destination, undefined);
		this.#coin(0, target);
		const cell = this.#values.borrowSlot(0, target, true);
		const contents = this.#vm.serialize(target.type, cell.value);
		let balance = coinBalance(contents);
		sources.forEach((argument, index) => {
			const slot = this.#values.slot(index + 1, argument, undefined);
			this.#values.expectType(index + 1, slot, target.type);
			const merged = this.#vm.serialize(slot.type, this.#values.takeSlot(index + 1, slot));
			balance += coinBalance(merged);
			this.deletedIds.add(addressFromBytes(merged));
		});
		if (balance > MAX_U64) throw new ExecutionFailure({ $kind: 'CoinBalanceOverflow' });
		cell.value = this.#vm.deserialize(target.type, coinContents(addressFromBytes(contents), balance));
		return [];
	}

	#makeMoveVec(declared: MoveType | undefined, elements: readonly Argument[]): Slot[] {
		let type = declared === undefined ? undefined : this.#definingType(declared, 0);
		const parts = elements.map((argument, index) => {
			const slot = this.#values.slot(index, argument, type);
			if (type === undefined) {
				if (!slot.abilities.key) throw argumentFailure(index, { $kind: 'InvalidMakeMoveVecNonObjectArgument' });
				type = slot.type;
			}
			if (!typesEqual(slot.type, type)) throw argumentFailure(index, { $kind: 'TypeMismatch' }, `expected ${formatType(type)}, got ${formatType(slot.type)}`);
			const bytes = this.#vm.serialize(type, this.#values.takeSlot(index, slot));
			return { bytes, hot: slot.hot };
		});
		if (type === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, 'a vector without a type');
		const vector: MoveType = { kind: 'vector', element: type };
		const out = new BcsWriter().length(parts.length);
		for (const { bytes } of parts) out.raw(bytes);
		const slot = this.#slot(vector, this.#vm.deserialize(vector, out.done()));
		slot.hot = parts.some(({ hot }) => hot);
		return [slot];
	}

	// ---- Publish -------------------------------------------------------------------------------------------------

	#publish(modules: readonly Uint8Array[], dependencies: readonly Address[]): Slot[] {
		checkLinkage(dependencies, this.#store);
		const decoded = this.#decodeModules(modules);
		const draft = draftPackage(this.#runtime.freshId(), decoded, dependencies, this.#store);
		this.#vm.load(loadable(draft));
		this.published.push(draft);
		for (const name of draft.compiled.keys()) this.#initialise({ address: draft.id, module: name });
		return [this.#framework('UpgradeCap', upgradeCapContents(this.#runtime.freshId(), draft.id))];
	}

	#upgrade(command: Command & { readonly kind: 'upgrade' }): Slot[] {
		const { modules, dependencies, packageId } = command;
		checkLinkage(dependencies, this.#store);
		const ticketType = frameworkType('UpgradeTicket');
		const ticket = readTicket(this.#vm.serialize(ticketType, this.#values.take(0, command.ticket, ticketType)));
		if (ticket.packageId !== packageId) {
			throw upgradeError({ $kind: 'PackageIDDoesNotMatch', packageId, ticketId: ticket.packageId });
		}
		const decoded = this.#decodeModules(modules);
		const digest = upgradeDigest(modules, dependencies);
		if (Buffer.compare(digest, ticket.digest) !== 0) throw upgradeError({ $kind: 'DigestDoesNotMatch', digest });

		const current = this.#store.get(packageId);
		if (current?.kind !== 'package') throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `${packageId} is no package`);
		const draft = draftUpgrade(current, this.#runtime.freshId(), decoded, dependencies, this.#store);
		this.#vm.load(loadable(draft));
		this.published.push(draft);
		const before = [...current.modules.keys()];
		const compiled = decodeModules([...current.modules.values()]);
		checkCompatibility(new Map(compiled.map((module, index) => [before[index] as string, module])), draft.compiled, ticket.policy);
		for (const name of draft.compiled.keys()) {
			if (!current.modules.has(name) && this.#vm.signature({ address: draft.id, module: name }, 'init') !== undefined) {
				throw new ExecutionFailure({ $kind: 'FeatureNotYetSupported' }, `the new module ${name} has an init, which an upgrade does not run`);
			}
		}
		return [this.#framework('UpgradeReceipt', new BcsWriter().address(ticket.cap).address(draft.id).done())];
	}

	#decodeModules(modules: readonly Uint8Array[]) {
		const size = modules.reduce((sum, bytes) => sum + bytes.length, 0);
		this.#meter.charge(BigInt(size) * PUBLISH_COST_PER_BYTE);
		return decodeModules(modules);
	}

	/** A value of a type of `0x2::package`. */
	#framework(name: string, contents: Uint8Array): Slot {
		const type = frameworkType(name);
		return this.#slot(type, this.#vm.deserialize(type, contents));
	}

	/** `init`, with the module's one-time witness when it asks for one. */
	#initialise(module: ModuleId): void {
		const signature = this.#vm.signature(module, 'init');
		if (signature === undefined) return;
		const parameters = this.#ledgerParameters(signature);
		const witness = this.#vm.oneTimeWitness(module);
		const invalid = signature.visibility !== 'private' || signature.isEntry || signature.returns.length > 0 || signature.typeParameters.length > 0;
		const [first, ...others] = parameters;
		if (invalid || others.length > 0 || (first !== undefined && (witness === undefined || !typesEqual(first, witness)))) {
			throw new ExecutionFailure({ $kind: 'SuiMoveVerificationError' }, `${module.module}::init has another form than the system calls`);
		}
		const args = witness !== undefined && first !== undefined ? [this.#vm.deserialize(witness, Uint8Array.of(1))] : [];
		this.#vm.call({ ...module, function: 'init' }, [], args, this.#runtime, this.#meter);
		this.#claimEvents(module);
	}

	#claimEvents({ address, module }: ModuleId): void {
		const { events } = this.#runtime instanceof TransactionObjectRuntime ? this.#runtime : this.#runtime.finish();
		while (this.eventSources.length < events.length) this.eventSources.push({ address, module });
	}
}

function frameworkType(name: string): MoveType {
	return { kind: 'datatype', address: FRAMEWORK, module: 'package', name, typeArguments: [] };
}

/** `0x2::package::UpgradeTicket { cap: ID, package: ID, policy: u8, digest: vector<u8> }`. */
function readTicket(bytes: Uint8Array): UpgradeTicket {
	const [length, start] = readLength(bytes, 65);
	return {
		cap: addressFromBytes(bytes),
		packageId: addressFromBytes(bytes, 32),
		policy: bytes[64] as number,
		digest: bytes.subarray(start, start + length),
	};
}

function upgradeError(error: PackageUpgradeErrorKind): ExecutionFailure {
	return new ExecutionFailure({ $kind: 'PackageUpgradeError', error });
}

function readU64(bytes: Uint8Array): bigint {
	return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

export const GAS_COIN_TYPE = coinOf(SUI_TYPE);
