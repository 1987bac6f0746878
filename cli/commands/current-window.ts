import { type NetworkFlags, operatorOf } from '#cli/commands/operator.ts';
import { runCommand } from '#cli/commands/run.ts';

/** The number alone, so that a shell can put it into another command. */
export const currentWindow = (flags: NetworkFlags) =>
	runCommand(flags, async () => {
		const window = await (await operatorOf(flags)).currentWindow();
		return { json: { window }, text: `${window}\n` };
	});
