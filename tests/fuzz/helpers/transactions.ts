/** Transactions at random: structured ones that mean something more often than not, and bytes of such ones damaged. All are signed, most of them rightly. */
import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { FunctionSignature, MoveType } from '#devnet/move/api.ts';
import { formatType, substitute } from '#devnet/move/types.ts';
import { COIN, type DataInput, Draft, NOWHERE, referenceOf, SUI } from './draft.ts';
import type { Random } from './random.ts';
import type { Account, World } from './world.ts';

export interface FuzzedTransaction {
	readonly bytes: Uint8Array;
	/** Serialised, in base64. */
	readonly signatures: readonly string[];
}

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

function senderOf(bytes: Uint8Array): string | undefined {
	try {
		return bcs.TransactionData.parse(bytes).V1?.sender;
	} catch {
		return undefined;
	}
}
