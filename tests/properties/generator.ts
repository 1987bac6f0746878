/** What is called next: mostly what somebody would do now, and often that with one thing wrong. */

import type { Escrow, Registry, WindowEntry } from './layouts.ts';
import type { Call } from './machine.ts';
import type { MakeCall, Scene } from './moves.ts';
import { administrationMoves } from './moves-administration.ts';
import { attestMoves } from './moves-checkpoints.ts';
import { memberMoves } from './moves-members.ts';
import { roundMoves } from './moves-rounds.ts';
import type { Pure } from './pure.ts';
import type { Random } from './random.ts';
import { WINDOW_MS } from './world.ts';

export type Step = { readonly kind: 'advance'; readonly ms: bigint } | { readonly kind: 'call'; readonly call: Call };

const MOVES: readonly (readonly [number, MakeCall])[] = [...memberMoves, ...roundMoves, ...attestMoves, ...administrationMoves];

type Moves = readonly (readonly [number, MakeCall])[];

const ROUND_MOVES: Moves = [...roundMoves, ...attestMoves];
const ALL_BUT_ROUNDS: Moves = [...memberMoves, ...administrationMoves, ...attestMoves, [6, roundMoves.at(-1)![1]]];

/** What a sequence is about: what is chosen eight times in ten, how many steps in a hundred let time pass and how far, and how many calls are spoilt. */
const THEMES: Readonly<
	Record<Scene['theme'], { readonly moves: Moves; readonly advances: number; readonly spoils: number; readonly next: (scene: Scene) => bigint }>
> = {
	anything: { moves: MOVES, advances: 14, spoils: 22, next: jump },
	rounds: { moves: ROUND_MOVES, advances: 7, spoils: 12, next: toNextPhase },
	leaving: { moves: ALL_BUT_ROUNDS, advances: 24, spoils: 15, next: toBorder },
	peaceful: { moves: ROUND_MOVES, advances: 6, spoils: 0, next: toNextPhase },
};

export async function nextStep(scene: Scene): Promise<Step> {
	const { random } = scene;
	const { moves, advances, spoils, next } = THEMES[scene.theme];
	if (random.chance(advances)) return { kind: 'advance', ms: random.chance(85) ? next(scene) : jump(scene) };
	for (let i = 0; i < MOST_TRIES; i++) {
		const call = await random.weighted(random.chance(80) ? moves : MOVES)(scene);
		if (call !== undefined) return { kind: 'call', call: random.chance(spoils) ? spoil(call, scene) : call };
	}
	return { kind: 'advance', ms: toNextPhase(scene) };
}

/** As {@link nextStep}, with nothing wrong and nobody leaving. */
export async function peacefulStep(scene: Scene): Promise<Step> {
	const { random } = scene;
	if (random.chance(6)) return { kind: 'advance', ms: toNextPhase(scene) };
	for (let i = 0; i < MOST_TRIES; i++) {
		const call = await random.weighted(random.chance(60) ? ROUND_MOVES : MOVES)(scene);
		if (call !== undefined && PEACEFUL.has(call.target)) return { kind: 'call', call };
	}
	return { kind: 'advance', ms: toNextPhase(scene) };
}

/** When so many moves came to nothing, there is nothing to do. */
const MOST_TRIES = 60;

const PEACEFUL = new Set([
	...['peer_registry::register_miner', 'validator_registry::register_validator', 'peer_registry::set_credentials', 'enclave_registry::register_enclave'],
	...['gradient_registry::commit_gradient', 'round_state::seal_window', 'score_ledger::submit_scores', 'score_ledger::settle_slice'],
	...['consensus::settle_medians', 'consensus::finalize_window', 'reward_distributor::distribute', 'round_state::attest_checkpoint'],
]);

/** To where a window's commitments are closed, or to the next window. */
function toNextPhase({ view }: Scene): bigint {
	const start = view.window * WINDOW_MS;
	const open = start + view.hparam('put_window_open_ms');
	return view.nowMs < open ? open - view.nowMs : start + WINDOW_MS - view.nowMs;
}

