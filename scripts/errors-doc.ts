// Prints docs/errors.md from core/errors.ts: `npm run docs`. A test compares the two.
import { pathToFileURL } from 'node:url';
import { ERRORS } from '#core/errors.ts';

export function errorsDocument(): string {
	const lines = [
		'# Errors',
		'',
		'Every error has one of these codes. `--json` prints `{"error":{"code","message","docs"}}`. Made from `core/errors.ts` by `scripts/errors-doc.ts`.',
		'',
	];
	for (const [code, { retryable, exit, advice }] of Object.entries(ERRORS))
		lines.push(`## ${code}`, '', advice, '', `Tried again by itself: ${retryable ? 'yes' : 'no'}. Exit code ${exit}.`, '');
	return lines.join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(errorsDocument());
