/** What attacks on a network earn. */
import { buildCommand } from '@stricli/core';
import { output, positiveInteger, text } from './flags.ts';

export const lab = buildCommand({
	loader: async () => (await import('#cli/commands/lab.ts')).labCommand,
	parameters: {
		flags: {
			windows: { kind: 'parsed', parse: positiveInteger, default: '100', brief: 'length of a simulation; rewards count from the 31st window on' },
			seeds: { kind: 'parsed', parse: positiveInteger, default: '3', brief: 'how many simulations of each population' },
			attack: { kind: 'parsed', parse: String, variadic: ',', optional: true, brief: 'only these, comma-separated' },
			set: text("parameters other than the lab's, name=value,…"),
			record: text('file to write what every window established into'),
			replay: text('such a file: rates and pays what was recorded again, without simulating'),
			out: text('folder for plots (SVG)'),
			...output,
		},
	},
	docs: { brief: 'simulate attackers among honest miners with the real scoring and a small model; print what each attack earns' },
});
