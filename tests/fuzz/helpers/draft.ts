/** A programmable transaction at random, command by command: arguments are mostly what fits. */
import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { CLOCK_ID, RANDOM_ID } from '#devnet/ledger/inputs.ts';
import { type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import type { MoveType } from '#devnet/move/api.ts';
import { formatType, typesEqual } from '#devnet/move/types.ts';
import type { Random } from './random.ts';
import type { Account, World } from './world.ts';

export type DataInput = Parameters<typeof bcs.TransactionDataV1.serialize>[0];
type Kind = Extract<DataInput['kind'], { ProgrammableTransaction: unknown }>['ProgrammableTransaction'];
type CommandInput = Kind['commands'] extends Iterable<infer C> ? C : never;
type CallArgInput = Kind['inputs'] extends Iterable<infer I> ? I : never;
type ArgumentInput = Extract<CommandInput, { SplitCoins: unknown }>['SplitCoins']['coin'];

export const SUI = `0x${'0'.repeat(63)}2`;
export const NOWHERE = `0x${'9'.repeat(64)}`;
const TYPES = [
	'u8',
	'u64',
	'bool',
	'address',
	'vector<u8>',
	'0x2::sui::SUI',
	'0x2::coin::Coin<0x2::sui::SUI>',
	'0x1::string::String',
	'0x2::object::ID',
	'0x9::no::Type',
];
const INTEGER_BITS = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, u256: 256 } as const;
const GIVEN_AWAY = /^(Coin|Box|Crate|UpgradeCap)$/;
export const COIN: MoveType = {
	kind: 'datatype',
	address: SUI,
	module: 'coin',
	name: 'Coin',
	typeArguments: [{ kind: 'datatype', address: SUI, module: 'sui', name: 'SUI', typeArguments: [] }],
};

export function referenceOf(object: MoveObject, random: Random) {
	return {
		objectId: object.id,
		version: random.chance(0.01) ? random.bigint(64) : object.version,
		digest: random.chance(0.01) ? '11111111111111111111111111111111' : objectDigest(object),
	};
}

type Use = 'value' | 'change' | 'read';

interface Result {
	readonly argument: ArgumentInput;
	readonly type: MoveType;
}

/** Functions of the package that make a value of a type from a number. */
const MAKERS: Readonly<Record<string, string>> = { Box: 'new_box', Potato: 'potato' };

/** A programmable transaction while it is made up: inputs so far, commands, and what their results are. */
export class Draft {
	readonly inputs: CallArgInput[] = [];
	readonly commands: CommandInput[] = [];
	/** Ids that stand in the transaction already. */
	readonly taken = new Set<string>();
	readonly #world: World;
	readonly #random: Random;
	readonly #sender: Account;
	readonly #objects: { readonly index: number; readonly type: MoveType }[] = [];
	readonly #results: Result[] = [];

	constructor(world: World, random: Random, sender: Account) {
		this.#world = world;
		this.#random = random;
		this.#sender = sender;
	}

	add(command: CommandInput, results: readonly MoveType[]): void {
		const index = this.commands.push(command) - 1;
		results.forEach((type, subresult) => {
			this.#results.push({ argument: { NestedResult: [index, subresult] }, type });
		});
	}

