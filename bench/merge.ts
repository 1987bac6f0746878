import { join } from 'node:path';
import { Contestant } from './contestant.ts';
import { report } from './report.ts';

const ROUNDS = 5;

interface Answer {
	readonly decode_ms: number;
	readonly parse_ms: number;
	readonly merge_ms: number;
	readonly peak_mb: number;
	readonly theta_mb: number;
	readonly parameters: number;
}

/**
 * The merge of one window's 15 gradients beside the time that decoding them takes, from bytes to dense elements, one after the other. Merging is timed
 * with its own decoding, in a process that does nothing else; its largest memory is beside that of θ in f32.
 */
export async function run({ quick = false }: { readonly quick?: boolean } = {}): Promise<void> {
	const program = join(import.meta.dirname, 'merge-contestant.ts');
	const size = quick ? 'small' : '124M';
	const merging = await Contestant.start(process.execPath, [program, 'merge', size]);
	const decoding = await Contestant.start(process.execPath, [program, 'decode', size]);
	try {
		const ratios: number[] = [];
		const parsing: number[] = [];
		let last: Answer | undefined;
		for (let round = 0; round < ROUNDS; round++) {
			const decoded = (await decoding.ask('')) as unknown as Answer;
			last = (await merging.ask('')) as unknown as Answer;
			ratios.push(last.merge_ms / decoded.decode_ms);
			parsing.push(last.merge_ms / decoded.parse_ms);
		}
		const { parameters, peak_mb, theta_mb, merge_ms } = last!;
		const sorted = ratios.toSorted((a, b) => a - b);
		const middle = Math.floor(ROUNDS / 2);
		report({
			bench: 'merge',
			of: 'merging 15 gradients / decoding them',
			ratio: sorted[middle]!,
			lowest: sorted[0]!,
			highest: sorted.at(-1)!,
			to_parsing_alone: parsing.toSorted((a, b) => a - b)[middle]!,
			parameters,
			merge_ms,
			peak_mb,
			peak_of_theta: peak_mb / theta_mb,
		});
	} finally {
		await merging.stop();
		await decoding.stop();
	}
}
