import { Context } from '@temporalio/activity';
import type { BlobFolder } from '#activities/blobs.ts';
import { nothingEarly, untilChainTime } from '#activities/chain-clock.ts';
import { type CopyPatience, type CopyRequest, createCopies } from '#activities/gradient/copies.ts';
import { readMinerObject } from '#activities/gradient/miner-object.ts';
import type { CredentialsDecryptor, GradientPublisher, ObjectSource, PublishedGradients } from '#activities/gradient/ports.ts';
import { resuming } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { ERRORS, type ErrorCode, isVramhubError, VramhubError } from '#core/errors.ts';
import { MINER_CODE, type MinerCodeName, testimonyOf } from '#core/gradient/codes.ts';
import type { CommittedMiner, FetchOutcome } from '#core/gradient/messages.ts';
import { windowAt, windowStartMs } from '#core/window.ts';
import type { Logger } from '#runtime/log.ts';

export interface FetchRequest {
	readonly window: string;
	/** One miner, or a chunk of a large roster. */
	readonly miners: readonly CommittedMiner[];
	/** End of the put phase, chain milliseconds. */
	readonly putCloseMs: string;
}

interface FetchDeps {
	readonly chain: Pick<ChainReader, 'miner' | 'clockMs' | 'network' | 'validator' | 'hparamsAt' | 'windowRecord'>;
	readonly decryptor: CredentialsDecryptor;
	readonly objects: ObjectSource;
	readonly published: PublishedGradients | undefined;
	readonly audit: GradientPublisher | undefined;
	readonly blobs: BlobFolder;
	readonly validatorUid: number;
	readonly log: Logger;
}

/** An object store counts whole seconds on a clock of its own. */
const LATE_TOLERANCE_MS = 2_000n;

/**
 * Brings each miner's gradient into this validator's blob folder, or gives testimony why it could not. What was read is published for other validators, and
 * what could not be read is taken from them. What may pass (a key server, the store) is tried again by Temporal; on the last attempt it becomes testimony
 * too, so that one miner's dead endpoint never holds up a window.
 */
export function createFetchGradients(deps: FetchDeps) {
	const copies = createCopies(deps);
	return async function fetchGradients(request: FetchRequest): Promise<FetchOutcome[]> {
		const { attempt, retryPolicy, scheduledTimestampMs, currentAttemptScheduledTimestampMs } = Context.current().info;
		const startedMs = performance.now();
		const spentMs = () => currentAttemptScheduledTimestampMs - scheduledTimestampMs + performance.now() - startedMs;
		const patience = await patienceOf(deps.chain, request);
		const lastAttempt = () => (retryPolicy?.maximumAttempts !== undefined && attempt >= retryPolicy.maximumAttempts) || spentMs() >= patience.totalMs;
		// Nothing is read, and above all nothing published, while anybody may still put what it finds.
		await untilChainTime(deps.chain, BigInt(request.putCloseMs), nothingEarly);
		let passing: unknown;
		return resuming<CommittedMiner, FetchOutcome>(
			request.miners,
			async (miner, signal) => {
				const copy: CopyRequest = { ...request, miner, patience, signal };
				try {
					const { outcome, bytes } = await bring(deps, request, miner, patience.downloadMs, signal);
					await copies.publish(copy, bytes);
					return outcome;
				} catch (error) {
					const { name, code } = await reasonOf(deps, error);
					const atLast = !ERRORS[code].retryable || lastAttempt();
					const about = { miner_uid: miner.uid, reason: name, code, window: request.window };
					// Lateness is what the store says to everybody: a copy does not make an object any earlier.
					if (code !== 'OBJECT_LATE' && (await copies.take(copy, atLast))) {
						deps.log.info('Gradient taken from another validator', about);
						return stored(miner);
					}
					if (!atLast) {
						passing = error;
						return undefined;
					}
					deps.log.warn('Gradient not brought', about);
					return { kind: 'testimony', uid: miner.uid, code: MINER_CODE[name], reason: code };
				}
			},
			() => {
				throw passing;
			},
		);
	};
}

/** However long a window is, a download that takes longer than this is one that does not want to end. */
const LONGEST_DOWNLOAD_MS = 60_000;
const SHORTEST_DOWNLOAD_MS = 2_000;

/** After the longest download there is time for one of these in an attempt of `temporal.yaml`; the time for peers begins with that of the download. */
const LONGEST_COPY_MS = 15_000;
const SHORTEST_COPY_MS = 2_000;
const LONGEST_FOR_PEERS_MS = 30_000;