	/** One to three, seldom none. */
	several<T>(make: () => T): T[] {
		return Array.from({ length: this.#random.chance(0.03) ? 0 : 1 + this.#random.below(3) }, make);
	}

	/** What is left over without being dropped fails a transaction. */
	giveAwayResults(): void {
		const objects = this.#results.filter(({ type }) => type.kind === 'datatype' && GIVEN_AWAY.test(type.name));
		if (objects.length > 0) this.add({ TransferObjects: { objects: objects.map(({ argument }) => argument), address: this.#addressInput() } }, []);
	}

	#addressInput(): ArgumentInput {
		return this.#input({ Pure: { bytes: toBase64(bcs.Address.serialize(this.#sender.address).toBytes()) } });
	}

	randomType(): MoveType {
		const { packageId } = this.#world;
		const text = this.#random.pick(TYPES);
		if (this.#random.chance(0.3))
			return { kind: 'datatype', address: packageId, module: 'playground', name: this.#random.pick(['Box', 'Crate', 'Potato', 'Counted']), typeArguments: [] };
		if (text === 'vector<u8>') return { kind: 'vector', element: { kind: 'u8' } };
		if (!text.includes('::')) return { kind: text as 'u8' };
		const [address = '', module = '', name = ''] = text.split('<')[0]!.split('::');
		const typeArguments = text.includes('<') ? (COIN.kind === 'datatype' ? COIN.typeArguments : []) : [];
		return { kind: 'datatype', address: `0x${address.slice(2).padStart(64, '0')}`, module, name, typeArguments };
	}

	/** For a parameter of the type: mostly what fits. */
	argument(type: MoveType, use: Use): ArgumentInput {
		const random = this.#random;
		if (random.chance(0.015)) return this.anyArgument();
		const results = this.#results.filter((result) => typesEqual(result.type, type));
		if (results.length > 0 && random.chance(0.6)) return this.#used(random.pick(results), use);
		if (typesEqual(type, COIN) && use !== 'value' && random.chance(0.5)) return { GasCoin: true };
		const known = this.#objects.filter((object) => typesEqual(object.type, type));
		if (known.length > 0 && use !== 'value' && random.chance(0.3)) return { Input: random.pick(known).index };
		const object = this.#object((candidate) => typesEqual(candidate.type, type), use !== 'read');
		if (object !== undefined) return object;
		const pure = this.#pure(type);
		if (pure !== undefined) return this.#input({ Pure: { bytes: toBase64(pure) } });
		if (results.length > 0) return this.#used(random.pick(results), use);
		if (known.length > 0) return { Input: random.pick(known).index };
		const maker = type.kind === 'datatype' ? MAKERS[type.name] : undefined;
		if (maker === undefined || random.chance(0.1)) return this.anyArgument();
		const call = {
			package: this.#world.packageId,
			module: 'playground',
			function: maker,
			typeArguments: [],
			arguments: [this.argument({ kind: 'u64' }, 'value')],
		};
		this.add({ MoveCall: call }, [type]);
		return this.#used(this.#results.at(-1) as Result, use);
	}

	/** What was taken is gone. */
	#used(result: Result, use: Use): ArgumentInput {
		if (use === 'value' && this.#random.chance(0.97)) this.#results.splice(this.#results.indexOf(result), 1);
		return result.argument;
	}

	anyObject(): ArgumentInput {
		const random = this.#random;
		if (this.#results.length > 0 && random.chance(0.6)) return this.#used(random.pick(this.#results), 'value');
		return this.#object(() => true, true) ?? this.anyArgument();
	}

	anyArgument(): ArgumentInput {
		const random = this.#random;
		switch (random.below(5)) {
			case 0:
				return { GasCoin: true };
			case 1:
				return { Input: random.below(this.inputs.length + 2) };
			case 2:
				return { Result: random.below(this.commands.length + 2) };
			case 3:
				return { NestedResult: [random.below(this.commands.length + 2), random.below(4)] };
			default:
				return this.#input({ Pure: { bytes: toBase64(random.bytes(random.below(40))) } });
		}
	}

	#input(input: CallArgInput): ArgumentInput {
		return { Input: this.inputs.push(input) - 1 };
	}

	#object(fits: (object: MoveObject) => boolean, mutably: boolean): ArgumentInput | undefined {
		const { ledger, counterId, accounts } = this.#world;
		const random = this.#random;
		const owner = random.chance(0.96) ? this.#sender.address : random.pick(accounts).address;
		const shared = [counterId, CLOCK_ID, RANDOM_ID].flatMap((id) => ledger.store.move(id) ?? []);
		const candidates = [...ledger.store.ownedBy(owner), ...shared].filter((object) => !this.taken.has(object.id) && fits(object));
		if (candidates.length === 0) return undefined;
		const object = random.pick(candidates);
		this.taken.add(object.id);
		const reference = referenceOf(object, random);
		const asShared = object.owner.kind === 'shared' ? !random.chance(0.02) : random.chance(0.01);
		const initialSharedVersion = object.owner.kind === 'shared' && !random.chance(0.01) ? object.owner.initialVersion : random.bigint(64);
		const mutable = random.chance(0.97) ? mutably : !mutably;
		const argument = this.#input({
			Object: asShared
				? { SharedObject: { objectId: object.id, initialSharedVersion, mutable } }
				: random.chance(0.02)
					? { Receiving: reference }
					: { ImmOrOwnedObject: reference },
		});
		this.#objects.push({ index: this.inputs.length - 1, type: object.type });
		return argument;
	}

	/** BCS of some value, or undefined for what only an object can be. */
	#pure(type: MoveType): Uint8Array | undefined {
		const random = this.#random;
		if (random.chance(0.03)) return random.bytes(random.below(40));
		switch (type.kind) {
			case 'bool':
				return Uint8Array.of(random.below(2));
			case 'u8':
			case 'u16':
			case 'u32':
			case 'u64':
			case 'u128':
			case 'u256': {
				const bits = INTEGER_BITS[type.kind];
				const hex = (random.chance(0.6) ? BigInt(random.below(12)) : random.bigint(bits)).toString(16).padStart(bits / 4, '0');
				return new Uint8Array(Buffer.from(hex, 'hex').reverse());
			}
			case 'address':
				return bcs.Address.serialize(random.chance(0.8) ? random.pick(this.#world.accounts).address : NOWHERE).toBytes();
			case 'vector': {
				const parts = random.list(4, () => this.#pure(type.element));
				return parts.includes(undefined) ? undefined : Buffer.concat([Uint8Array.of(parts.length), ...(parts as Uint8Array[])]);
			}
			case 'datatype': {
				const text = formatType(type);
				if (text.endsWith('::string::String') || text.endsWith('::ascii::String'))
					return bcs
						.string()
						.serialize(random.pick(['', 'x', 'a longer text', 'ü']))
						.toBytes();
				if (text.endsWith('::object::ID')) return bcs.Address.serialize(NOWHERE).toBytes();
				const [inner] = type.typeArguments;
				if (type.name !== 'Option' || inner === undefined) return undefined;
				const value = random.chance(0.5) ? undefined : this.#pure(inner);
				return value === undefined ? Uint8Array.of(0) : Buffer.concat([Uint8Array.of(1), value]);
			}
			default:
				return undefined;
		}
	}
}
