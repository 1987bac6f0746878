/** A Move package and a devnet with a funded account, for the devnet's own tests. */
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { compilePackage } from '#devnet/compiler/compile.ts';
import { type Devnet, type DevnetOptions, startDevnet } from '#devnet/start-devnet.ts';

const MANIFEST = '[package]\nname = "playground"\nedition = "2024"\n\n[addresses]\nplayground = "0x0"\n';

/** One module a feature of the chain. */
export const PLAYGROUND = `
module playground::playground;

use std::string::String;
use sui::balance::{Self, Balance};
use sui::clock::Clock;
use sui::coin::{Self, Coin};
use sui::dynamic_object_field as dof;
use sui::event;
use sui::package;
use sui::random::{Self, Random};
use sui::sui::SUI;
use sui::table::{Self, Table};
use sui::transfer::Receiving;

#[error]
const ETooMuch: vector<u8> = b"that is too much";
const EPlain: u64 = 17;

public struct PLAYGROUND has drop {}

public struct Counter has key { id: UID, value: u64, notes: Table<u64, String>, purse: Balance<SUI> }
public struct Box has key, store { id: UID, size: u64 }
public struct Crate has key, store { id: UID, inside: Box }
public struct Potato { value: u64 }
public struct Counted has copy, drop { by: address, value: u64, note: String }
public struct Drawn has copy, drop { number: u64 }

fun init(witness: PLAYGROUND, ctx: &mut TxContext) {
    package::claim_and_keep(witness, ctx);
    transfer::share_object(Counter { id: object::new(ctx), value: 0, notes: table::new(ctx), purse: balance::zero() });
}

public fun increment(counter: &mut Counter, by: u64, note: String, ctx: &TxContext) {
    assert!(by <= 1000, ETooMuch);
    assert!(by != 999, EPlain);
    counter.value = counter.value + by;
    counter.notes.add(counter.value, note);
    event::emit(Counted { by: ctx.sender(), value: counter.value, note });
}

public fun value(counter: &Counter): u64 { counter.value }
public fun overflow(): u8 { let x = 255u8; x + 1 }
public fun spin(n: u64): u64 { let mut i = 0; while (i < n) { i = i + 1 }; i }

public fun deposit(counter: &mut Counter, coin: Coin<SUI>) { counter.purse.join(coin.into_balance()); }
public fun withdraw(counter: &mut Counter, amount: u64, ctx: &mut TxContext): Coin<SUI> {
    coin::from_balance(counter.purse.split(amount), ctx)
}

public fun forget(counter: Counter) {
    let Counter { id, value: _, notes, purse } = counter;
    id.delete();
    notes.drop();
    purse.destroy_zero();
}

public fun new_box(size: u64, ctx: &mut TxContext): Box { Box { id: object::new(ctx), size } }
public fun size(self: &Box): u64 { self.size }
public fun grow(self: &mut Box, by: u64) { self.size = self.size + by }
public fun pack(box: Box, ctx: &mut TxContext): Crate { Crate { id: object::new(ctx), inside: box } }
public fun unpack(crate: Crate): Box { let Crate { id, inside } = crate; id.delete(); inside }
public fun destroy(box: Box) { let Box { id, size: _ } = box; id.delete() }
public fun put(box: &mut Box, key: u64, child: Box) { dof::add(&mut box.id, key, child) }
public fun take(box: &mut Box, key: u64): Box { dof::remove(&mut box.id, key) }
public fun receive(box: &mut Box, ticket: Receiving<Box>): Box { transfer::public_receive(&mut box.id, ticket) }
public fun sizes(boxes: &vector<Box>): u64 { let mut sum = 0; let mut i = 0; while (i < boxes.length()) { sum = sum + boxes[i].size; i = i + 1 }; sum }
public fun destroy_all(mut boxes: vector<Box>) { while (!boxes.is_empty()) destroy(boxes.pop_back()); boxes.destroy_empty() }
public fun freeze_box(box: Box) { transfer::public_freeze_object(box) }

public fun potato(value: u64): Potato { Potato { value } }
public fun eat(potato: Potato): u64 { let Potato { value } = potato; value }

entry fun secret(box: &Box): u64 { box.size }
fun hidden(): u64 { 1 }

public fun time(clock: &Clock): u64 { clock.timestamp_ms() }
entry fun draw(random: &Random, ctx: &mut TxContext) {
    let mut generator = random::new_generator(random, ctx);
    event::emit(Drawn { number: generator.generate_u64() });
}
`;

