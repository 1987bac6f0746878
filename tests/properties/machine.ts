/** The ledger's own rules and engine on a copy of a world, without transport, signatures and journal: some thousand calls a minute. */

import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { coinBalance, GAS_COIN_TYPE } from '#devnet/ledger/encoding.ts';
import { type Outcome, runTransaction } from '#devnet/ledger/engine.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import { CLOCK_ID, loadInputs, RANDOM_ID } from '#devnet/ledger/inputs.ts';
import { type ChainObject, type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import { clockObject, GENESIS_VERSION, prologueDigest, randomObjects, randomSource } from '#devnet/ledger/system.ts';
import { parseTransaction } from '#devnet/ledger/transaction.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';
import { encodePure, type Pure } from './pure.ts';
import { GENESIS_MS, START_MS, type World } from './world.ts';

/** One call of an entry point. Objects, clock and coins are filled in by the types of its parameters. */
export interface Call {
	/** `module::function`. */
	readonly target: string;
	/** Index of an actor. */
	readonly sender: number;
	/** Parameters that are no objects, in order. */
	readonly pure: readonly Pure[];
	/** MIST of the coins that it takes, in order, out of the sender's gas coin. */
	readonly coins?: readonly bigint[];
	/** Which of its objects, in order, is the other network's. */
	readonly foreign?: number;
	/** Which AdminCap, when it is not the network's present one. */
	readonly cap?: Address;
	/** What `load_nitro_attestation` is given first. */
	readonly document?: Uint8Array;
}

export type Refusal =
	/** By an error constant of the contracts. */
	| { readonly kind: 'named'; readonly module: string; readonly name: string }
	/** By the native that verifies documents. */
	| { readonly kind: 'document' }
	/** Before it ran: an object of somebody else's. */
	| { readonly kind: 'rejected'; readonly message: string }
	/** By anything else: a defect. */
	| { readonly kind: 'raw'; readonly message: string };

export interface Executed {
	readonly refusal: Refusal | undefined;
	/** Undefined when it was rejected before it ran. */
	readonly outcome: Outcome | undefined;
	/** What it would take away or write, as it was before. */
	readonly before: ReadonlyMap<Address, MoveObject>;
	/** MIST that the sender paid to the chain, negative when more storage was freed. */
	readonly paid: bigint;
	/** One of the objects that it named is the other network's. */
	readonly namedForeign: boolean;
}

const BUDGET = 20_000_000_000n;
const FRAMEWORK: Address = `0x${'0'.repeat(63)}2`;

export class Machine implements ObjectReader {
	readonly world: World;
	nowMs = START_MS;
	readonly #objects = new Map<Address, ChainObject | undefined>();
	readonly #gas: readonly Address[];
	#round = 0n;
	#count = 0n;

	constructor(world: World) {
		this.world = world;
		this.#gas = world.actors.map(({ address }) => richestCoin(world, address));
	}

	/** Another one that goes on from here. */
	fork(): Machine {
		const other = new Machine(this.world);
		for (const [id, object] of this.#objects) other.#objects.set(id, object);
		other.nowMs = this.nowMs;
		other.#round = this.#round;
		other.#count = this.#count;
		return other;
	}

	get(id: Address): ChainObject | undefined {
		return this.#objects.has(id) ? this.#objects.get(id) : this.world.objects.get(id);
	}

	move(id: Address): MoveObject | undefined {
		const object = this.get(id);
		return object?.kind === 'move' ? object : undefined;
	}

	existed(id: Address): boolean {
		return this.#objects.has(id) || this.world.objects.has(id);
	}

	execute(call: Call): Executed {
		const version = GENESIS_VERSION + this.nowMs - BigInt(GENESIS_MS);
		this.#put(clockObject(version, this.nowMs, prologueDigest(version, this.nowMs)));
		if (call.target === 'round_state::seal_window') {
			this.#round += 1n;
			const randomness = randomSource('properties')(this.#round);
			for (const object of randomObjects(1_000n + this.#round, this.#round, randomness, prologueDigest(this.#round, this.nowMs))) this.#put(object);
		}
		const parsed = parseTransaction(this.#encode(call));
		const others = new Set(this.world.others.values());
		const namedForeign = parsed.inputs.some((input) => input.kind === 'shared' && others.has(input.id));
		let outcome: Outcome;
		try {
			const inputs = loadInputs(parsed, this, { checkOwners: true });
			outcome = runTransaction(this.world.vm, this, parsed, inputs, {
				epoch: 0n,
				epochTimestampMs: BigInt(GENESIS_MS),
				unchecked: false,
				recordOutputs: false,
			});
		} catch (error) {
			if (!(error instanceof RejectedTransaction)) throw error;
			return { refusal: { kind: 'rejected', message: error.message }, outcome: undefined, before: new Map(), paid: 0n, namedForeign: false };
		}
		const before = new Map<Address, MoveObject>();
		for (const { id } of [...outcome.written, ...outcome.removed]) {
			const object = this.move(id);
			if (object !== undefined) before.set(id, object);
		}
		for (const object of outcome.written) this.#put(object);
		for (const { id } of outcome.removed) this.#objects.set(id, undefined);
		const { computationCost, storageCost, storageRebate } = outcome.cost;
		return { refusal: this.#refusalOf(outcome), outcome, before, paid: computationCost + storageCost - storageRebate, namedForeign };
	}

	#put(object: ChainObject): void {
		this.#objects.set(object.id, object);
	}

	#refusalOf({ failure }: Outcome): Refusal | undefined {
		if (failure === undefined) return undefined;
		const { status, message } = failure.failure;
		if (status.$kind !== 'MoveAbort') return { kind: 'raw', message };
		const { location, cleverError, code } = status.reason;
		const { address, module } = location.module;
		if (address === this.world.packageId && cleverError !== undefined) return { kind: 'named', module, name: cleverError.constantName };
		if (address === FRAMEWORK && module === 'nitro_attestation') return { kind: 'document' };
		return { kind: 'raw', message: `abort ${code} in ${module}::${location.functionName}` };
	}

	/** BCS of a `TransactionData`. */
	#encode(call: Call): Uint8Array {
		const [module, name] = call.target.split('::') as [string, string];
		const signature = this.world.vm.signature({ address: this.world.packageId, module }, name);
		if (signature === undefined) throw new TypeError(`no function ${call.target}`);
		const sender = this.world.actors[call.sender]!.address;
		const draft = new Draft();
		let pures = 0;
		let coins = 0;
		let objects = 0;
		const args = signature.parameters.flatMap((parameter) => {
			const type = parameter.kind === 'reference' ? parameter.to : parameter;
			if (type.kind !== 'datatype' || isPureDatatype(type)) return [draft.pure(encodePure(type, call.pure[pures++]))];
			switch (`${type.module}::${type.name}`) {
				case 'tx_context::TxContext':
					return [];
				case 'clock::Clock':
					return [draft.shared(CLOCK_ID, GENESIS_VERSION, false)];
				case 'random::Random':
					return [draft.shared(RANDOM_ID, GENESIS_VERSION, false)];
				case 'coin::Coin':
					return [draft.command({ SplitCoins: { coin: { GasCoin: true }, amounts: [draft.pure(encodePure({ kind: 'u64' }, call.coins![coins++]))] } })];
				case 'nitro_attestation::NitroAttestationDocument': {
					const given = [draft.pure(encodePure(BYTES, call.document)), draft.shared(CLOCK_ID, GENESIS_VERSION, false)];
					return [draft.call(FRAMEWORK, 'nitro_attestation', 'load_nitro_attestation', given)];
				}
				case 'network::AdminCap':
					return [draft.owned(this.move(call.cap ?? this.adminCap())!)];
				default: {
					const ours = this.world.ours.get(type.module);
					if (ours === undefined) throw new TypeError(`${call.target} takes a ${formatType(type)}`);
					const id = call.foreign === objects++ ? (this.world.others.get(type.module) ?? ours) : ours;
					const { owner } = this.move(id)!;
					if (owner.kind !== 'shared') throw new TypeError(`${id} is not shared`);
					return [draft.shared(id, owner.initialVersion, parameter.kind === 'reference' && parameter.mutable)];
				}
			}
		});
		const result = draft.call(this.world.packageId, module, name, args);
		const isCoin = (type: MoveType) => type.kind === 'datatype' && type.name === 'Coin';
		if (signature.returns.some(isCoin)) draft.command({ TransferObjects: { objects: [result], address: draft.pure(bcs.Address.serialize(sender).toBytes()) } });
		const gas = this.move(this.#gas[call.sender]!)!;
		return bcs.TransactionData.serialize({
			V1: {
				kind: { ProgrammableTransaction: { inputs: draft.inputs, commands: draft.commands } },
				sender,
				gasData: {
					payment: [{ objectId: gas.id, version: gas.version, digest: objectDigest(gas) }],
					owner: sender,
					price: REFERENCE_GAS_PRICE,
					budget: BUDGET,
				},
				// Never the same transaction twice.
				expiration: { Epoch: String(++this.#count) },
			},
		}).toBytes();
	}

	/** The one that counts. */
	adminCap(): Address {
		const network = this.move(this.world.ours.get('network')!)!;
		// Network { id, version, window_duration_ms, admin_cap, … }.
		return `0x${Buffer.from(network.contents.subarray(48, 80)).toString('hex')}`;
	}
}

const BYTES: MoveType = { kind: 'vector', element: { kind: 'u8' } };

function isPureDatatype(type: MoveType & { readonly kind: 'datatype' }): boolean {
	return type.module === 'option' || (type.module === 'object' && type.name === 'ID');
}

type Kind = Extract<Parameters<typeof bcs.TransactionKind.serialize>[0], { ProgrammableTransaction: unknown }>['ProgrammableTransaction'];
type InputData = Kind['inputs'] extends Iterable<infer I> ? I : never;
type CommandData = Kind['commands'] extends Iterable<infer C> ? C : never;
type ArgumentData = { Input: number } | { Result: number } | { GasCoin: true };

class Draft {
	readonly inputs: InputData[] = [];
	readonly commands: CommandData[] = [];
	readonly #objects = new Map<Address, number>();

	#input(input: InputData): ArgumentData {
		this.inputs.push(input);
		return { Input: this.inputs.length - 1 };
	}

	pure(bytes: Uint8Array): ArgumentData {
		return this.#input({ Pure: { bytes: toBase64(bytes) } });
	}

	shared(id: Address, initialSharedVersion: bigint, mutable: boolean): ArgumentData {
		const known = this.#objects.get(id);
		if (known !== undefined) return { Input: known };
		this.#objects.set(id, this.inputs.length);
		return this.#input({ Object: { SharedObject: { objectId: id, initialSharedVersion, mutable } } });
	}

	owned(object: MoveObject): ArgumentData {
		return this.#input({ Object: { ImmOrOwnedObject: { objectId: object.id, version: object.version, digest: objectDigest(object) } } });
	}

	command(command: CommandData): ArgumentData {
		this.commands.push(command);
		return { Result: this.commands.length - 1 };
	}

	call(packageId: Address, module: string, name: string, args: ArgumentData[]): ArgumentData {
		return this.command({ MoveCall: { package: packageId, module, function: name, typeArguments: [], arguments: args } });
	}
}

function richestCoin({ objects }: World, owner: Address): Address {
	let richest: MoveObject | undefined;
	for (const object of objects.values()) {
		if (object.kind !== 'move' || object.owner.kind !== 'address' || object.owner.address !== owner) continue;
		if (formatType(object.type) !== formatType(GAS_COIN_TYPE)) continue;
		if (richest === undefined || coinBalance(object.contents) > coinBalance(richest.contents)) richest = object;
	}
	if (richest === undefined) throw new TypeError(`${owner} has no coin`);
	return richest.id;
}
