/** Executes one checked transaction against the store and says what it would change. Changes nothing itself. */

import { checkArguments } from '#devnet/ledger/argument-rules.ts';
import { coinBalance, coinContents } from '#devnet/ledger/encoding.ts';
import { type CommandOutput, Executor } from '#devnet/ledger/executor.ts';
import { ExecutionFailure, toExecutionFailure } from '#devnet/ledger/failure.ts';
import { computationCost, computationLimit, type GasCost, netCost, READ_COST_PER_BYTE, refundable, storageCost } from '#devnet/ledger/gas.ts';
import type { LoadedInputs } from '#devnet/ledger/inputs.ts';
import { type ChainObject, type MoveObject, meteredSize } from '#devnet/ledger/objects.ts';
import type { Place, TypedTransaction } from '#devnet/ledger/places.ts';
import type { PackageDraft } from '#devnet/ledger/publish.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { TransactionTracer } from '#devnet/ledger/tracer.ts';
import type { ParsedTransaction } from '#devnet/ledger/transaction.ts';
import { typeTransaction } from '#devnet/ledger/typing.ts';
import { TransactionValues } from '#devnet/ledger/values.ts';
import type { Address, GasMeter, MoveEvent, MoveType, MoveVm, ObjectRuntime, Owner } from '#devnet/move/api.ts';

const MAX_OBJECT_BYTES = 250 * 1024;

export interface Outcome {
	readonly failure: { readonly failure: ExecutionFailure; readonly command: number | undefined } | undefined;
	readonly cost: GasCost;
	readonly version: bigint;
	/** In order of ids. */
	readonly written: readonly ChainObject[];
	readonly created: ReadonlySet<Address>;
	readonly removed: readonly { readonly id: Address; readonly deleted: boolean }[];
	readonly readOnlyShared: readonly MoveObject[];
	readonly gasId: Address;
	readonly events: readonly MoveEvent[];
	readonly outputs: readonly CommandOutput[];
	/** Packages that the machine has loaded and that must be unloaded if the outcome is not kept. */
	readonly published: readonly Address[];
}

interface DraftObject {
	readonly type: MoveType;
	readonly owner: Owner;
	readonly contents: Uint8Array;
}

interface Changes {
	readonly objects: Map<Address, DraftObject>;
	readonly packages: readonly PackageDraft[];
	readonly deleted: Set<Address>;
	readonly wrapped: Set<Address>;
	readonly created: ReadonlySet<Address>;
	readonly events: readonly MoveEvent[];
}

/** Changes with their cost, before the gas coin pays it. */
interface Priced {
	readonly cost: GasCost;
	/** New storage rebate of each object. */
	readonly rebates: ReadonlyMap<Address, bigint>;
	readonly written: readonly ChainObject[];
	readonly version: bigint;
	/** The budget does not reach for storage. */
	readonly short: boolean;
}

export interface EngineOptions {
	readonly epoch: bigint;
	readonly epochTimestampMs: bigint;
	readonly unchecked: boolean;
	readonly recordOutputs: boolean;
	readonly tracer?: TransactionTracer;
}

export function runTransaction(vm: MoveVm, store: ObjectReader, parsed: ParsedTransaction, inputs: LoadedInputs, options: EngineOptions): Outcome {
	return new Engine(vm, store, parsed, inputs, options).run();
}

class Engine {
	readonly #vm: MoveVm;
	readonly #store: ObjectReader;
	readonly #parsed: ParsedTransaction;
	readonly #inputs: LoadedInputs;
	readonly #options: EngineOptions;
	readonly #gas: MoveObject;
	readonly #gasBalance: bigint;

	constructor(vm: MoveVm, store: ObjectReader, parsed: ParsedTransaction, inputs: LoadedInputs, options: EngineOptions) {
		this.#vm = vm;
		this.#store = store;
		this.#parsed = parsed;
		this.#inputs = inputs;
		this.#options = options;
		this.#gas = inputs.gas[0] as MoveObject;
		this.#gasBalance = inputs.gas.reduce((sum, coin) => sum + coinBalance(coin.contents), 0n);
	}

