import { test } from 'node:test';
import { compareWithLibrary } from '#tests/ratings/compare.ts';
import { npmLibrary, pythonLibrary } from '#tests/ratings/libraries.ts';

const WINDOWS = 10_000;

test(`ratings of ${WINDOWS} generated windows are those of npm openskill`, (t) => compareWithLibrary(t, npmLibrary, 1, WINDOWS));

test(`ratings of ${WINDOWS} generated windows are those of PyPI openskill`, async (t) => {
	const library = await pythonLibrary(t);
	if (library !== undefined) await compareWithLibrary(t, library, 1, WINDOWS);
});
