import { availableParallelism } from 'node:os';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { SparseGradient } from '#core/gradient/layout.ts';
import type { FileStore } from '#enclave/files.ts';
import type { SessionFacts } from '#enclave/request.ts';
import { readSequence } from '#model/dataset.ts';
import { forwardGraphOf } from '#model/manifest.ts';
import { ModelPool, mean, ThetaLost } from '#model/pool.ts';
import { runtimeHash } from '#model/runtime-digest.ts';
import { parametersHash, shareCheckpoint } from '#model/safetensors.ts';
import { shardLeaf, verifyShardProof } from '#model/shards.ts';

const PPM = 1e6;

/** How much a gradient lowers two losses, nats; positive is better. */
export interface Improvements {
	readonly own: number;
	readonly random: number;
}

interface LoadedGraph {
	readonly pool: ModelPool;
	readonly runtimeHash: Uint8Array;
}

/** Graphs and checkpoints that sessions share; one of each is kept for the next window when nobody uses it. */
export class ModelCache implements AsyncDisposable {
	readonly #graphs = new SharedCache<LoadedGraph>(({ pool }) => pool.close());
	readonly #threads: number;
	readonly #checkpoints = new SharedCache<Float32Array<SharedArrayBuffer>>(async () => undefined);

	/** `threads` of each graph's pool; default: the cores. */
	constructor({ threads = availableParallelism() }: { readonly threads?: number } = {}) {
		this.#threads = threads;
	}

	/** Digests of the files that an evaluator of the session needs and the store does not hold. */
	static missing(facts: SessionFacts, files: FileStore): string[] {
		const needed = [toHex(facts.checkpointHash), facts.manifest.graphSha256, ...facts.shards.map(({ sha256 }) => sha256)];
		return [...new Set(needed)].filter((sha256) => files.get(sha256) === undefined);
	}

	/**
	 * Throws CHECKPOINT_MISMATCH or BAD_ARGUMENT when a file, right as its digest is, does not fit the manifest or is not proved. θ is the checkpoint's file, which
	 * an evaluation may change and change back: only one may be under way among all evaluators of a store.
	 */
	async open(facts: SessionFacts, files: FileStore): Promise<Evaluator> {
		const { manifest, datasetRoot } = facts;
		const file = (sha256: string): Uint8Array => {
			const bytes = files.get(sha256);
			if (bytes === undefined) throw new VramhubError('ENCLAVE_REFUSED', `file ${sha256} is not held`);
			return bytes;
		};
		const shards = new Map<number, Uint8Array>();
		for (const { index, sha256, proof } of facts.shards) {
			const shard = file(sha256);
			if (shard.length !== manifest.dataset.shardBytes || !verifyShardProof(datasetRoot, manifest.dataset.shards, index, shardLeaf(shard), proof)) {
				throw new VramhubError('BAD_ARGUMENT', `shards: ${sha256} is not proved to be shard ${index}`);
			}
			shards.set(index, shard);
		}
		const model = toHex(facts.manifestHash);
		const checkpoint = `${model}/${toHex(facts.checkpointHash)}`;
		const theta = await this.#checkpoints.acquire(checkpoint, async () => shareCheckpoint(manifest, file(toHex(facts.checkpointHash))));
		try {
			const graph = await this.#graphs.acquire(model, async () => {
				const bytes = file(manifest.graphSha256);
				const pool = new ModelPool({ graph: forwardGraphOf(manifest, bytes), threads: this.#threads });
				return { pool, runtimeHash: await runtimeHash(bytes) };
			});
			return new Evaluator(facts, theta, graph, shards, async () => {
				await this.#graphs.release(model);
				await this.#checkpoints.release(checkpoint);
			});
		} catch (error) {
			await this.#checkpoints.release(checkpoint);
			throw error;
		}
	}

	/** To be called when an evaluator has lost θ, with the hexadecimal hash of its checkpoint: no other evaluator gets it. A file may be θ of several models. */
	forget(checkpointHash: string): void {
		this.#checkpoints.forget((key) => key.endsWith(`/${checkpointHash}`));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#graphs.clear();
		await this.#checkpoints.clear();
	}
}

/**
 * Evaluates gradients against one checkpoint and one window's batches:
 * own = L(θ; own batch) − L(θ − lr · clip · g; own batch), random likewise, clip = min(1, clip norm / ‖g‖). One shared baseline for the
 * random batch. Losses are means over sequences of f64 sums of f32 log-probabilities; θ − lr · clip · g is rounded to f32 twice, once
 * as a difference and once as a sum.
 */
