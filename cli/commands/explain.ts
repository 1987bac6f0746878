import { readFile } from 'node:fs/promises';
import { explainedText } from '#cli/commands/explain-text.ts';
import { type NetworkFlags, operatorOf } from '#cli/commands/operator.ts';
import { type Answer, runCommand } from '#cli/commands/run.ts';
import type { ChainReader, SettledMiner } from '#clients/chain/port.ts';
import { type Distribution, readDistribution } from '#clients/chain/rewards.ts';
import { equalBytes, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { minerCodeName } from '#core/gradient/codes.ts';
import { type RowConsensus, rowConsensus } from '#core/gradient/consensus.ts';
import { type Derivation, deriveMinerRow } from '#core/gradient/explain.ts';
import { type HparamValues, hparamsHash } from '#core/gradient/hparams.ts';
import { decodePayload, type MinerRow, type Payload, payloadDigest } from '#core/gradient/payload.ts';
import type { SnapshotValidator, WindowRecord } from '#core/gradient/records.ts';
import { stateFileDigest } from '#core/gradient/state-file.ts';
import { windowAt } from '#core/window.ts';
import { blobFile } from '#runtime/state-folder.ts';

export interface ExplainFlags extends NetworkFlags {
	readonly minerUid: number;
	readonly window: bigint;
	readonly validatorUid?: number;
}

export const explain = (flags: ExplainFlags) =>
	runCommand(flags, async () => {
		const { chain, client, deployment } = await operatorOf(flags);
		const explained = await explainMiner(
			{
				chain,
				distribution: (window) => readDistribution(client, deployment.book.objects, window),
				findPayload: (validatorUid, sha256) => readIfThere(blobFile(deployment.data, validatorUid, toHex(sha256))),
			},
			flags,
		);
		return answerOf(explained);
	});

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}

export interface ExplainSources {
	readonly chain: Pick<ChainReader, 'windowRecord' | 'hparamsAt' | 'roster' | 'settledScores' | 'payloadChain' | 'consensus' | 'clockMs' | 'network'>;
	/** Undefined until a window's rewards are distributed. */
	readonly distribution: (window: bigint) => Promise<Distribution | undefined>;
	/** Signed payloads that are not on the chain any more, and state files; whoever serves is not trusted, the digest is. */
	readonly findPayload: (validatorUid: number, sha256: Uint8Array) => Promise<Uint8Array | undefined>;
}

export type Availability<T> =
	| { readonly kind: 'found'; readonly value: T; readonly from: 'chain' | 'folder' }
	/** There is none: a first payload, or one after a reset. */
	| { readonly kind: 'none' }
	| { readonly kind: 'unavailable'; readonly why: string };

export interface ExplainedValidator extends SnapshotValidator {
	/** What the chain settled of the miner; undefined when this validator's payload is not there or not settled. */
	readonly settled: SettledMiner | undefined;
	readonly payload: Availability<Payload>;
	readonly previous: Availability<readonly MinerRow[]>;
	readonly derivation: Derivation | undefined;
	/** What the payload says otherwise than the chain: columns of this miner, and the parameters' hash. */
	readonly chainDiffers: readonly string[];
}

export interface Explained {
	readonly window: bigint;
	readonly minerUid: number;
	readonly generation: number;
	readonly record: WindowRecord;
	readonly values: HparamValues;
	readonly validators: readonly ExplainedValidator[];
	/** What core makes of all settled columns; undefined when none are. */
	readonly medians: { readonly row: RowConsensus; readonly of: number; readonly submittedStake: bigint; readonly totalWeight: number } | undefined;
	/** What the chain holds; undefined before the medians are settled. */
	readonly chainMedians: { readonly own: number; readonly random: number; readonly weight: number } | undefined;
	readonly distribution: Distribution | undefined;
	/** Of the miners' part of the distribution, or of the window's emission before that: floor(part · median weight / Σ median weights). */
	readonly reward: bigint | undefined;
}

