import {
	average,
	batchShopper,
	copy,
	disguisedCopy,
	everyOther,
	idle,
	lastUpdate,
	noise,
	type Player,
	signFlipped,
	sketchAwareCopy,
	split,
	stale,
	working,
} from '#lab/players.ts';
import { LATE_WINDOW } from '#lab/settings.ts';
import type { Workplace } from '#lab/workplace.ts';

interface AttackSpec {
	/** Registrations, each with a stake of its own. */
	readonly identities: number;
	readonly what: string;
	/** Window of its registration. */
	readonly joins?: number;
	readonly play: (workplace: Workplace) => Player;
}

export const ATTACKS = {
	'half-steps': { identities: 1, what: 'half of the local steps', play: (workplace) => working(workplace, { steps: 2 }) },
	'half-batch': {
		identities: 1,
		what: 'half of the local steps, on half of the own batch',
		play: (workplace) => working(workplace, { steps: 2, batchPart: 0.5 }),
	},
	'few-steps': { identities: 1, what: 'one local step of four', play: (workplace) => working(workplace, { steps: 1 }) },
	'double-steps': { identities: 1, what: 'twice the local steps, the own batch gone through twice', play: (workplace) => working(workplace, { steps: 8 }) },
	noise: { identities: 1, what: 'normal noise of the size of a gradient', play: noise },
	'sign-flipped': { identities: 1, what: 'full work, sent with the other sign', play: signFlipped },
	'no-work': { identities: 1, what: 'one coefficient of 1e-12', play: idle },
	stale: { identities: 1, what: 'full work in one window of ten, sent again in the others', play: (workplace) => stale(workplace, 10) },
	copy: { identities: 1, what: "the best gradient of the window before, another miner's", play: copy },
	'copy-noise': { identities: 1, what: 'the same, values ± 20 %, a tenth of the coefficients elsewhere', play: (workplace) => disguisedCopy(workplace, 0.1) },
	'copy-unsampled': { identities: 1, what: 'the same, the coefficients that the public sketch samples elsewhere', play: sketchAwareCopy },
	average: { identities: 1, what: 'the mean of the gradients of the window before', play: average },
	'last-aggregate': { identities: 1, what: 'the last merged update', play: lastUpdate },
	'norm-3': { identities: 1, what: 'full work, three times as large', play: (workplace) => working(workplace, { inflate: 3 }) },
	'norm-10': { identities: 1, what: 'full work, ten times as large', play: (workplace) => working(workplace, { inflate: 10 }) },
	'norm-100': { identities: 1, what: 'full work, a hundred times as large', play: (workplace) => working(workplace, { inflate: 100 }) },
	'few-inflated': {
		identities: 1,
		what: 'one local step of four, sent as large as others',
		play: (workplace) => working(workplace, { steps: 1, inflate: 'median' }),
	},
	'lucky-seeds': { identities: 3, what: 'three registrations, full work in the one whose own batch has most to gain', play: batchShopper },
	'sybil-2': { identities: 2, what: "one machine's steps over two registrations", play: (workplace) => split(workplace, 2) },
	'sybil-4': { identities: 4, what: "one machine's steps over four registrations", play: (workplace) => split(workplace, 4) },
	late: { identities: 1, what: `honest, registers in window ${LATE_WINDOW}`, joins: LATE_WINDOW, play: working },
	'every-other': { identities: 1, what: 'honest, commits nothing in every other window', play: (workplace) => everyOther(working(workplace)) },
} as const satisfies Record<string, AttackSpec>;

export type AttackName = keyof typeof ATTACKS;
export const ATTACK_NAMES = Object.keys(ATTACKS) as AttackName[];

export const attackSpec = (name: AttackName): AttackSpec => ATTACKS[name];

/** Honest miners, and one player of each attack. */
export interface Population {
	readonly name: string;
	readonly honest: number;
	readonly attacks: readonly AttackName[];
}

/** Honest miners of every population: more than attackers' registrations. */
const HONEST_MINERS = 10;

const POPULATIONS: readonly Omit<Population, 'honest'>[] = [
	{ name: 'fakes', attacks: ['noise', 'sign-flipped', 'no-work', 'stale', 'copy', 'copy-noise', 'copy-unsampled', 'average', 'last-aggregate'] },
	{ name: 'work', attacks: ['half-steps', 'half-batch', 'few-steps', 'double-steps', 'few-inflated', 'norm-3', 'norm-10', 'norm-100', 'every-other', 'late'] },
	{ name: 'registrations', attacks: ['sybil-2', 'sybil-4', 'lucky-seeds'] },
];

/** Those in which one of the attacks is, with these alone; all without a choice. */
export function populations(chosen: readonly AttackName[] = ATTACK_NAMES): Population[] {
	return POPULATIONS.map(({ name, attacks }) => ({ name, honest: HONEST_MINERS, attacks: attacks.filter((attack) => chosen.includes(attack)) })).filter(
		({ attacks }) => attacks.length > 0,
	);
}
