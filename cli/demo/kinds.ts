import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { Xoshiro128 } from '#model/random.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { DISHONEST_KINDS, MINER_KINDS, type MinerKind, parseMinerKind } from '#runtime/miner-kind.ts';
import { secretFile } from '#runtime/state-folder.ts';

/** One miner of a demo. Its number names its folder; the chain gives it a uid when it registers. */
export interface PlannedMiner {
	readonly number: number;
	readonly kind: MinerKind;
	/** Of a copycat: the number of the miner that it copies. */
	readonly victimNumber?: number | undefined;
}

/** Of twelve miners seven are honest, and each dishonest kind is there once. */
const HONEST_SHARE = 7 / 12;

/** A comma-separated list of kinds. Throws BAD_ARGUMENT. */
export function parseKinds(list: string): readonly MinerKind[] {
	const kinds = list.split(',').map((kind) => parseMinerKind(kind.trim()));
	if (kinds.every((kind) => kind === 'copycat')) throw new VramhubError('BAD_ARGUMENT', 'copycats alone have nobody to copy');
	return kinds;
}

/**
 * Who is what, decided by the seed. With `kinds`, each in turn until there are enough miners; without, seven twelfths honest and the dishonest kinds in turn.
 * A copycat's victim is honest if anybody is.
 */
export function planMiners({ miners, seed, kinds }: { readonly miners: number; readonly seed: string; readonly kinds?: readonly MinerKind[] }): PlannedMiner[] {
	const random = Xoshiro128.seeded(`${seed}/kinds`);
	const honest = Math.ceil(miners * HONEST_SHARE);
	const listed = Array.from({ length: miners }, (_, i): MinerKind => {
		if (kinds !== undefined) return kinds[i % kinds.length]!;
		return i < honest ? 'honest' : DISHONEST_KINDS[(i - honest) % DISHONEST_KINDS.length]!;
	});
	const order = shuffled(listed, random);
	const numbersOf = (wanted: (kind: MinerKind) => boolean) => order.flatMap((kind, number) => (wanted(kind) ? [number] : []));
	const honestNumbers = numbersOf((kind) => kind === 'honest');
	const victims = honestNumbers.length > 0 ? honestNumbers : numbersOf((kind) => kind !== 'copycat');
	return order.map((kind, number) => {
		if (kind !== 'copycat') return { number, kind };
		const victimNumber = victims[random.below(Math.max(1, victims.length))];
		if (victimNumber === undefined) throw new VramhubError('BAD_ARGUMENT', 'copycats alone have nobody to copy');
		return { number, kind, victimNumber };
	});
}

/** Fisher and Yates, from the last place down. */
function shuffled<T>(values: readonly T[], random: Xoshiro128): T[] {
	const order = [...values];
	for (let last = order.length - 1; last > 0; last--) {
		const other = random.below(last + 1);
		[order[last], order[other]] = [order[other]!, order[last]!];
	}
	return order;
}

const KindsSchema = z.object({
	format: z.literal(1),
	seed: z.string(),
	miners: z.array(z.object({ number: z.int(), kind: z.enum(MINER_KINDS), victimNumber: z.int().optional() })),
});

/** What a network that is continued was started with: it stays with the secrets, because no validator may know it. */
export type KindsFile = z.infer<typeof KindsSchema>;

const kindsFile = (data: string) => secretFile(data, 'kinds.json');

export async function readKinds(data: string): Promise<KindsFile | undefined> {
	let text: string;
	try {
		text = await readFile(kindsFile(data), 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	const parsed = KindsSchema.safeParse(JSON.parse(text));
	if (!parsed.success) throw new VramhubError('BAD_CONFIGURATION', `${kindsFile(data)} does not say who is what: ${z.prettifyError(parsed.error)}`);
	return parsed.data;
}

export async function writeKinds(data: string, kinds: KindsFile): Promise<void> {
	await writeFileAtomic(kindsFile(data), `${JSON.stringify(KindsSchema.parse(kinds), null, '\t')}\n`, 0o600);
}
