import { test } from 'node:test';
import { checkTransactionFigures, fuzzTransactions } from './transactions.ts';

test('1000 transactions at random leave the chain as it was or as they say', { timeout: 180_000 }, async (t) => {
	const figures = await fuzzTransactions(1, 1000);
	t.diagnostic(JSON.stringify(figures));
	checkTransactionFigures(figures);
});
