import type { SuiGrpcClient } from '@mysten/sui/grpc';
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { connectChain } from '#clients/chain/connect.ts';
import { findObjects } from '#clients/chain/find-objects.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { walletOf } from '#clients/chain/wallet.ts';
import { createChainWriter } from '#clients/chain/writer.ts';
import { VramhubError } from '#core/errors.ts';
import { windowAt } from '#core/window.ts';
import { type Configuration, loadConfiguration } from '#runtime/configuration.ts';
import { type Deployment, deploymentOf } from '#runtime/deployment.ts';
import { readValidatorSecrets } from '#runtime/validator-secrets.ts';

/** Flags of every command that speaks to a network. */
export interface NetworkFlags {
	readonly json: boolean;
	readonly data?: string;
	/** An environment file. */
	readonly settings?: string;
	readonly rpcUrl?: string;
}

export interface ValidatorFlags extends NetworkFlags {
	readonly validatorUid?: number;
}

export interface EnclaveFlags extends ValidatorFlags {
	readonly enclaveUrl?: string;
}

export interface MinerFlags extends NetworkFlags {
	readonly minerUid?: number;
}

/** Flags that stand for settings. */
type SettingFlags = Omit<EnclaveFlags & MinerFlags, 'json'>;

export function configurationOf({ data, settings, rpcUrl, validatorUid, minerUid, enclaveUrl }: SettingFlags): Configuration {
	return loadConfiguration({
		flags: {
			VRAMHUB_DATA: data,
			VRAMHUB_SUI_RPC_URL: rpcUrl,
			VRAMHUB_VALIDATOR_UID: validatorUid?.toString(),
			VRAMHUB_MINER_UID: minerUid?.toString(),
			VRAMHUB_NAUTILUS_URL: enclaveUrl,
		},
		...(settings !== undefined && { envFile: settings }),
	});
}

export interface Operator {
	readonly configuration: Configuration;
	readonly deployment: Deployment;
	readonly client: SuiGrpcClient;
	readonly chain: ChainReader;
	writerOf(wallet: Ed25519Keypair): ChainWriter;
	currentWindow(): Promise<bigint>;
}

/** The network that the flags and settings describe. Throws BAD_CONFIGURATION. */
export async function operatorOf(flags: SettingFlags): Promise<Operator> {
	const configuration = configurationOf(flags);
	const deployment = await deploymentOf(configuration, findObjects);
	const { packageId, objects, chain: endpoint } = deployment.book;
	const client = connectChain(flags.rpcUrl ?? endpoint.rpcUrl);
	const target = { client, packageId, objects };
	const chain = createChainReader(target);
	return {
		configuration,
		deployment,
		client,
		chain,
		writerOf: (signer) => createChainWriter({ ...target, signer }),
		currentWindow: async () => {
			const [nowMs, { windowDurationMs }] = await Promise.all([chain.clockMs(), chain.network()]);
			return windowAt(nowMs, windowDurationMs);
		},
	};
}

/** The operator's key. In a local network a validator's is in the data folder; the setting counts where there is none. */
export async function walletFor({ configuration, deployment }: Pick<Operator, 'configuration' | 'deployment'>, validatorUid?: number): Promise<Ed25519Keypair> {
	if (deployment.kind === 'local' && deployment.book.validators.some(({ uid }) => uid === validatorUid))
		return walletOf((await readValidatorSecrets(deployment.data, validatorUid!)).secretKey);
	return walletOf(configuration.require('VRAMHUB_WALLET_MNEMONIC'));
}

const MIST_PER_SUI = 1_000_000_000n;

/** `1`, `10.5`: SUI with up to nine decimals. */
export function mistOf(sui: string): bigint {
	const match = /^(\d{1,10})(?:\.(\d{1,9}))?$/.exec(sui);
	if (match === null) throw new VramhubError('BAD_ARGUMENT', `${sui} is not an amount of SUI such as 10 or 0.5`);
	return BigInt(match[1]!) * MIST_PER_SUI + BigInt((match[2] ?? '').padEnd(9, '0'));
}

export function suiText(mist: bigint): string {
	const fraction = (mist % MIST_PER_SUI).toString().padStart(9, '0').replace(/0+$/, '');
	return `${mist / MIST_PER_SUI}${fraction === '' ? '' : `.${fraction}`} SUI`;
}
