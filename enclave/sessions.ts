import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { SessionAnswer } from '#core/gradient/enclave-api.ts';
import { decodeStateFile } from '#core/gradient/state-file.ts';
import { ModelCache } from '#enclave/evaluate.ts';
import type { FileStore } from '#enclave/files.ts';
import type { SigningKey } from '#enclave/keys.ts';
import { type ProcessFacts, parseSessionRequest, type SessionFacts } from '#enclave/request.ts';
import { Session } from '#enclave/session.ts';

export interface SessionsOptions {
	readonly key: SigningKey;
	readonly files: FileStore;
	readonly cpuClass: number;
	/** Sessions held at once, closed ones included. */
	readonly limit?: number;
	/** Of each model; default: the cores. */
	readonly threads?: number;
	/** Told when a checkpoint is given up that is no longer what was loaded; `sha256` is what it should be. */
	readonly onCheckpointLost?: (sha256: string, why: string) => void;
}

const DEFAULT_LIMIT = 4;
/** Windows whose frozen set is remembered: 32 bytes each, far more than the four that may still be submitted. */
const REMEMBERED_SETS = 4_096;

/** The sessions of this process. Calls must not overlap. */
export class Sessions implements AsyncDisposable {
	readonly #options: SessionsOptions;
	readonly #models: ModelCache;
	/** In order of use, the least recent first. */
	readonly #sessions = new Map<string, Session>();
	/** Validator and window → digest of the set that was frozen first. Outlives the sessions. */
	readonly #sets = new Map<string, string>();

	constructor(options: SessionsOptions) {
		this.#options = options;
		this.#models = new ModelCache(options);
	}

	/** Opens the session of a request, or finds it open. Beyond the limit the session that goes is the oldest closed one, else the least recently used. */
	async open(request: unknown): Promise<SessionAnswer> {
		const facts = parseSessionRequest(request);
		if (this.#sessions.has(facts.id)) {
			this.#touch(facts.id);
			return { session: facts.id, missing: [], drawn: facts.drawn };
		}
		const { key, cpuClass, files } = this.#options;
		const { previousState } = facts;
		const state = previousState.kind === 'file' ? files.get(previousState.sha256) : undefined;
		const missing = ModelCache.missing(facts, files);
		if (previousState.kind === 'file' && state === undefined) missing.push(previousState.sha256);
		if (missing.length > 0) return { session: facts.id, missing, drawn: facts.drawn };
		// Whose digest an enclave signed.
		const earlier = state === undefined ? [] : decodeStateFile(state).sketches;
		await this.#makeRoom();
		const evaluator = await this.#models.open(facts, files);
		const fixSet = (digest: string) => this.#fixSet(facts, digest);
		const checkpointLost = (why: string) => this.#loseCheckpoint(facts, why);
		this.#sessions.set(facts.id, new Session(facts, evaluator, earlier, { key, cpuClass, fixSet, checkpointLost }));
		return { session: facts.id, missing: [], drawn: facts.drawn };
	}

	/** Throws ENCLAVE_SESSION_LOST. */
	get(id: string): Session {
		const session = this.#sessions.get(id);
		if (session === undefined) throw new VramhubError('ENCLAVE_SESSION_LOST', 'no such session; open it again');
		this.#touch(id);
		return session;
	}

	/** POST /process_data names no session: the most recently used one of its window and checkpoint. */
	find({ window, checkpointHash }: ProcessFacts): Session {
		const found = [...this.#sessions].findLast(([, { facts }]) => facts.window === window && toHex(facts.checkpointHash) === checkpointHash);
		if (found === undefined) throw new VramhubError('ENCLAVE_SESSION_LOST', `no session of window ${window} with this checkpoint; open it again`);
		return this.get(found[0]);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		for (const session of this.#sessions.values()) await session.release();
		this.#sessions.clear();
		await this.#models[Symbol.asyncDispose]();
	}

	#touch(id: string): void {
		const session = this.#sessions.get(id)!;
		this.#sessions.delete(id);
		this.#sessions.set(id, session);
	}

	async #makeRoom(): Promise<void> {
		while (this.#sessions.size >= (this.#options.limit ?? DEFAULT_LIMIT)) {
			const entries = [...this.#sessions];
			const [id, session] = entries.find(([, { closed }]) => closed) ?? entries[0]!;
			this.#sessions.delete(id);
			await session.release();
		}
	}

	/** What is held of the checkpoint goes, and with it whoever uses it: to be brought and opened again. Signed windows stay. */
	async #loseCheckpoint({ checkpointHash }: SessionFacts, why: string): Promise<void> {
		const sha256 = toHex(checkpointHash);
		this.#options.onCheckpointLost?.(sha256, why);
		for (const [id, session] of this.#sessions) {
			if (session.closed || toHex(session.facts.checkpointHash) !== sha256) continue;
			this.#sessions.delete(id);
			await session.release();
		}
		this.#models.forget(sha256);
		this.#options.files.delete(sha256);
	}

	#fixSet(facts: SessionFacts, digest: string): void {
		const key = [facts.network, facts.validatorUid, facts.validatorGeneration, facts.window].join('/');
		const fixed = this.#sets.get(key);
		if (fixed === undefined) {
			this.#sets.set(key, digest);
			if (this.#sets.size > REMEMBERED_SETS) this.#sets.delete(this.#sets.keys().next().value!);
		} else if (fixed !== digest) {
			throw new VramhubError('ENCLAVE_REFUSED', `window ${facts.window} was frozen with another set of miners; only a restart, with another key, forgets that`);
		}
	}
}
