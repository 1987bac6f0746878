import type { HparamValues } from '#core/gradient/hparams.ts';
import { openPanels, type PlayerHistory, type RunResult, settle } from '#lab/books.ts';

/**
 * Ratings, weights and rewards of a run by other parameters, in a second instead of minutes. What was measured stays as it was: codes, improvements, and the checkpoints that
 * followed from the weights then.
 */
export function replay(run: RunResult, values: HparamValues): RunResult {
	const panels = openPanels('replay', values);
	const players = run.players.map((player): PlayerHistory => ({ ...player, reward: [], ordinal: [], proofOfWork: [], own: [], random: [], codes: {} }));
	for (const [index, { uids, outcomes }] of run.windows.entries()) {
		const roster = uids.map((uid) => ({ uid, generation: 0 }));
		for (const [p, panel] of panels.entries()) {
			for (const [v, validator] of panel.validators.entries()) validator.rate(roster, new Map(uids.map((uid, row) => [uid, outcomes[p]![v]![row]!])));
		}
		settle(index, roster, panels, players, values);
	}
	return { ...run, players, collusions: panels.flatMap(({ collusions }) => collusions) };
}
