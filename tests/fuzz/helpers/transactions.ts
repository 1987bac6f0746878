/** Transactions at random: structured ones that mean something more often than not, and bytes of such ones damaged. All are signed, most of them rightly. */
import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { CLOCK_ID, RANDOM_ID } from '#devnet/ledger/inputs.ts';
import { type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import type { FunctionSignature, MoveType } from '#devnet/move/api.ts';
import { formatType, substitute, typesEqual } from '#devnet/move/types.ts';
import type { Random } from './random.ts';
import type { Account, World } from './world.ts';

type DataInput = Parameters<typeof bcs.TransactionDataV1.serialize>[0];
type Kind = Extract<DataInput['kind'], { ProgrammableTransaction: unknown }>['ProgrammableTransaction'];
type CommandInput = Kind['commands'] extends Iterable<infer C> ? C : never;
type CallArgInput = Kind['inputs'] extends Iterable<infer I> ? I : never;
type ArgumentInput = Extract<CommandInput, { SplitCoins: unknown }>['SplitCoins']['coin'];

export interface FuzzedTransaction {
	readonly bytes: Uint8Array;
	/** Serialised, in base64. */
	readonly signatures: readonly string[];
}

const SUI = `0x${'0'.repeat(63)}2`;
const NOWHERE = `0x${'9'.repeat(64)}`;
const FRAMEWORK_MODULES = [
	'coin',
	'balance',
	'bag',
	'table',
	'dynamic_field',
	'vec_map',
	'object',
	'transfer',
	'bcs',
	'clock',
	'url',
	'hash',
	'package',
	'event',
] as const;
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
/** MIST: a little more than the least, which most calls fit in; an endless loop costs milliseconds. */
const BUDGETS = [2_000_000n, 5_000_000n, 20_000_000n] as const;

interface Callable {
	readonly packageId: string;
	readonly module: string;
	readonly name: string;
	readonly signature: FunctionSignature;
}

export class TransactionFuzzer {
	readonly #world: World;
	readonly #random: Random;
	readonly #own: Callable[] = [];
	readonly #framework: Callable[] = [];
	/** Some structured ones, to be damaged. */
	readonly #corpus: FuzzedTransaction[] = [];

	constructor(world: World, random: Random) {
		this.#world = world;
		this.#random = random;
		const collect = (into: Callable[], packageId: string, module: string) => {
			for (const [name, signature] of world.ledger.vm.functions({ address: packageId, module })) into.push({ packageId, module, name, signature });
		};
		collect(this.#own, world.packageId, 'playground');
		for (const module of FRAMEWORK_MODULES) collect(this.#framework, SUI, module);
	}

	/** Half of them can be executed if what they do succeeds; the rest is damaged somewhere. */
	next(): FuzzedTransaction {
		const random = this.#random;
		if (this.#corpus.length > 0 && random.chance(0.35)) return this.#damaged();
		const made = this.#structured();
		if (this.#corpus.length < 200) this.#corpus.push(made);
		else if (random.chance(0.1)) this.#corpus[random.below(this.#corpus.length)] = made;
		return made;
	}

	/** Signed again, so that it is the transaction that is refused and not its signature. */
	#damaged(): FuzzedTransaction {
		const { bytes, signatures } = this.#random.pick(this.#corpus);
		const damaged = this.#random.mutate(bytes);
		if (this.#random.chance(0.05)) return { bytes, signatures: signatures.map((signature) => toBase64(this.#random.mutate(Buffer.from(signature, 'base64')))) };
		const { accounts } = this.#world;
		const sender = senderOf(damaged);
		const signer = accounts.find(({ address }) => address === sender) ?? this.#random.pick(accounts);
		return { bytes: damaged, signatures: [signer.sign(damaged)] };
	}

	#structured(): FuzzedTransaction {
		const random = this.#random;
		const sender = random.pick(this.#world.accounts);
		const sponsor = random.chance(0.1) ? random.pick(this.#world.accounts) : sender;
		const draft = new Draft(this.#world, random, sender);
		const payment = this.#payment(sponsor, draft);
		for (let left = 1 + random.below(4); left > 0; left--) this.#command(draft);
		if (random.chance(0.8)) draft.giveAwayResults();
		const data: DataInput = {
			kind: { ProgrammableTransaction: { inputs: draft.inputs, commands: draft.commands } },
			sender: sender.address,
			gasData: {
				payment,
				owner: random.chance(0.02) ? NOWHERE : sponsor.address,
				price: random.chance(0.03) ? random.bigint(64) : 1000n,
				budget: random.chance(0.03) ? random.bigint(64) : random.pick(BUDGETS),
			},
			expiration: random.chance(0.03) ? { Epoch: random.bigint(64).toString() } : { None: true },
		};
		const bytes = bcs.TransactionData.serialize({ V1: data }).toBytes();
		const signers = [...new Set([sender, sponsor])];
		if (random.chance(0.02)) signers.push(random.pick(this.#world.accounts));
		if (random.chance(0.02)) signers.pop();
		return { bytes, signatures: signers.map((signer) => signer.sign(bytes)) };
	}

	#payment(payer: Account, draft: Draft) {
		const random = this.#random;
		const coins = this.#world.ledger.store
			.ownedBy(payer.address)
			.filter((object) => formatType(object.type).endsWith('::coin::Coin<0x0000000000000000000000000000000000000000000000000000000000000002::sui::SUI>'));
		const count = random.chance(0.9) ? 1 : random.below(4);
		const chosen = Array.from({ length: count }, () => random.pick(coins)).filter((coin, i, all) => coin !== undefined && all.indexOf(coin) === i);
		for (const { id } of chosen) draft.taken.add(id);
		return chosen.map((coin) => this.#reference(coin));
	}

	#reference(object: MoveObject) {
		return referenceOf(object, this.#random);
	}

	#command(draft: Draft): void {
		const random = this.#random;
		switch (random.below(10)) {
			case 0:
				draft.add({ SplitCoins: { coin: draft.argument(COIN, 'change'), amounts: draft.several(() => draft.argument({ kind: 'u64' }, 'value')) } }, [
					COIN,
					COIN,
					COIN,
				]);
				return;
			case 1:
				draft.add({ MergeCoins: { destination: draft.argument(COIN, 'change'), sources: draft.several(() => draft.argument(COIN, 'value')) } }, []);
				return;
			case 2:
				draft.add({ TransferObjects: { objects: draft.several(() => draft.anyObject()), address: draft.argument({ kind: 'address' }, 'value') } }, []);
				return;
			case 3: {
				const element = random.chance(0.7) ? this.#box() : draft.randomType();
				const type = random.chance(0.5) ? formatType(element) : null;
				draft.add({ MakeMoveVec: { type, elements: draft.several(() => draft.argument(element, 'value')) } }, [{ kind: 'vector', element }]);
				return;
			}
			case 4:
				if (random.chance(0.15)) this.#publish(draft);
				else this.#call(draft);
				return;
			default:
				this.#call(draft);
		}
	}

	#box(): MoveType {
		return { kind: 'datatype', address: this.#world.packageId, module: 'playground', name: 'Box', typeArguments: [] };
	}

	#publish(draft: Draft): void {
		const random = this.#random;
		const modules = random.chance(0.8) ? this.#world.modules : [];
		const given = modules.map((module) => toBase64(random.chance(0.7) ? random.mutate(module) : module));
		const dependencies = random.chance(0.8) ? [`0x${'0'.repeat(63)}1`, SUI] : [NOWHERE];
		if (random.chance(0.8))
			draft.add({ Publish: { modules: given, dependencies } }, [{ kind: 'datatype', address: SUI, module: 'package', name: 'UpgradeCap', typeArguments: [] }]);
		else draft.add({ Upgrade: { modules: given, dependencies, package: this.#world.packageId, ticket: draft.anyArgument() } }, []);
	}

	#call(draft: Draft): void {
		const random = this.#random;
		const { packageId, module, name, signature } = random.chance(0.8) ? random.pick(this.#own) : random.pick(this.#framework);
		const typeArguments = signature.typeParameters.map(() => draft.randomType());
		const instantiate = (type: MoveType) => {
			try {
				return substitute(type, typeArguments);
			} catch {
				return type;
			}
		};
		const parameters = signature.parameters.map(instantiate).filter((type) => !formatType(type).endsWith('::tx_context::TxContext'));
		const call = {
			package: random.chance(0.01) ? NOWHERE : packageId,
			module: random.chance(0.01) ? 'nothing' : module,
			function: random.chance(0.01) ? 'nothing' : name,
			typeArguments: (random.chance(0.02) ? [...typeArguments, draft.randomType()] : typeArguments).map(formatType),
			arguments: parameters.map((type) =>
				draft.argument(type.kind === 'reference' ? type.to : type, type.kind !== 'reference' ? 'value' : type.mutable ? 'change' : 'read'),
			),
		};
		if (random.chance(0.02)) call.arguments.push(draft.anyArgument());
		draft.add({ MoveCall: call }, signature.returns.map(instantiate));
	}
}

const GIVEN_AWAY = /^(Coin|Box|Crate|UpgradeCap)$/;

const COIN: MoveType = {
	kind: 'datatype',
	address: SUI,
	module: 'coin',
	name: 'Coin',
	typeArguments: [{ kind: 'datatype', address: SUI, module: 'sui', name: 'SUI', typeArguments: [] }],
};

function senderOf(bytes: Uint8Array): string | undefined {
	try {
		return bcs.TransactionData.parse(bytes).V1?.sender;
	} catch {
		return undefined;
	}
}

function referenceOf(object: MoveObject, random: Random) {
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
class Draft {
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
