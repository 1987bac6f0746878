/** A chain to throw things at: a package, shared and owned objects, accounts that can sign. */
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { blake2b } from '@noble/hashes/blake2.js';
import { DevelopmentKey } from '#devnet/development-key.ts';
import { Faucet } from '#devnet/faucet.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { type ChainObject, objectBytes } from '#devnet/ledger/objects.ts';
import { clientOf, publishPlayground, run } from '#devnet/rpc/playground.fixture.ts';
import { type Devnet, startDevnet } from '#devnet/start-devnet.ts';

export interface Account {
	readonly address: string;
	/** Serialised Ed25519 signature of a transaction, in base64. */
	sign(transaction: Uint8Array): string;
}

export interface World {
	readonly devnet: Devnet;
	readonly ledger: Ledger;
	readonly accounts: readonly Account[];
	readonly packageId: string;
	readonly counterId: string;
	/** Bytecode that was published, to publish again or in part. */
	readonly modules: readonly Uint8Array[];
	stop(): Promise<void>;
}

function account(seed: number): Account & { readonly keypair: Ed25519Keypair } {
	const secret = new Uint8Array(32).fill(seed);
	const keypair = Ed25519Keypair.fromSecretKey(secret);
	const key = new DevelopmentKey(secret);
	return { keypair, address: key.address, sign: (transaction) => key.signTransaction(transaction) };
}

const COINS_EACH = 4;

/** @param onError told of what a client would see as INTERNAL */
export async function startWorld(onError: (error: unknown) => void): Promise<World> {
	const devnet = await startDevnet({ randomSeed: 'fuzz', retainedTransactions: 500, onError });
	const accounts = [1, 2, 3].map(account);
	const faucet = new Faucet(devnet.ledger);
	for (const { address } of accounts) for (let i = 0; i < COINS_EACH; i++) await faucet.give(address);
	const [first] = accounts as [(typeof accounts)[0]];
	const playground = { client: clientOf(devnet), account: first.keypair, address: first.address };
	const { packageId, counterId } = await publishPlayground(playground);
	for (const { address } of accounts) {
		await run(playground, (transaction) => {
			const box = (size: number) => transaction.moveCall({ target: `${packageId}::playground::new_box`, arguments: [transaction.pure.u64(size)] });
			const crate = transaction.moveCall({ target: `${packageId}::playground::pack`, arguments: [box(9)] });
			transaction.transferObjects([box(1), box(2), box(3), crate], address);
			transaction.moveCall({ target: `${packageId}::playground::freeze_box`, arguments: [box(4)] });
		});
	}
	const pkg = devnet.ledger.store.get(packageId);
	return {
		devnet,
		ledger: devnet.ledger,
		accounts,
		packageId,
		counterId,
		modules: pkg?.kind === 'package' ? [...pkg.modules.values()] : [],
		stop: () => devnet.stop(),
	};
}

/** Notices whether what a refused transaction should have left alone was changed: which objects live, and, when asked, their bytes. */
export class StateWatch {
	readonly #ledger: Ledger;
	readonly #clock: string;
	readonly #written = new WeakMap<ChainObject, string>();
	#live = new Map<string, ChainObject>();

	constructor(ledger: Ledger, clockId: string) {
		this.#ledger = ledger;
		this.#clock = clockId;
		this.remember();
	}

	/** After a change that was meant. */
	remember(): void {
		this.#live = new Map([...this.#ledger.store.all()].filter(({ id }) => id !== this.#clock).map((object) => [object.id, object]));
	}

	/** Throws unless exactly the remembered objects live. */
	checkSame(): void {
		let count = 0;
		for (const object of this.#ledger.store.all()) {
			if (object.id === this.#clock) continue;
			if (this.#live.get(object.id) !== object) throw new Error(`the state has changed: ${object.id} at version ${object.version}`);
			count++;
		}
		if (count !== this.#live.size) throw new Error('the state has changed: an object is gone');
	}

	/** Throws when the bytes of an object have changed since they were seen first: an object that lives is never written in place. */
	checkBytes(): void {
		for (const object of this.#ledger.store.all()) {
			const now = Buffer.from(blake2b(objectBytes(object), { dkLen: 16 })).toString('hex');
			const then = this.#written.get(object);
			if (then === undefined) this.#written.set(object, now);
			else if (then !== now) throw new Error(`${object.id} was written in place`);
		}
	}
}
