import { Context } from '@temporalio/activity';
import { beating } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';

/** Between two looks at the chain clock; the last one before the moment is exact. */
const LONGEST_LOOK_MS = 2_000n;
const SHORTEST_LOOK_MS = 50n;

/**
 * Waits, with heartbeats, until the chain clock shows at least `momentMs`, or `early` gives an answer before that. Only the chain's own
 * clock counts: its operator's wall clock may be wrong, and a development chain's clock is set as one likes.
 */
export async function untilChainTime<T>(
	chain: Pick<ChainReader, 'clockMs'>,
	momentMs: bigint,
	early: (nowMs: bigint) => Promise<T | undefined>,
): Promise<T | undefined> {
	let nowMs = await chain.clockMs();
	return beating(
		() => ({ waitingFor: momentMs.toString(), chainMs: nowMs.toString() }),
		async () => {
			for (;;) {
				const answer = await early(nowMs);
				if (answer !== undefined) return answer;
				if (nowMs >= momentMs) return undefined;
				await Context.current().sleep(Number(lookAfter(momentMs - nowMs)));
				nowMs = await chain.clockMs();
			}
		},
	);
}

function lookAfter(leftMs: bigint): bigint {
	if (leftMs > LONGEST_LOOK_MS) return LONGEST_LOOK_MS;
	return leftMs < SHORTEST_LOOK_MS ? SHORTEST_LOOK_MS : leftMs;
}

export const nothingEarly = async () => undefined;
