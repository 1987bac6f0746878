import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { Transaction } from '@mysten/sui/transactions';
import { type Devnet, startDevnet } from '#devnet/start-devnet.ts';
import { quickest, report } from './report.ts';

const TRANSFERS = 400;
const PARALLEL = 16;
const GAS_BUDGET = 10_000_000n;
const VERIFICATIONS = 200;

/** How long an empty chain takes to start, and how many coin transfers a second go through HTTP, client and server in one process. */
export async function run(): Promise<void> {
	const startMs = await quickest(3, async () => (await startDevnet()).stop());
	report({ bench: 'devnet/start', ms: startMs });

	const devnet = await startDevnet();
	try {
		const signed = await signedTransfers(devnet);
		const client = new SuiGrpcClient({ network: 'custom', baseUrl: devnet.url });
		const started = performance.now();
		await inParallel(signed, async ({ bytes, signature }) => {
			const result = await client.core.executeTransaction({ transaction: bytes, signatures: [signature] });
			if (result.$kind !== 'Transaction') throw new Error(`a transfer failed: ${JSON.stringify(result)}`);
		});
		const transferMs = (performance.now() - started) / TRANSFERS;
		const verifyMs = await verification();
		report({
			bench: 'devnet/transfer',
			of: 'one coin transfer through HTTP / one Ed25519 verification in JavaScript',
			ratio: transferMs / verifyMs,
			transfers_per_second: 1000 / transferMs,
		});
	} finally {
		await devnet.stop();
	}
}

interface Signed {
	readonly bytes: Uint8Array;
	readonly signature: string;
}

/** Each from an account of its own, so that none waits for another. */
async function signedTransfers(devnet: Devnet): Promise<Signed[]> {
	const client = new SuiGrpcClient({ network: 'custom', baseUrl: devnet.url });
	const signed: Signed[] = [];
	const accounts = Array.from({ length: TRANSFERS }, () => Ed25519Keypair.generate());
	await inParallel(accounts, async (account) => {
		const sender = account.toSuiAddress();
		await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient: sender });
		const transaction = new Transaction();
		transaction.setSender(sender);
		transaction.setGasBudget(GAS_BUDGET);
		const [coin] = transaction.splitCoins(transaction.gas, [1_000n]);
		transaction.transferObjects([coin], '0x2');
		signed.push(
			await transaction
				.build({ client })
				.then((bytes) => account.signTransaction(bytes))
				.then(decoded),
		);
	});
	return signed;
}

const decoded = ({ bytes, signature }: { readonly bytes: string; readonly signature: string }): Signed => ({ bytes: Buffer.from(bytes, 'base64'), signature });

/** Milliseconds of one. */
async function verification(): Promise<number> {
	const account = Ed25519Keypair.generate();
	const message = new Uint8Array(32).fill(1);
	const signature = await account.sign(message);
	const key = account.getPublicKey();
	const allMs = await quickest(2, async () => {
		for (let i = 0; i < VERIFICATIONS; i++) await key.verify(message, signature);
	});
	return allMs / VERIFICATIONS;
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	const waiting = [...items];
	const next = async () => {
		for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
	};
	await Promise.all(Array.from({ length: PARALLEL }, next));
}
