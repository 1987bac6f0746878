/** All bits of a signed payload and of its signature, one after the other: the quick suite flips one bit of every byte. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as calls from '#clients/chain/calls.ts';
import { unchanged } from '#tests/attacks/attack.ts';
import { type AttackWorld, startAttackWorld } from '#tests/attacks/world.ts';
import { signPayload } from '#tests/helpers/payload.ts';
import { simulate } from '#tests/helpers/simulate.ts';

let world: AttackWorld;
before(async () => {
	world = await startAttackWorld({}, { miners: 2, validators: 1 });
});
after(() => world?.chain.stop());

test('a payload with any single bit flipped, and any single bit of its signature, is refused by name', { timeout: 1_800_000 }, async (t) => {
	const { chain } = world;
	const [validator] = world.validators;
	const window = (await chain.currentWindow()) + 1n;
	await world.play(window);
	const payload = await world.payload(validator!, window);
	const signature = await signPayload(payload, validator!.key);
	const submit = (changed: { readonly payload: Uint8Array; readonly signature: Uint8Array }) =>
		simulate(chain.client, validator!.writer.address, (transaction) =>
			calls.submitScores(transaction, chain.target, { validatorUid: validator!.uid, window, ...changed }),
		);
	assert.equal(await submit({ payload, signature }), undefined, 'the whole one would be taken');
	let tried = 0;
	await unchanged(chain, async () => {
		for (const part of ['payload', 'signature'] as const) {
			const whole = { payload, signature };
			for (let bit = 0; bit < 8 * whole[part].length; bit++) {
				const changed = Uint8Array.from(whole[part]);
				changed[bit >> 3]! ^= 1 << (bit & 7);
				const error = await submit({ ...whole, [part]: changed });
				assert.deepEqual([error?.details.module, error?.details.abort], ['score_ledger', 'EBadSignature'], `bit ${bit} of the ${part}`);
				tried++;
			}
		}
	});
	t.diagnostic(`${tried} bits`);
});
