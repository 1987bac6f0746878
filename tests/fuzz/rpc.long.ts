import { test } from 'node:test';
import { checkRpcFigures, fuzzRpc } from './rpc.ts';

const SEED = 20_262;

test('100 000 gRPC-web bodies at random', { timeout: 3_600_000 }, async (t) => {
	t.diagnostic(`seed ${SEED}`);
	const figures = await fuzzRpc(SEED, 100_000);
	t.diagnostic(JSON.stringify(figures));
	checkRpcFigures(figures);
});