/** Throws WINDOW_NOT_OPEN, WINDOW_PRUNED, and CHAIN_OBJECT_MISSING for a window that is not sealed, or a miner or validator that was not there. */
export async function explainMiner(
	{ chain, distribution, findPayload }: ExplainSources,
	{ minerUid, window, validatorUid }: Pick<ExplainFlags, 'minerUid' | 'window' | 'validatorUid'>,
): Promise<Explained> {
	const record = await sealedRecord(chain, window);
	const [roster, hparams] = await Promise.all([chain.roster(window), chain.hparamsAt(window)]);
	const row = roster.findIndex(({ uid }) => uid === minerUid);
	if (row < 0) throw new VramhubError('CHAIN_OBJECT_MISSING', `miner ${minerUid} is not in the roster of window ${window}`);
	if (validatorUid !== undefined && !record.validators.some(({ uid }) => uid === validatorUid))
		throw new VramhubError('CHAIN_OBJECT_MISSING', `validator ${validatorUid} is not one of window ${window}`);

	const columns = [];
	const validators: ExplainedValidator[] = [];
	for (const validator of record.validators) {
		const settled = await chain.settledScores(window, validator.uid);
		if (settled !== undefined) columns.push({ uid: validator.uid, stake: validator.stake, rows: settled.miners });
		if (validatorUid !== undefined && validator.uid !== validatorUid) continue;
		const payload = await payloadOf(chain, findPayload, validator.uid, window, settled?.payloadSha256);
		const previous = await previousRows(chain, findPayload, validator.uid, payload);
		const settledMiner = settled?.miners[row];
		const state = payload.kind === 'found' ? await stateOf(findPayload, validator.uid, payload.value) : undefined;
		const derivation = payload.kind === 'found' ? deriveMinerRow(payload.value, minerUid, rowsOf(previous), hparams.values, state) : undefined;
		const chainDiffers = payload.kind === 'found' ? differences(payload.value, derivation, settledMiner, hparamsHash(hparams)) : [];
		validators.push({ ...validator, settled: settledMiner, payload, previous, derivation, chainDiffers });
	}
	const consensus = columns.length === 0 ? undefined : rowConsensus(columns, roster.length);
	const totalWeight = consensus?.reduce((sum, { weight }) => sum + weight, 0) ?? 0;
	const minted = await distribution(window);
	const part = minted?.miners ?? (record.emission * hparams.values.emission_miner_bps) / 10_000n;
	const median = consensus?.[row];
	return {
		window,
		minerUid,
		generation: roster[row]!.generation,
		record,
		values: hparams.values,
		validators,
		medians:
			median === undefined ? undefined : { row: median, of: columns.length, submittedStake: columns.reduce((sum, { stake }) => sum + stake, 0n), totalWeight },
		chainMedians: (await chain.consensus(window))?.medians[row],
		distribution: minted,
		reward: median === undefined || totalWeight === 0 ? undefined : (part * BigInt(median.weight)) / BigInt(totalWeight),
	};
}

async function sealedRecord(chain: ExplainSources['chain'], window: bigint): Promise<WindowRecord> {
	const record = await chain.windowRecord(window);
	if (record?.pruned) throw new VramhubError('WINDOW_PRUNED', `window ${window} is ${record.status}; its lists and scores are not on the chain any more`);
	if (record !== undefined) return record;
	const current = windowAt(await chain.clockMs(), (await chain.network()).windowDurationMs);
	if (window > current) throw new VramhubError('WINDOW_NOT_OPEN', `window ${window} has not begun: the current one is ${current}`);
	throw new VramhubError('CHAIN_OBJECT_MISSING', `window ${window} is not sealed: nobody is scored in it`);
}

async function payloadOf(
	chain: ExplainSources['chain'],
	findPayload: ExplainSources['findPayload'],
	validatorUid: number,
	window: bigint,
	sha256: Uint8Array | undefined,
): Promise<Availability<Payload>> {
	const last = await chain.payloadChain(validatorUid);
	if (last?.lastWindow === window) return { kind: 'found', value: decodePayload(last.lastPayload), from: 'chain' };
	if (sha256 === undefined) return { kind: 'unavailable', why: 'no payload of this window is settled' };
	const bytes = await findPayload(validatorUid, sha256);
	if (bytes === undefined || !equalBytes(payloadDigest(bytes), sha256)) return notPublic(sha256);
	return { kind: 'found', value: decodePayload(bytes), from: 'folder' };
}

async function previousRows(
	chain: ExplainSources['chain'],
	findPayload: ExplainSources['findPayload'],
	validatorUid: number,
	payload: Availability<Payload>,
): Promise<Availability<readonly MinerRow[]>> {
	if (payload.kind !== 'found') return { kind: 'unavailable', why: 'the payload that names it is not at hand' };
	const { prevPayload } = payload.value.header;
	if (prevPayload.every((byte) => byte === 0)) return { kind: 'none' };
	const last = await chain.payloadChain(validatorUid);
	if (last !== undefined && equalBytes(last.lastDigest, prevPayload)) return { kind: 'found', value: decodePayload(last.lastPayload).miners, from: 'chain' };
	const bytes = await findPayload(validatorUid, prevPayload);
	if (bytes === undefined || !equalBytes(payloadDigest(bytes), prevPayload)) return notPublic(prevPayload);
	return { kind: 'found', value: decodePayload(bytes).miners, from: 'folder' };
}

