import { join, resolve } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { type AddressBook, type NetworkObjects, readAddressBook } from '#runtime/address-book.ts';
import type { Configuration, SettingName } from '#runtime/configuration.ts';
import { addressBookFile } from '#runtime/state-folder.ts';

/** Of an address book what a client of the network or a daemon uses: an operator's settings describe this much of any network. */
export interface NetworkView extends Pick<AddressBook, 'packageId' | 'objects' | 'model'> {
	readonly chain: Pick<AddressBook['chain'], 'rpcUrl'>;
	readonly seal: { readonly threshold: number; readonly keyServers: readonly Pick<AddressBook['seal']['keyServers'][number], 'objectId'>[] };
	readonly temporal: Pick<AddressBook['temporal'], 'address' | 'namespace'>;
	readonly validators: readonly Pick<AddressBook['validators'][number], 'uid' | 'enclaveUrl'>[];
	/** Where validators publish checkpoints; undefined when the settings do not say. */
	readonly objectStore?: Pick<AddressBook['objectStore'], 'endpoint' | 'auditBucket'>;
}

export interface Deployment {
	readonly kind: 'local' | 'remote';
	/** Folder of what a daemon keeps; in a local network its data folder, with the secrets. */
	readonly data: string;
	/** What the paths in `book.model` are relative to. */
	readonly modelRoot: string;
	readonly book: NetworkView;
	/** Object stores that may be reached though they are not public https. */
	readonly objectOrigins: readonly string[];
}

/** Object ids of a network by the id of its Network object, as far as the chain tells them. */
export type FindObjects = (rpcUrl: string, network: string) => Promise<Partial<NetworkObjects>>;

const OBJECT_SETTINGS = {
	network: 'VRAMHUB_NETWORK_ID',
	hparams: 'VRAMHUB_HPARAMS_ID',
	vault: 'VRAMHUB_VAULT_ID',
	peerRegistry: 'VRAMHUB_PEER_REGISTRY_ID',
	validatorRegistry: 'VRAMHUB_VALIDATOR_REGISTRY_ID',
	enclaveRegistry: 'VRAMHUB_ENCLAVE_REGISTRY_ID',
	gradientRegistry: 'VRAMHUB_GRADIENT_REGISTRY_ID',
	roundState: 'VRAMHUB_ROUND_STATE_ID',
	scoreLedger: 'VRAMHUB_SCORE_LEDGER_ID',
	consensus: 'VRAMHUB_CONSENSUS_ID',
	rewardPool: 'VRAMHUB_REWARD_POOL_ID',
} as const satisfies Record<keyof NetworkObjects, SettingName>;

const MODEL_FILES: AddressBook['model'] = {
	manifest: 'manifest.cbor',
	graph: 'forward.onnx',
	trainingGraph: 'training.onnx',
	genesisCheckpoint: 'checkpoint-0-v1.safetensors',
	corpus: 'corpus.txt',
};

/**
 * Where everything is: by the address book of VRAMHUB_DATA, else by the names of single parts, whose missing object ids `findObjects` supplies from
 * VRAMHUB_NETWORK_ID. A setting that is needed and missing is complained of when it is used: BAD_CONFIGURATION that names it.
 */
export async function deploymentOf(configuration: Configuration, findObjects: FindObjects): Promise<Deployment> {
	const data = configuration.get('VRAMHUB_DATA');
	if (data !== undefined) {
		const folder = resolve(data);
		const book = await readAddressBook(addressBookFile(folder));
		return { kind: 'local', data: folder, modelRoot: folder, book, objectOrigins: [new URL(book.objectStore.endpoint).origin] };
	}
	const rpcUrl = configuration.require('VRAMHUB_SUI_RPC_URL');
	const packageId = configuration.require('VRAMHUB_PACKAGE_ID');
	const [endpoint, auditBucket] = [configuration.get('VRAMHUB_R2_ENDPOINT'), configuration.get('VRAMHUB_R2_BUCKET')];
	const book = {
		chain: { rpcUrl },
		packageId,
		objects: await objectsOf(configuration, (network) => findObjects(rpcUrl, network)),
		get seal() {
			return {
				threshold: configuration.require('VRAMHUB_SEAL_THRESHOLD'),
				keyServers: configuration.require('VRAMHUB_SEAL_KEY_SERVER_IDS').map((objectId) => ({ objectId })),
			};
		},
		temporal: { address: configuration.require('VRAMHUB_TEMPORAL_ADDRESS'), namespace: configuration.require('VRAMHUB_TEMPORAL_NAMESPACE') },
		get validators() {
			return [{ uid: configuration.require('VRAMHUB_VALIDATOR_UID'), enclaveUrl: configuration.require('VRAMHUB_NAUTILUS_URL') }];
		},
		model: MODEL_FILES,
		...(endpoint !== undefined && auditBucket !== undefined && { objectStore: { endpoint, auditBucket } }),
	};
	return {
		kind: 'remote',
		data: resolve(configuration.require('VRAMHUB_STATE_DIR')),
		modelRoot: resolve(configuration.require('VRAMHUB_MODEL_DIR')),
		book,
		objectOrigins: configuration.get('VRAMHUB_OBJECT_ORIGINS') ?? [],
	};
}