export interface Playground {
	readonly devnet: Devnet;
	readonly client: SuiGrpcClient;
	readonly account: Ed25519Keypair;
	readonly address: string;
	stop(): Promise<void>;
}

export function clientOf(devnet: Pick<Devnet, 'url'>): SuiGrpcClient {
	return new SuiGrpcClient({ network: 'custom', baseUrl: devnet.url });
}

/** A devnet and an account with SUI. `seed`: the account's key, so that a test can name it. */
export async function startPlayground(options: DevnetOptions = {}): Promise<Playground> {
	const errors: unknown[] = [];
	const devnet = await startDevnet({ randomSeed: 'playground', onError: (error) => errors.push(error), ...options });
	const account = new Ed25519Keypair();
	await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient: account.toSuiAddress() });
	const stop = async () => {
		await devnet.stop();
		if (errors.length > 0) throw new AggregateError(errors, 'the devnet reported defects');
	};
	return { devnet, client: clientOf(devnet), account, address: account.toSuiAddress(), stop };
}

/** Runs a transaction; throws when it fails. */
export async function run(playground: Pick<Playground, 'client' | 'account'>, build: (transaction: Transaction) => void) {
	const result = await attempt(playground, build);
	if (result.$kind === 'FailedTransaction') throw new Error(JSON.stringify(result.FailedTransaction.status.error));
	return result.Transaction;
}

/** Signs and executes with a fixed budget, so that a failing transaction is executed too. */
export async function attempt({ client, account }: Pick<Playground, 'client' | 'account'>, build: (transaction: Transaction) => void, budget = 500_000_000) {
	const transaction = new Transaction();
	transaction.setGasBudget(budget);
	transaction.setSender(account.toSuiAddress());
	build(transaction);
	const { objects } = await client.listCoins({ owner: account.toSuiAddress() });
	objects.sort((a, b) => Number(BigInt(b.balance) - BigInt(a.balance)));
	transaction.setGasPayment(objects.slice(0, 1).map(({ objectId, version, digest }) => ({ objectId, version, digest })));
	const bytes = await buildOffline(transaction, client);
	const { signature } = await account.signTransaction(bytes);
	return client.executeTransaction({
		transaction: bytes,
		signatures: [signature],
		include: { effects: true, events: true, objectTypes: true, balanceChanges: true, transaction: true, bcs: true },
	});
}

/** `build` asks the node to simulate and refuses what fails; this only lets it complete the inputs. */
async function buildOffline(transaction: Transaction, client: SuiGrpcClient): Promise<Uint8Array> {
	const kind = await Transaction.fromKind(await transaction.build({ client, onlyTransactionKind: true }));
	const { sender, gasData } = transaction.getData();
	kind.setSender(sender ?? '');
	kind.setGasBudget(BigInt(gasData.budget ?? 0));
	kind.setGasPrice(1000);
	kind.setGasPayment(gasData.payment ?? []);
	return kind.build();
}

export interface Published {
	readonly packageId: string;
	/** The shared `Counter`. */
	readonly counterId: string;
}

/** Publishes a package the way any client does. `sources`: file name → text. */
export async function publish(playground: Pick<Playground, 'client' | 'account' | 'address'>, sources: Readonly<Record<string, string>>) {
	const files = Object.fromEntries(Object.entries(sources).map(([name, text]) => [`sources/${name}`, text]));
	const { modules, dependencies } = await compilePackage({ files: { 'Move.toml': MANIFEST, ...files } });
	const { effects, objectTypes } = await run(playground, (transaction) => {
		const cap = transaction.publish({ modules: [...modules.values()].map((bytes) => [...bytes]), dependencies: [...dependencies] });
		transaction.transferObjects([cap], playground.address);
	});
	const created = effects.changedObjects.filter(({ idOperation }) => idOperation === 'Created');
	const packageId = created.find(({ outputState }) => outputState === 'PackageWrite')?.objectId;
	if (packageId === undefined) throw new Error('publication made no package');
	return { packageId, created: created.map(({ objectId }) => ({ objectId, type: objectTypes[objectId] ?? '' })) };
}

/** Publishes {@link PLAYGROUND}, or an edited copy of it. */
export async function publishPlayground(playground: Pick<Playground, 'client' | 'account' | 'address'>, source = PLAYGROUND): Promise<Published> {
	const { packageId, created } = await publish(playground, { 'playground.move': source });
	const counterId = created.find(({ type }) => type.endsWith('::Counter'))?.objectId;
	if (counterId === undefined) throw new Error('publication made no counter');
	return { packageId, counterId };
}
