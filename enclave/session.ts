import { createHash } from 'node:crypto';
import { ByteWriter, toHex } from '#core/bytes.ts';
import { encodeCanonical } from '#core/cbor.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import { chunkCount, decodeGradient, gradientForm, gradientNorm } from '#core/gradient/codec.ts';
import { MINER_CODE } from '#core/gradient/codes.ts';
import { keptSketches, largestOverlaps, type SketchedGradient } from '#core/gradient/copies.ts';
import { type CloseAnswer, type FreezeAnswer, type MeasureAnswer, type ProcessDataAnswer, RECEIPT_DOMAIN } from '#core/gradient/enclave-api.ts';
import { type FrozenSet, freezeSet, type MeasuredGradient, outcomeOf } from '#core/gradient/frozen-set.ts';
import { FLAG_SKETCHES_LOST, FLAG_STATE_RESET } from '#core/gradient/header.ts';
import { CHUNK_ELEMENTS, type SparseGradient } from '#core/gradient/layout.ts';
import { INTERVAL_SKETCH_HASHES, intervalSketchSeed, sketchOf, WINDOW_SKETCH_HASHES, windowSketchSeed } from '#core/gradient/overlap.ts';
import { encodePayload } from '#core/gradient/payload.ts';
import type { Commitment } from '#core/gradient/records.ts';
import { lossToMicroNats, toMicroNats } from '#core/gradient/score.ts';
import { nextRows, stateFileOf } from '#core/gradient/state.ts';
import { type Overlap, type StoredSketch, stateFileDigest } from '#core/gradient/state-file.ts';
import type { Evaluator } from '#enclave/evaluate.ts';
import type { SigningKey } from '#enclave/keys.ts';
import type { SessionFacts } from '#enclave/request.ts';

interface Measured extends MeasuredGradient {
	/** Of one that decodes. */
	readonly sketches: Pick<SketchedGradient, 'inWindow' | 'inInterval'> | undefined;
}

interface Frozen extends FrozenSet {
	/** Ascending uid. */
	readonly overlaps: readonly Overlap[];
	/** Nats. */
	readonly baseline: number;
	readonly answer: FreezeAnswer;
}

/** Where a session stands. Each step may be repeated with the same input and then gives the same answer. */
type State =
	| { readonly kind: 'measuring' }
	| { readonly kind: 'processing'; readonly frozen: Frozen }
	| { readonly kind: 'closed'; readonly frozen: Frozen; readonly answer: CloseAnswer; readonly stateFile: Uint8Array };

export interface SessionSurroundings {
	readonly key: SigningKey;
	/** CPU_CLASS of this machine. */
	readonly cpuClass: number;
	/**
	 * Called with a digest of the frozen set before anything is evaluated; throws ENCLAVE_REFUSED when this validator's window was
	 * frozen with another set before: who has seen scores must not choose again which miners are scored.
	 */
	readonly fixSet: (digest: string) => void;
	/** Called when the checkpoint in memory is not what it was: whatever is open and evaluates with it must end. */
	readonly checkpointLost: (why: string) => Promise<void>;
}

/**
 * The scoring of one window: measure every gradient, freeze the set and the clip norm, evaluate each gradient, close and sign.
 * Out of order: ENCLAVE_REFUSED. Calls must not overlap.
 */
export class Session {
	readonly facts: SessionFacts;
	readonly #evaluator: Evaluator;
	readonly #surroundings: SessionSurroundings;
	readonly #seeds: { readonly window: Uint8Array; readonly interval: Uint8Array };
	#earlier: readonly StoredSketch[];
	readonly #measured = new Map<number, Measured>();
	readonly #processed = new Map<number, ProcessDataAnswer>();
	#state: State = { kind: 'measuring' };

	/** `earlier`: what gradients of this interval's windows before are compared by. */
	constructor(facts: SessionFacts, evaluator: Evaluator, earlier: readonly StoredSketch[], surroundings: SessionSurroundings) {
		const { network, window, randomness, checkpointHash } = facts;
		this.facts = facts;
		this.#evaluator = evaluator;
		this.#earlier = earlier;
		this.#seeds = { window: windowSketchSeed(network, window, randomness), interval: intervalSketchSeed(network, checkpointHash) };
		this.#surroundings = surroundings;
	}

	get closed(): boolean {
		return this.#state.kind === 'closed';
	}