export class Evaluator {
	readonly runtimeHash: Uint8Array;
	readonly #facts: SessionFacts;
	readonly #theta: Float32Array<SharedArrayBuffer>;
	readonly #pool: ModelPool;
	readonly #shards: ReadonlyMap<number, Uint8Array>;
	readonly #release: () => Promise<void>;
	#released = false;

	constructor(
		facts: SessionFacts,
		theta: Float32Array<SharedArrayBuffer>,
		graph: LoadedGraph,
		shards: ReadonlyMap<number, Uint8Array>,
		release: () => Promise<void>,
	) {
		this.#facts = facts;
		this.#theta = theta;
		this.#pool = graph.pool;
		this.runtimeHash = graph.runtimeHash;
		this.#shards = shards;
		this.#release = release;
	}

	/** L(θ; random batch), nats a token. */
	async baseline(): Promise<number> {
		return this.#pool.evaluateLoss(this.#theta, this.#sequences(this.#facts.batches.random));
	}

	/** Throws ENCLAVE_SESSION_LOST when θ did not come back to what it was: nothing may be evaluated with it any more. */
	async evaluate(uid: number, gradient: SparseGradient, norm: number, clipNorm: number, baseline: number): Promise<Improvements> {
		const ownIndices = this.#facts.batches.own.get(uid);
		if (ownIndices === undefined) throw new VramhubError('INVARIANT', `miner ${uid} has no batch`);
		const own = this.#sequences(ownIndices);
		const scale = learningRate(this.#facts.hparams) * Math.min(1, clipNorm / norm);
		const after = [...own, ...this.#sequences(this.#facts.batches.random)];
		const losses = await this.#pool.updateLosses(this.#theta, { gradient, scale }, own, after).catch((error: unknown) => {
			throw error instanceof ThetaLost ? new VramhubError('ENCLAVE_SESSION_LOST', error.message, { cause: error }) : error;
		});
		const moved = { own: losses.after.subarray(0, own.length), random: losses.after.subarray(own.length) };
		return { own: mean(losses.before) - mean(moved.own), random: baseline - mean(moved.random) };
	}

	/** Throws ENCLAVE_SESSION_LOST unless θ has the bytes that the checkpoint's hash is of, whatever was evaluated since it was loaded. */
	requireCheckpoint(): void {
		const { manifest, checkpointHash } = this.#facts;
		if (toHex(parametersHash(manifest, this.#theta)) === toHex(checkpointHash)) return;
		throw new VramhubError('ENCLAVE_SESSION_LOST', 'the checkpoint in memory is no longer the one that was loaded');
	}

	/** Lets go of everything that is large. Idempotent. */
	async release(): Promise<void> {
		if (this.#released) return;
		this.#released = true;
		await this.#release();
	}

	#sequences(indices: readonly number[]): Uint8Array[] {
		return indices.map((index) => readSequence(this.#facts.manifest, this.#shards, index));
	}
}

function learningRate(hparams: HparamValues): number {
	return Number(hparams.evaluation_learning_rate_ppm) / PPM;
}

/** Values by key with a count of users. The last one that became unused is kept, earlier ones are disposed of. */
class SharedCache<V> {
	readonly #entries = new Map<string, { readonly value: Promise<V>; users: number }>();
	readonly #dispose: (value: V) => Promise<void>;

	constructor(dispose: (value: V) => Promise<void>) {
		this.#dispose = dispose;
	}

	async acquire(key: string, create: () => Promise<V>): Promise<V> {
		const entry = this.#entries.get(key) ?? { value: create(), users: 0 };
		this.#entries.set(key, entry);
		entry.users++;
		try {
			return await entry.value;
		} catch (error) {
			this.#entries.delete(key);
			throw error;
		}
	}

	async release(key: string): Promise<void> {
		const entry = this.#entries.get(key);
		if (entry === undefined || --entry.users > 0) return;
		await this.#disposeUnused(key);
	}

	/** Whoever has the value keeps it; the next user makes another. */
	forget(which: (key: string) => boolean): void {
		for (const key of this.#entries.keys()) if (which(key)) this.#entries.delete(key);
	}

	async clear(): Promise<void> {
		for (const entry of this.#entries.values()) entry.users = 0;
		await this.#disposeUnused(undefined);
	}

	async #disposeUnused(except: string | undefined): Promise<void> {
		for (const [key, { value, users }] of this.#entries) {
			if (users > 0 || key === except) continue;
			this.#entries.delete(key);
			await this.#dispose(await value);
		}
	}
}
