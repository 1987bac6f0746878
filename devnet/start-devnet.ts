/** The devnet as a library: a chain, its gRPC server and its faucet, in this process. */
import type { AddressInfo } from 'node:net';
import { compileFramework } from '#devnet/compiler/compile.ts';
import { Faucet } from '#devnet/faucet.ts';
import { type GenesisPackage, genesisObjects } from '#devnet/genesis.ts';
import { RecentHistory } from '#devnet/ledger/history.ts';
import { DiskJournal, type JournalOptions } from '#devnet/ledger/journal.ts';
import { Ledger } from '#devnet/ledger/ledger.ts';
import { randomSource } from '#devnet/ledger/system.ts';
import type { NitroDocument } from '#devnet/move/api.ts';
import { createMoveVm } from '#devnet/move/vm.ts';
import { clockHttp } from '#devnet/rpc/clock-http.ts';
import { faucetHttp } from '#devnet/rpc/faucet-http.ts';
import { createRpcServer, type PlainHandler } from '#devnet/rpc/server.ts';
import { rpcServices } from '#devnet/rpc/services.ts';

export interface DevnetOptions {
	/** 0 or absent: a free one. */
	readonly port?: number;
	/** Chain time at genesis, milliseconds since the epoch; now when absent. An existing chain keeps its own. */
	readonly genesisTimeMs?: number;
	/** Folder of the chain's log. Absent: the chain ends with the process. */
	readonly dataDir?: string;
	/** How that log is written, and who is told what was found when it was opened. */
	readonly log?: JournalOptions;
	/** Transactions that a chain without a folder can give back: the newest 10 000 when absent. */
	readonly retainedTransactions?: number;
	/** Makes on-chain randomness repeatable. For tests. */
	readonly randomSeed?: string;
	/** Throws when the document does not verify at `nowMs`. Absent: every document is refused. */
	readonly verifyNitroDocument?: (document: Uint8Array, nowMs: bigint) => NitroDocument;
	/** Immutable packages beside the framework, each linking only to those before it. Their modules' own address is theirs. */
	readonly extraPackages?: readonly GenesisPackage[];
	/** Told of defects: errors that a client sees as INTERNAL. */
	readonly onError?: (error: unknown) => void;
}

export interface Devnet {
	/** gRPC-web, for `new SuiGrpcClient({ network: 'custom', baseUrl })`. */
	readonly url: string;
	readonly port: number;
	/** Base58 digest of genesis. */
	readonly chainId: string;
	/** `host` for `requestSuiFromFaucetV2`. */
	readonly faucetUrl: string;
	/** For tests that look inside. */
	readonly ledger: Ledger;
	/** Lets chain time jump ahead by whole milliseconds. */
	advanceClock(ms: number): void;
	stop(): Promise<void>;
}

/** Throws BAD_CONFIGURATION when `dataDir` holds something else, and Node's error when the port is taken. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
	const refuse = (): never => {
		throw new Error('this devnet trusts no Nitro root');
	};
	const vm = createMoveVm({ verifyNitroDocument: options.verifyNitroDocument ?? refuse });
	const disk = options.dataDir === undefined ? undefined : new DiskJournal(options.dataDir, options.log);
	const parts = { vm, journal: disk ?? new RecentHistory(options.retainedTransactions), randomBytes: randomSource(options.randomSeed) };
	const ledger = Ledger.reopen(parts) ?? Ledger.create(parts, options.genesisTimeMs ?? Date.now(), await firstObjects(options));

	const faucet = faucetHttp(new Faucet(ledger));
	const clock = clockHttp(ledger);
	const plain: PlainHandler = async (...request) => (await faucet(...request)) || clock(...request);
	const server = createRpcServer(rpcServices(ledger), plain, options.onError ?? (() => {}));
	server.keepAliveTimeout = 60_000;
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.port ?? 0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as AddressInfo;
	const url = `http://127.0.0.1:${port}`;
	return {
		url,
		port,
		chainId: ledger.chainId,
		faucetUrl: url,
		ledger,
		advanceClock: (ms) => ledger.advanceClock(ms),
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
			disk?.close();
		},
	};
}

async function firstObjects({ extraPackages = [] }: DevnetOptions) {
	const { packages } = await compileFramework();
	return genesisObjects([...packages, ...extraPackages]);
}
