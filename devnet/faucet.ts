/** Gives SUI away: an ordinary transaction of the faucet's account, one recipient each. */
import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { VramhubError } from '#core/errors.ts';
import { FAUCET_ADDRESS, FAUCET_COIN_ID, faucetKey } from '#devnet/genesis.ts';
import { REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { objectDigest } from '#devnet/ledger/objects.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import type { Address } from '#devnet/move/api.ts';

export interface SentCoin {
	readonly id: Address;
	readonly amount: bigint;
	readonly transferTxDigest: string;
}

const MIST_PER_SUI = 1_000_000_000n;
export const DEFAULT_FAUCET_AMOUNT = 1000n * MIST_PER_SUI;
/** MIST; a coin's storage costs about a million. */
const BUDGET = 100_000_000n;
const BUDGET_A_COIN = 2_000_000n;

export class Faucet {
	readonly #ledger: Ledger;
	/** Gifts wait for each other: each spends the coin that the one before it left. */
	#turn: Promise<unknown> = Promise.resolve();
	readonly #key = faucetKey();

	constructor(ledger: Ledger) {
		this.#ledger = ledger;
	}

	/** `amount` in MIST. Throws INVARIANT when the faucet is empty. */
	async give(recipient: Address, amount = DEFAULT_FAUCET_AMOUNT): Promise<SentCoin> {
		const record = await this.#inTurn([recipient], amount);
		const created = record.effects.changed.find(({ idOperation }) => idOperation === 'created');
		if (created === undefined) throw new VramhubError('INVARIANT', `the faucet's transaction ${record.digest} made no coin`);
		return { id: created.id, amount, transferTxDigest: record.digest };
	}

	/** A coin each, in one transaction. */
	async giveAll(recipients: readonly Address[], amount = DEFAULT_FAUCET_AMOUNT): Promise<void> {
		if (recipients.length > 0) await this.#inTurn(recipients, amount);
	}

	#inTurn(recipients: readonly Address[], amount: bigint): Promise<TransactionRecord> {
		const gift = this.#turn.then(() => this.#give(recipients, amount));
		this.#turn = gift.catch(() => undefined);
		return gift;
	}

	async #give(recipients: readonly Address[], amount: bigint): Promise<TransactionRecord> {
		const coin = this.#ledger.store.move(FAUCET_COIN_ID);
		if (coin === undefined) throw new VramhubError('INVARIANT', 'the faucet has no coin');
		const payment = { objectId: coin.id, version: coin.version, digest: objectDigest(coin) };
		const bytes = gift(payment, recipients, amount);
		const record = await this.#ledger.execute(bytes, [this.#key.signTransaction(bytes)]);
		const { failure } = record.effects.outcome;
		if (failure !== undefined) throw new VramhubError('INVARIANT', `the faucet's transaction failed: ${failure.failure.message}`);
		return record;
	}
}

/** BCS of the transaction that splits a coin for each recipient off the one that pays. */
function gift(payment: { readonly objectId: Address; readonly version: bigint; readonly digest: string }, recipients: readonly Address[], amount: bigint) {
	const pure = (bytes: Uint8Array) => ({ $kind: 'Pure' as const, Pure: { bytes: toBase64(bytes) } });
	const inputs = [pure(bcs.u64().serialize(amount).toBytes()), ...recipients.map((recipient) => pure(bcs.Address.serialize(recipient).toBytes()))];
	const commands = recipients.flatMap((_, index) => [
		{
			$kind: 'SplitCoins' as const,
			SplitCoins: { coin: { $kind: 'GasCoin' as const, GasCoin: true as const }, amounts: [{ $kind: 'Input' as const, Input: 0 }] },
		},
		{
			$kind: 'TransferObjects' as const,
			TransferObjects: {
				objects: [{ $kind: 'NestedResult' as const, NestedResult: [2 * index, 0] as [number, number] }],
				address: { $kind: 'Input' as const, Input: 1 + index },
			},
		},
	]);
	return bcs.TransactionData.serialize({
		V1: {
			kind: { ProgrammableTransaction: { inputs, commands } },
			sender: FAUCET_ADDRESS,
			gasData: { payment: [payment], owner: FAUCET_ADDRESS, price: REFERENCE_GAS_PRICE, budget: BUDGET + BUDGET_A_COIN * BigInt(recipients.length) },
			expiration: { None: true },
		},
	}).toBytes();
}
