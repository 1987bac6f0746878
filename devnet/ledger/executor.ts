/** Runs the commands of a typed transaction on the Move machine (sui-adapter `static_programmable_transactions/execution`, Sui 1.63). */
import { BcsWriter, coinBalance, coinContents } from '#devnet/ledger/encoding.ts';
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import type { TypedArgument, TypedCall, TypedCommand } from '#devnet/ledger/places.ts';
import type { PackageDraft } from '#devnet/ledger/publish.ts';
import { Publisher } from '#devnet/ledger/publisher.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { Argument } from '#devnet/ledger/transaction.ts';
import { packageType } from '#devnet/ledger/typing.ts';
import type { TransactionValues } from '#devnet/ledger/values.ts';
import type { Address, GasMeter, ModuleId, MoveType, MoveValue, MoveVm, ObjectRuntime } from '#devnet/move/api.ts';
import { TransactionObjectRuntime } from '#devnet/move/object-runtime.ts';
import { ADDRESS, addressFromBytes, U64 } from '#devnet/move/types.ts';

const MAX_U64 = (1n << 64n) - 1n;

/** What a command gave back, for simulations: BCS with its type. */
export interface CommandOutput {
	readonly returnValues: readonly { readonly type: MoveType; readonly bytes: Uint8Array }[];
	readonly mutatedByReference: readonly { readonly argument: Argument; readonly type: MoveType; readonly bytes: Uint8Array }[];
	/** Of the computation meter, for this command alone. */
	readonly internalUnits: bigint;
}

export class Executor {
	readonly #vm: MoveVm;
	readonly #values: TransactionValues;
	readonly #runtime: ObjectRuntime;
	readonly #meter: GasMeter;
	readonly #recordOutputs: boolean;
	readonly #publisher: Publisher;
	/** Coins destroyed by commands of the ledger itself. */
	readonly deletedIds = new Set<Address>();
	readonly outputs: CommandOutput[] = [];
	/** Which call of the transaction each event came from, in the order of events: an event names that module, not the one that emitted it. */
	readonly eventSources: ModuleId[] = [];

	constructor(
		vm: MoveVm,
		store: ObjectReader,
		values: TransactionValues,
		runtime: ObjectRuntime,
		meter: GasMeter,
		options: { readonly recordOutputs: boolean },
	) {
		this.#vm = vm;
		this.#values = values;
		this.#runtime = runtime;
		this.#meter = meter;
		this.#recordOutputs = options.recordOutputs;
		this.#publisher = new Publisher(vm, store, runtime, meter, (module) => this.#claimEvents(module));
	}

	/** Packages that the machine has loaded for this transaction. */
	get published(): readonly PackageDraft[] {
		return this.#publisher.published;
	}

