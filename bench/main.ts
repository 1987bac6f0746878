/** `npm run bench [-- NAME… --quick]`: measurements, one JSON object a line. Without names all of them; `--quick` takes the smallest of what comes in sizes. */
import { VramhubError } from '#core/errors.ts';
import { runMain } from '#runtime/lifecycle.ts';
import { createLogger } from '#runtime/log.ts';

const BENCHES: Readonly<Record<string, () => Promise<{ readonly run: (options: { readonly quick: boolean }) => Promise<void> }>>> = {
	codec: () => import('./codec.ts'),
	contracts: () => import('./contracts.ts'),
	devnet: () => import('./devnet.ts'),
	'devnet-memory': () => import('./devnet-memory.ts'),
	evaluate: () => import('./evaluate.ts'),
	gradient: () => import('./gradient.ts'),
	machine: () => import('./machine.ts'),
	merge: () => import('./merge.ts'),
	overlap: () => import('./overlap.ts'),
};

await runMain(createLogger({ target: 'vramhub_bench' }), async () => {
	const quick = process.argv.includes('--quick');
	const names = process.argv.slice(2).filter((argument) => argument !== '--quick');
	for (const name of names) {
		if (!Object.hasOwn(BENCHES, name)) throw new VramhubError('BAD_ARGUMENT', `no bench ${name}; there are ${Object.keys(BENCHES).join(', ')}`);
	}
	for (const name of names.length > 0 ? names : Object.keys(BENCHES)) await (await BENCHES[name]!()).run({ quick });
});
