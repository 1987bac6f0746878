import type { Boundary, ChainReader, ChainWriter, CheckpointAnchor, Executed, SettledScores, WindowConsensus } from '#clients/chain/port.ts';
import { equalBytes } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { mergeDigest, rowConsensus, selectGradients, selectionHash, type ValidatorColumns } from '#core/gradient/consensus.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { RosterEntry, WindowRecord } from '#core/gradient/records.ts';
import { submissionDeadlineMs, windowAt } from '#core/window.ts';

/** The part of a fake chain that windows and payloads are in. */
export interface FakeWindows {
	nowMs(): bigint;
	readonly windowDurationMs: bigint;
	readonly values: HparamValues;
	readonly genesis: Uint8Array;
	record(window: bigint): WindowRecord | undefined;
	setStatus(window: bigint, status: WindowRecord['status']): void;
	roster(window: bigint): readonly RosterEntry[];
	settled(window: bigint, validatorUid: number): SettledScores | undefined;
	/** Of every validator, for attestations. */
	stakes(): ReadonlyMap<number, bigint>;
	/** Counts the call, and fails it when the test says so. */
	call<T>(name: 'settleMedians' | 'finalizeWindow' | 'attestCheckpoint' | 'distributeRewards', label: string, effect: () => T): Promise<T>;
}

const abort = (name: string) => new VramhubError('CHAIN_REJECTED', name, { details: { abort: name } });
const executed = (what: string): Executed => ({ digest: `digest-of-${what.replaceAll(' ', '-')}`, gasUsedMist: 1n });

type Reader = Pick<ChainReader, 'consensus' | 'selection' | 'checkpoints' | 'checkpointAt' | 'intervalStart' | 'boundary'>;
type Writer = Pick<ChainWriter, 'settleMedians' | 'finalizeWindow' | 'attestCheckpoint' | 'distributeRewards'>;

/** Consensus, checkpoints and rewards as the contracts do them: cursors, checked claims, quorums. */
export class FakeRounds {
	readonly #windows: FakeWindows;
	readonly #consensus = new Map<bigint, WindowConsensus>();
	readonly #selected = new Map<bigint, readonly RosterEntry[]>();
	readonly #boundaries = new Map<bigint, Boundary>();
	readonly #distributed = new Set<bigint>();
	#checkpoints: readonly CheckpointAnchor[];
	#intervalStart = 0n;

	constructor(windows: FakeWindows) {
		this.#windows = windows;
		this.#checkpoints = [{ boundary: 0n, hash: windows.genesis, activation: 0n }];
	}

