import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { MinerOutcome } from '#core/gradient/state.ts';
import { shareWeights } from '#core/gradient/weight.ts';
import { nextProofOfWork, usualWork } from '#core/gradient/work.ts';

const vectors = join(import.meta.dirname, '..', '..', 'tests', 'vectors');
const vector = JSON.parse(readFileSync(join(vectors, 'weights.json'), 'utf8'));

interface VectorMiner {
	readonly kind: MinerOutcome['kind'];
	readonly own: number;
	readonly random: number;
	readonly proofOfWork: number;
	readonly ordinal: string;
	readonly hadWeight: boolean;
	readonly halved: boolean;
	readonly excluded: boolean;
	readonly proofOfWorkAfter: number;
	readonly weight: number;
}

function outcomeOf({ kind, own, random, halved, excluded }: VectorMiner): MinerOutcome {
	switch (kind) {
		case 'scored':
			return { kind, own, random, isHalved: halved };
		case 'failed':
			return { kind, code: 1, isExcluded: excluded };
		case 'absent':
		case 'not_drawn':
			return { kind };
		default:
			return kind satisfies never;
	}
}

test('proof of work and weights are what the independent generator writes', () => {
	execFileSync('python3', [join(vectors, 'make_weights.py'), '--check']);
	assert.ok(vector.cases.length >= 45);
	for (const { name, parameters, usual, miners } of vector.cases as {
		name: string;
		parameters: Record<string, number>;
		usual: number;
		miners: VectorMiner[];
	}[]) {
		const values = {
			proof_of_work_alpha_ppm: BigInt(parameters.alpha!),
			proof_of_work_margin_ppm: BigInt(parameters.margin!),
			gauntlet_gamma_ppm: BigInt(parameters.gamma!),
			proof_of_work_floor_ppm: BigInt(parameters.floor!),
			proof_of_work_exponent: BigInt(parameters.exponent!),
			ordinal_floor_nano: BigInt(parameters.ordinalFloor!),
		};
		const entries = miners.map((miner) => ({ outcome: outcomeOf(miner), hadWeight: miner.hadWeight }));
		assert.equal(usualWork(entries) ?? 0, usual, name);
		const works = miners.map(({ proofOfWork }, i) => nextProofOfWork(proofOfWork, entries[i]!.outcome, usual, values));
		assert.deepEqual(
			works,
			miners.map(({ proofOfWorkAfter }) => proofOfWorkAfter),
			name,
		);
		const weighable = miners.map(({ kind, ordinal, halved }, i) => ({
			mu: BigInt(ordinal) + 3n,
			sigma: 1n,
			proofOfWork: works[i]!,
			scored: kind === 'scored',
			halved,
		}));
		assert.deepEqual(
			shareWeights(weighable, values),
			miners.map(({ weight }) => weight),
			name,
		);
	}
});
