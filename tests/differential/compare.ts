/** Where two machines' accounts of one transaction differ. */
import type { MachineFailure } from './second-machine.ts';

export interface Disagreement {
	/** What differs; `docs/devnet/differential.md` lists those that are the other machine's own. */
	readonly about: 'success' | 'failure' | 'code' | 'location' | 'command' | 'returns' | 'created' | 'mutated' | 'gas bucket';
	readonly ours: string;
	readonly theirs: string;
}

/** The framework's text is ours: its functions have other indices and offsets than Sui's, only the module is the same. */
const FRAMEWORK = /^0x0{63}[12]$/;

export function compareFailures(ours: MachineFailure | undefined, theirs: MachineFailure | undefined): Disagreement[] {
	const found: Disagreement[] = [];
	if (ours === undefined || theirs === undefined) {
		if (ours !== theirs) found.push({ about: 'success', ours: ours?.text ?? 'success', theirs: theirs?.text ?? 'success' });
		return found;
	}
	const check = (about: Disagreement['about'], left: unknown, right: unknown) => {
		if (String(left) !== String(right)) found.push({ about, ours: `${left} (${ours.text})`, theirs: `${right} (${theirs.text})` });
	};
	check('failure', ours.status, theirs.status);
	check('code', ours.code, theirs.code);
	check('location', locationText(ours), locationText(theirs));
	return found;
}

function locationText({ location }: MachineFailure): string {
	if (location === undefined) return 'none';
	const { address, module, functionIndex, instruction } = location;
	return FRAMEWORK.test(address) ? `${address}::${module}` : `${address}::${module} function ${functionIndex} instruction ${instruction}`;
}

/** In which the sandbox charges computation, in gas units; above the last by the unit (its `bucketize_computation`). */
const BUCKETS = [1_000, 5_000, 10_000, 20_000, 50_000, 200_000, 1_000_000];

export function bucketOf(units: number): number {
	return BUCKETS.find((bucket) => units <= bucket) ?? units;
}

/** How our gas units compare with what the sandbox charged for the same call. */
export interface GasComparison {
	/** Gas units before any rounding. */
	readonly ours: number;
	readonly theirs: number;
	/** Both in one bucket; above the last, where the sandbox gives the exact figure, within `EXACT_TOLERANCE`. */
	readonly same: boolean;
	/** Theirs is the exact figure. */
	readonly exact: boolean;
}

const EXACT_TOLERANCE = 0.1;

export function compareGas(internalUnits: bigint, theirs: number): GasComparison {
	const ours = Number(internalUnits) / 1000;
	const exact = theirs > (BUCKETS.at(-1) as number);
	const same = exact ? Math.abs(ours - theirs) <= EXACT_TOLERANCE * theirs : bucketOf(ours) === theirs;
	return { ours, theirs, same, exact };
}

/** For the printed line: how many were compared, agreed, and by how much the exact ones differ. */
export class GasStatistics {
	compared = 0;
	sameBucket = 0;
	higher = 0;
	lower = 0;
	readonly #exactRatios: number[] = [];
	readonly #buckets = new Map<number, number>();

	add(comparison: GasComparison): void {
		this.compared++;
		if (comparison.same) this.sameBucket++;
		else if (comparison.ours > comparison.theirs) this.higher++;
		else this.lower++;
		if (comparison.exact) this.#exactRatios.push(comparison.ours / comparison.theirs);
		const bucket = Math.min(comparison.theirs, 1_000_001);
		this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
	}

	toString(): string {
		const ratios = this.#exactRatios.sort((a, b) => a - b);
		const buckets = [...this.#buckets].sort(([a], [b]) => a - b).map(([bucket, count]) => `${bucket > 1_000_000 ? 'exact' : bucket}: ${count}`);
		const percent = (ratio: number | undefined) => (ratio === undefined ? '-' : `${((ratio - 1) * 100).toFixed(2)} %`);
		const exact = `exact figures ${ratios.length}, ours against theirs ${percent(ratios[0])} … ${percent(ratios[ratios.length >> 1])} … ${percent(ratios.at(-1))}`;
		return `gas of ${this.compared} calls: same bucket ${this.sameBucket}, ours higher ${this.higher}, lower ${this.lower}; buckets ${buckets.join(', ')}; ${exact}`;
	}
}
