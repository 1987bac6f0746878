import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedParameters } from '#cli/commands/parameters.ts';
import { defaultHparamValues } from '#core/gradient/hparams.ts';

test('parameters are changed by name, and nothing else is taken for one', () => {
	const values = defaultHparamValues();
	assert.deepEqual(changedParameters(values, 'top_k=7, proof_of_work_exponent=3'), { ...values, top_k: 7n, proof_of_work_exponent: 3n });
	for (const list of ['', 'top_k', 'top_k=', 'top_k=-1', 'top_k=1.5', 'top_k=1,', 'toString=1', 'top_g=1;top_k=2'])
		assert.throws(() => changedParameters(values, list), { code: 'BAD_ARGUMENT' }, list);
});
