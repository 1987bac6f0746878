/** Where basic blocks of a function body begin. */
import type { RawCode } from '#devnet/move/bytecode.ts';

const TERMINATORS = new Set(['Ret', 'Abort', 'Branch', 'BrTrue', 'BrFalse', 'VariantSwitch']);

/** Indices of first instructions: of the body, of what is branched to, and of what follows a branch. */
export function blockLeaders(raw: RawCode): ReadonlySet<number> {
	const leaders = new Set<number>([0]);
	raw.code.forEach((instruction, at) => {
		const name = typeof instruction === 'string' ? instruction : (Object.keys(instruction)[0] as string);
		if (!TERMINATORS.has(name)) return;
		leaders.add(at + 1);
		const operand = typeof instruction === 'string' ? undefined : instruction[name];
		if (name === 'VariantSwitch') {
			for (const to of raw.jump_tables?.[operand as number]?.jump_table.Full ?? []) leaders.add(to);
		} else if (typeof operand === 'number') leaders.add(operand);
	});
	return leaders;
}
