/** The devnet as a library: a chain, its gRPC server and its faucet, in this process. */
import type { AddressInfo } from 'node:net';
import { VramhubError } from '#core/errors.ts';
import { type DevelopmentAccount, developmentAccounts, MAX_ACCOUNTS } from '#devnet/accounts.ts';
import { compileFramework, readFrameworkSources } from '#devnet/compiler/compile.ts';
import { Faucet } from '#devnet/faucet.ts';
import { type GenesisPackage, genesisObjects } from '#devnet/genesis.ts';
import { type Journal, RecentHistory } from '#devnet/ledger/history.ts';
import { DiskJournal, type JournalOptions } from '#devnet/ledger/journal.ts';
import { Ledger } from '#devnet/ledger/ledger.ts';
import { randomSource } from '#devnet/ledger/system.ts';
import type { NitroDocument } from '#devnet/move/api.ts';
import { createMoveVm } from '#devnet/move/vm.ts';
import { createRpcServer, type PlainHandler } from '#devnet/rpc/server.ts';
import { rpcServices } from '#devnet/rpc/services.ts';
import { DEFAULT_TRACE_LIMIT, type TraceOptions, type TransactionTrace, traceTransaction } from '#devnet/trace/trace.ts';

export interface DevnetOptions {
	/** 0 or absent: a free one. */
	readonly port?: number;
	/** Chain time at genesis, milliseconds since the epoch; now when absent. An existing chain keeps its own. */
	readonly genesisTimeMs?: number;
	/** Folder of the chain's log. Absent: the chain ends with the process. */
	readonly dataDir?: string;
	/** How that log is written, and who is told what was found when it was opened. */
	readonly log?: JournalOptions;
	/** What a chain without a folder is remembered in, and goes on from. */
	readonly journal?: Journal;
	/** Transactions that a chain without a folder can give back: the newest 10 000 when absent. */
	readonly retainedTransactions?: number;
	/** Accounts that begin with 1000 SUI each; none when absent. */
	readonly accounts?: number;
	/** Decides their keys; the chain's id when absent, so that an existing chain finds its accounts again. */
	readonly accountSeed?: string;
	/** Makes on-chain randomness repeatable. For tests. */
	readonly randomSeed?: string;
	/** Throws when the document does not verify at `nowMs`. Absent: every document is refused. */
	readonly verifyNitroDocument?: (document: Uint8Array, nowMs: bigint) => NitroDocument;
	/** A folder with Sui's own `move-stdlib` and `sui-framework`, to begin a chain with instead of our text of a part of them. */
	readonly frameworkFolder?: string;
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
	/** With their keys, which are no secret. */
	readonly accounts: readonly DevelopmentAccount[];
	/** For tests that look inside. */
	readonly ledger: Ledger;
	/** Lets chain time jump ahead by whole milliseconds. */
	advanceClock(ms: number): void;
	/** How a past transaction was executed: its calls, or each instruction. Throws CHAIN_OBJECT_MISSING when it or its inputs are no longer remembered. */
	trace(digest: string, options?: Partial<TraceOptions>): TransactionTrace;
	stop(): Promise<void>;
}

/** Throws BAD_CONFIGURATION when `dataDir` holds something else, and Node's error when the port is taken. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
	const refuse = (): never => {
		throw new Error('this devnet trusts no Nitro root');
	};
	const vm = createMoveVm({ verifyNitroDocument: options.verifyNitroDocument ?? refuse });
	const disk = options.dataDir === undefined ? undefined : new DiskJournal(options.dataDir, options.log);
	const parts = { vm, journal: disk ?? options.journal ?? new RecentHistory(options.retainedTransactions), randomBytes: randomSource(options.randomSeed) };
	const ledger = Ledger.reopen(parts) ?? Ledger.create(parts, options.genesisTimeMs ?? Date.now(), await firstObjects(options));

	const faucet = new Faucet(ledger);
	const accounts = await fundedAccounts(ledger, faucet, options);
	let answers: Promise<readonly PlainHandler[]> | undefined;
	const plain: PlainHandler = async (...request) => {
		answers ??= plainHandlers(ledger, faucet, accounts);
		for (const answer of await answers) if (await answer(...request)) return true;
		return false;
	};
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
		accounts,
		ledger,
		advanceClock: (ms) => ledger.advanceClock(ms),
		trace: (digest, { detail = 'calls', limit = DEFAULT_TRACE_LIMIT } = {}) => traceTransaction(ledger, digest, { detail, limit }),
		stop: async () => {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
			disk?.close();
		},
	};
}

/** An account that has objects keeps them: an existing chain gives nothing again. */
async function fundedAccounts(ledger: Ledger, faucet: Faucet, { accounts = 0, accountSeed }: DevnetOptions): Promise<readonly DevelopmentAccount[]> {
	if (!Number.isInteger(accounts) || accounts < 0 || accounts > MAX_ACCOUNTS) throw new VramhubError('BAD_ARGUMENT', `accounts: 0 to ${MAX_ACCOUNTS}`);
	const made = developmentAccounts(accountSeed ?? ledger.chainId, accounts);
	await faucet.giveAll(made.map(({ address }) => address).filter((address) => ledger.store.ownedBy(address).length === 0));
	return made;
}

/** Loaded with the first request, and pages when somebody looks: a start need not wait for them. */
async function plainHandlers(ledger: Ledger, faucet: Faucet, accounts: readonly DevelopmentAccount[]): Promise<readonly PlainHandler[]> {
	const [{ faucetHttp }, { clockHttp }] = await Promise.all([import('#devnet/rpc/faucet-http.ts'), import('#devnet/rpc/clock-http.ts')]);
	let explorer: Promise<PlainHandler> | undefined;
	const lazyExplorer: PlainHandler = async (...request) => {
		const [{ method, url }] = request;
		if (method !== 'GET' && url !== '/trace') return false;
		explorer ??= import('#devnet/explorer/http.ts').then(({ explorerHttp }) => explorerHttp({ ledger, accounts }));
		return (await explorer)(...request);
	};
	return [faucetHttp(faucet), clockHttp(ledger), lazyExplorer];
}

async function firstObjects({ extraPackages = [], frameworkFolder }: DevnetOptions) {
	const { packages } = await compileFramework(frameworkFolder === undefined ? undefined : await readFrameworkSources(frameworkFolder));
	return genesisObjects([...packages, ...extraPackages]);
}
