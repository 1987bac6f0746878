import { test } from 'node:test';
import { startScenario } from '#tests/scenario/network.ts';

test('smoke', async () => {
	let t = performance.now();
	const lap = (w: string) => {
		console.log(w, Math.round(performance.now() - t));
		t = performance.now();
	};
	await using s = await startScenario();
	lap('start');
	const miners = await s.equip(2);
	lap('equip');
	const v = await s.startValidator('real');
	lap('validator');
	const w = (await s.openWindow()) + 0n;
	const bytes = await Promise.all(miners.map((m) => s.model.gradient(m.uid, w)));
	lap('gradients');
	for (const [i, m] of miners.entries()) await m.commit(w, bytes[i]!);
	await s.toPutOpen(w);
	lap('commit');
	for (const [i, m] of miners.entries()) await m.put(w, bytes[i]!);
	await s.toPutClose(w);
	lap('put');
	console.log(
		await s.scored(w).catch((e) => {
			console.log(v.lines.join('\n'));
			throw e;
		}),
	);
	lap('scored');
	console.log(v.lines.join('\n'), s.eventCount('ScoresSubmitted'));
});