interface Patience extends CopyPatience {
	/** For one download, from its first byte to its last. */
	readonly downloadMs: number;
	/** Since the activity was scheduled: what fails after that is not tried again. */
	readonly totalMs: number;
}

/**
 * A window has the time between its put phase and its end to be evaluated in. A body that drips may take half of that, attempts together all of it:
 * else one miner with a slow store would hold up this window, and through it the next ones, until their submissions end.
 */
async function patienceOf(chain: FetchDeps['chain'], { window, putCloseMs }: FetchRequest): Promise<Patience> {
	const { windowDurationMs } = await chain.network();
	const totalMs = Number(windowStartMs(BigInt(window) + 1n, windowDurationMs) - BigInt(putCloseMs));
	return {
		totalMs,
		downloadMs: Math.min(LONGEST_DOWNLOAD_MS, Math.max(SHORTEST_DOWNLOAD_MS, totalMs / 2)),
		copyMs: Math.min(LONGEST_COPY_MS, Math.max(SHORTEST_COPY_MS, totalMs / 4)),
		peersMs: Math.min(LONGEST_FOR_PEERS_MS, totalMs / 4),
	};
}

const stored = ({ uid, sha256, size }: CommittedMiner): FetchOutcome => ({ kind: 'stored', uid, sha256, size });

async function bring(
	deps: FetchDeps,
	request: FetchRequest,
	miner: CommittedMiner,
	downloadMs: number,
	signal: AbortSignal,
): Promise<{ readonly outcome: FetchOutcome; readonly bytes: Uint8Array }> {
	const { chain, blobs } = deps;
	const earlier = await blobs.read(miner.sha256);
	if (earlier !== undefined) return { outcome: stored(miner), bytes: earlier };

	const { bytes, lastModifiedMs } = await readMinerObject({ ...deps, objects: hurried(deps.objects, downloadMs) }, request.window, miner, signal);
	// The miner's store may say what it likes, so a missing date costs nobody anything that a false one would not.
	const lateMs = lastModifiedMs === undefined ? 0n : await putAfterCloseMs(chain, lastModifiedMs, BigInt(request.putCloseMs));
	if (lateMs > LATE_TOLERANCE_MS) throw new VramhubError('OBJECT_LATE', `put ${lateMs} ms after the put phase`);
	await blobs.write(miner.sha256, bytes);
	return { outcome: stored(miner), bytes };
}

/** The same source, whose downloads fail with OBJECT_UNAVAILABLE when they take longer. */
function hurried(objects: ObjectSource, limitMs: number): ObjectSource {
	return {
		async fetch(request) {
			const limit = AbortSignal.timeout(limitMs);
			try {
				return await objects.fetch({ ...request, signal: AbortSignal.any([request.signal, limit]) });
			} catch (error) {
				if (!limit.aborted || request.signal.aborted || isVramhubError(error)) throw error;
				throw new VramhubError('OBJECT_UNAVAILABLE', `the object did not arrive within ${limitMs} ms`);
			}
		},
	};
}

/** The store's clock is the world's, the deadline is the chain's: a development chain may be set to another time altogether. */
async function putAfterCloseMs(chain: Pick<ChainReader, 'clockMs'>, lastModifiedMs: number, putCloseMs: bigint): Promise<bigint> {
	const chainAheadMs = (await chain.clockMs()) - BigInt(Date.now());
	return BigInt(Math.floor(lastModifiedMs)) + chainAheadMs - putCloseMs;
}

/** What the testimony would say; throws what is not about this miner. */
async function reasonOf(deps: FetchDeps, error: unknown): Promise<{ readonly name: MinerCodeName; readonly code: ErrorCode }> {
	if (!isVramhubError(error)) throw error;
	const { code } = error;
	// Refused to us altogether, or only this miner's (it rotated its credentials meanwhile)?
	const name = code === 'SEAL_NO_ACCESS' && (await isEntitled(deps)) ? 'undecryptable' : testimonyOf(code);
	if (name === undefined) throw error;
	return { name, code };
}

/** As the policy judges it: by the parameters of the chain's window of now, which may be later than the one that is scored. */
async function isEntitled({ chain, validatorUid }: FetchDeps): Promise<boolean> {
	const [validator, { windowDurationMs }, nowMs] = await Promise.all([chain.validator(validatorUid), chain.network(), chain.clockMs()]);
	const hparams = await chain.hparamsAt(windowAt(nowMs, windowDurationMs));
	if (validator === undefined || validator.slashed) return false;
	return validator.active && validator.stake >= hparams.values.min_validator_stake_mist;
}
