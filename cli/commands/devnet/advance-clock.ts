import { ask, type DevnetUrlFlags } from '#cli/commands/devnet/client.ts';
import { runCommand } from '#cli/commands/run.ts';

export const advanceClock = (flags: DevnetUrlFlags, ms: number) =>
	runCommand(flags, async () => {
		const { clockMs } = await ask<{ clockMs: string }>(flags.url, '/advance-clock', { ms });
		return { json: { clockMs: Number(clockMs) }, text: `${new Date(Number(clockMs)).toISOString()}\n` };
	});
