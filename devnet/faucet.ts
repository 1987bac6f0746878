/** Gives SUI away: an ordinary transaction of the faucet's account, one recipient each. */
import { Transaction } from '@mysten/sui/transactions';
import { VramhubError } from '#core/errors.ts';
import { FAUCET_ADDRESS, FAUCET_COIN_ID, faucetKeypair } from '#devnet/genesis.ts';
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
	/** Made with the first gift: a key costs more than the gift itself. */
	#keypair: ReturnType<typeof faucetKeypair> | undefined;

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
		const transaction = new Transaction();
		transaction.setSender(FAUCET_ADDRESS);
		transaction.setGasPrice(REFERENCE_GAS_PRICE);
		transaction.setGasBudget(BUDGET + BUDGET_A_COIN * BigInt(recipients.length));
		transaction.setGasPayment([{ objectId: coin.id, version: coin.version.toString(), digest: objectDigest(coin) }]);
		for (const recipient of recipients) transaction.transferObjects([transaction.splitCoins(transaction.gas, [amount])], recipient);
		const bytes = await transaction.build();
		this.#keypair ??= faucetKeypair();
		const { signature } = await this.#keypair.signTransaction(bytes);
		const record = await this.#ledger.execute(bytes, [signature]);
		const { failure } = record.effects.outcome;
		if (failure !== undefined) throw new VramhubError('INVARIANT', `the faucet's transaction failed: ${failure.failure.message}`);
		return record;
	}
}
