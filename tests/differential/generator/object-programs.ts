/** Random transactions of several commands over objects: well-typed by what each command leaves for those after it. */
import { Inputs, type Transaction, type TransactionArgument } from '@mysten/sui/transactions';
import { type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import type { Address } from '#devnet/move/api.ts';
import { SENDER } from '../our-machine.ts';
import { FIRST_SLOT_KEY, SLOT_KEYS, SLOTS, type Universe } from '../universe.ts';
import type { Choices } from './choices.ts';
import { TRACE_TYPE } from './function-writer.ts';
import type { ObjectFunction } from './object-functions.ts';
import { integer, integerBytes, randomPure } from './types.ts';

type Kind = 'thing' | 'crate' | 'coin';

/** An object that a command may take. */
interface Held {
	readonly kind: Kind;
	readonly argument: TransactionArgument;
	readonly isInput: boolean;
}

const TYPE_OF: Readonly<Record<Kind, (target: string) => string>> = {
	thing: (target) => `${target}::things::Thing`,
	crate: (target) => `${target}::things::Crate`,
	coin: () => '0x2::coin::Coin<0x2::sui::SUI>',
};

/**
 * Once a transaction has made a dynamic field, the sandbox neither lists the objects that calls make nor lets TransferObjects have
 * them: a plain transaction makes none before its last commands; the others note the id of each object in the journal.
 */
export class ObjectProgramWriter {
	readonly #plain: boolean;
	/** Notes of a plain transaction wait for its end. */
	readonly #notes: (readonly [type: string, value: TransactionArgument])[] = [];
	readonly #choices: Choices;
	readonly #transaction: Transaction;
	readonly #target: string;
	readonly #universe: Universe;
	readonly #functions: readonly ObjectFunction[];
	readonly #shelf: TransactionArgument;
	readonly #journal: TransactionArgument;
	readonly #frozen: TransactionArgument;
	#held: Held[] = [];
	#slots = 0;
	readonly modules = new Set(['things']);

	constructor(choices: Choices, transaction: Transaction, packageId: Address, universe: Universe, functions: readonly ObjectFunction[]) {
		this.#choices = choices;
		this.#plain = choices.chance(35);
		this.#transaction = transaction;
		this.#target = packageId;
		this.#universe = universe;
		this.#functions = functions;
		this.#shelf = this.#shared(universe.shelf);
		this.#journal = this.#shared(universe.journal);
		this.#frozen = this.#owned(universe.frozen);
	}

	/** Adds commands; every object left over finds a place, and all that was touched is noted in the journal at the end. */
	write(): void {
		const { choices } = this;
		const { things, crates, coins } = this.#universe;
		const hold = (kind: Kind, objects: readonly MoveObject[]) => {
			for (const object of objects) if (choices.chance(60)) this.#held.push({ kind, argument: this.#owned(object), isInput: true });
		};
		hold('thing', things);
		hold('crate', crates);
		hold('coin', coins);
		for (let left = choices.between(1, SLOTS); left > 0; left--) {
			if (this.#plain) this.#plainStep();
			else this.#step();
		}
		this.#settle();
	}

	get choices(): Choices {
		return this.#choices;
	}

	#shared({ id, owner }: MoveObject): TransactionArgument {
		if (owner.kind !== 'shared') throw new TypeError(`${id} is not shared`);
		return this.#transaction.object(Inputs.SharedObjectRef({ objectId: id, initialSharedVersion: owner.initialVersion.toString(), mutable: true }));
	}

	#owned(object: MoveObject): TransactionArgument {
		return this.#transaction.object(Inputs.ObjectRef({ objectId: object.id, version: object.version.toString(), digest: objectDigest(object) }));
	}

	// ---- commands ------------------------------------------------------------------------------------------------

	#call(name: string, args: TransactionArgument[], module = 'things') {
		return this.#transaction.moveCall({ target: `${this.#target}::${module}::${name}`, arguments: args });
	}

	#note(type: string, value: TransactionArgument): void {
		if (this.#plain) this.#notes.push([type, value]);
		else this.#noteNow(type, value);
	}

	#noteNow(type: string, value: TransactionArgument): void {
		this.#transaction.moveCall({ target: `${this.#target}::things::note`, typeArguments: [type], arguments: [this.#journal, value] });
	}

	#u64(value: bigint): TransactionArgument {
		return this.#transaction.pure(integerBytes(value, 'u64'));
	}

	#u8(value: number): TransactionArgument {
		return this.#transaction.pure(Uint8Array.of(value));
	}

	#address(): TransactionArgument {
		return this.#transaction.pure.address(this.#choices.address());
	}

	#number(): TransactionArgument {
		return this.#u64(this.#choices.integer('u64'));
	}

	#any(kind: Kind): Held | undefined {
		const found = this.#held.filter((held) => held.kind === kind);
		return found.length === 0 ? undefined : this.#choices.pick(found);
	}

	/** Out of what is held: the command takes it by value. */
	#taken(kind: Kind): TransactionArgument | undefined {
		const found = this.#any(kind);
		if (found === undefined) return undefined;
		this.#held = this.#held.filter((held) => held !== found);
		return found.argument;
	}

	#keep(kind: Kind, argument: TransactionArgument): void {
		this.#held.push({ kind, argument, isInput: false });
	}

	/** Calls with the thing, or makes one first. */
	#thing(): TransactionArgument {
		const found = this.#any('thing');
		if (found !== undefined) return found.argument;
		const made = this.#call('make', [this.#number()]);
		this.#keep('thing', made);
		return made;
	}

	#crate(): TransactionArgument {
		const found = this.#any('crate');
		if (found !== undefined) return found.argument;
		const made = this.#call('pack', [this.#takenThing(), this.#u8(this.#choices.below(9))]);
		this.#keep('crate', made);
		return made;
	}

	#takenThing(): TransactionArgument {
		return this.#taken('thing') ?? this.#call('make', [this.#number()]);
	}

	/** Makes no dynamic field. */
	#plainStep(): void {
		const { choices } = this;
		choices.weighted<() => void>([
			[6, () => this.#keep('thing', this.#call('make', [this.#number()]))],
			[4, () => void this.#call('set', [this.#thing(), this.#number()])],
			[4, () => this.#note('u64', this.#call('add', [this.#thing(), this.#u64(BigInt(choices.below(9)))]))],
			[3, () => this.#note('bool', this.#call('same', [this.#thing(), this.#frozen]))],
			[3, () => this.#swap()],
			[5, () => void this.#call('place', [this.#number(), this.#u8(choices.below(3))])],
			[5, () => this.#keep('crate', this.#call('pack', [this.#takenThing(), this.#u8(choices.below(9))]))],
			[4, () => void this.#call('put_in', [this.#crate(), this.#takenThing()])],
			[4, () => void this.#call('relabel', [this.#crate(), this.#u8(choices.below(9))])],
			[5, () => this.#transferFirst()],
			[5, () => this.#keep('coin', this.#call('withdraw', [this.#shelf, this.#u64(BigInt(choices.below(2_400)))]))],
			[5, () => this.#deposit()],
			[6, () => this.#split()],
			[5, () => this.#merge()],
			[3, () => this.#note('address', this.#call('who', []))],
		])();
	}

	#transferFirst(): void {
		const taken = this.#taken(this.#choices.pick(['thing', 'crate', 'coin'] as const));
		if (taken !== undefined) this.#transaction.transferObjects([taken], this.#address());
	}

	#step(): void {
		const { choices } = this;
		const small = () => this.#u64(BigInt(choices.below(12)));
		choices.weighted<() => void>([
			[24, () => this.#act()],
			[4, () => this.#keep('thing', this.#call('make', [this.#number()]))],
			[4, () => void this.#call('set', [this.#thing(), this.#number()])],
			[4, () => this.#note('u64', this.#call('add', [this.#thing(), this.#u64(BigInt(choices.below(9)))]))],
			[4, () => void this.#call('write', [this.#thing(), this.#transaction.pure(randomPure(choices, { kind: 'vector', element: integer('u8') }))])],
			[3, () => this.#note('bool', this.#call('same', [this.#thing(), this.#frozen]))],
			[3, () => this.#swap()],
			[5, () => void this.#call('burn', [this.#takenThing(), this.#journal])],
			[3, () => this.#burnAll()],
			[4, () => void this.#call('give', [this.#takenThing(), this.#address(), this.#journal])],
			[3, () => void this.#call(choices.pick(['share_new', 'freeze_new']), [this.#number(), this.#journal])],
			[4, () => void this.#call('tag', [this.#thing(), this.#u8(choices.below(3)), this.#number()])],
			[3, () => this.#note('u64', this.#call(choices.pick(['untag', 'tagged']), [this.#thing(), this.#u8(choices.below(3))]))],
			[5, () => this.#keep('crate', this.#call('pack', [this.#takenThing(), this.#u8(choices.below(9))]))],
			[4, () => void this.#call('put_in', [this.#crate(), this.#takenThing()])],
			[5, () => this.#keep('thing', this.#call('take_out', [this.#crate()]))],
			[3, () => this.#note('u64', this.#call('peek', [this.#crate()]))],
			[4, () => this.#unpack()],
			[4, () => void this.#call('attach', [this.#crate(), this.#u8(choices.below(2)), this.#takenThing()])],
			[3, () => this.#keep('thing', this.#call('detach', [this.#crate(), this.#u8(choices.below(2))]))],
			[5, () => void this.#call('put', [this.#shelf, small(), this.#number()])],
			[5, () => this.#note('u64', this.#call(choices.pick(['take', 'look']), [this.#shelf, small()]))],
			[4, () => this.#bump()],
			[4, () => this.#note('bool', this.#call('has', [this.#shelf, small()]))],
			[5, () => this.#deposit()],
			[5, () => this.#keep('coin', this.#call('withdraw', [this.#shelf, this.#u64(BigInt(choices.below(2_400)))]))],
			[6, () => this.#split()],
			[5, () => this.#merge()],
			[3, () => this.#note('address', this.#call('who', []))],
			[
				3,
				() =>
					this.#note(
						'u64',
						this.#call('now', [this.#transaction.object(Inputs.SharedObjectRef({ objectId: CLOCK, initialSharedVersion: '1', mutable: false }))]),
					),
			],
		])();
	}

	#act(): void {
		const fn = this.#choices.pick(this.#functions);
		this.modules.add(fn.module);
		const args = fn.parameters.map((type) => this.#transaction.pure(randomPure(this.#choices, type)));
		const [result, trace] = this.#call(fn.name, [this.#thing(), this.#shelf, this.#journal, this.#u64(this.#slot()), ...args], fn.module);
		if (result !== undefined) this.#note('u64', result);
		if (trace !== undefined) this.#note(TRACE_TYPE, trace);
	}

	/** One that no other command has. */
	#slot(): bigint {
		return BigInt(this.#slots++);
	}

	#bump(): void {
		const key = BigInt(FIRST_SLOT_KEY) + this.#slot() * BigInt(SLOT_KEYS) + BigInt(this.#choices.below(SLOT_KEYS));
		this.#note('u64', this.#call('bump', [this.#shelf, this.#u64(key), this.#u64(BigInt(this.#choices.below(100)))]));
	}

	#swap(): void {
		const things = this.#held.filter(({ kind }) => kind === 'thing');
		const [left, right] = things;
		if (left !== undefined && right !== undefined) this.#call('swap', [left.argument, right.argument]);
	}

	#burnAll(): void {
		const elements = [this.#takenThing(), this.#takenThing()];
		const things = this.#transaction.makeMoveVec({ type: `${this.#target}::things::Thing`, elements });
		this.#call('burn_all', [things, this.#journal]);
	}

	#unpack(): void {
		const crate = this.#taken('crate');
		if (crate !== undefined) this.#keep('thing', this.#call('unpack', [crate, this.#journal]));
	}

	#deposit(): void {
		const coin = this.#taken('coin');
		if (coin !== undefined) this.#note('u64', this.#call('deposit', [this.#shelf, coin]));
	}

	#split(): void {
		const source = this.#any('coin');
		const amounts = this.#choices.times(this.#choices.between(1, 3), () => this.#u64(BigInt(this.#choices.below(source?.isInput === true ? 500 : 20))));
		const parts = this.#transaction.splitCoins(source === undefined ? this.#transaction.gas : source.argument, amounts);
		amounts.forEach((_, at) => {
			const part = parts[at];
			if (part !== undefined) this.#keep('coin', part);
		});
	}

	#merge(): void {
		const source = this.#taken('coin');
		const destination = this.#any('coin');
		if (source === undefined) return;
		if (destination === undefined) this.#keep('coin', source);
		else this.#transaction.mergeCoins(destination.argument, [source]);
	}

	/** Notes what things and shelf hold now, and leaves nothing that may not be dropped. */
	#settle(): void {
		const { choices } = this;
		for (const { kind, argument } of this.#held) {
			if (kind === 'thing') {
				this.#note('u64', this.#call('get', [argument]));
				this.#note('vector<u8>', this.#call('read', [argument]));
			}
			if (kind === 'crate') this.#note('u8', this.#call('label', [argument]));
		}
		this.#note('u64', this.#call('funds', [this.#shelf]));
		const leftover = this.#held.filter(({ isInput }) => !isInput);
		if (this.#plain) {
			if (leftover.length > 0)
				this.#transaction.transferObjects(
					leftover.map(({ argument }) => argument),
					choices.chance(50) ? SENDER : choices.address(),
				);
			for (const [type, value] of this.#notes) this.#noteNow(type, value);
			return;
		}
		for (const { kind, argument } of leftover) this.#noteId(kind, argument);
		this.#note('u64', this.#call('size', [this.#shelf]));
		for (let key = 0n; key < 12n; key += BigInt(choices.between(2, 5))) this.#note('bool', this.#call('has', [this.#shelf, this.#u64(key)]));
		for (const { kind, argument } of leftover) {
			const target = `${this.#target}::things::send`;
			this.#transaction.moveCall({ target, typeArguments: [TYPE_OF[kind](this.#target)], arguments: [argument, this.#address(), this.#journal] });
		}
	}

	#noteId(kind: Kind, object: TransactionArgument): void {
		const target = `${this.#target}::things::id`;
		this.#note('0x2::object::ID', this.#transaction.moveCall({ target, typeArguments: [TYPE_OF[kind](this.#target)], arguments: [object] }));
	}
}

const CLOCK: Address = `0x${'0'.repeat(63)}6`;
