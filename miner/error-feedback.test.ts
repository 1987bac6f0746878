import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeGradient } from '#core/gradient/codec.ts';
import { GRADIENT_CODEC } from '#core/gradient/layout.ts';
import { ErrorFeedback } from '#miner/error-feedback.ts';

const length = 4096;
const form = { uid: 0, checkpointHash: new Uint8Array(32), manifestHash: new Uint8Array(32), parameters: [{ name: 'a', shape: [length] }], topK: 16 };

test('what is left over decays with every window, and with the windows that were left out', () => {
	const feedback = new ErrorFeedback(0.5);
	const left = Float32Array.of(8, -4);
	assert.deepEqual([...feedback.correct(5n, Float32Array.of(1, 1))], [1, 1]);
	feedback.keep(5n, left);
	assert.deepEqual([...feedback.correct(6n, Float32Array.of(1, 1))], [5, -1]);
	assert.deepEqual([...feedback.correct(8n, Float32Array.of(1, 1))], [2, 0.5]);
	assert.deepEqual([...left], [8, -4]);
	// The same window again, after its gradient was made and lost; another model.
	assert.deepEqual([...feedback.correct(5n, Float32Array.of(1, 1))], [1, 1]);
	assert.deepEqual([...feedback.correct(6n, Float32Array.of(1))], [1]);
});

for (const [name, codec] of Object.entries(GRADIENT_CODEC)) {
	test(`${name}: with feedback the sum of what is sent comes to the sum of the gradients, without it never`, () => {
		// One direction in every window, of which top-k alone would send the same sixteen coefficients for ever.
		const gradient = Float32Array.from({ length }, (_, i) => Math.sin(i * i) * 1.01 ** (i % 300));
		const missing = (decay: number, windows: number): number => {
			const feedback = new ErrorFeedback(decay);
			const sent = new Float64Array(length);
			for (let window = 0n; window < BigInt(windows); window++) {
				const dense = feedback.correct(window, Float32Array.from(gradient));
				const { residual } = encodeGradient({ ...form, codec, window, dense });
				for (let i = 0; i < length; i++) sent[i]! += dense[i]! - residual[i]!;
				feedback.keep(window, residual);
			}
			return norm(Float32Array.from(sent, (value, i) => value / windows - gradient[i]!)) / norm(gradient);
		};
		const [without, decayed, full] = [missing(0, 150), missing(0.95, 150), missing(1, 150)];
		// decay 1 loses nothing, sooner or later; decay 0.95 forgets, and sends no less in all than the part that it remembers.
		assert.ok(full < 0.7 && full < decayed && decayed < without && without > 0.8, `${full}, ${decayed}, ${without}`);
	});
}

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
