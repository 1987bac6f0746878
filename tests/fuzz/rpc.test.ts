import { test } from 'node:test';
import { checkRpcFigures, fuzzRpc } from './rpc.ts';

test('1000 gRPC-web bodies at random are answered, none as a defect', { timeout: 180_000 }, async (t) => {
	const figures = await fuzzRpc(1, 1000);
	t.diagnostic(JSON.stringify(figures));
	checkRpcFigures(figures);
});
