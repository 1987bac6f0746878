import { configurationOf, type EnclaveFlags, type MinerFlags } from '#cli/commands/operator.ts';
import { runCommand, table } from '#cli/commands/run.ts';

/** Every setting in force and where it comes from. Secrets are said to be there, and no more. */
export const config = (flags: EnclaveFlags & MinerFlags) =>
	runCommand(flags, async ({ log }) => {
		const configuration = configurationOf(flags);
		for (const name of configuration.unknown) log.warn('The environment file sets a name that means nothing', { name });
		const settings = configuration.effective();
		return {
			json: { settings: Object.fromEntries(settings.map(({ name, value, source }) => [name, { value, source }])), unknown: configuration.unknown },
			text: table(
				['source', 'setting', 'value'],
				settings.map(({ name, value, source }) => [source, name, value]),
			),
		};
	});
