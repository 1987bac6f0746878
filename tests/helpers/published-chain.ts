/**
 * A chain on which the contracts of this checkout are published. Publishing them is the same for every test and takes seconds, so it is done once, by the
 * real path, and its log kept under the digest of all that it came from: a chain of another process begins with that log, as a devnet goes on from its folder.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { connectChain } from '#clients/chain/connect.ts';
import { RecentHistory } from '#devnet/ledger/history.ts';
import { decodeEntry, encodeEntry, type LogEntry } from '#devnet/ledger/record.ts';
import { type Published, publishVramhub } from '#devnet/publish/publish.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { cacheFolder, checkoutRoot } from '#runtime/state-folder.ts';

export interface PublishedChain {
	/** From genesis to the publication. */
	readonly entries: readonly LogEntry[];
	/** Who published: owns the capabilities, and the rest of 1000 SUI. */
	readonly secretKey: string;
	readonly published: Published;
}

/** As it is kept: entries in base64. */
type Kept = Omit<PublishedChain, 'entries'> & { readonly entries: readonly string[] };

let known: Promise<PublishedChain> | undefined;

/** Ledgers replace objects and change none: all chains of a process begin with the same. */
export function publishedChain(): Promise<PublishedChain> {
	known ??= findOrMake();
	return known;
}

async function findOrMake(): Promise<PublishedChain> {
	const file = join(folder(), `${digestOfSources()}.json`);
	const kept = read(file) ?? (await make());
	if (!kept.isKept) {
		await writeFileAtomic(file, JSON.stringify(kept.chain));
		forgetOld();
	}
	return { ...kept.chain, entries: kept.chain.entries.map((entry) => decodeEntry(Buffer.from(entry, 'base64'))) };
}

const folder = () => join(cacheFolder(), 'published');

function read(file: string): { readonly chain: Kept; readonly isKept: true } | undefined {
	try {
		return { chain: JSON.parse(readFileSync(file, 'utf8')) as Kept, isKept: true };
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

class RecordedHistory extends RecentHistory {
	readonly entries: LogEntry[] = [];

	override append(entry: LogEntry): void {
		super.append(entry);
		this.entries.push(entry);
	}
}

async function make(): Promise<{ readonly chain: Kept; readonly isKept: false }> {
	const journal = new RecordedHistory();
	const devnet = await startDevnet({ journal, onError: console.error });
	try {
		const signer = Ed25519Keypair.generate();
		await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient: signer.toSuiAddress() });
		const published = await publishVramhub({ client: connectChain(devnet.url), signer });
		const entries = journal.entries.map((entry) => Buffer.from(encodeEntry(entry)).toString('base64'));
		return { chain: { entries, secretKey: signer.getSecretKey(), published }, isKept: false };
	} finally {
		await devnet.stop();
	}
}

/** What the log can depend on: the contracts, all code that publishes, executes and records, and the packages that these use. */
const SOURCES = ['contracts', 'core', 'runtime', 'clients', 'devnet'];

function digestOfSources(): string {
	const hash = createHash('sha256');
	const add = (file: string) =>
		hash.update(`${file}\0`).update(
			createHash('sha256')
				.update(readFileSync(join(checkoutRoot, file)))
				.digest(),
		);
	for (const room of SOURCES) {
		const entries = readdirSync(join(checkoutRoot, room), { recursive: true, withFileTypes: true });
		const files = entries.flatMap((entry) => (entry.isFile() && !entry.name.includes('.test.') ? [join(entry.parentPath, entry.name)] : []));
		for (const file of files.sort()) add(file.slice(checkoutRoot.length));
	}
	for (const file of ['package-lock.json', 'tests/helpers/published-chain.ts']) add(file);
	return hash.digest('hex');
}

const A_DAY_MS = 86_400_000;

/** Each edit of the devnet makes another file. */
function forgetOld(): void {
	for (const name of readdirSync(folder())) {
		const file = join(folder(), name);
		const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
		if (age > A_DAY_MS) rmSync(file, { force: true });
	}
}