	run(): Outcome {
		const parsed = this.#parsed;
		const meter = this.#vm.createMeter(computationLimit(parsed.gasBudget, parsed.gasPrice));
		const attempt = this.#attempt(meter);
		let failure: Outcome['failure'] = attempt.kind === 'failed' ? attempt : undefined;

		let computation = computationCost(meter.internalUnits, parsed.gasPrice);
		if (parsed.gasBudget <= computation) {
			computation = parsed.gasBudget;
			failure ??= { failure: new ExecutionFailure({ $kind: 'InsufficientGas' }), command: undefined };
		}
		const outputs = attempt.outputs;
		let changes = attempt.kind === 'done' && failure === undefined ? attempt.changes : this.#nothing();
		let priced = this.#price(changes, computation);
		if (priced.short) {
			failure ??= { failure: new ExecutionFailure({ $kind: 'InsufficientGas' }, 'storage'), command: undefined };
			changes = this.#nothing();
			priced = this.#price(changes, computation);
			if (priced.short) priced = this.#price(changes, parsed.gasBudget, true);
		}
		if (failure !== undefined) for (const pkg of attempt.published) this.#vm.unload(pkg);
		const published = failure === undefined ? attempt.published : [];
		return { failure, outputs, published, gasId: this.#gas.id, ...this.#finish(changes, priced) };
	}

	// ---- commands ------------------------------------------------------------------------------------------------

	#attempt(meter: GasMeter) {
		const runtime = this.#vm.createRuntime(
			{
				sender: this.#parsed.sender,
				sponsor: this.#parsed.gasOwner === this.#parsed.sender ? undefined : this.#parsed.gasOwner,
				digest: this.#parsed.digestBytes,
				epoch: this.#options.epoch,
				epochTimestampMs: this.#options.epochTimestampMs,
				gasPrice: this.#parsed.gasPrice,
				gasBudget: this.#parsed.gasBudget,
			},
			{ read: (id) => this.#store.move(id) },
			this.#options.tracer,
		);
		let executor: Executor | undefined;
		let command: number | undefined;
		const published = () => executor?.published.map(({ id }) => id) ?? [];
		try {
			meter.charge(BigInt(this.#bytesRead()) * READ_COST_PER_BYTE);
			const { unchecked } = this.#options;
			const typed = typeTransaction({ vm: this.#vm, store: this.#store, unchecked }, this.#parsed, this.#inputs);
			checkArguments(typed, { vm: this.#vm, unchecked });
			const values = this.#values(typed, runtime);
			executor = new Executor(this.#vm, this.#store, values, runtime, meter, this.#options);
			const { tracer } = this.#options;
			for (const next of typed.commands) {
				command = next.index;
				tracer?.startCommand(command, next.command, meter.internalUnits);
				executor.run(next);
				tracer?.endCommand(command, meter.internalUnits);
			}
			command = undefined;
			return { kind: 'done' as const, changes: this.#collect(typed, values, runtime, executor), outputs: executor.outputs, published: published() };
		} catch (error) {
			const outputs = executor?.outputs ?? [];
			try {
				const failure = toExecutionFailure(error);
				return { kind: 'failed' as const, failure, command: failure.command ?? command, outputs, published: published() };
			} catch (unexpected) {
				for (const id of published()) this.#vm.unload(id);
				throw unexpected;
			}
		}
	}

	#bytesRead(): number {
		const objects: ChainObject[] = [...this.#inputs.gas, ...this.#inputs.packages, ...[...this.#inputs.objects.values()].map(({ object }) => object)];
		return objects.reduce((sum, object) => sum + meteredSize(object), 0);
	}

	/** The budget is out of the commands' reach: they see the gas coin without it. */
	#values(typed: TypedTransaction, runtime: ObjectRuntime): TransactionValues {
		const values = new TransactionValues(this.#vm);
		const put = (place: Place, object: MoveObject, contents: Uint8Array) => {
			runtime.addInput(object);
			values.put(place, this.#vm.deserialize(object.type, contents));
		};
		put(typed.gas, this.#gas, coinContents(this.#gas.id, this.#gasBalance - this.#parsed.gasBudget));
		for (const place of typed.objects) if (place.source.kind === 'object') put(place, place.source.input.object, place.source.input.object.contents);
		return values;
	}

	#collect(typed: TypedTransaction, values: TransactionValues, runtime: ObjectRuntime, executor: Executor): Changes {
		const results = runtime.finish();
		const objects = new Map<Address, DraftObject>(results.writes.map(({ id, type, owner, contents }) => [id, { type, owner, contents }]));
		const created = new Set(results.createdIds);
		const deleted = new Set(results.deletedIds);
		for (const id of executor.deletedIds) if (!created.delete(id)) deleted.add(id);
		const wrapped = new Set<Address>();
		const gone = (id: Address) => !objects.has(id) && !deleted.has(id);

		for (const place of [typed.gas, ...typed.objects]) {
			const { object, access } = place.source.kind === 'object' ? place.source.input : { object: this.#gas, access: 'owned' as const };
			if (access === 'immutable' || access === 'sharedReadOnly') continue;
			const held = values.peek(place);
			if (held !== undefined) {
				const contents = held.changed || place === typed.gas ? this.#vm.serialize(place.type, held.value) : object.contents;
				objects.set(object.id, { type: object.type, owner: object.owner, contents });
			} else if (access === 'sharedMutable') {
				if (!deleted.has(object.id) && objects.get(object.id)?.owner.kind !== 'shared') {
					throw new ExecutionFailure({ $kind: 'SharedObjectOperationNotAllowed' }, `shared object ${object.id} was taken and neither deleted nor shared again`);
				}
			} else if (gone(object.id)) wrapped.add(object.id);
		}
		// A child that left its field (whose id is deleted with it) and a received object are wrapped when they went nowhere else.
		for (const [id, child] of results.loadedChildren) {
			if (gone(id) && (child.owner.kind === 'address' || (child.owner.kind === 'object' && deleted.has(child.owner.parent)))) wrapped.add(id);
		}
		for (const { contents } of objects.values()) {
			if (contents.length > MAX_OBJECT_BYTES) {
				throw new ExecutionFailure({ $kind: 'MoveObjectTooBig', size: BigInt(contents.length), limit: BigInt(MAX_OBJECT_BYTES) });
			}
		}
		const gas = objects.get(this.#gas.id);
		if (gas === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, 'the gas coin is gone');
		objects.set(this.#gas.id, { ...gas, contents: coinContents(this.#gas.id, coinBalance(gas.contents) + this.#parsed.gasBudget) });
		for (const coin of this.#inputs.gas.slice(1)) deleted.add(coin.id);
		const events = results.events.map((event, index): MoveEvent => {
			const source = executor.eventSources[index];
			return source === undefined ? event : { ...event, packageId: source.address, module: source.module };
		});
		return { objects, packages: executor.published, deleted, wrapped, created, events };
	}

	/** What is left of a failed transaction: payment coins made one, and every input that it could write written again. */
	#nothing(): Changes {
		const objects = new Map<Address, DraftObject>();
		for (const { object, access } of this.#inputs.objects.values()) {
			if (access === 'owned' || access === 'sharedMutable') objects.set(object.id, object);
		}
		objects.set(this.#gas.id, { ...this.#gas, contents: coinContents(this.#gas.id, this.#gasBalance) });
		return { objects, packages: [], deleted: new Set(this.#inputs.gas.slice(1).map(({ id }) => id)), wrapped: new Set(), created: new Set(), events: [] };
	}

	// ---- gas and versions ----------------------------------------------------------------------------------------

	#price(changes: Changes, computation: bigint, storageIsFree = false): Priced {
		const rebates = new Map<Address, bigint>();
		let storage = 0n;
		let freed = 0n;
		const version = this.#version();
		const written = [...this.#materialise(changes, version)];
		for (const object of written) {
			const cost = storageIsFree ? 0n : storageCost(meteredSize(object));
			rebates.set(object.id, cost);
			storage += cost;
			freed += this.#store.get(object.id)?.storageRebate ?? 0n;
		}
		for (const id of [...changes.deleted, ...changes.wrapped]) freed += this.#store.get(id)?.storageRebate ?? 0n;
		const rebate = refundable(freed);
		const cost: GasCost = { computationCost: computation, storageCost: storage, storageRebate: rebate, nonRefundableStorageFee: freed - rebate };
		return { cost, rebates, written, version, short: !storageIsFree && storage - rebate > this.#parsed.gasBudget - computation };
	}

	/** 1 + the newest version among the inputs (the lamport clock of Sui's objects). */
	#version(): bigint {
		let newest = 0n;
		const inputs = [...this.#inputs.gas, ...this.#inputs.receiving, ...[...this.#inputs.objects.values()].map(({ object }) => object)];
		for (const { version } of inputs) if (version > newest) newest = version;
		return newest + 1n;
	}

	*#materialise(changes: Changes, version: bigint): Generator<ChainObject> {
		const previousTransaction = this.#parsed.digest;
		for (const [id, draft] of changes.objects) {
			const old = this.#store.move(id);
			const owner = startedAt(draft.owner, old?.owner, version);
			const hasPublicTransfer = old?.hasPublicTransfer ?? this.#vm.abilities(draft.type).store;
			yield { kind: 'move', id, version, type: draft.type, owner, contents: draft.contents, hasPublicTransfer, previousTransaction, storageRebate: 0n };
		}
		for (const { compiled: _, ...pkg } of changes.packages) {
			yield { ...pkg, kind: 'package', owner: { kind: 'immutable' }, previousTransaction, storageRebate: 0n };
		}
	}

	#finish(changes: Changes, priced: Priced) {
		const net = netCost(priced.cost);
		const written = priced.written.map((object): ChainObject => {
			const storageRebate = priced.rebates.get(object.id) ?? 0n;
			if (object.kind === 'package' || object.id !== this.#gas.id) return { ...object, storageRebate };
			return { ...object, storageRebate, contents: coinContents(object.id, coinBalance(object.contents) - net) };
		});
		written.sort((a, b) => (a.id < b.id ? -1 : 1));
		const removed = [...[...changes.deleted].map((id) => ({ id, deleted: true })), ...[...changes.wrapped].map((id) => ({ id, deleted: false }))];
		const readOnlyShared = [...this.#inputs.objects.values()].flatMap(({ object, access }) => (access === 'sharedReadOnly' ? [object] : []));
		return { cost: priced.cost, version: priced.version, written, removed, created: changes.created, readOnlyShared, events: changes.events };
	}
}

/** The owner with the version since which consensus orders the object's uses (sui-types `execution.rs`, `update_object_version_and_prev_tx`). */
function startedAt(owner: Owner, before: Owner | undefined, version: bigint): Owner {
	switch (owner.kind) {
		case 'shared':
			return { kind: 'shared', initialVersion: before?.kind === 'shared' ? before.initialVersion : version };
		case 'consensusAddress': {
			const same = before?.kind === 'consensusAddress' && before.address === owner.address;
			return { ...owner, startVersion: same ? before.startVersion : version };
		}
		case 'address':
		case 'object':
		case 'immutable':
			return owner;
		default:
			throw new TypeError(`unknown owner ${owner satisfies never}`);
	}
}
