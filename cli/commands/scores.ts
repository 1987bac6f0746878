import { type NetworkFlags, operatorOf } from '#cli/commands/operator.ts';
import { type Answer, runCommand, table } from '#cli/commands/run.ts';
import type { ChainReader, SettledMiner } from '#clients/chain/port.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { decodePayload, type MinerRow } from '#core/gradient/payload.ts';
import type { WindowRecord, WindowState } from '#core/gradient/records.ts';
import { sealInterval, submissionDeadlineMs, windowAt } from '#core/window.ts';

export interface ScoresFlags extends NetworkFlags {
	readonly window: bigint;
}

export const scores = (flags: ScoresFlags) =>
	runCommand(flags, async () => {
		const { chain } = await operatorOf(flags);
		return scoresOf(chain, flags.window);
	});

/** What the chain has of a window; one that is not scored yet gives its state. Throws WINDOW_NOT_OPEN for one that has not begun, WINDOW_PRUNED for one long ago. */
async function scoresOf(chain: ChainReader, window: bigint): Promise<Answer> {
	const [record, { windowDurationMs }, nowMs] = await Promise.all([chain.windowRecord(window), chain.network(), chain.clockMs()]);
	if (record === undefined) {
		const current = windowAt(nowMs, windowDurationMs);
		if (window > current) throw new VramhubError('WINDOW_NOT_OPEN', `window ${window} has not begun: the current one is ${current}`);
		const { untilMs } = sealInterval(window, { windowDurationMs, putOpenMs: 0n, putCloseMs: 0n });
		return answer(window, nowMs < untilMs ? 'open' : 'void', []);
	}
	if (record.pruned) throw new VramhubError('WINDOW_PRUNED', `window ${window} is ${record.status}; its scores are not on the chain any more`);
	const validators = await Promise.all(record.validators.map(({ uid }) => validatorScores(chain, window, uid)));
	const scored = validators.filter((validator) => validator !== undefined);
	return answer(window, stateOf(record, scored.length > 0, nowMs >= submissionDeadlineMs(window, windowDurationMs)), scored);
}

function stateOf({ status }: WindowRecord, isScored: boolean, isClosed: boolean): WindowState {
	switch (status) {
		case 'final':
		case 'unscored':
			return status;
		case 'sealed':
			return isScored ? 'scored' : isClosed ? 'void' : 'sealed';
		default:
			return status satisfies never;
	}
}

interface ValidatorScores {
	readonly uid: number;
	readonly payloadSha256: string;
	readonly miners: readonly (SettledMiner & { readonly rating: MinerRow | undefined })[];
}

async function validatorScores(chain: ChainReader, window: bigint, uid: number): Promise<ValidatorScores | undefined> {
	const [settled, payloads] = await Promise.all([chain.settledScores(window, uid), chain.payloadChain(uid)]);
	if (settled === undefined) return undefined;
	// The chain keeps a validator's last payload alone, and ratings are in payloads only.
	const rows = payloads?.lastWindow === window ? decodePayload(payloads.lastPayload).miners : [];
	const ratings = new Map(rows.map((row) => [row.uid, row]));
	return { uid, payloadSha256: toHex(settled.payloadSha256), miners: settled.miners.map((miner) => ({ ...miner, rating: ratings.get(miner.uid) })) };
}

const HEADINGS = ['miner', 'own', 'random', 'proof of work', 'rating', 'weight', 'code'] as const;

function answer(window: bigint, state: WindowState, validators: readonly ValidatorScores[]): Answer {
	const tables = validators.map(({ uid, payloadSha256, miners }) => {
		const rows = miners.map(({ uid: miner, code, codeName, score, random, weight, rating }) => [
			String(miner),
			code === 0 ? String(score) : '-',
			code === 0 ? String(random) : '-',
			rating === undefined ? '-' : (rating.proofOfWork / 1e6).toFixed(3),
			rating === undefined ? '-' : (Number(rating.mu - 3n * rating.sigma) / 1e9).toFixed(3),
			(weight / 65_535).toFixed(4),
			codeName ?? String(code),
		]);
		return `validator ${uid} · payload ${payloadSha256.slice(0, 16)}\n${table(HEADINGS, rows)}`;
	});
	return {
		json: {
			window,
			state,
			validators: validators.map(({ uid, payloadSha256, miners }) => ({
				uid,
				payloadSha256,
				miners: miners.map(({ uid: miner, code, codeName, score, random, weight, rating }) => ({
					uid: miner,
					code,
					codeName: codeName ?? null,
					own: code === 0 ? score : null,
					random: code === 0 ? random : null,
					weight: weight / 65_535,
					proofOfWork: rating === undefined ? null : rating.proofOfWork / 1e6,
					mu: rating === undefined ? null : Number(rating.mu) / 1e9,
					sigma: rating === undefined ? null : Number(rating.sigma) / 1e9,
				})),
			})),
		},
		text: `window ${window}: ${state}\n${tables.map((text) => `\n${text}`).join('')}`,
	};
}