/** The state file that the payload names; undefined when it is not in this data folder. */
async function stateOf(findPayload: ExplainSources['findPayload'], validatorUid: number, { header }: Payload): Promise<Uint8Array | undefined> {
	const bytes = await findPayload(validatorUid, header.stateAfter);
	return bytes !== undefined && equalBytes(stateFileDigest(bytes), header.stateAfter) ? bytes : undefined;
}

function notPublic(sha256: Uint8Array): Availability<never> {
	const name = toHex(sha256);
	return { kind: 'unavailable', why: `the chain keeps a validator's last payload only, and payload ${name.slice(0, 16)} is not in this data folder` };
}

function rowsOf(previous: Availability<readonly MinerRow[]>): readonly MinerRow[] | undefined {
	switch (previous.kind) {
		case 'found':
			return previous.value;
		case 'none':
			return [];
		case 'unavailable':
			return undefined;
		default:
			return previous satisfies never;
	}
}

function differences({ header }: Payload, derivation: Derivation | undefined, settled: SettledMiner | undefined, parameters: Uint8Array): string[] {
	const differing = equalBytes(header.hparamsHash, parameters) ? [] : ['parameters'];
	if (derivation === undefined || settled === undefined) return differing;
	const { code, score, random, weight } = derivation.signed;
	if (code !== settled.code) differing.push('code');
	if ((score ?? 0) !== settled.score) differing.push('own');
	if (random !== settled.random) differing.push('random');
	if (weight !== settled.weight) differing.push('weight');
	return differing;
}

function answerOf(explained: Explained): Answer {
	const { window, minerUid, generation, record, values, validators, medians, chainMedians, distribution, reward } = explained;
	const rating = ({ mu, sigma, proofOfWork }: Pick<MinerRow, 'mu' | 'sigma' | 'proofOfWork'>) => ({
		mu: Number(mu) / 1e9,
		sigma: Number(sigma) / 1e9,
		proofOfWork: proofOfWork / 1e6,
	});
	return {
		json: {
			window,
			miner: { uid: minerUid, generation },
			status: record.status,
			parameters: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, name.endsWith('_mist') ? value.toString() : value])),
			validators: validators.map(({ uid, stake, settled, payload, previous, derivation, chainDiffers }) => ({
				uid,
				stakeMist: stake,
				settled: settled === undefined ? null : { code: settled.code, own: settled.score, random: settled.random, weight: settled.weight },
				payload: payload.kind === 'unavailable' ? { unavailable: payload.why } : payload.kind,
				previous: previous.kind === 'unavailable' ? { unavailable: previous.why } : previous.kind,
				chainDiffers,
				derivation:
					derivation === undefined
						? null
						: {
								code: derivation.signed.code,
								codeName: minerCodeName(derivation.signed.code) ?? null,
								own: derivation.signed.score,
								random: derivation.signed.code === 0 ? derivation.signed.random : null,
								clipNorm: derivation.clipNorm,
								ranking: derivation.ranking ?? null,
								work: derivation.work === undefined ? null : { sign: derivation.work.sign, ...derivation.work.comparison },
								before: derivation.recomputed === undefined ? null : { ...rating(derivation.recomputed.before), isNew: derivation.recomputed.before.isNew },
								after: rating(derivation.signed),
								ordinal: Number(derivation.ordinalAfter) / 1e9,
								weight: derivation.signed.weight,
								copy: derivation.copy ?? null,
								stateHolds: derivation.stateHolds ?? null,
								recomputed:
									derivation.recomputed === undefined
										? null
										: {
												...rating(derivation.recomputed.row),
												weight: derivation.recomputed.row.weight,
												differing: derivation.recomputed.differing,
												differingRows: derivation.recomputed.differingRows,
											},
							},
			})),
			median: medians === undefined ? null : { ...medians.row, validators: medians.of, totalWeight: medians.totalWeight },
			chainMedian: chainMedians ?? null,
			distributed: distribution === undefined ? null : { minted: distribution.minted.toString(), miners: distribution.miners.toString() },
			reward: reward?.toString() ?? null,
		},
		text: explainedText(explained),
	};
}
