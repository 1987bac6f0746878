import { Context } from '@temporalio/activity';
import type { BlobFolder } from '#activities/blobs.ts';
import type { CredentialsDecryptor, ObjectSource } from '#activities/gradient/ports.ts';
import { resuming } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { ERRORS, isVramhubError, VramhubError } from '#core/errors.ts';
import { MINER_CODE, testimonyOf } from '#core/gradient/codes.ts';
import { gradientObjectKey } from '#core/gradient/layout.ts';
import type { CommittedMiner, FetchOutcome } from '#core/gradient/messages.ts';
import type { Logger } from '#runtime/log.ts';

export interface FetchRequest {
	readonly window: string;
	/** One miner, or a chunk of a large roster. */
	readonly miners: readonly CommittedMiner[];
	/** End of the put phase, chain milliseconds. */
	readonly putCloseMs: string;
}

interface FetchDeps {
	readonly chain: Pick<ChainReader, 'miner' | 'clockMs' | 'validator' | 'hparamsAt'>;
	readonly decryptor: CredentialsDecryptor;
	readonly objects: ObjectSource;
	readonly blobs: BlobFolder;
	readonly validatorUid: number;
	readonly log: Logger;
}

/** An object store counts whole seconds on a clock of its own. */
const LATE_TOLERANCE_MS = 2_000n;

/**
 * Brings each miner's gradient into this validator's blob folder, or gives testimony why it could not. Credentials live between
 * the decryption and the download of one miner, in memory only. What may pass (a key server, the store) is tried again by Temporal; on the last
 * attempt it becomes testimony too, so that one miner's dead endpoint never holds up a window.
 */
export function createFetchGradients(deps: FetchDeps) {
	return async function fetchGradients(request: FetchRequest): Promise<FetchOutcome[]> {
		const { attempt, retryPolicy } = Context.current().info;
		const lastAttempt = retryPolicy?.maximumAttempts !== undefined && attempt >= retryPolicy.maximumAttempts;
		let passing: unknown;
		return resuming<CommittedMiner, FetchOutcome>(
			request.miners,
			async (miner, signal) => {
				try {
					return await bring(deps, request, miner, signal);
				} catch (error) {
					const outcome = await testimonyFor(deps, request, miner, error, lastAttempt);
					if (outcome === undefined) passing = error;
					return outcome;
				}
			},
			() => {
				throw passing;
			},
		);
	};
}

async function bring(deps: FetchDeps, request: FetchRequest, miner: CommittedMiner, signal: AbortSignal): Promise<FetchOutcome> {
	const { chain, decryptor, objects, blobs } = deps;
	const stored: FetchOutcome = { kind: 'stored', uid: miner.uid, sha256: miner.sha256, size: miner.size };
	if ((await blobs.read(miner.sha256)) !== undefined) return stored;

	const registered = await chain.miner(miner.uid);
	if (registered?.generation !== miner.generation || registered.credVersion === 0) {
		throw new VramhubError('CREDENTIALS_MALFORMED', `miner ${miner.uid} has no credentials of the generation that committed`);
	}
	const credentials = await decryptor.decrypt({
		uid: miner.uid,
		generation: miner.generation,
		credVersion: registered.credVersion,
		ciphertext: registered.credentials,
	});
	const { bytes, lastModifiedMs } = await objects.fetch({
		credentials,
		key: gradientObjectKey(BigInt(request.window), miner.uid),
		maxBytes: miner.size,
		sha256: miner.sha256,
		signal,
	});
	// The miner's store may say what it likes, so a missing date costs nobody anything that a false one would not.
	const lateMs = lastModifiedMs === undefined ? 0n : await putAfterCloseMs(chain, lastModifiedMs, BigInt(request.putCloseMs));
	if (lateMs > LATE_TOLERANCE_MS) throw new VramhubError('OBJECT_LATE', `put ${lateMs} ms after the put phase`);
	await blobs.write(miner.sha256, bytes);
	return stored;
}

/** The store's clock is the world's, the deadline is the chain's: a development chain may be set to another time altogether. */
async function putAfterCloseMs(chain: Pick<ChainReader, 'clockMs'>, lastModifiedMs: number, putCloseMs: bigint): Promise<bigint> {
	const chainAheadMs = (await chain.clockMs()) - BigInt(Date.now());
	return BigInt(Math.floor(lastModifiedMs)) + chainAheadMs - putCloseMs;
}

/** Undefined when it should be tried again; throws what is not about this miner. */
async function testimonyFor(
	deps: FetchDeps,
	request: FetchRequest,
	miner: CommittedMiner,
	error: unknown,
	lastAttempt: boolean,
): Promise<FetchOutcome | undefined> {
	if (!isVramhubError(error)) throw error;
	let name = testimonyOf(error.code);
	if (error.code === 'SEAL_NO_ACCESS') {
		// Refused to us altogether, or only this miner's (it rotated its credentials meanwhile)?
		if (!(await isEntitled(deps, BigInt(request.window)))) throw error;
		name = 'undecryptable';
	}
	if (name === undefined) throw error;
	if (ERRORS[error.code].retryable && !lastAttempt) return undefined;
	deps.log.warn('Gradient not brought', { miner_uid: miner.uid, reason: name, code: error.code, window: request.window });
	return { kind: 'testimony', uid: miner.uid, code: MINER_CODE[name], reason: error.code };
}

async function isEntitled({ chain, validatorUid }: FetchDeps, window: bigint): Promise<boolean> {
	const [validator, hparams] = await Promise.all([chain.validator(validatorUid), chain.hparamsAt(window)]);
	if (validator === undefined || validator.slashed) return false;
	return validator.active && validator.stake >= hparams.values.min_validator_stake_mist;
}