	readonly reader: Reader = {
		consensus: async (window) => this.#consensus.get(window),
		selection: async (window) => {
			const selected = this.#selected.get(window);
			return selected && { window, selected, selectionHash: this.#selectionHash(window, selected) };
		},
		checkpoints: async () => this.#checkpoints,
		checkpointAt: async (window) => this.#checkpoints.findLast(({ activation }) => activation <= window)!,
		intervalStart: async () => this.#intervalStart,
		boundary: async (boundary) => this.#boundaries.get(boundary),
	};

	readonly writer: Writer = {
		settleMedians: ({ window, fromRow, medians }) =>
			this.#windows.call('settleMedians', `${window} ${fromRow}`, () => {
				const entry = this.#begin(window);
				if (fromRow > entry.medians.length) throw abort('ERowsSkipped');
				if (fromRow === entry.medians.length) {
					const expected = this.#rows(entry).slice(fromRow, fromRow + medians.length);
					for (const [row, { own, random, weight }] of expected.entries()) {
						const claim = medians[row]!;
						if (claim.own !== own || claim.random !== random || claim.weight !== weight) throw abort('ENotMedianOwn');
					}
					this.#consensus.set(window, { ...entry, medians: [...entry.medians, ...medians.slice(0, expected.length)] });
				}
				return executed(`medians ${window} ${fromRow}`);
			}),
		finalizeWindow: ({ window, selectedUids }) =>
			this.#windows.call('finalizeWindow', String(window), () => {
				if (this.#consensus.get(window)?.finalized) return undefined;
				const entry = this.#begin(window);
				const roster = this.#windows.roster(window);
				if (entry.medians.length !== roster.length) throw abort('ERowsLeft');
				const { values } = this.#windows;
				const selected = selectGradients(roster, this.#rows(entry), Number(values.top_g));
				if (selected.map(({ uid }) => uid).join() !== selectedUids.join()) throw abort('EWrongSelection');
				this.#consensus.set(window, { ...entry, finalized: true });
				const isFinal = entry.submittedStake * 10_000n > this.#windows.record(window)!.totalStake * values.score_quorum_bps;
				if (isFinal) this.#selected.set(window, selected);
				this.#windows.setStatus(window, isFinal ? 'final' : 'unscored');
				return executed(`finalize ${window}`);
			}),
		distributeRewards: (window) =>
			this.#windows.call('distributeRewards', String(window), () => {
				if (this.#windows.record(window)?.status !== 'final') throw abort('ENotFinal');
				if (this.#distributed.has(window)) return undefined;
				this.#distributed.add(window);
				return executed(`rewards ${window}`);
			}),
		attestCheckpoint: ({ validatorUid, boundary, parentBoundary, hash, mergeDigest: digest }) =>
			this.#windows.call('attestCheckpoint', `${boundary} ${validatorUid}`, () => {
				const { values } = this.#windows;
				const current = windowAt(this.#windows.nowMs(), this.#windows.windowDurationMs);
				if (current >= boundary + values.checkpoint_frequency) throw abort('EBoundaryExpired');
				const entry = this.#boundaries.get(boundary) ?? { boundary, parentBoundary: this.#checkpoints.at(-1)!.boundary, votes: [], outcome: { kind: 'open' } };
				const mine = entry.votes.find((vote) => vote.validatorUid === validatorUid);
				if (mine !== undefined && equalBytes(mine.hash, hash ?? new Uint8Array())) return undefined;
				if (mine !== undefined) throw abort('EAlreadyAttested');
				if (entry.outcome.kind !== 'open') throw abort('EAlreadyAnchored');
				if (entry.parentBoundary !== parentBoundary) throw abort('EWrongParent');
				if (!equalBytes(digest, this.mergeDigestOf(boundary))) throw abort('EWrongMergeDigest');
				const stake = this.#windows.stakes().get(validatorUid) ?? 0n;
				const votes = [...entry.votes, { validatorUid, stake, hash: hash ?? new Uint8Array(), mergeDigest: digest }];
				this.#boundaries.set(boundary, { ...entry, votes });
				this.#decide(boundary, hash, current + 1n + values.checkpoint_activation_delay);
				return executed(`attest ${boundary} ${validatorUid}`);
			}),
	};

	/** Over the interval of a boundary that is open. Throws EWindowsPending. */
	mergeDigestOf(boundary: bigint): Uint8Array {
		const { values } = this.#windows;
		const starts = [this.#checkpoints.at(-1)!.activation, this.#intervalStart, boundary - values.max_merge_windows];
		const hashes: Uint8Array[] = [];
		for (let window = starts.sort((a, b) => Number(b - a))[0]!; window < boundary; window++) {
			if (this.#windows.record(window)?.status === 'sealed') throw abort('EWindowsPending');
			const selected = this.#selected.get(window);
			if (selected !== undefined) hashes.push(this.#selectionHash(window, selected));
		}
		return mergeDigest(hashes);
	}

	#selectionHash(window: bigint, selected: readonly RosterEntry[]): Uint8Array {
		return selectionHash(window, this.#windows.record(window)!.commitmentsHash, selected);
	}

	#decide(boundary: bigint, hash: Uint8Array | undefined, activation: bigint): void {
		const entry = this.#boundaries.get(boundary)!;
		const total = [...this.#windows.stakes().values()].reduce((sum, stake) => sum + stake, 0n);
		const agreeing = entry.votes.filter((vote) => equalBytes(vote.hash, hash ?? new Uint8Array())).reduce((sum, { stake }) => sum + stake, 0n);
		if (agreeing * 10_000n <= total * this.#windows.values.checkpoint_quorum_bps) return;
		if (hash === undefined) {
			this.#boundaries.set(boundary, { ...entry, outcome: { kind: 'keep' } });
			this.#intervalStart = boundary;
			return;
		}
		this.#boundaries.set(boundary, { ...entry, outcome: { kind: 'new', hash, activation } });
		this.#checkpoints = [...this.#checkpoints, { boundary, hash, activation }];
		this.#intervalStart = activation;
	}

	#begin(window: bigint): WindowConsensus {
		const started = this.#consensus.get(window);
		if (started !== undefined) return started;
		const record = this.#windows.record(window);
		if (record === undefined) throw abort('ENotSealed');
		const counting = record.validators.filter(({ uid }) => this.#windows.settled(window, uid) !== undefined);
		const isOver = this.#windows.nowMs() >= submissionDeadlineMs(window, this.#windows.windowDurationMs);
		if (counting.length < record.validators.length && !isOver) throw abort('EPayloadsMissing');
		const submittedStake = counting.reduce((sum, { stake }) => sum + stake, 0n);
		const entry = { window, validators: counting, submittedStake, medians: [], finalized: false };
		this.#consensus.set(window, entry);
		return entry;
	}

	#rows({ window, validators }: WindowConsensus) {
		const columns = validators.map(({ uid, stake }): ValidatorColumns => ({ uid, stake, rows: this.#windows.settled(window, uid)!.miners }));
		return rowConsensus(columns, this.#windows.roster(window).length);
	}
}
