import { createHash } from 'node:crypto';
import type { CheckpointDeps } from '#activities/checkpoint/all.ts';
import type { Miner, SettledScores } from '#clients/chain/port.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import { encodeGradient } from '#core/gradient/codec.ts';
import { defaultHparamValues, type HparamValues } from '#core/gradient/hparams.ts';
import { GRADIENT_CODEC, gradientObjectKey } from '#core/gradient/layout.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { type Commitment, foldCommitments, rosterHash, type WindowRecord } from '#core/gradient/records.ts';
import { windowStartMs } from '#core/window.ts';
import { encodeCheckpoint } from '#model/safetensors.ts';
import { createLogger } from '#runtime/log.ts';
import { FakeRounds } from './fake-rounds.ts';

/**
 * A network at a checkpoint's boundary, in memory: windows that are scored already, gradients of a model of 64 parameters that are real bytes, folders
 * and a bucket. Its model is the better the nearer it is to ones, and honest gradients point there.
 */
export const CHECKPOINT_NETWORK = `0x${'cd'.repeat(32)}`;
export const BOUNDARY = 2_957_301n;
const FREQUENCY = 3n;
const WINDOW_MS = 600_000n;
const STAKE = 10_000_000_000n;
const MINERS = [0, 1, 2];
const WEIGHTS = 64;

const sha = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const hex = (bytes: Uint8Array) => toHex(sha(bytes));
const zeros = '00'.repeat(32);

const PARAMETERS = [{ name: 'w', shape: [WEIGHTS] }];
const MANIFEST = encodeManifest({
	format: 1,
	name: 'test',
	parameters: PARAMETERS,
	graphSha256: zeros,
	tokensInput: 'tokens',
	targetsInput: 'targets',
	logProbsOutput: 'log_probs',
	batch: 1,
	context: 8,
	dataset: { shardBytes: 1024, shards: 64, heldOutShards: 1, root: zeros },
});
const GENESIS = encodeCheckpoint({ parameters: PARAMETERS }, new Float32Array(WEIGHTS));

type CallName =
	| 'settleMedians'
	| 'finalizeWindow'
	| 'attestCheckpoint'
	| 'distributeRewards'
	| 'fetchMiner'
	| 'fetchPublished'
	| 'putCheckpoint'
	| 'putGradient'
	| 'heldOutLoss'
	| 'writeCheckpoint';

interface IntervalOptions {
	readonly validators?: readonly number[];
	readonly direction?: 1 | -1;
	readonly selected?: boolean;
	readonly minMergeGradients?: bigint;
}

export class FakeInterval {
	readonly calls: string[] = [];
	readonly logs: string[] = [];
	nowMs: bigint;
	/** What {@link deps} awaits in a call of that name, for a test that stops a worker in it. */
	readonly hold = new Map<CallName, () => Promise<void>>();
	/** What the bucket that anybody may read holds. */
	readonly bucket = new Map<string, Uint8Array>();
	readonly #direction: number;
	readonly #values: HparamValues;
	readonly #records = new Map<bigint, WindowRecord>();
	readonly #settled = new Map<string, SettledScores>();
	readonly #gradients = new Map<string, Uint8Array>();
	readonly #lost = new Set<string>();
	readonly #faults: { readonly call: string; readonly code: ErrorCode; readonly lost: boolean }[] = [];

