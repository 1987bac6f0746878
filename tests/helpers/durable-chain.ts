/** A devnet's folder as tests of durability look at it: opened without a server, with what must hold of the chain in it. */
import { createHash } from 'node:crypto';
import { coinBalance, coinTypeOf, isSui } from '#devnet/ledger/encoding.ts';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import { DiskJournal, type JournalNotice, type JournalOptions } from '#devnet/ledger/journal.ts';
import { Ledger } from '#devnet/ledger/ledger.ts';
import { objectDigest } from '#devnet/ledger/objects.ts';
import { randomSource } from '#devnet/ledger/system.ts';
import { createMoveVm } from '#devnet/move/vm.ts';

/** 10 billion SUI in MIST. */
export const SUPPLY = 10_000_000_000n * 1_000_000_000n;

export interface OpenedChain extends Disposable {
	/** Undefined when the folder holds no chain. */
	readonly ledger: Ledger | undefined;
	readonly notices: readonly JournalNotice[];
}

/** Throws LEDGER_CORRUPT as the devnet does. */
export function openChain(folder: string, options: JournalOptions = {}): OpenedChain {
	const notices: JournalNotice[] = [];
	const refuse = () => {
		throw new Error('no document is expected');
	};
	const journal = new DiskJournal(folder, { ...options, onNotice: (notice) => notices.push(notice) });
	try {
		const ledger = Ledger.reopen({ vm: createMoveVm({ verifyNitroDocument: refuse }), journal, randomBytes: randomSource('durability') });
		return { ledger, notices, [Symbol.dispose]: () => journal.close() };
	} catch (error) {
		journal.close();
		throw error;
	}
}

/** Of all live objects and of the chain's tip. The clock object is left out: reading it moves it. */
export function stateHash(ledger: Ledger): string {
	const hash = createHash('sha256');
	const objects = [...ledger.store.all()].filter(({ id }) => id !== CLOCK_ID).map((object) => `${object.id} ${objectDigest(object)}`);
	for (const line of objects.sort()) hash.update(`${line}\n`);
	return hash.update(`${ledger.chainId} ${ledger.history.tip} ${ledger.history.at(ledger.history.tip)?.checkpointDigest}`).digest('hex');
}

/** What coins hold and what storage has paid for. */
export function suiInObjects(ledger: Ledger): bigint {
	let total = 0n;
	for (const object of ledger.store.all()) {
		total += object.storageRebate;
		const coin = object.kind === 'move' ? coinTypeOf(object.type) : undefined;
		if (object.kind === 'move' && coin !== undefined && isSui(coin)) total += coinBalance(object.contents);
	}
	return total;
}

/** What transactions from checkpoint `from` on have spent for good. */
export function spentSince(ledger: Ledger, from: bigint): bigint {
	let total = 0n;
	for (const { effects } of ledger.history.range({ from })) total += effects.outcome.cost.computationCost + effects.outcome.cost.nonRefundableStorageFee;
	return total;
}