function jump(scene: Scene): bigint {
	const { random, view, calls } = scene;
	const windows = (n: number) => BigInt(n + 1) * WINDOW_MS - (view.nowMs % WINDOW_MS);
	const near = toNextPhase(scene);
	return random.weighted<bigint>([
		[60, near],
		[6, near - 1n > 0n ? near - 1n : 1n],
		[5, near + 1n],
		[6, BigInt(1 + random.below(3_000))],
		[14, windows(random.below(4))],
		[5, windows(7 + random.below(4))],
		[calls > 8 ? 3 : 0, windows(14 + random.below(24))],
		[calls > 6 ? 14 : 0, toBorder(scene)],
	]);
}

/** To the window in which something begins to be allowed, or the one before: stake is released, a uid has rested, lists are kept no more. */
function toBorder({ random, view }: Scene): bigint {
	const releases = [...view.state.table<Escrow>('vault.escrow').values()].flatMap(({ unbonding }) => unbonding.map(({ release_window }) => release_window));
	const rests = ['peer_registry', 'validator_registry'].flatMap((module) => view.state.root<Registry>(module).uids.free.map(({ from_window }) => from_window));
	const kept = [...view.state.table<WindowEntry>('round_state.windows').values()]
		.filter(({ pruned }) => pruned !== true)
		.map(({ record }) => record.window + 16n);
	const borders = [releases, rests, kept].map((windows) => windows.filter((window) => window > view.window + 1n).sort((a, b) => Number(a - b)));
	const border = random.of((random.of(borders.filter(({ length }) => length > 0)) ?? []).slice(0, 4));
	return border === undefined ? WINDOW_MS : (border - BigInt(random.below(2))) * WINDOW_MS - view.nowMs;
}

const GREATEST = { 8: 0xff, 16: 0xffff, 32: 0xffff_ffff } as const;

/** One thing is another than it should be. */
function spoil(call: Call, { random, world, admin }: Scene): Call {
	return random.weighted<() => Call>([
		[5, () => ({ ...call, sender: random.below(world.actors.length) })],
		[4, () => ({ ...call, foreign: random.below(6) })],
		[6, () => (call.pure.length === 0 ? { ...call, sender: random.below(world.actors.length) } : { ...call, pure: spoilOne(call.pure, random) })],
		[
			2,
			() =>
				call.coins === undefined
					? { ...call, foreign: 0 }
					: { ...call, coins: call.coins.map((coin) => (random.chance(50) ? coin : spoilNumber(coin, random) % 1_000_000_000n)) },
		],
		[1, () => ({ ...call, cap: random.of([world.caps.others, admin.firstCap])! })],
	])();
}

function spoilOne(pure: readonly Pure[], random: Random): Pure[] {
	const at = random.below(pure.length);
	return pure.map((value, i) => (i === at ? spoilValue(value, random) : value));
}

function spoilValue(value: Pure, random: Random): Pure {
	if (typeof value === 'bigint') return spoilNumber(value, random);
	if (typeof value === 'number') return random.of([value + 1, Math.max(0, value - 1), 0, value <= GREATEST[8] ? GREATEST[8] : GREATEST[16]])!;
	if (value instanceof Uint8Array) {
		if (value.length === 0 || random.chance(30)) return value.subarray(0, random.below(value.length + 1));
		const other = Uint8Array.from(value);
		const at = random.below(value.length);
		other[at] = (other[at]! + 1 + random.below(255)) % 256;
		return other;
	}
	if (Array.isArray(value)) {
		if (value.length === 0) return value;
		return random.chance(40) ? value.slice(1) : spoilOne(value as Pure[], random);
	}
	return value;
}

function spoilNumber(value: bigint, random: Random): bigint {
	const greatest = 0xffff_ffff_ffff_ffffn;
	return (
		random.of([
			value + 1n,
			value > 0n ? value - 1n : greatest,
			value + BigInt(random.below(30)),
			value * 2n,
			0n,
			greatest,
			greatest - 1n,
			greatest / WINDOW_MS,
		])! & greatest
	);
}
