/** Many sequences, each from its own seed; one that breaks a property is made as short as it gets and shown. */
import { enclaveKey } from '#tests/helpers/payload.ts';
import { nextStep, peacefulStep, type Step } from './generator.ts';
import { Play } from './play.ts';
import type { Pure } from './pure.ts';
import { Random } from './random.ts';
import type { World } from './world.ts';

export interface Stage {
	readonly name: string;
	/** Where sequences begin; each goes on with a copy. */
	readonly play: Play;
}

/** Already while a network lived peacefully. */
export class BrokenProperty extends Error {
	readonly failure: Failure;
	constructor(failure: Failure) {
		super(describeFailure(failure));
		this.name = 'BrokenProperty';
		this.failure = failure;
	}
}

const PEACEFUL_STEPS = 130;

/** A network that was just made, and one that has lived through some windows. */
export async function stages(world: World): Promise<Stage[]> {
	const keys = await Promise.all(Array.from({ length: 40 }, (_, i) => enclaveKey(0x10 + i)));
	const lived = new Play(world, keys);
	const random = new Random(20);
	const steps: Step[] = [];
	for (let i = 0; i < PEACEFUL_STEPS; i++) {
		const step = await peacefulStep(lived.scene(random, 'peaceful'));
		const { broken } = lived.perform(step);
		steps.push(step);
		if (broken.length > 0) throw new BrokenProperty({ seed: 20, stage: 'new', steps, broken });
	}
	return [
		{ name: 'new', play: new Play(world, keys) },
		{ name: 'lived', play: lived },
	];
}

export interface Tally {
	sequences: number;
	calls: number;
	refused: number;
	/** `module::function` → how often it succeeded. */
	readonly succeeded: Map<string, number>;
	/** `module::function` and why → how often. */
	readonly refusals: Map<string, number>;
}

export const emptyTally = (): Tally => ({ sequences: 0, calls: 0, refused: 0, succeeded: new Map(), refusals: new Map() });

export interface Failure {
	readonly seed: number;
	readonly stage: string;
	readonly steps: readonly Step[];
	readonly broken: readonly string[];
}

/** Undefined when every property held after every call. `shortens`: a failure is made as short as it gets. */
export async function runSequence(stage: Stage, seed: number, length: number, tally: Tally, shortens = true): Promise<Failure | undefined> {
	const random = new Random(seed);
	const play = stage.play.fork();
	const steps: Step[] = [];
	const theme = random.weighted([
		[45, 'rounds'],
		[30, 'anything'],
		[25, 'leaving'],
	] as const);
	tally.sequences++;
	while (steps.length < length) {
		const step = await nextStep(play.scene(random, theme));
		steps.push(step);
		const { target, refusal, broken } = play.perform(step);
		if (target !== undefined) {
			tally.calls++;
			if (refusal === undefined) count(tally.succeeded, target);
			else {
				tally.refused++;
				count(tally.refusals, refusal.kind === 'named' ? `${refusal.module}::${refusal.name}` : refusal.kind);
			}
		}
		if (broken.length > 0) return { seed, stage: stage.name, steps: shortens ? shortest(stage, steps, broken) : steps, broken };
	}
	return undefined;
}

function count(counts: Map<string, number>, key: string): void {
	counts.set(key, (counts.get(key) ?? 0) + 1);
}

const kindOf = (broken: readonly string[]) => broken[0]!.replaceAll(/\d+|0x[0-9a-f]+/g, '');

/** Leaves out what is not needed for the same failure, as long as something can be left out. */
function shortest(stage: Stage, steps: readonly Step[], broken: readonly string[]): Step[] {
	const fails = (candidate: readonly Step[]) => {
		const play = stage.play.fork();
		return candidate.some((step) => {
			const found = play.perform(step).broken;
			return found.length > 0 && kindOf(found) === kindOf(broken);
		});
	};
	let kept = [...steps];
	for (let i = kept.length - 2; i >= 0; i--) {
		const fewer = kept.toSpliced(i, 1);
		if (fails(fewer)) kept = fewer;
	}
	return kept;
}

export function describeFailure({ seed, stage, steps, broken }: Failure): string {
	return [`seed ${seed}, from the ${stage} network:`, ...steps.map((step) => `  ${describe(step)}`), ...broken.map((line) => `! ${line}`)].join('\n');
}

function describe(step: Step): string {
	if (step.kind === 'advance') return `advance ${step.ms} ms`;
	const { target, sender, pure, coins, foreign, cap } = step.call;
	const notes = [
		coins && `coins ${coins.join(' ')}`,
		foreign !== undefined && `object ${foreign} of the other network`,
		cap && `cap ${cap.slice(0, 10)}`,
	].filter(Boolean);
	return `actor ${sender}: ${target}(${pure.map(textOfPure).join(', ')})${notes.map((note) => `, ${note}`).join('')}`;
}

function textOfPure(value: Pure): string {
	if (value instanceof Uint8Array)
		return value.length <= 8 ? `x${Buffer.from(value).toString('hex')}` : `x${Buffer.from(value.subarray(0, 4)).toString('hex')}… (${value.length} bytes)`;
	if (Array.isArray(value)) return `[${value.map(textOfPure).join(', ')}]`;
	return typeof value === 'string' ? value.slice(0, 10) : String(value);
}
