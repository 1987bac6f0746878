import { test } from 'node:test';
import { checkTransactionFigures, fuzzTransactions } from './transactions.ts';

const SEED = 20_261;

test('100 000 transactions at random', { timeout: 3_600_000 }, async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const figures = await fuzzTransactions(SEED, 100_000);
	t.diagnostic(JSON.stringify(figures));
	checkTransactionFigures(figures);
});
