import { decodeSuiPrivateKey, type Signer } from '@mysten/sui/cryptography';
import { requestSuiFromFaucetV2 } from '@mysten/sui/faucet';
import type { SuiGrpcClient } from '@mysten/sui/grpc';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { Target } from '#clients/chain/calls.ts';
import { connectChain } from '#clients/chain/connect.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import { windowAt } from '#core/window.ts';
import { RETAINED_TRANSACTIONS, RecentHistory } from '#devnet/ledger/history.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { createDevelopmentRoot, createDocumentMinter, type DevelopmentRoot, type DocumentMinter } from '#devnet/nitro/mint.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';
import { devnetHparams } from '#devnet/publish/devnet-hparams.ts';
import { createNetwork, type NetworkParameters } from '#devnet/publish/publish.ts';
import { startDevnet } from '#devnet/start-devnet.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';
import { publishedChain } from '#tests/helpers/published-chain.ts';
import { QuickKeypair } from '#tests/helpers/quick-keypair.ts';

/** The image that a test network allows. */
export const TEST_PCRS = [1, 2, 3].map((byte) => new Uint8Array(48).fill(byte)) as unknown as readonly [Uint8Array, Uint8Array, Uint8Array];

export interface TestChainOptions {
	readonly windowSeconds: number;
	readonly hparams?: Partial<HparamValues>;
	readonly modelManifestHash?: Uint8Array;
	readonly datasetRoot?: Uint8Array;
	readonly genesisCheckpointHash?: Uint8Array;
	/** Of the image that the network allows; {@link TEST_PCRS} when absent. */
	readonly pcrs?: NetworkParameters['pcrs'];
}

/** A devnet in memory with the contracts published (see {@link publishedChain}) and one network made; ends with its test. */
export interface TestChain {
	readonly rpcUrl: string;
	readonly client: SuiGrpcClient;
	readonly packageId: string;
	readonly objects: NetworkObjects;
	readonly target: Target;
	readonly parameters: NetworkParameters;
	readonly adminCap: string;
	readonly admin: Ed25519Keypair;
	readonly reader: ChainReader;
	/** Mints attestation documents that this chain trusts. */
	readonly minter: DocumentMinter;
	/** The root of those documents, for a security module. */
	readonly root: DevelopmentRoot;
	/** What happened on the chain, looked at from inside. */
	readonly ledger: Ledger;
	/** A key with 1000 SUI. */
	fundedSigner(): Promise<Ed25519Keypair>;
	writerOf(signer: Signer): ChainWriter;
	currentWindow(): Promise<bigint>;
	/** Moves the chain clock ahead to this time; does nothing when it is there already. */
	advanceTo(ms: bigint): Promise<void>;
	stop(): Promise<void>;
}

export async function startTestChain(options: TestChainOptions): Promise<TestChain> {
	const root = createDevelopmentRoot();
	const { entries, secretKey, published } = await publishedChain();
	const verifyNitroDocument = createNitroVerifier({ roots: [root.certificate] });
	const devnet = await startDevnet({ journal: new RecentHistory(RETAINED_TRANSACTIONS, entries), verifyNitroDocument, onError: console.error });
	try {
		const client = connectChain(devnet.url);
		const fundedSigner = async () => {
			const signer = new QuickKeypair();
			await requestSuiFromFaucetV2({ host: devnet.faucetUrl, recipient: signer.toSuiAddress() });
			return signer;
		};
		const admin = new QuickKeypair(decodeSuiPrivateKey(secretKey).secretKey);
		const publisher = { client, signer: admin };
		const { packageId } = published;
		const { windowDurationMs, values } = devnetHparams(options.windowSeconds);
		const parameters: NetworkParameters = {
			packageId,
			windowDurationMs,
			values: { ...values, ...options.hparams },
			modelManifestHash: options.modelManifestHash ?? new Uint8Array(32).fill(0xa1),
			datasetRoot: options.datasetRoot ?? new Uint8Array(32).fill(0xa2),
			genesisCheckpointHash: options.genesisCheckpointHash ?? new Uint8Array(32).fill(0xa3),
			pcrs: options.pcrs ?? TEST_PCRS,
		};
		const { objects, adminCap } = await createNetwork(publisher, parameters, published);
		const reader = createChainReader({ client, packageId, objects });
		return {
			rpcUrl: devnet.url,
			client,
			packageId,
			objects,
			target: { packageId, objects },
			parameters,
			adminCap,
			admin,
			reader,
			minter: createDocumentMinter(root),
			root,
			ledger: devnet.ledger,
			fundedSigner,
			writerOf: (signer) => createChainWriter({ client, packageId, objects, signer }),
			currentWindow: async () => windowAt(await reader.clockMs(), windowDurationMs),
			async advanceTo(ms) {
				const now = await reader.clockMs();
				if (ms > now) devnet.advanceClock(Number(ms - now));
			},
			stop: () => devnet.stop(),
		};
	} catch (error) {
		await devnet.stop();
		throw error;
	}
}
