import { createHash, randomBytes } from 'node:crypto';
import type { GradientDeps } from '#activities/gradient/all.ts';
import type { CredentialsDecryptor, EnclaveClient, ModelFiles, ObjectSource } from '#activities/gradient/ports.ts';
import type { ChainReader, ChainWriter, EnclaveRecord, Executed, Miner, PayloadChain, SettledScores, Validator } from '#clients/chain/port.ts';
import { equalBytes, fromHex, toHex } from '#core/bytes.ts';
import { type ErrorCode, VramhubError } from '#core/errors.ts';
import { MINER_CODE, minerCodeName } from '#core/gradient/codes.ts';
import type { SessionRequest } from '#core/gradient/enclave-api.ts';
import { FLAG_SKETCHES_LOST, FLAG_STATE_RESET } from '#core/gradient/header.ts';
import { defaultHparamValues, type Hparams } from '#core/gradient/hparams.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import { encodeManifest } from '#core/gradient/manifest-codec.ts';
import { decodePayload, encodePayload, type MinerRow, payloadDigest } from '#core/gradient/payload.ts';
import { type Commitment, foldCommitments, rosterHash, type WindowRecord } from '#core/gradient/records.ts';
import { createLogger, type Logger } from '#runtime/log.ts';
import { FakeRounds } from './fake-rounds.ts';

/**
 * The outside world of one validator, in memory: a chain, an enclave, key servers and an object store that behave as their ports promise, whose
 * clock the test sets and whose calls the test can make fail. What the real ones do is the end-to-end test's business; here it is
 * how workflows and activities get through faults.
 */
export const NETWORK = `0x${'ab'.repeat(32)}`;
export const VALIDATOR_UID = 0;
const WINDOW_MS = 600_000n;
const STAKE = 10_000_000_000n;
/** Rows that one settlement takes here: few, so that there is something to crank. */
const SETTLE_ROWS = 2;
const SECRET = 'fake-secret-access-key';

const hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sha = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());
const fixed = (text: string) => sha(new TextEncoder().encode(text));

export const CHECKPOINT = new TextEncoder().encode('checkpoint');
const MANIFEST = encodeManifest({
	format: 1,
	name: 'test',
	parameters: [{ name: 'w', shape: [2] }],
	graphSha256: hex(fixed('graph')),
	tokensInput: 'tokens',
	targetsInput: 'targets',
	logProbsOutput: 'log_probs',
	batch: 1,
	context: 8,
	dataset: { shardBytes: 1024, shards: 64, heldOutShards: 1, root: hex(fixed('root')) },
});

/** Calls that a test may make fail, by name. */
export type CallName =
	| 'clockMs'
	| 'sealWindow'
	| 'submitScores'
	| 'settleSlice'
	| 'settleMedians'
	| 'finalizeWindow'
	| 'attestCheckpoint'
	| 'distributeRewards'
	| 'registerEnclave'
	| 'miner'
	| 'decrypt'
	| 'fetch'
	| 'fetchPublished'
	| 'putGradient'
	| 'openSession'
	| 'measure'
	| 'freeze'
	| 'process'
	| 'close'
	| 'state';

interface Fault {
	readonly code: ErrorCode;
	/** `lost`: the call has its effect, its answer does not arrive. */
	readonly when: 'before' | 'lost';
	/** Only for this miner. */
	readonly uid?: number;
	/** Besides, when it strikes. */
	readonly also?: () => void;
}