	run(command: TypedCommand): void {
		const before = this.#meter.internalUnits;
		const results = this.#dispatch(command);
		for (const [index, place] of command.results.entries()) this.#values.put(place, results[index]);
		if (!this.#recordOutputs) return;
		this.outputs.push({
			returnValues: command.results.map(({ type }, index) => ({ type, bytes: this.#vm.serialize(type, results[index]) })),
			mutatedByReference: mutableArguments(command).map(({ argument, place }) => {
				const held = this.#values.peek(place);
				return { argument, type: place.type, bytes: held === undefined ? new Uint8Array() : this.#vm.serialize(place.type, held.value) };
			}),
			internalUnits: this.#meter.internalUnits - before,
		});
	}

	#dispatch(command: TypedCommand): MoveValue[] {
		switch (command.kind) {
			case 'moveCall':
				return this.#moveCall(command);
			case 'transferObjects':
				return this.#transferObjects(command.objects, command.recipient);
			case 'splitCoins':
				return this.#splitCoins(command.coin, command.amounts);
			case 'mergeCoins':
				return this.#mergeCoins(command.destination, command.sources);
			case 'makeMoveVec':
				return this.#makeMoveVec(command.element, command.elements);
			case 'publish': {
				const contents = this.#publisher.publish(command.command.modules, command.command.dependencies);
				return [this.#vm.deserialize(packageType('UpgradeCap'), contents)];
			}
			case 'upgrade': {
				const ticket = this.#vm.serialize(packageType('UpgradeTicket'), this.#values.take(command.ticket));
				return [this.#vm.deserialize(packageType('UpgradeReceipt'), this.#publisher.upgrade(command.command, ticket))];
			}
			default:
				throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
		}
	}

	#moveCall({ command, arguments: given, typeArguments }: TypedCall): MoveValue[] {
		const values = given.map((argument): MoveValue => {
			if (argument.use === 'move' || argument.use === 'copy') return this.#values.take(argument);
			return this.#vm.borrow(this.#values.borrow(argument), argument.use === 'borrowMutably');
		});
		const target: ModuleId & { function: string } = { address: command.packageId, module: command.module, function: command.function };
		const { returns } = this.#vm.call(target, typeArguments, values, this.#runtime, this.#meter);
		this.#claimEvents(target);
		// A reference, in simulations without checks, becomes a copy of what it points to.
		return returns.map(({ type, cell }) => (type.kind === 'reference' ? this.#vm.deserialize(type.to, this.#vm.serialize(type.to, cell.value)) : cell.value));
	}

	#transferObjects(objects: readonly TypedArgument[], recipient: TypedArgument): MoveValue[] {
		const taken = objects.map((argument) => ({ type: argument.place.type, value: this.#values.take(argument) }));
		const address = addressFromBytes(this.#vm.serialize(ADDRESS, this.#values.take(recipient)));
		for (const { type, value } of taken) this.#runtime.transfer(value, type, { kind: 'address', address });
		return [];
	}

	#splitCoins(coin: TypedArgument, amounts: readonly TypedArgument[]): MoveValue[] {
		const { type } = coin.place;
		const cell = this.#values.borrow(coin);
		const values = amounts.map((argument) => readU64(this.#vm.serialize(U64, this.#values.take(argument))));
		const total = values.reduce((sum, value) => sum + value, 0n);
		if (total > MAX_U64) throw new ExecutionFailure({ $kind: 'CoinBalanceOverflow' });
		const contents = this.#vm.serialize(type, cell.value);
		const balance = coinBalance(contents);
		if (total > balance) throw new ExecutionFailure({ $kind: 'InsufficientCoinBalance' }, `balance: ${balance} required: ${total}`);
		cell.value = this.#vm.deserialize(type, coinContents(addressFromBytes(contents), balance - total));
		return values.map((value) => this.#vm.deserialize(type, coinContents(this.#runtime.freshId(), value)));
	}

	#mergeCoins(destination: TypedArgument, sources: readonly TypedArgument[]): MoveValue[] {
		const { type } = destination.place;
		const cell = this.#values.borrow(destination);
		let balance = 0n;
		for (const source of sources) {
			const merged = this.#vm.serialize(type, this.#values.take(source));
			balance += coinBalance(merged);
			this.deletedIds.add(addressFromBytes(merged));
		}
		const contents = this.#vm.serialize(type, cell.value);
		balance += coinBalance(contents);
		if (balance > MAX_U64) throw new ExecutionFailure({ $kind: 'CoinBalanceOverflow' });
		cell.value = this.#vm.deserialize(type, coinContents(addressFromBytes(contents), balance));
		return [];
	}

	#makeMoveVec(element: MoveType, elements: readonly TypedArgument[]): MoveValue[] {
		const out = new BcsWriter().length(elements.length);
		for (const argument of elements) out.raw(this.#vm.serialize(element, this.#values.take(argument)));
		return [this.#vm.deserialize({ kind: 'vector', element }, out.done())];
	}

	#claimEvents({ address, module }: ModuleId): void {
		const { events } = this.#runtime instanceof TransactionObjectRuntime ? this.#runtime : this.#runtime.finish();
		while (this.eventSources.length < events.length) this.eventSources.push({ address, module });
	}
}

/** What a simulation tells of again after the command. */
function mutableArguments(command: TypedCommand): readonly TypedArgument[] {
	switch (command.kind) {
		case 'moveCall':
			return command.arguments.filter(({ use }) => use === 'borrowMutably');
		case 'splitCoins':
			return [command.coin];
		case 'mergeCoins':
			return [command.destination];
		default:
			return [];
	}
}

function readU64(bytes: Uint8Array): bigint {
	return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}