async function objectsOf(configuration: Configuration, find: (network: string) => Promise<Partial<NetworkObjects>>): Promise<NetworkObjects> {
	const network = configuration.get('VRAMHUB_NETWORK_ID');
	const parts = Object.keys(OBJECT_SETTINGS) as (keyof NetworkObjects)[];
	// A network may have no reward pool.
	const missing = parts.filter((part) => part !== 'rewardPool' && configuration.get(OBJECT_SETTINGS[part]) === undefined);
	const found = network === undefined || missing.length === 0 ? {} : await find(network);
	const objects = {};
	for (const part of parts) {
		const get = () => configuration.get(OBJECT_SETTINGS[part]) ?? found[part] ?? configuration.require(OBJECT_SETTINGS[part]);
		Object.defineProperty(objects, part, { enumerable: true, get });
	}
	return objects as NetworkObjects;
}

/** Throws BAD_CONFIGURATION for what a daemon would miss only hours later. */
export function requireComplete({ book }: Deployment): void {
	for (const part of Object.keys(OBJECT_SETTINGS) as (keyof NetworkObjects)[]) if (part !== 'rewardPool') void book.objects[part];
	const { threshold, keyServers } = book.seal;
	if (threshold > keyServers.length)
		throw new VramhubError('BAD_CONFIGURATION', `VRAMHUB_SEAL_THRESHOLD is ${threshold}, and there are ${keyServers.length} key servers`);
}

export interface EnvFileOptions {
	/** Absolute path of the network's data folder. */
	readonly data: string;
	readonly book: AddressBook;
	readonly validatorUid: number;
	/** `suiprivkey1…` or BIP-39 words. */
	readonly walletSecret: string;
	/** The validator's write access to the store of checkpoints; without it an aggregator has none by names alone. */
	readonly storage?: {
		readonly endpoint: string;
		readonly bucket: string;
		readonly accessKeyId: string;
		readonly secretAccessKey: string;
		readonly prefix: string;
	};
}

/**
 * The environment file of one validator of a local network: to be kept with mode 0600. `source` it, or let a command read it. The names of the parts are
 * there as on any network; VRAMHUB_DATA comes first and decides, so without that line the same file works by names alone.
 */
export function envFileOf({ data, book, validatorUid, walletSecret, storage }: EnvFileOptions): string {
	const validator = book.validators.find(({ uid }) => uid === validatorUid);
	if (validator === undefined) throw new VramhubError('BAD_ARGUMENT', `the address book has no validator ${validatorUid}`);
	const objects = Object.entries(OBJECT_SETTINGS).map(([part, name]): [SettingName, string] => [name, book.objects[part as keyof NetworkObjects]]);
	const lines: [SettingName, string][] = [
		['VRAMHUB_DATA', data],
		['VRAMHUB_SUI_RPC_URL', book.chain.rpcUrl],
		['VRAMHUB_WALLET_MNEMONIC', walletSecret],
		['VRAMHUB_PACKAGE_ID', book.packageId],
		...objects,
		['VRAMHUB_VALIDATOR_UID', String(validatorUid)],
		['VRAMHUB_NAUTILUS_URL', validator.enclaveUrl],
		['VRAMHUB_SEAL_KEY_SERVER_IDS', book.seal.keyServers.map(({ objectId }) => objectId).join(',')],
		['VRAMHUB_SEAL_THRESHOLD', String(book.seal.threshold)],
		['VRAMHUB_TEMPORAL_ADDRESS', book.temporal.address],
		['VRAMHUB_TEMPORAL_NAMESPACE', book.temporal.namespace],
		['VRAMHUB_MODEL_DIR', join(data, 'model')],
		['VRAMHUB_STATE_DIR', join(data, 'state')],
		['VRAMHUB_OBJECT_ORIGINS', new URL(book.objectStore.endpoint).origin],
	];
	if (storage !== undefined)
		lines.push(
			['VRAMHUB_R2_ENDPOINT', storage.endpoint],
			['VRAMHUB_R2_BUCKET', storage.bucket],
			['VRAMHUB_R2_ACCESS_KEY_ID', storage.accessKeyId],
			['VRAMHUB_R2_SECRET_ACCESS_KEY', storage.secretAccessKey],
			['VRAMHUB_R2_PREFIX', storage.prefix],
		);
	return lines
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `export ${name}=${quoted(name, value)}\n`)
		.join('');
}

/** Single quotes mean the same to a shell and to Node. */
function quoted(name: string, value: string): string {
	if (/['\n]/.test(value)) throw new VramhubError('BAD_ARGUMENT', `${name}: a value with a quote or a line break cannot be written to an environment file`);
	return `'${value}'`;
}