	/** At the start of the boundary's window. `direction` 1: gradients lower the loss, −1: they raise it. */
	constructor({ validators = [0], direction = 1, selected = true, minMergeGradients = 1n }: IntervalOptions = {}) {
		this.#direction = direction;
		this.#values = defaultHparamValues({
			checkpoint_frequency: FREQUENCY,
			max_merge_windows: 2n * FREQUENCY,
			min_merge_gradients: minMergeGradients,
		});
		this.nowMs = windowStartMs(BOUNDARY, WINDOW_MS);
		this.validators = validators;
		this.rounds = new FakeRounds({
			nowMs: () => this.nowMs,
			windowDurationMs: WINDOW_MS,
			values: this.#values,
			genesis: sha(GENESIS),
			record: (window) => this.#records.get(window),
			setStatus: (window, status) => void this.#records.set(window, { ...this.#records.get(window)!, status }),
			roster: () => MINERS.map((uid) => ({ uid, generation: 1 })),
			settled: (window, uid) => this.#settled.get(`${window}/${uid}`),
			stakes: () => new Map(this.validators.map((uid) => [uid, STAKE])),
			call: (name, label, effect) => this.#call(name, label, effect),
		});
		for (let window = BOUNDARY - FREQUENCY; window < BOUNDARY; window++) this.#score(window, selected);
	}

	readonly validators: readonly number[];
	readonly rounds: FakeRounds;

	/** Everything that a validator of the interval's windows would have finalized by now. */
	async finalize(windows: readonly bigint[] = [BOUNDARY - 3n, BOUNDARY - 2n, BOUNDARY - 1n]): Promise<this> {
		for (const window of windows) {
			const selection = this.#settled.get(`${window}/${this.validators[0]}`)!.miners.filter(({ code, random }) => code === 0 && random > 0);
			const medians = this.#settled.get(`${window}/${this.validators[0]}`)!.miners.map(({ score, random, weight }) => ({ own: score, random, weight }));
			await this.rounds.writer.settleMedians({ window, fromRow: 0, medians });
			await this.rounds.writer.finalizeWindow({ window, selectedUids: selection.map(({ uid }) => uid) });
		}
		this.calls.length = 0;
		return this;
	}

	atWindow(window: bigint, offsetMs = 0n): void {
		this.nowMs = windowStartMs(window, WINDOW_MS) + offsetMs;
	}

	count(call: string): number {
		return this.calls.filter((name) => name === call || name.startsWith(`${call} `)).length;
	}

	/** `lost`: the call has its effect, its answer does not arrive. */
	fail(call: CallName, code: ErrorCode, { times = 1, lost = false } = {}): void {
		for (let i = 0; i < times; i++) this.#faults.push({ call, code, lost });
	}

	/** The miner's store no longer has it, and this validator never had. */
	lose(window: bigint, uid: number, where: { readonly own: boolean; readonly miner: boolean }): void {
		const { sha256 } = this.#commitment(window, uid);
		if (where.own) this.#lost.add(`own ${toHex(sha256)}`);
		if (where.miner) this.#lost.add(`miner ${toHex(sha256)}`);
	}

	gradient(window: bigint, uid: number): Uint8Array {
		const key = `${window}/${uid}`;
		let bytes = this.#gradients.get(key);
		if (bytes === undefined) {
			// To be subtracted: towards ones.
			const dense = new Float32Array(WEIGHTS).fill(-0.1 * this.#direction * (1 + uid / 10));
			const of = {
				uid,
				window,
				checkpointHash: sha(GENESIS),
				manifestHash: manifestHash(MANIFEST),
				parameters: PARAMETERS,
				codec: GRADIENT_CODEC.dct64TopkInt8,
				topK: 32,
			};
			bytes = encodeGradient({ ...of, dense }).bytes;
			this.#gradients.set(key, bytes);
		}
		return bytes;
	}

	deps(validatorUid = this.validators[0]!): CheckpointDeps {
		const blobs = new Map<string, Uint8Array>();
		const published = (key: string) => this.validators.map((uid) => this.bucket.get(`validator-${uid}/${key}`)).find((bytes) => bytes !== undefined);
		const folder = this.#folderOf(validatorUid);
		const put = (name: 'putCheckpoint' | 'putGradient', key: string, bytes: Uint8Array) =>
			this.#call(name, key, () => void this.bucket.set(`validator-${validatorUid}/${key}`, bytes));
		const unused = async (): Promise<never> => {
			throw new VramhubError('UNSUPPORTED', 'not a call of an aggregator');
		};
		return {
			chain: {
				...this.rounds.reader,
				clockMs: async () => this.nowMs,
				network: async () => ({ id: CHECKPOINT_NETWORK, windowDurationMs: WINDOW_MS }),
				hparamsAt: async () => ({ version: 1, values: this.#values, modelManifestHash: sha(MANIFEST), datasetRoot: fromHex(zeros) }),
				windowRecord: async (window) => this.#records.get(window),
				commitments: async (window) => MINERS.map((uid) => this.#commitment(window, uid)),
				roster: async () => MINERS.map((uid) => ({ uid, generation: 1 })),
				settledScores: async (window, uid) => this.#settled.get(`${window}/${uid}`),
				miner: async (uid) => ({ uid, generation: 1, credVersion: 1, credentials: new Uint8Array(1) }) as Miner,
				miners: async () => [],
				validator: unused,
				enclave: unused,
				payloadChain: unused,
			},
			writer: {
				...this.rounds.writer,
				address: CHECKPOINT_NETWORK,
				registerMiner: unused,
				setCredentials: unused,
				registerValidator: unused,
				registerEnclave: unused,
				commitGradient: unused,
				sealWindow: unused,
				submitScores: unused,
				settleSlice: unused,
			},
			decryptor: { decrypt: async ({ uid }) => ({ endpoint: '', bucket: '', accessKeyId: '', secretAccessKey: '', prefix: `${uid}/` }) },
			objects: {
				fetch: ({ credentials, key, sha256 }) =>
					this.#call('fetchMiner', key, () => {
						if (this.#lost.has(`miner ${sha256}`)) throw new VramhubError('OBJECT_MISSING', `no ${key}`);
						const uid = Number.parseInt(credentials.prefix, 10);
						const window = [...this.#records.keys()].find((candidate) => gradientObjectKey(candidate, uid) === key)!;
						return { bytes: this.gradient(window, uid), lastModifiedMs: undefined };
					}),
			},
			published: {
				fetch: ({ sha256 }) =>
					this.#call('fetchPublished', sha256, () => {
						const bytes = published(`gradients/${sha256}`);
						if (bytes === undefined) throw new VramhubError('OBJECT_UNAVAILABLE', 'nobody serves it');
						return bytes;
					}),
			},
			audit: {
				putCheckpoint: (boundary, bytes) => put('putCheckpoint', `checkpoint-${boundary}-v1`, bytes),
				putGradient: (sha256, bytes) => put('putGradient', `gradients/${sha256}`, bytes),
			},
			files: {
				manifest: MANIFEST,
				shards: () => [],
				read: async (sha256) => {
					if (sha256 === hex(GENESIS)) return GENESIS;
					throw new VramhubError('CHECKPOINT_MISMATCH', `no ${sha256}`);
				},
			},
			blobs: {
				read: async (sha256) => {
					if (blobs.has(sha256)) return blobs.get(sha256);
					if (this.#lost.has(`own ${sha256}`)) return undefined;
					for (const window of this.#records.keys())
						for (const uid of MINERS) if (hex(this.gradient(window, uid)) === sha256) return this.gradient(window, uid);
					return undefined;
				},
				write: async (sha256, bytes) => void blobs.set(sha256, bytes),
			},
			checkpoints: {
				read: async (boundary, sha256) => {
					const bytes = folder.get(boundary);
					return bytes !== undefined && hex(bytes) === sha256 ? bytes : undefined;
				},
				write: (boundary, bytes) => this.#call('writeCheckpoint', String(boundary), () => void folder.set(boundary, bytes)),
			},
			heldOutLoss: (parameters) => this.#call('heldOutLoss', '', () => parameters.reduce((sum, value) => sum + (value - 1) ** 2, 0) / WEIGHTS),
			validatorUid,
			log: createLogger({ target: 'vramhub_aggregator', format: 'human', level: 'info', write: (line) => this.logs.push(line.trimEnd()) }),
		};
	}

	readonly #folders = new Map<number, Map<bigint, Uint8Array>>();

	#folderOf(validatorUid: number): Map<bigint, Uint8Array> {
		const folder = this.#folders.get(validatorUid) ?? new Map<bigint, Uint8Array>();
		this.#folders.set(validatorUid, folder);
		return folder;
	}

	async #call<T>(name: CallName, label: string, effect: () => T): Promise<T> {
		this.calls.push(label === '' ? name : `${name} ${label}`);
		await this.hold.get(name)?.();
		const index = this.#faults.findIndex(({ call }) => call === name);
		if (index === -1) return effect();
		const [fault] = this.#faults.splice(index, 1);
		if (fault!.lost) effect();
		throw new VramhubError(fault!.code, `${name} fails for the test`);
	}

	#commitment(window: bigint, uid: number): Commitment {
		const bytes = this.gradient(window, uid);
		return { seq: uid, uid, generation: 1, sha256: sha(bytes), size: BigInt(bytes.length), credVersion: 1, ms: 0n };
	}

	#score(window: bigint, selected: boolean): void {
		const commitments = MINERS.map((uid) => this.#commitment(window, uid));
		const roster = MINERS.map((uid) => ({ uid, generation: 1 }));
		const validators = this.validators.map((uid) => ({ uid, generation: 1, stake: STAKE }));
		const fixed = new Uint8Array(32);
		this.#records.set(window, {
			window,
			status: 'sealed',
			pruned: false,
			sealedAtMs: 0n,
			randomness: fixed,
			commitmentsHash: foldCommitments(commitments),
			commitmentsCount: commitments.length,
			checkpointHash: sha(GENESIS),
			checkpointBoundary: 0n,
			hparamsVersion: 1,
			hparamsHash: fixed,
			rosterHash: rosterHash(roster),
			rosterCount: roster.length,
			validators,
			totalStake: STAKE * BigInt(validators.length),
			emission: 0n,
		});
		for (const validatorUid of this.validators) {
			// Miner 2 is never selected.
			const random = (uid: number) => (selected && uid < 2 ? 10 - uid : -1);
			const miners = MINERS.map((uid) => ({ uid, generation: 1, code: 0, codeName: 'scored' as const, score: 10, random: random(uid), weight: 100 - uid }));
			this.#settled.set(`${window}/${validatorUid}`, { window, validatorUid, payloadSha256: fixed, miners });
		}
	}
}