	/** What the signed `state_after` is the digest of. ENCLAVE_REFUSED before the session is closed. */
	get stateFile(): Uint8Array {
		if (this.#state.kind !== 'closed') throw new VramhubError('ENCLAVE_REFUSED', 'the session is not closed');
		return this.#state.stateFile;
	}

	/** Most bytes that a gradient of this miner may have; ENCLAVE_REFUSED when it committed nothing. */
	gradientLimit(uid: number): number {
		const { size } = this.#commitment(uid);
		return Math.min(Number(size), Number(this.facts.hparams.max_gradient_bytes));
	}

	/** Decodes a gradient and takes its norm. OBJECT_DIGEST when the bytes are not the committed ones: that is for the host to testify. */
	measure(uid: number, gradient: Uint8Array): MeasureAnswer {
		this.#requireCommitted(uid, gradient);
		const known = this.#measured.get(uid);
		if (known !== undefined) return { uid, code: known.code, norm: known.norm };
		if (this.#state.kind !== 'measuring') throw new VramhubError('ENCLAVE_REFUSED', 'the set of gradients is frozen');
		const result = decodeGradient(gradient, this.#expected(uid));
		const measured: Measured =
			result.kind === 'decoded'
				? { code: MINER_CODE.scored, norm: gradientNorm(result.gradient), sketches: this.#sketchesOf(result.gradient) }
				: { code: MINER_CODE[result.code], norm: 0, sketches: undefined };
		this.#measured.set(uid, measured);
		return { uid, code: measured.code, norm: measured.norm };
	}

	/** `testimony`: codes of the drawn miners that were not measured, all of them and no others. */
	async freeze(testimony: ReadonlyMap<number, number>): Promise<FreezeAnswer> {
		const overlaps = this.#state.kind === 'measuring' ? this.#overlaps() : this.#state.frozen.overlaps;
		const set = this.#freeze(testimony, overlaps);
		if (this.#state.kind !== 'measuring') {
			if (digestOf(set.codes) !== digestOf(this.#state.frozen.codes)) throw new VramhubError('ENCLAVE_REFUSED', 'the session was frozen with other testimony');
			return this.#state.frozen.answer;
		}
		this.#surroundings.fixSet(digestOf(set.codes));
		const uids = [...set.codes].filter(([, code]) => code === MINER_CODE.scored).map(([uid]) => uid);
		const baseline = await this.#evaluator.baseline();
		const rejected = [...set.codes]
			.filter(([uid, code]) => code !== MINER_CODE.scored && this.#measured.get(uid)?.code === MINER_CODE.scored)
			.map(([uid, code]) => ({ uid, code }));
		const answer: FreezeAnswer = { median_norm: set.clipNorm, uids, rejected, baseline_loss: lossToMicroNats(baseline).toString() };
		this.#state = { kind: 'processing', frozen: { ...set, overlaps, baseline, answer } };
		return answer;
	}

	/** Evaluates one gradient. The receipt is signed under a domain that no payload has. */
	async process(uid: number, gradient: Uint8Array): Promise<ProcessDataAnswer> {
		const state = this.#state;
		if (state.kind === 'measuring') throw new VramhubError('ENCLAVE_REFUSED', 'the session is not frozen');
		this.#requireCommitted(uid, gradient);
		const known = this.#processed.get(uid);
		if (known !== undefined) return known;
		if (state.kind === 'closed' || state.frozen.codes.get(uid) !== MINER_CODE.scored)
			throw new VramhubError('ENCLAVE_REFUSED', `miner ${uid} is not to be processed`);
		const result = decodeGradient(gradient, this.#expected(uid));
		if (result.kind === 'rejected') throw new VramhubError('INVARIANT', `a gradient that was measured no longer decodes: ${result.reason}`);
		const { clipNorm: norm, baseline } = state.frozen;
		const improvements = await this.#withCheckpoint(() => this.#evaluator.evaluate(uid, result.gradient, this.#measured.get(uid)!.norm, norm, baseline));
		const [score, random] = [toMicroNats(improvements.own), toMicroNats(improvements.random)];
		const receipt = new ByteWriter()
			.bytes(new TextEncoder().encode(RECEIPT_DOMAIN))
			.bytes(encodeCanonical([this.facts.window, uid, score, random]))
			.done();
		const answer: ProcessDataAnswer = { score, random, signed_payload: toHex(receipt), signature: toHex(this.#surroundings.key.sign(receipt)) };
		this.#processed.set(uid, answer);
		return answer;
	}

	/** Ranks, rates and signs, if the checkpoint is still what the payload says. From then on only the answers are kept. */
	async close(): Promise<CloseAnswer> {
		if (this.#state.kind === 'closed') return this.#state.answer;
		if (this.#state.kind === 'measuring') throw new VramhubError('ENCLAVE_REFUSED', 'the session is not frozen');
		const { frozen } = this.#state;
		const waiting = frozen.answer.uids.filter((uid) => !this.#processed.has(uid));
		if (waiting.length > 0) throw new VramhubError('ENCLAVE_REFUSED', `miners ${waiting.slice(0, 8).join(', ')} are not processed`);
		await this.#withCheckpoint(async () => this.#evaluator.requireCheckpoint());
		const { payload, stateFile } = this.#outcome(frozen);
		const { key } = this.#surroundings;
		const answer: CloseAnswer = { payload: toHex(payload), signature: toHex(key.sign(payload)), public_key: toHex(key.publicKey) };
		this.#state = { kind: 'closed', frozen, answer, stateFile };
		await this.release();
		return answer;
	}

	/** Lets go of the model and the shards. */
	async release(): Promise<void> {
		this.#earlier = [];
		await this.#evaluator.release();
	}

	async #withCheckpoint<T>(work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (error) {
			if (isVramhubError(error) && error.code === 'ENCLAVE_SESSION_LOST') await this.#surroundings.checkpointLost(error.message);
			throw error;
		}
	}

	#outcome(frozen: Frozen): { readonly payload: Uint8Array; readonly stateFile: Uint8Array } {
		const { facts } = this;
		const score = (uid: number) => {
			const { score: own, random } = this.#processed.get(uid)!;
			return { own, random };
		};
		const miners = nextRows(
			facts.roster.map(({ uid, generation }) => ({ uid, generation, outcome: outcomeOf(uid, frozen, score) })),
			facts.previousRows,
			facts.hparams,
		);
		const { network, window, checkpointHash } = facts;
		const scored = this.#sketched().filter(({ uid }) => frozen.codes.get(uid) === MINER_CODE.scored);
		const sketches = keptSketches(window, this.#earlier, scored, facts.hparams);
		const stateFile = stateFileOf(miners, { network, window, checkpointHash, overlaps: frozen.overlaps, sketches });
		const payload = encodePayload({
			header: {
				network: facts.network,
				validatorUid: facts.validatorUid,
				validatorGeneration: facts.validatorGeneration,
				enclaveKey: this.#surroundings.key.publicKey,
				window: facts.window,
				checkpointHash: facts.checkpointHash,
				prevPayload: facts.prevPayload,
				prevWindow: facts.prevWindow,
				hparamsHash: facts.hparamsHash,
				commitmentsHash: facts.commitmentsHash,
				commitmentsCount: facts.commitmentsCount,
				rosterHash: facts.rosterHash,
				rosterCount: facts.roster.length,
				randomness: facts.randomness,
				ownDataDigest: facts.batches.ownDataDigest,
				randomDataDigest: facts.batches.randomDataDigest,
				medianNorm: frozen.clipNorm,
				baselineLoss: BigInt(frozen.answer.baseline_loss),
				stateAfter: stateFileDigest(stateFile),
				runtimeHash: this.#evaluator.runtimeHash,
				cpuClass: this.#surroundings.cpuClass,
				flags: (facts.stateReset ? FLAG_STATE_RESET : 0) | (facts.previousState.kind === 'lost' ? FLAG_SKETCHES_LOST : 0),
			},
			miners,
		});
		return { payload, stateFile };
	}

	#sketchesOf(gradient: SparseGradient): Measured['sketches'] {
		return {
			inWindow: sketchOf(gradient, this.#seeds.window, WINDOW_SKETCH_HASHES),
			inInterval: sketchOf(gradient, this.#seeds.interval, INTERVAL_SKETCH_HASHES),
		};
	}

	/** What was measured and decodes. */
	#sketched(): SketchedGradient[] {
		return [...this.#measured].flatMap(([uid, { sketches }]) => {
			const { generation, seq } = this.#commitment(uid);
			return sketches === undefined ? [] : [{ uid, generation, seq, ...sketches }];
		});
	}

	#overlaps(): Overlap[] {
		const { window, manifest } = this.facts;
		return largestOverlaps({ window, positions: chunkCount(manifest.parameters) * CHUNK_ELEMENTS }, this.#sketched(), this.#earlier);
	}

	#freeze(testimony: ReadonlyMap<number, number>, overlaps: readonly Overlap[]): FrozenSet {
		const { roster, commitments, drawn, previousRows, hparams } = this.facts;
		return freezeSet({ roster, committed: commitments, drawn: new Set(drawn), measured: this.#measured, testimony, overlaps, previousRows }, hparams);
	}

	#commitment(uid: number): Commitment {
		const commitment = this.facts.commitments.get(uid);
		if (commitment === undefined) throw new VramhubError('ENCLAVE_REFUSED', `miner ${uid} committed nothing in window ${this.facts.window}`);
		if (!this.facts.drawn.includes(uid)) throw new VramhubError('ENCLAVE_REFUSED', `miner ${uid} was not drawn in window ${this.facts.window}`);
		return commitment;
	}

	#requireCommitted(uid: number, gradient: Uint8Array): void {
		const { sha256, size } = this.#commitment(uid);
		if (BigInt(gradient.length) !== size || createHash('sha256').update(gradient).digest('hex') !== toHex(sha256)) {
			throw new VramhubError('OBJECT_DIGEST', `these are not the bytes that miner ${uid} committed`);
		}
	}

	#expected(uid: number) {
		const { window, checkpointHash, manifestHash, manifest, hparams } = this.facts;
		return {
			uid,
			window,
			checkpointHash,
			manifestHash,
			parameters: manifest.parameters,
			...gradientForm(hparams),
			maxBytes: Number(hparams.max_gradient_bytes),
		};
	}
}

function digestOf(codes: ReadonlyMap<number, number>): string {
	return createHash('sha256').update(encodeCanonical(codes)).digest('hex');
}
