/** The objects that generated transactions start from: the same for each of them. */
import { BcsWriter, coinContents, GAS_COIN_TYPE } from '#devnet/ledger/encoding.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import { GENESIS_VERSION } from '#devnet/ledger/system.ts';
import type { Address, MoveType, Owner } from '#devnet/move/api.ts';
import { deriveDynamicFieldId } from '#devnet/move/object-runtime.ts';
import { parseType } from '#devnet/move/types.ts';
import { ownedObject } from './our-machine.ts';

export interface Universe {
	readonly things: readonly MoveObject[];
	/** The first is full, the second empty. */
	readonly crates: readonly MoveObject[];
	readonly coins: readonly MoveObject[];
	readonly frozen: MoveObject;
	readonly shelf: MoveObject;
	readonly journal: MoveObject;
	readonly all: readonly MoveObject[];
}

const SHELF_ENTRIES = 6;
/**
 * The second machine loses what a command did to a dynamic field in place, and lets a field be added again that a command removed and
 * put back (`docs/devnet/differential.md`). So a few keys belong to each command of a transaction: those of its slot, which no other
 * command touches, be they on the shelf or on a thing; the lower of them have a field at first. All other fields are only added,
 * read, removed, one of adding and removing in a command.
 */
export const SLOTS = 6;
export const SLOT_KEYS = 4;
export const FIRST_SLOT_KEY = 100;
const FILLED_SLOT_KEYS = 2;
const SHELF_FUNDS = 2_000n;
const idOf = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`;

/** `packageId`: where `things.move` is. */
export function createUniverse(packageId: Address): Universe {
	const type = (name: string): MoveType => parseType(`${packageId}::things::${name}`);
	const thingContents = (id: Address, n: bigint, data: readonly number[]) => new BcsWriter().address(id).u64(n).bytes(Uint8Array.from(data)).done();
	const thing = (byte: number, n: bigint, data: readonly number[]) => ownedObject(idOf(byte), type('Thing'), (id) => thingContents(id, n, data));
	const crate = (byte: number, inside: Uint8Array | undefined) =>
		ownedObject(idOf(byte), type('Crate'), (id) => {
			const out = new BcsWriter().address(id);
			return (inside === undefined ? out.length(0) : out.length(1).raw(inside)).u8(byte).done();
		});
	const coin = (byte: number, value: bigint) => ownedObject(idOf(byte), GAS_COIN_TYPE, (id) => coinContents(id, value));
	const owned = (object: MoveObject, owner: Owner): MoveObject => ({ ...object, owner });
	const shared: Owner = { kind: 'shared', initialVersion: GENESIS_VERSION };

	const table = idOf(0x71);
	const field = (parent: Address, name: 'u8' | 'u64', key: number) => {
		const writer = new BcsWriter();
		const bytes = (name === 'u8' ? writer.u8(key) : writer.u64(BigInt(key))).done();
		const id = deriveDynamicFieldId(parent, { kind: name }, bytes);
		const contents = new BcsWriter()
			.address(id)
			.raw(bytes)
			.u64(BigInt(key) * 7n);
		const object = ownedObject(id, parseType(`0x2::dynamic_field::Field<${name}, u64>`), () => contents.done());
		return owned(object, { kind: 'object', parent });
	};
	const keys = [...Array(SHELF_ENTRIES).keys(), ...filledSlotKeys()];
	const entries = keys.map((key) => field(table, 'u64', key));
	const things = [thing(0x11, 5n, [1, 2]), thing(0x12, 5n, []), thing(0x13, (1n << 64n) - 3n, [9])];
	const tags = things.flatMap(({ id }) => filledSlotKeys().map((key) => field(id, 'u8', key)));
	const crates = [crate(0x21, thingContents(idOf(0x22), 8n, [])), crate(0x23, undefined)];
	const coins = [coin(0x31, 1_000n), coin(0x32, 7n), coin(0x33, (1n << 63n) - 1n)];
	const frozen = owned(thing(0x41, 77n, [4]), { kind: 'immutable' });
	const shelf = owned(
		ownedObject(idOf(0x51), type('Shelf'), (id) => new BcsWriter().address(id).address(table).u64(BigInt(entries.length)).u64(SHELF_FUNDS).done()),
		shared,
	);
	const journal = owned(
		ownedObject(idOf(0x61), type('Journal'), (id) => new BcsWriter().address(id).u64(0n).done()),
		shared,
	);
	return { things, crates, coins, frozen, shelf, journal, all: [...things, ...crates, ...coins, frozen, shelf, journal, ...entries, ...tags] };
}

function filledSlotKeys(): number[] {
	return Array.from({ length: SLOTS * FILLED_SLOT_KEYS }, (_, at) => FIRST_SLOT_KEY + Math.floor(at / FILLED_SLOT_KEYS) * SLOT_KEYS + (at % FILLED_SLOT_KEYS));
}
