import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { registerSecret } from '#runtime/redact.ts';

/** Sui takes ids with and without leading zeros; here they are always 32 bytes. */
const SuiId = z
	.string()
	.regex(/^0x[0-9a-f]{1,64}$/i, 'not an id such as 0x2a…')
	.transform((id) => `0x${id.slice(2).toLowerCase().padStart(64, '0')}`);
const Url = z.url({ protocol: /^https?$/, error: 'not an http or https URL' });
const Uid = z
	.string()
	.regex(/^\d{1,5}$/, 'not a uid')
	.transform(Number)
	.pipe(z.int().max(0xffff));
const Text = z.string().min(1);
const listOf = <T extends z.ZodType<unknown, string>>(item: T) =>
	z
		.string()
		.transform((text) =>
			text
				.split(',')
				.map((part) => part.trim())
				.filter((part) => part !== ''),
		)
		.pipe(z.array(item).min(1));
const Origin = Url.transform((url) => new URL(url).origin);

interface Setting {
	readonly schema: z.ZodType<unknown, string>;
	readonly brief: string;
	/** As it would be written. */
	readonly default?: string;
	/** Never taken from a flag, never shown. */
	readonly secret?: true;
}

/** Every name that an operator may set, in the order in which documents list them. */
export const SETTINGS = {
	VRAMHUB_DATA: {
		schema: Text,
		brief: 'data folder of a network of this machine: its address book is used in place of the chain, object, Seal and Temporal names',
	},
	VRAMHUB_SUI_RPC_URL: { schema: Url, brief: 'gRPC endpoint of a Sui full node' },
	VRAMHUB_WALLET_MNEMONIC: { schema: Text, secret: true, brief: "the operator's key: BIP-39 words (path m/44'/784'/0'/0'/0') or suiprivkey1…" },
	VRAMHUB_PACKAGE_ID: { schema: SuiId, brief: 'first published version of the contracts' },
	VRAMHUB_NETWORK_ID: { schema: SuiId, brief: 'the Network object; object ids that are not set are found from it' },
	VRAMHUB_PEER_REGISTRY_ID: { schema: SuiId, brief: 'the PeerRegistry object' },
	VRAMHUB_VALIDATOR_REGISTRY_ID: { schema: SuiId, brief: 'the ValidatorRegistry object' },
	VRAMHUB_ENCLAVE_REGISTRY_ID: { schema: SuiId, brief: 'the EnclaveRegistry object' },
	VRAMHUB_GRADIENT_REGISTRY_ID: { schema: SuiId, brief: 'the GradientRegistry object' },
	VRAMHUB_SCORE_LEDGER_ID: { schema: SuiId, brief: 'the ScoreLedger object' },
	VRAMHUB_ROUND_STATE_ID: { schema: SuiId, brief: 'the RoundState object' },
	VRAMHUB_CONSENSUS_ID: { schema: SuiId, brief: 'the Consensus object' },
	VRAMHUB_HPARAMS_ID: { schema: SuiId, brief: 'the Hparams object' },
	VRAMHUB_VAULT_ID: { schema: SuiId, brief: 'the Vault object' },
	VRAMHUB_REWARD_POOL_ID: { schema: SuiId, brief: 'the RewardPool object' },
	VRAMHUB_VALIDATOR_UID: { schema: Uid, brief: 'which validator this machine runs' },
	VRAMHUB_MINER_UID: { schema: Uid, brief: 'which miner commands speak of' },
	VRAMHUB_NAUTILUS_URL: { schema: Url, brief: "the validator's enclave", default: 'http://127.0.0.1:3000' },
	VRAMHUB_SEAL_KEY_SERVER_IDS: { schema: listOf(SuiId), brief: 'object ids of the Seal key servers, separated by commas' },
	VRAMHUB_SEAL_THRESHOLD: {
		schema: z
			.string()
			.regex(/^[1-9]\d{0,2}$/, 'not a number of at least 1')
			.transform(Number),
		brief: 'key servers that have to answer',
		default: '2',
	},
	VRAMHUB_TEMPORAL_ADDRESS: { schema: z.string().regex(/^[^\s/]+:\d{1,5}$/, 'not host:port'), brief: 'host:port of Temporal', default: '127.0.0.1:7233' },
	VRAMHUB_TEMPORAL_NAMESPACE: { schema: Text, brief: 'Temporal namespace', default: 'vramhub' },
	VRAMHUB_MODEL_DIR: {
		schema: Text,
		brief: 'folder with manifest.cbor, forward.onnx, training.onnx, checkpoint-0-v1.safetensors, corpus.txt',
		default: 'model',
	},
	VRAMHUB_STATE_DIR: { schema: Text, brief: 'folder for what a daemon keeps: downloaded gradients, merged checkpoints', default: '.vramhub/state' },
	VRAMHUB_RESET_WINDOW: {
		schema: z
			.string()
			.regex(/^\d{1,18}$/, 'no window')
			.transform(BigInt),
		brief: "the first payload from this window on forgets the validator's ratings; its weights count again after the warm-up",
	},
	VRAMHUB_OBJECT_ORIGINS: {
		schema: listOf(Origin),
		brief: 'origins of object stores that may be reached though they are not public https, separated by commas: development only',
	},
	VRAMHUB_R2_ENDPOINT: {
		schema: Url,
		brief: 'object store of this machine: what a miner lets validators read, where a validator publishes gradients and checkpoints',
	},
	VRAMHUB_R2_BUCKET: { schema: Text, brief: 'its bucket' },
	VRAMHUB_R2_ACCESS_KEY_ID: { schema: Text, secret: true, brief: 'its access key' },
	VRAMHUB_R2_SECRET_ACCESS_KEY: { schema: Text, secret: true, brief: 'its secret key' },
	VRAMHUB_R2_PREFIX: {
		schema: z.string().regex(/^([^/].*\/)?$/, 'neither empty nor a path that ends in /'),
		brief: 'prefix in the bucket, ends in / or is empty',
		default: '',
	},
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<N extends SettingName> = z.output<(typeof SETTINGS)[N]['schema']>;
export type SettingSource = 'flag' | 'environment' | 'file' | 'default';

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Names that single processes and tools read for themselves. */
const OTHER_NAMES = new Set(['VRAMHUB_LOG', 'VRAMHUB_LOG_LEVEL', 'VRAMHUB_TEMPORAL_BIN', 'VRAMHUB_WEED_BIN', 'VRAMHUB_ENCLAVE_HOST', 'VRAMHUB_ENCLAVE_PORT']);

export interface ConfigurationSources {
	/** Text of flags; undefined entries were not given. Secrets are not taken from here. */
	readonly flags?: Readonly<Partial<Record<SettingName, string | undefined>>>;
	/** Default: the process's own. */
	readonly environment?: NodeJS.ProcessEnv;
	/** Default: `.env` in the working folder, when there is one. A file that is named must exist. */
	readonly envFile?: string;
}

export interface EffectiveSetting {
	readonly name: SettingName;
	/** `[redacted]` for secrets. */
	readonly value: string;
	readonly source: SettingSource;
}

/** The operator's settings. Each one was checked when this was made. */
export class Configuration {
	readonly #raw: ReadonlyMap<SettingName, { readonly text: string; readonly source: SettingSource }>;
	/** VRAMHUB_ names of the environment file that mean nothing: mostly misspelt. */
	readonly unknown: readonly string[];

	constructor(raw: ReadonlyMap<SettingName, { readonly text: string; readonly source: SettingSource }>, unknown: readonly string[]) {
		this.#raw = raw;
		this.unknown = unknown;
	}

	get<N extends SettingName>(name: N): SettingValue<N> | undefined {
		const text = this.#raw.get(name)?.text;
		return text === undefined ? undefined : (SETTINGS[name].schema.parse(text) as SettingValue<N>);
	}

	/** Throws BAD_CONFIGURATION that names the variable. */
	require<N extends SettingName>(name: N): SettingValue<N> {
		const value = this.get(name);
		if (value === undefined) throw new VramhubError('BAD_CONFIGURATION', `${name} is not set: ${SETTINGS[name].brief}`);
		return value;
	}

	sourceOf(name: SettingName): SettingSource | undefined {
		return this.#raw.get(name)?.source;
	}

	/** What is in force, fit to be shown. */
	effective(): EffectiveSetting[] {
		return SETTING_NAMES.flatMap((name) => {
			const entry = this.#raw.get(name);
			return entry === undefined ? [] : [{ name, value: 'secret' in SETTINGS[name] ? '[redacted]' : entry.text, source: entry.source }];
		});
	}
}

/**
 * Flags, else the environment, else the environment file, else defaults; an empty text counts as not set. Secrets are redacted in this process's logs
 * from here on. Throws BAD_CONFIGURATION that names every wrong variable and repeats no secret.
 */
export function loadConfiguration({ flags = {}, environment = process.env, envFile }: ConfigurationSources = {}): Configuration {
	const file = readEnvFile(envFile);
	const raw = new Map<SettingName, { text: string; source: SettingSource }>();
	const wrong: string[] = [];
	for (const name of SETTING_NAMES) {
		const setting: Setting = SETTINGS[name];
		if (setting.secret && flags[name] !== undefined) throw new VramhubError('INVARIANT', `${name} is a secret and may not come from a flag`);
		const found: readonly (readonly [SettingSource, string | undefined])[] = [
			['flag', flags[name]],
			['environment', environment[name]],
			['file', file[name]],
			['default', setting.default],
		];
		const [source, text] = found.find(([, candidate]) => candidate !== undefined && candidate !== '') ?? [];
		if (source === undefined || text === undefined) continue;
		if (setting.secret) registerSecret(text);
		const parsed = setting.schema.safeParse(text);
		if (parsed.success) raw.set(name, { text, source });
		else {
			const why = [...new Set(parsed.error.issues.map(({ message }) => message))].join('; ');
			wrong.push(setting.secret ? `${name} is not valid` : `${name} is ${JSON.stringify(text)}: ${why}`);
		}
	}
	if (wrong.length > 0) throw new VramhubError('BAD_CONFIGURATION', wrong.join('\n'));
	const known = new Set<string>([...SETTING_NAMES, ...OTHER_NAMES]);
	return new Configuration(
		raw,
		Object.keys(file).filter((name) => name.startsWith('VRAMHUB_') && !known.has(name)),
	);
}

function readEnvFile(named: string | undefined): NodeJS.Dict<string> {
	const file = named ?? '.env';
	try {
		return parseEnv(readFileSync(file, 'utf8'));
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' && named === undefined) return {};
		throw new VramhubError('BAD_CONFIGURATION', `${file} cannot be read (${code ?? 'syntax'})`);
	}
}
