import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Transaction } from '@mysten/sui/transactions';
import { compilePackage, readMovePackage } from '#devnet/compiler/compile.ts';
import { attempt, type Playground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';
import { realFramework, realFrameworkFolder, withoutRealFramework } from '#tests/framework/real-framework.ts';

/** A chain whose 0x1 and 0x2 are Sui's own text, with a package that was compiled against it. */
describe('a devnet with Sui’s framework', { skip: withoutRealFramework }, () => {
	let playground: Playground;
	let subset: string;

	before(async () => {
		playground = await startPlayground({ frameworkFolder: realFrameworkFolder });
		const files = await readMovePackage(join(import.meta.dirname, 'subset'));
		const { modules, dependencies } = await compilePackage({ files, framework: await realFramework() });
		const { effects } = await run(playground, (transaction) => {
			const cap = transaction.publish({ modules: [...modules.values()].map((bytes) => [...bytes]), dependencies: [...dependencies] });
			transaction.transferObjects([cap], playground.address);
		});
		subset = effects.changedObjects.find(({ outputState }) => outputState === 'PackageWrite')?.objectId ?? '';
	});
	after(() => playground?.stop());

	it('publishes what was compiled against it, and runs it', async () => {
		await run(playground, (t) => {
			t.moveCall({ target: `${subset}::collections::table_walk` });
			t.moveCall({ target: `${subset}::collections::vector_walk` });
			t.moveCall({ target: `${subset}::objects::versions` });
			t.moveCall({ target: `${subset}::crypto::scalars`, arguments: [t.pure.u64(6), t.pure.u64(7)] });
			t.moveCall({ target: `${subset}::sorting::order`, arguments: [t.pure.vector('u64', [3, 1, 2])] });
		});
	});

	it('has modules that our subset leaves out', async () => {
		const { effects, objectTypes } = await run(playground, (t) => void t.moveCall({ target: '0x2::kiosk::default' }));
		const created = effects.changedObjects
			.filter(({ idOperation }) => idOperation === 'Created')
			.map(({ objectId }) => objectTypes[objectId]?.split('::').at(-1));
		assert.deepEqual(created.sort(), ['Kiosk', 'KioskOwnerCap']);
	});

	it('names the native that it lacks', async () => {
		const missing: [string, (transaction: Transaction) => void][] = [
			['poseidon_bn254_internal', (t) => void t.moveCall({ target: '0x2::poseidon::poseidon_bn254', arguments: [t.pure.vector('u256', [1])] })],
			['ecvrf_verify', (t) => void t.moveCall({ target: '0x2::ecvrf::ecvrf_verify', arguments: [0, 1, 2, 3].map(() => t.pure.vector('u8', [1])) })],
			[
				'prepare_verifying_key_internal',
				(t) => {
					const curve = t.moveCall({ target: '0x2::groth16::bn254' });
					t.moveCall({ target: '0x2::groth16::prepare_verifying_key', arguments: [curve, t.pure.vector('u8', [1])] });
				},
			],
		];
		for (const [name, build] of missing) {
			const { FailedTransaction: failed } = await attempt(playground, build);
			assert.match(failed?.status.error?.message ?? '', new RegExp(`UNSUPPORTED: native .*${name}`));
		}
	});
});
