import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { BYTE_GPT, BYTE_GPT_BATCH, type GptConfig } from '#model/gpt.ts';
import { torch } from '../scripts/python-tools.mjs';
import { Contestant } from './contestant.ts';
import { writeEvaluateWorld } from './evaluate-world.ts';
import { report } from './report.ts';

interface Size {
	readonly name: string;
	readonly config: GptConfig;
	/** Sequences a run. A divisor of half a batch, so that two cores share one: as the devnet has it, and for larger models fewer, whose activations take memory. */
	readonly sequences: number;
}

export const SIZES: readonly Size[] = [
	{ name: '0.84M', config: BYTE_GPT, sequences: BYTE_GPT_BATCH },
	{ name: '10.8M', config: { vocabulary: 256, context: 128, width: 384, layers: 6, heads: 6 }, sequences: 4 },
	{ name: '49.5M', config: { vocabulary: 256, context: 128, width: 640, layers: 10, heads: 10 }, sequences: 4 },
];

const TOP_K = 32;
const CORES = 2;
const ROUNDS = 15;
const QUICK_ROUNDS = 5;
/** Rounds that do not count. */
const WARM_UP = 3;
/** Of every way to run PyTorch; the best go on. */
const TRIALS = 5;
/** Those that are measured in every round, since a few trials do not tell which is the fastest: it is the one of the smallest median that counts. */
const FINALISTS = 2;
/** Before each measurement. PyTorch's threads inside of operators go on turning for 5 ms after their work, on the cores of whoever is next. */
const PAUSE_MS = 50;
const ARRANGEMENTS = ['intra-2', 'workers-2', 'intra-2-compiled', 'workers-2-compiled'];
/** What two evaluations of one gradient may differ in, nats: f32 forward passes in another order, rounded to micro-nats. */
const TOLERANCE = 5e-6;

export interface EvaluateOptions {
	/** The smallest model and fewer rounds. */
	readonly quick?: boolean;
}

/** What scoring a miner costs beside its forward passes, on two cores beside one, and beside PyTorch. Each ratio is of times of the same rounds. */
export async function run({ quick = false }: EvaluateOptions = {}): Promise<void> {
	const python = await torch();
	for (const size of quick ? SIZES.slice(0, 1) : SIZES) await benchSize(size, quick ? QUICK_ROUNDS : ROUNDS, python);
}

interface Answer {
	readonly ms: number;
	readonly own?: number;
	readonly random?: number;
	readonly resident_mb: number;
	readonly peak_mb: number;
}

type Evaluate = (uid: number) => Promise<Answer>;

async function benchSize({ name, config, sequences }: Size, rounds: number, python: { readonly python: string; readonly path: string }): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-bench-'));
	const started: Contestant[] = [];
	const start = async (command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Evaluate> => {
		const contestant = await Contestant.start(command, args, env);
		started.push(contestant);
		return async (uid) => (await contestant.ask(String(uid))) as unknown as Answer;
	};
	try {
		const world = await writeEvaluateWorld(folder, config, { sequences, miners: rounds + WARM_UP, topK: TOP_K });
		const program = join(import.meta.dirname, 'evaluate-contestant.ts');
		const ours = (role: string, threads: number) => start(process.execPath, [program, role, folder, String(threads)]);
		const enclave = await ours('enclave', CORES);
		const forwards = await ours('forwards', CORES);
		const oneCore = await ours('enclave', 1);
		const script = join(import.meta.dirname, 'evaluate_torch.py');
		const withTorch = (arrangement: string) => start(python.python, ['-W', 'ignore', script, folder, arrangement], { PYTHONPATH: python.path });
		const finalists = await fastest(withTorch);
		const everybody: Record<string, Evaluate> = {
			enclave,
			forwards,
			oneCore,
			...Object.fromEntries(finalists.map((each) => [each.arrangement, each.evaluate])),
		};
		const times = new Map<string, number[]>(Object.keys(everybody).map((key) => [key, []]));
		const last = new Map<string, Answer>();
		for (let uid = 1; uid <= rounds + WARM_UP; uid++) {
			for (const [key, evaluate] of Object.entries(everybody)) {
				await setTimeout(PAUSE_MS);
				const answer = await evaluate(uid);
				last.set(key, answer);
				if (uid > WARM_UP) times.get(key)!.push(answer.ms);
			}
			for (const key of ['oneCore', ...finalists.map((each) => each.arrangement)]) agree(last.get('enclave')!, last.get(key)!, uid);
		}
		const arrangement = finalists.map((each) => each.arrangement).toSorted((a, b) => median(times.get(a)!) - median(times.get(b)!))[0]!;
		const of = (a: string, b: string) => ratios(times.get(a)!, times.get(b)!);
		const bench = 'evaluate';
		const common = { model: name, parameters: world.parameters, top_k: TOP_K, gradient_bytes: world.gradientBytes, rounds };
		const overhead = of('enclave', 'forwards');
		report({
			bench,
			of: 'all that a miner costs / its bare forward passes',
			...common,
			ratio: overhead.median,
			...spread(overhead),
			forwards_ms: median(times.get('forwards')!),
			resident_mb: last.get('enclave')!.resident_mb,
			peak_mb: last.get('enclave')!.peak_mb,
		});
		const cores = of('oneCore', 'enclave');
		report({ bench: 'evaluate/cores', of: 'one core / two cores', ...common, ratio: cores.median, ...spread(cores) });
		const faster = of(arrangement, 'enclave');
		report({
			bench: 'evaluate/torch',
			of: "PyTorch's time / ours",
			...common,
			ratio: faster.median,
			...spread(faster),
			arrangement,
			resident_ratio: last.get('enclave')!.resident_mb / last.get(arrangement)!.resident_mb,
			torch_resident_mb: last.get(arrangement)!.resident_mb,
			torch_peak_mb: last.get(arrangement)!.peak_mb,
		});
	} finally {
		for (const contestant of started) await contestant.stop();
		await rm(folder, { recursive: true });
	}
}

/** Each arrangement alone for some rounds; the fastest of them. */
async function fastest(start: (arrangement: string) => Promise<Evaluate>) {
	const tried: { readonly arrangement: string; readonly evaluate: Evaluate; readonly ms: number }[] = [];
	for (const arrangement of ARRANGEMENTS) {
		const evaluate = await start(arrangement);
		const answers: number[] = [];
		for (let uid = 1; uid <= TRIALS; uid++) answers.push((await evaluate(uid)).ms);
		tried.push({ arrangement, evaluate, ms: Math.min(...answers) });
	}
	return tried.toSorted((a, b) => a.ms - b.ms).slice(0, FINALISTS);
}

function agree(ours: Answer, other: Answer, uid: number): void {
	for (const key of ['own', 'random'] as const) {
		if (!(Math.abs(ours[key]! - other[key]!) <= TOLERANCE)) throw new Error(`miner ${uid}: ${key} is ${ours[key]} and ${other[key]}`);
	}
}

interface Ratios {
	readonly median: number;
	/** Of the rounds: quartiles. */
	readonly low: number;
	readonly high: number;
}

/** Of the times of each round. */
function ratios(a: readonly number[], b: readonly number[]): Ratios {
	const sorted = a.map((value, i) => value / b[i]!).sort((x, y) => x - y);
	const at = (part: number) => sorted[Math.round((sorted.length - 1) * part)]!;
	return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

const spread = ({ low, high }: Ratios) => ({ lower_quartile: low, upper_quartile: high });
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