export class FakeWorld {
	readonly calls: string[] = [];
	readonly logs: string[] = [];
	readonly log: Logger = createLogger({ target: 'vramhub_validator', format: 'human', level: 'info', write: (line) => this.logs.push(line.trimEnd()) });
	nowMs: bigint;
	/** What validators published, by validator and digest: `0/ab12…`. */
	readonly published = new Map<string, Uint8Array>();
	/** Whether `validators` of a record that is sealed from now on holds our validator. */
	listed = true;
	enclaveKey = randomBytes(32);
	registeredKey: Uint8Array | undefined;
	/** Other validators of windows that are sealed from now on; {@link scoreAs} settles their payloads. */
	checkpointFrequency = defaultHparamValues().checkpoint_frequency;
	/** Most miners that a window evaluates: the ones with the highest uids. */
	maxEvaluations = defaultHparamValues().max_evaluations;
	readonly others: { readonly uid: number; readonly stake: bigint }[] = [];
	readonly #faults = new Map<CallName, Fault[]>();
	readonly #records = new Map<bigint, WindowRecord>();
	/** By window and validator. */
	readonly #settled = new Map<string, SettledScores>();
	/** Of other validators, while they are not settled. */
	readonly #payloads = new Map<number, PayloadChain>();
	readonly #pending = new Map<number, SettledScores>();
	readonly #sessions = new Map<string, { readonly request: SessionRequest; readonly codes: Map<number, number>; frozen: boolean; payload?: Uint8Array }>();
	/** What the enclave was given, by the name that it was put under. */
	readonly modelFiles = new Map<string, Uint8Array>();
	readonly #gradients = new Map<number, Uint8Array>();
	readonly #stored = new Map<string, Uint8Array>();
	#chain: PayloadChain | undefined;
	readonly rounds = new FakeRounds({
		nowMs: () => this.nowMs,
		windowDurationMs: WINDOW_MS,
		values: this.#hparams().values,
		genesis: sha(CHECKPOINT),
		record: (window) => this.#records.get(window),
		setStatus: (window, status) => void this.#records.set(window, { ...this.#records.get(window)!, status }),
		roster: () => this.#commitments().map(({ uid, generation }) => ({ uid, generation })),
		settled: (window, uid) => this.#settled.get(`${window}/${uid}`),
		stakes: () => new Map([[VALIDATOR_UID, STAKE], ...this.others.map(({ uid, stake }) => [uid, stake] as const)]),
		call: (name, label, effect) => this.#call(name, label, effect),
	});

	constructor(options: { readonly window: bigint; readonly miners: number }) {
		for (let uid = 0; uid < options.miners; uid++) this.#gradients.set(uid, fixed(`gradient ${uid}`));
		this.nowMs = options.window * WINDOW_MS + 550_000n;
	}

	fail(call: CallName, fault: Fault, times = 1): void {
		this.#faults.set(call, [...(this.#faults.get(call) ?? []), ...Array.from({ length: times }, () => fault)]);
	}

	/** A new key, and nothing remembered. */
	restartEnclave(): void {
		this.enclaveKey = randomBytes(32);
		this.#sessions.clear();
		this.modelFiles.clear();
	}

	count(call: string): number {
		return this.calls.filter((name) => name === call || name.startsWith(`${call} `)).length;
	}

