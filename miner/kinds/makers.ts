import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VramhubError } from '#core/errors.ts';
import { ErrorFeedback } from '#miner/error-feedback.ts';
import { type Accomplice, handedOver } from '#miner/kinds/copycat.ts';
import { nudge, relabelled } from '#miner/kinds/relabel.ts';
import type { Workbench } from '#miner/workbench.ts';
import { Xoshiro128 } from '#model/random.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import type { MinerKind } from '#runtime/miner-kind.ts';

/** The bytes that a miner commits for a window. */
export type GradientMaker = (uid: number, window: bigint, signal: AbortSignal) => Promise<Uint8Array>;

export interface MakerOptions {
	readonly workbench: Workbench;
	/** The miner's own; what it keeps survives the process. */
	readonly folder: string;
	/** Makes the random numbers of `garbage` repeatable. */
	readonly seed: string;
	/** Of a copycat. */
	readonly accomplice: Accomplice | undefined;
}

/** About the size of an entry of an honest gradient, so that nothing but the content tells them apart. */
const GARBAGE_SCALE = 3e-4;
/** Far below every coefficient of a gradient. */
const NOTHING = 1e-12;
/** Values that a copycat changes, out of thousands. */
const NUDGED_VALUES = 3;

/** How each kind of miner makes its gradient. Throws BAD_ARGUMENT for a copycat without a victim. */
export function gradientMaker(kind: MinerKind, { workbench, folder, seed, accomplice }: MakerOptions): GradientMaker {
	const { task, train, encode, parameters } = workbench;
	switch (kind) {
		case 'honest': {
			const feedback = new ErrorFeedback();
			return async (uid, window, signal) => {
				const own = await task(uid, window);
				const { bytes, residual } = encode(own, feedback.correct(window, await train(own, signal)));
				feedback.keep(window, residual);
				return bytes;
			};
		}
		case 'sign-flipped':
			return async (uid, window, signal) => {
				const own = await task(uid, window);
				return encode(
					own,
					(await train(own, signal)).map((value) => -value),
				).bytes;
			};
		case 'garbage':
			return async (uid, window) => encode(await task(uid, window), noise(parameters, `${seed}/garbage/${uid}/${window}`)).bytes;
		case 'no-work':
			return async (uid, window) => {
				const dense = new Float32Array(parameters);
				dense[0] = NOTHING;
				return encode(await task(uid, window), dense).bytes;
			};
		case 'stale':
			return async (uid, window, signal) => {
				const own = await task(uid, window);
				const file = join(folder, 'stale-gradient');
				let kept = await readIfThere(file);
				if (kept === undefined) {
					// Nothing of an earlier window is at hand in the first one, whose batch of the window before is as much out of date.
					const earlier = { ...own, window: window - 1n };
					kept = encode(earlier, await train(earlier, signal)).bytes;
					await writeFileAtomic(file, kept);
				}
				return relabelled(kept, own);
			};
		case 'copycat':
			if (accomplice === undefined) throw new VramhubError('BAD_ARGUMENT', 'a copycat needs a victim');
			return async (uid, window, signal) => {
				const own = await task(uid, window);
				const copy = relabelled(await handedOver(accomplice, window, signal), own);
				nudge(copy, own.codec, NUDGED_VALUES);
				return copy;
			};
		default:
			throw new VramhubError('INVARIANT', `unknown kind ${kind satisfies never}`);
	}
}

/** Uniform in ±GARBAGE_SCALE. */
function noise(length: number, seed: string): Float32Array {
	const random = Xoshiro128.seeded(seed);
	return Float32Array.from({ length }, () => ((random.next() - 2 ** 31) / 2 ** 31) * GARBAGE_SCALE);
}

async function readIfThere(file: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
}
