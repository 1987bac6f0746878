import { beating } from '#activities/heartbeat.ts';
import { attestationDeadlineMs } from '#clients/chain/interval.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import { fromHex } from '#core/bytes.ts';
import { isVramhubError } from '#core/errors.ts';
import type { MergePlan } from '#core/gradient/messages.ts';
import type { Logger } from '#runtime/log.ts';

export interface Attestation extends Pick<MergePlan, 'boundary' | 'parentBoundary' | 'mergeDigest'> {
	/** Hexadecimal; null to keep the parent. */
	readonly hash: string | null;
}

export interface Attested {
	/** Base58; null when it was found recorded, or is no longer wanted: the quorum was reached, or the boundary expired. */
	readonly transaction: string | null;
}

interface AttestDeps {
	readonly chain: Pick<ChainReader, 'boundary' | 'clockMs' | 'network' | 'hparamsAt'>;
	readonly writer: Pick<ChainWriter, 'attestCheckpoint'>;
	readonly validatorUid: number;
	readonly log: Logger;
}

/** Puts this validator's stake behind the outcome that it computed itself; once a boundary. */
export function createAttestCheckpoint(deps: AttestDeps) {
	const { writer, validatorUid, log } = deps;
	return async function attestCheckpoint({ boundary, parentBoundary, mergeDigest, hash }: Attestation): Promise<Attested> {
		return beating(
			() => 'attesting',
			async () => {
				try {
					const executed = await writer.attestCheckpoint({
						validatorUid,
						boundary: BigInt(boundary),
						parentBoundary: BigInt(parentBoundary),
						hash: hash === null ? undefined : fromHex(hash),
						mergeDigest: fromHex(mergeDigest),
					});
					if (executed !== undefined) log.info('Checkpoint attested', { boundary, hash: hash ?? 'keep', tx: executed.digest });
					return { transaction: executed?.digest ?? null };
				} catch (error) {
					const late = isVramhubError(error) && error.code === 'CHAIN_REJECTED' ? await noLongerWanted(deps, BigInt(boundary), error.details.abort) : undefined;
					if (late === undefined) throw error;
					log.warn('Checkpoint not attested', { boundary, reason: late });
					return { transaction: null };
				}
			},
		);
	};
}

async function noLongerWanted({ chain, validatorUid }: AttestDeps, boundary: bigint, abort: unknown): Promise<string | undefined> {
	if (abort === 'ENotInStanding') return 'this validator’s stake does not count at the boundary';
	const [state, nowMs, { windowDurationMs }, { values }] = await Promise.all([
		chain.boundary(boundary),
		chain.clockMs(),
		chain.network(),
		chain.hparamsAt(boundary),
	]);
	if (state !== undefined && state.outcome.kind !== 'open') return 'the quorum was reached';
	if (state?.votes.some((vote) => vote.validatorUid === validatorUid)) return 'this validator attested before';
	if (nowMs >= attestationDeadlineMs(boundary, values, windowDurationMs)) return 'the boundary expired';
	return undefined;
}
