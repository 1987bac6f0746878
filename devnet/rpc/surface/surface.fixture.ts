/** What the tests of the client's surface share: a chain with something of everything on it, and a record of what was called over HTTP. */
import assert from 'node:assert/strict';
import { type GrpcStatusCode, RpcError, SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { PLAYGROUND, type Playground, publish, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

/** A coin with metadata, an enum, phantom parameters. */
const GEMS = `
module playground::gems;

use sui::coin;
use sui::url;

public struct GEMS has drop {}
public enum Colour has copy, drop, store { Plain, Mixed { red: u8, blue: u64 } }
public struct Setting<phantom T, C: store> has key, store { id: UID, colour: Colour, content: C }

fun init(witness: GEMS, ctx: &mut TxContext) {
    let url = url::new_unsafe_from_bytes(b"https://gem.example/icon.svg");
    let (treasury, metadata) = coin::create_currency(witness, 6, b"GEM", b"Gem", b"shiny", option::some(url), ctx);
    transfer::public_freeze_object(metadata);
    transfer::public_transfer(treasury, ctx.sender());
}

public fun set<T, C: store>(content: C, ctx: &mut TxContext): Setting<T, C> {
    Setting { id: object::new(ctx), colour: Colour::Mixed { red: 1, blue: 2 }, content }
}
public fun plain(): Colour { Colour::Plain }
`;

export interface Surface extends Playground {
	readonly packageId: string;
	readonly counterId: string;
	readonly treasuryId: string;
	readonly gemType: string;
	/** Three boxes of the account, of sizes 1 to 3, in order of their ids. */
	readonly boxIds: readonly string[];
	/** `package::playground::name`. */
	call(name: string): `${string}::${string}::${string}`;
	/** Core methods called by name, with how often each answered and failed. */
	readonly coreCalls: ReadonlyMap<string, Calls>;
	/** gRPC methods called over HTTP, by path. */
	readonly rpcCalls: ReadonlyMap<string, Calls>;
}

export interface Calls {
	answered: number;
	failed: number;
}

export const NOWHERE = `0x${'77'.repeat(32)}`;
export const NO_DIGEST = '11111111111111111111111111111111';

export async function startSurface(): Promise<Surface> {
	const playground = await startPlayground();
	const rpcCalls = new Map<string, Calls>();
	const coreCalls = new Map<string, Calls>();
	const entryOf = (calls: Map<string, Calls>, name: string): Calls => {
		const entry = calls.get(name) ?? { answered: 0, failed: 0 };
		calls.set(name, entry);
		return entry;
	};
	const count = (entry: Calls, result: Promise<unknown>) =>
		result.then(
			() => entry.answered++,
			() => entry.failed++,
		);
	const client = new SuiGrpcClient({
		network: 'custom',
		baseUrl: playground.devnet.url,
		interceptors: [
			{
				interceptUnary(next, method, input, options) {
					const made = next(method, input, options);
					count(entryOf(rpcCalls, `${method.service.typeName}/${method.name}`), made.response);
					return made;
				},
				interceptServerStreaming(next, method, input, options) {
					const made = next(method, input, options);
					const entry = entryOf(rpcCalls, `${method.service.typeName}/${method.name}`);
					made.responses.onMessage(() => entry.answered++);
					made.responses.onError(({ name }) => {
						if (name === 'RpcError' && options.abort?.aborted !== true) entry.failed++;
					});
					return made;
				},
			},
		],
	});
	client.core = new Proxy(client.core, {
		get(core, name) {
			const value: unknown = Reflect.get(core, name, core);
			if (typeof value !== 'function' || typeof name !== 'string') return value;
			return (...args: unknown[]) => {
				const result: unknown = value.apply(core, args);
				count(entryOf(coreCalls, name), Promise.resolve(result));
				return result;
			};
		},
	});

	const { packageId, created } = await publish(playground, { 'playground.move': PLAYGROUND, 'gems.move': GEMS });
	const idOf = (suffix: string) => {
		const found = created.find(({ type }) => type.includes(suffix));
		assert.ok(found, suffix);
		return found.objectId;
	};
	const boxes = await run(playground, (transaction) => {
		const made = [1, 2, 3].map((size) => transaction.moveCall({ target: `${packageId}::playground::new_box`, arguments: [transaction.pure.u64(size)] }));
		transaction.transferObjects(made, playground.address);
	});
	return {
		...playground,
		client,
		packageId,
		counterId: idOf('::Counter'),
		treasuryId: idOf('::TreasuryCap'),
		gemType: `${packageId}::gems::GEMS`,
		boxIds: Object.keys(boxes.objectTypes)
			.filter((id) => boxes.objectTypes[id]?.endsWith('::Box'))
			.sort(),
		call: (name) => `${packageId}::playground::${name}`,
		coreCalls,
		rpcCalls,
	};
}

/** A call that fails with this gRPC status, which may stand behind the client's own error. */
export async function rejectsWith(call: PromiseLike<unknown>, code: keyof typeof GrpcStatusCode, message = /./): Promise<void> {
	await assert.rejects(
		async () => call,
		(error: unknown) => {
			const rpc = error instanceof RpcError ? error : error instanceof Error ? error.cause : undefined;
			assert.ok(rpc instanceof RpcError, `${error}`);
			assert.equal(rpc.code, code, rpc.message);
			assert.match(rpc.message, message);
			return true;
		},
	);
}

/** Items of all pages, with pages of `limit`; no page but the last is smaller, and none is empty. */
export async function allPages<T>(limit: number, page: (cursor: string | null) => Promise<{ items: T[]; hasNextPage: boolean; cursor: string | null }>) {
	const found: T[] = [];
	for (let cursor: string | null = null; ; ) {
		const { items, hasNextPage, cursor: next } = await page(cursor);
		found.push(...items);
		if (!hasNextPage) {
			assert.ok(items.length <= limit);
			return found;
		}
		assert.equal(items.length, limit);
		assert.ok(next !== null && next !== cursor);
		cursor = next;
	}
}

export const newAddress = () => new Ed25519Keypair().toSuiAddress();
