/**
 * What a transaction can be found by, as a signature of 128 bits that stays in memory while the transaction is on disk (superimposed
 * coding: each key sets two bits). A signature without the bits of a key is of a transaction without that key; one with them may deceive.
 */
import type { ChainObject } from '#devnet/ledger/objects.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import type { ParsedTransaction } from '#devnet/ledger/transaction.ts';
import type { Address } from '#devnet/move/api.ts';

/** Addresses are canonical (0x and 64 digits); a name is `address`, `address::module` or `address::module::member`. */
export const KEY = {
	sender: (address: Address) => `sender ${address}`,
	/** Sender, or owner of what was changed, before or after. */
	affectedAddress: (address: Address) => `address ${address}`,
	affectedObject: (id: Address) => `object ${id}`,
	/** Version of something that was written. */
	version: (version: bigint) => `version ${version}`,
	moveCall: (name: string) => `call ${name}`,
	emitModule: (name: string) => `module ${name}`,
	eventType: (name: string) => `type ${name}`,
	event: 'event',
	packageWrite: 'package',
} as const;

/** Words of a signature. */
export const SIGNATURE_WORDS = 4;

export type Signature = Uint32Array;

/** The names that stand for all that begins with them: `a`, `a::b`, `a::b::c`. */
function prefixes(address: Address, ...rest: readonly string[]): string[] {
	return [address, ...rest.map((_, i) => [address, ...rest.slice(0, i + 1)].join('::'))];
}

/** `written`: all that the log's entry holds, the system's objects too. */
export function* keysOf(
	{ sender, effects }: Pick<TransactionRecord, 'sender' | 'effects'>,
	parsed: Pick<ParsedTransaction, 'commands'>,
	written: readonly ChainObject[],
): Generator<string> {
	yield KEY.sender(sender);
	yield KEY.affectedAddress(sender);
	for (const { id, input, output } of effects.changed) {
		yield KEY.affectedObject(id);
		for (const owner of [input?.owner, output?.owner]) if (owner !== undefined && 'address' in owner) yield KEY.affectedAddress(owner.address);
		if (output?.isPackage === true) yield KEY.packageWrite;
	}
	for (const { id, version } of written) {
		yield KEY.affectedObject(id);
		yield KEY.version(version);
	}
	for (const command of parsed.commands) {
		if (command.kind === 'moveCall') for (const name of prefixes(command.packageId, command.module, command.function)) yield KEY.moveCall(name);
	}
	for (const { packageId, module, type } of effects.outcome.events) {
		yield KEY.event;
		for (const name of prefixes(packageId, module)) yield KEY.emitModule(name);
		if (type.kind === 'datatype') for (const name of prefixes(type.address, type.module, type.name)) yield KEY.eventType(name);
	}
}

export function signatureOf(keys: Iterable<string>): Signature {
	const signature = new Uint32Array(SIGNATURE_WORDS);
	for (const key of keys) {
		const hash = hashText(key);
		for (const bit of [hash & 127, (hash >>> 7) & 127]) signature[bit >>> 5]! |= 1 << (bit & 31);
	}
	return signature;
}

/** Whether `words`, from `at` on, has all bits of `wanted`. */
export function covers(words: Uint32Array, at: number, wanted: Signature): boolean {
	for (let i = 0; i < SIGNATURE_WORDS; i++) if ((words[at + i]! & wanted[i]!) >>> 0 !== wanted[i]) return false;
	return true;
}

/** FNV-1a of 32 bits with a last mixing (of MurmurHash3), so that each bit depends on the whole text. */
export function hashText(text: string): number {
	let hash = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
