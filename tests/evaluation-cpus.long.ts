/**
 * The same window on other processors: a process under an emulator that has fewer instruction sets, for which ONNX Runtime picks other kernels.
 * The scores agree within what docs/evaluation.md says; where the kernels are the same ones, they are the same bits.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type GptConfig, gptForwardGraph, gptTrainingGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { createTestNetwork, TEST_MODEL } from '#tests/enclave-network.ts';
import { x86Emulator } from '#tests/helpers/emulator.ts';
import { type ScoredWindow, scoreWindow } from '#tests/helpers/score-window.ts';
import { sequenceLosses } from '#tests/helpers/sequence-losses.ts';

const WINDOW = 9n;
const UIDS = [1, 5];
/** Micro-nats that two scores of one gradient may differ by between CPU classes (docs/evaluation.md). */
const TOLERANCE = 3;
/** 0.1 million parameters in short sequences: an emulator takes some hundred times as long. */
const MODEL: GptConfig = { vocabulary: 256, context: TEST_MODEL.context, width: 64, layers: 2, heads: 2 };
const BATCH = 4;

const PROCESSORS = [
	{ name: 'AVX2 and FMA', cpu: 'max' },
	{ name: 'AVX without FMA', cpu: 'max,avx2=off,fma=off' },
	{ name: 'SSE alone', cpu: 'Nehalem' },
] as const;

async function underEmulator<Answer>(emulator: string, cpu: string, script: string, question: object): Promise<Answer> {
	const child = fork(join(import.meta.dirname, 'helpers', script), {
		serialization: 'advanced',
		execPath: emulator,
		// What a processor has that the emulator cannot do is said at every start of a thread.
		execArgv: ['-cpu', cpu, process.execPath, '--disable-warning=ExperimentalWarning'],
		stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
	});
	const exited = once(child, 'exit');
	child.send(question);
	const answer = await Promise.race([once(child, 'message'), exited.then(([code, signal]) => Promise.reject(new Error(`ended with ${code ?? signal}`)))]);
	await exited;
	return answer[0] as Answer;
}

const emulator = process.arch === 'x64' && process.platform === 'linux' ? await x86Emulator() : undefined;

describe('a window on other processors', { skip: emulator === undefined && 'no qemu-x86_64 on PATH, and no Debian package of it' }, () => {
	for (const { name, cpu } of PROCESSORS) {
		test(`${name}: scores agree within ${TOLERANCE} micro-nats`, async (t) => {
			const model = { graph: gptForwardGraph(MODEL, BATCH), trainingGraph: gptTrainingGraph(MODEL, BATCH), theta: initialWeights(MODEL, 'test') };
			await using network = await createTestNetwork({}, model);
			const question = { graph: model.graph, theta: network.theta, sequences: network.dataset.sequences([3, 14, 15, 92]) };
			const [here, there] = [await sequenceLosses(question), await underEmulator<Float64Array>(emulator!, cpu, 'sequence-losses.ts', question)];
			const loss = Math.max(...here.map((value, i) => Math.abs(value - there[i]!)));
			t.diagnostic(`losses differ by at most ${loss.toExponential(1)} nats`);
			assert.equal(there.length, here.length);
			// Else the emulator would run the same kernels, and the rest would show nothing.
			if (cpu !== 'max') assert.ok(loss > 0, 'other kernels add in another order');

			const gradients = await Promise.all(UIDS.map(async (uid) => ({ uid, bytes: await network.honest(uid, WINDOW) })));
			const window = { request: network.request(WINDOW, UIDS, gradients), files: network.files, gradients, threads: 1 };
			const [ours, theirs] = [await scoreWindow(window), await underEmulator<ScoredWindow>(emulator!, cpu, 'score-window.ts', window)];
			// The norm is a sum of f64 in one order: no kernel.
			assert.equal(theirs.medianNorm, ours.medianNorm);
			let most = Math.abs(Number(BigInt(theirs.baseline) - BigInt(ours.baseline)));
			for (const [row, [uid, own, random]] of ours.scores.entries()) {
				const [otherUid, otherOwn, otherRandom] = theirs.scores[row]!;
				assert.equal(otherUid, uid);
				most = Math.max(most, Math.abs(own - otherOwn), Math.abs(random - otherRandom));
			}
			t.diagnostic(`scores and baseline differ by at most ${most} micro-nats, of ${ours.scores.map(([, own]) => own).join(', ')}`);
			assert.ok(most <= TOLERANCE, `${most} micro-nats`);
		});
	}
});