	/** What another validator recorded of a window; `unsettled`: its process died before it settled its two rows. */
	scoreAs(window: bigint, validatorUid: number, score: number, unsettled = false): void {
		const miners = this.#commitments().map(({ uid, generation }) => ({
			uid,
			generation,
			code: 0,
			codeName: minerCodeName(0),
			score,
			random: score,
			weight: 100,
		}));
		const scores = { window, validatorUid, payloadSha256: fixed(`payload ${window} ${validatorUid}`), miners };
		if (!unsettled) this.#settled.set(`${window}/${validatorUid}`, scores);
		const { payloadSha256: lastDigest } = scores;
		const settledRows = unsettled ? 0 : miners.length;
		this.#payloads.set(validatorUid, {
			validatorGeneration: 1,
			lastWindow: window,
			lastDigest,
			lastPayload: new Uint8Array(),
			settledRows,
			totalRows: miners.length,
		});
		if (unsettled) this.#pending.set(validatorUid, scores);
	}

	atWindow(window: bigint, offsetMs = 550_000n): void {
		this.nowMs = window * WINDOW_MS + offsetMs;
	}

	deps(): GradientDeps {
		return {
			chain: this.chain,
			writer: this.writer,
			decryptor: this.decryptor,
			objects: this.objects,
			published: {
				fetch: ({ sha256, validatorUids = [] }) =>
					this.#call('fetchPublished', `${sha256} of ${validatorUids}`, () => {
						const bytes = validatorUids.map((uid) => this.published.get(`${uid}/${sha256}`)).find((found) => found !== undefined);
						if (bytes === undefined) throw new VramhubError('OBJECT_UNAVAILABLE', 'nobody serves it');
						return bytes;
					}),
			},
			audit: { putGradient: (sha256, bytes) => this.#call('putGradient', sha256, () => void this.published.set(`${VALIDATOR_UID}/${sha256}`, bytes)) },
			enclave: this.enclave,
			files: this.files,
			blobs: {
				read: async (sha256) => this.#stored.get(sha256),
				write: async (sha256, bytes) => void this.#stored.set(sha256, bytes),
			},
			validatorUid: VALIDATOR_UID,
			log: this.log,
		};
	}

	async #call<T>(name: CallName, label: string, effect: () => T, uid?: number): Promise<T> {
		this.calls.push(label === '' ? name : `${name} ${label}`);
		const queue = this.#faults.get(name) ?? [];
		const index = queue.findIndex((fault) => fault.uid === undefined || fault.uid === uid);
		if (index === -1) return effect();
		const [fault] = queue.splice(index, 1) as [Fault];
		if (fault.when === 'lost') effect();
		fault.also?.();
		throw new VramhubError(fault.code, `${name} fails for the test, with ${SECRET.length} reasons`);
	}

	#hparams(): Hparams {
		return {
			version: 1,
			values: defaultHparamValues({ checkpoint_frequency: this.checkpointFrequency, max_evaluations: this.maxEvaluations }),
			modelManifestHash: sha(MANIFEST),
			datasetRoot: fixed('root'),
		};
	}

	#commitments(): Commitment[] {
		return [...this.#gradients].map(([uid, bytes], seq) => ({
			seq,
			uid,
			generation: 1,
			sha256: sha(bytes),
			size: BigInt(bytes.length),
			credVersion: 1,
			ms: 0n,
		}));
	}

	readonly chain: ChainReader = {
		...this.rounds.reader,
		clockMs: () => this.#call('clockMs', '', () => this.nowMs),
		network: async () => ({ id: NETWORK, windowDurationMs: WINDOW_MS }),
		hparamsAt: async () => this.#hparams(),
		windowRecord: async (window) => this.#records.get(window),
		commitments: async () => this.#commitments(),
		roster: async () => this.#commitments().map(({ uid, generation }) => ({ uid, generation })),
		miner: (uid) =>
			this.#call(
				'miner',
				String(uid),
				(): Miner | undefined => ({
					uid,
					generation: 1,
					owner: NETWORK,
					operator: NETWORK,
					registeredWindow: 1n,
					credVersion: 1,
					credentials: fixed(`ciphertext ${uid}`),
					active: true,
					stake: 1_000_000_000n,
				}),
				uid,
			),
		miners: async () => [],
		validator: async (uid): Promise<Validator> => ({
			uid,
			generation: 1,
			owner: NETWORK,
			operator: NETWORK,
			registeredWindow: 1n,
			active: true,
			slashed: false,
			stake: 10_000_000_000n,
		}),
		enclave: async (): Promise<EnclaveRecord | undefined> =>
			this.registeredKey && { validatorUid: VALIDATOR_UID, validatorGeneration: 1, publicKey: this.registeredKey, pcrRow: 0, registeredMs: 0n, documentMs: 0n },
		payloadChain: async (uid) => (uid === VALIDATOR_UID ? this.#chain : this.#payloads.get(uid)),
		settledScores: async (window, uid) => this.#settled.get(`${window}/${uid}`),
	};

	readonly writer: ChainWriter = {
		...this.rounds.writer,
		address: NETWORK,
		registerMiner: () => this.#unused(),
		setCredentials: () => this.#unused(),
		registerValidator: () => this.#unused(),
		commitGradient: () => this.#unused(),
		registerEnclave: ({ attestationDocument }) =>
			this.#call('registerEnclave', '', () => {
				this.registeredKey = attestationDocument;
				return this.#executed('register');
			}),
		sealWindow: (window) =>
			this.#call('sealWindow', String(window), () => {
				if (this.#records.has(window)) return undefined;
				this.#records.set(window, this.#record(window));
				return this.#executed(`seal ${window}`);
			}),
		submitScores: ({ window, payload }) =>
			this.#call('submitScores', String(window), () => {
				const digest = payloadDigest(payload);
				if (this.#chain?.lastWindow === window && equalBytes(this.#chain.lastDigest, digest)) return undefined;
				const { header, miners } = decodePayload(payload);
				const isReset = (header.flags & FLAG_STATE_RESET) !== 0;
				const previous = isReset || this.#chain === undefined ? new Uint8Array(32) : this.#chain.lastDigest;
				if (!equalBytes(header.prevPayload, previous)) throw new VramhubError('CHAIN_REJECTED', 'EPreviousPayload');
				if (!equalBytes(header.enclaveKey, this.registeredKey ?? new Uint8Array())) throw new VramhubError('CHAIN_REJECTED', 'EEnclaveKey');
				const { validatorGeneration } = header;
				this.#chain = { validatorGeneration, lastWindow: window, lastDigest: digest, lastPayload: payload, settledRows: 0, totalRows: miners.length };
				this.#settle(window);
				return this.#executed(`submit ${window}`);
			}),
		settleSlice: ({ validatorUid, window, fromRow }) =>
			this.#call('settleSlice', `${window} ${fromRow}`, () => {
				const pending = this.#pending.get(validatorUid);
				if (pending !== undefined) this.#settled.set(`${window}/${validatorUid}`, pending);
				else if (this.#chain?.lastWindow === window && this.#chain.settledRows === fromRow) this.#settle(window);
				return this.#executed(`settle ${window} ${fromRow}`);
			}),
	};

	async #unused(): Promise<never> {
		throw new VramhubError('UNSUPPORTED', 'not a call of a validator');
	}

	#executed(what: string): Executed {
		return { digest: `digest-of-${what.replaceAll(' ', '-')}`, gasUsedMist: 1n };
	}

	#record(window: bigint): WindowRecord {
		const commitments = this.#commitments();
		const roster = commitments.map(({ uid, generation }) => ({ uid, generation }));
		const others = this.others.map(({ uid, stake }) => ({ uid, generation: 1, stake }));
		const validators = [...(this.listed ? [{ uid: VALIDATOR_UID, generation: 1, stake: STAKE }] : []), ...others];
		return {
			window,
			status: 'sealed',
			pruned: false,
			sealedAtMs: this.nowMs,
			randomness: fixed(`randomness ${window}`),
			commitmentsHash: foldCommitments(commitments),
			commitmentsCount: commitments.length,
			checkpointHash: sha(CHECKPOINT),
			checkpointBoundary: 0n,
			hparamsVersion: 1,
			hparamsHash: fixed('hparams'),
			rosterHash: rosterHash(roster),
			rosterCount: roster.length,
			validators,
			totalStake: validators.reduce((sum, { stake }) => sum + stake, 0n),
			emission: 0n,
		};
	}

	#settle(window: bigint): void {
		const chain = this.#chain!;
		const settledRows = Math.min(chain.totalRows, chain.settledRows + SETTLE_ROWS);
		this.#chain = { ...chain, settledRows };
		if (settledRows < chain.totalRows) return;
		const { miners } = decodePayload(chain.lastPayload);
		this.#settled.set(`${window}/${VALIDATOR_UID}`, {
			window,
			validatorUid: VALIDATOR_UID,
			payloadSha256: chain.lastDigest,
			miners: miners.map(({ uid, generation, code, score, random, weight }) => ({
				uid,
				generation,
				code,
				codeName: minerCodeName(code),
				score: score ?? 0,
				random,
				weight,
			})),
		});
	}

	readonly decryptor: CredentialsDecryptor = {
		decrypt: ({ uid }) =>
			this.#call(
				'decrypt',
				String(uid),
				() => ({ endpoint: 'http://127.0.0.1', bucket: 'b', accessKeyId: 'id', secretAccessKey: SECRET, prefix: `m${uid}/` }),
				uid,
			),
	};

	readonly objects: ObjectSource = {
		fetch: ({ key, credentials }) => {
			const uid = Number(/^m(\d+)\//.exec(credentials.prefix)?.[1]);
			return this.#call(
				'fetch',
				key,
				() => {
					if (credentials.secretAccessKey !== SECRET) throw new VramhubError('OBJECT_FORBIDDEN', 'wrong key');
					const window = this.nowMs / WINDOW_MS;
					const expected = [window, window - 1n].map((w) => gradientObjectKey(w, uid));
					if (!expected.includes(key)) throw new VramhubError('OBJECT_MISSING', `no ${key}`);
					return { bytes: this.#gradients.get(uid)!, lastModifiedMs: Date.now() - 60_000 };
				},
				uid,
			);
		},
	};

	readonly files: ModelFiles = {
		manifest: MANIFEST,
		shards: (indices) => indices.map((index) => ({ index, sha256: hex(fixed(`shard ${index}`)), proof: [] })),
		read: async (sha256) => fromHex(sha256),
	};

	readonly enclave: EnclaveClient = {
		attestation: async () => ({ attestation_document: toHex(this.enclaveKey), public_key: toHex(this.enclaveKey) }),
		openSession: (request) =>
			this.#call('openSession', request.window, () => {
				const previous = request.prev_payload === '' ? undefined : decodePayload(fromHex(request.prev_payload)).header;
				const goesOn = previous !== undefined && toHex(previous.checkpointHash) === request.checkpoint_hash && !request.state_lost;
				const needed = [request.checkpoint_hash, ...request.shards.map(({ sha256 }) => sha256), ...(goesOn ? [toHex(previous.stateAfter)] : [])];
				const missing = needed.filter((file) => !this.modelFiles.has(file));
				const session = hex(new TextEncoder().encode(JSON.stringify(request)));
				const uids = this.#commitments().map(({ uid }) => uid);
				const drawn = uids.slice(-Number(this.maxEvaluations));
				const codes = new Map(uids.filter((uid) => !drawn.includes(uid)).map((uid) => [uid, MINER_CODE.not_drawn as number]));
				if (missing.length === 0 && !this.#sessions.has(session)) this.#sessions.set(session, { request, codes, frozen: false });
				return { session, missing, drawn };
			}),
		putModelFile: async (sha256, bytes) => void this.modelFiles.set(sha256, bytes),
		measure: (session, uid) =>
			this.#call(
				'measure',
				String(uid),
				() => {
					this.#session(session).codes.set(uid, MINER_CODE.scored);
					return { uid, code: MINER_CODE.scored, norm: 1 };
				},
				uid,
			),
		freeze: (session, { testimony }) =>
			this.#call('freeze', '', () => {
				const open = this.#session(session);
				for (const { uid, code } of testimony) open.codes.set(uid, code);
				open.frozen = true;
				const uids = [...open.codes].filter(([, code]) => code === MINER_CODE.scored).map(([uid]) => uid);
				return { median_norm: 1, uids: uids.sort((a, b) => a - b), rejected: [], baseline_loss: '1000' };
			}),
		process: ({ miner_uid }) =>
			this.#call(
				'process',
				String(miner_uid),
				() => {
					if (![...this.#sessions.values()].some(({ frozen }) => frozen)) throw new VramhubError('ENCLAVE_SESSION_LOST', 'no session');
					return { score: scoreOf(miner_uid), random: 1, signed_payload: '', signature: '' };
				},
				miner_uid,
			),
		close: (session) =>
			this.#call('close', '', () => {
				const open = this.#session(session);
				open.payload ??= this.#payload(open.request, open.codes);
				return { payload: toHex(open.payload), signature: '00'.repeat(64), public_key: toHex(this.enclaveKey) };
			}),
		state: (session) => this.#call('state', '', () => stateFileOf(this.#session(session).request.window)),
	};

	#session(session: string) {
		const open = this.#sessions.get(session);
		if (open === undefined) throw new VramhubError('ENCLAVE_SESSION_LOST', 'no such session');
		return open;
	}

	#payload(request: SessionRequest, codes: ReadonlyMap<number, number>): Uint8Array {
		const miners = [...codes]
			.sort(([a], [b]) => a - b)
			.map(([uid, code]): MinerRow => {
				const score = code === MINER_CODE.scored ? scoreOf(uid) : null;
				return { uid, generation: 1, code, score, random: 1, proofOfWork: 0, mu: 0n, sigma: 1n, weight: 1, missed: 0 };
			});
		const window = BigInt(request.window);
		const record = this.#records.get(window)!;
		const previous = fromHex(request.prev_payload);
		const zeros = new Uint8Array(32);
		return encodePayload({
			miners,
			header: {
				network: NETWORK,
				validatorUid: VALIDATOR_UID,
				validatorGeneration: 1,
				enclaveKey: this.enclaveKey,
				window,
				checkpointHash: record.checkpointHash,
				prevPayload: previous.length === 0 ? zeros : payloadDigest(previous),
				prevWindow: previous.length === 0 ? 0n : decodePayload(previous).header.window,
				hparamsHash: record.hparamsHash,
				commitmentsHash: record.commitmentsHash,
				commitmentsCount: record.commitmentsCount,
				rosterHash: record.rosterHash,
				rosterCount: record.rosterCount,
				randomness: record.randomness,
				ownDataDigest: zeros,
				randomDataDigest: zeros,
				medianNorm: 1,
				baselineLoss: 1000n,
				stateAfter: sha(stateFileOf(request.window)),
				runtimeHash: zeros,
				cpuClass: 0,
				flags: (request.state_reset ? FLAG_STATE_RESET : 0) | (request.state_lost ? FLAG_SKETCHES_LOST : 0),
			},
		});
	}
}

/** Only enclaves look into it. */
export const stateFileOf = (window: string) => new TextEncoder().encode(`state after ${window}`);
export const scoreOf = (uid: number) => 1000 + uid;
export const FAKE_SECRET = SECRET;
