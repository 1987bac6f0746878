import { test } from 'node:test';
import { compareWithLibrary } from '#tests/ratings/compare.ts';
import { npmLibrary } from '#tests/ratings/libraries.ts';

test('ratings of 300 generated windows are those of npm openskill', (t) => compareWithLibrary(t, npmLibrary, 7, 300));
