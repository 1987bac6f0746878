import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortOf } from '#clients/chain/errors.ts';
import { compilePackage, type MoveFiles, readContracts } from '#devnet/compiler/compile.ts';
import { createNetwork, publishPackage } from '#devnet/publish/publish.ts';
import { startTestChain } from '#tests/helpers/test-chain.ts';

/** Replaces text that must be there. */
function edit(files: MoveFiles, path: string, from: string, to: string): MoveFiles {
	const text = files[path];
	assert.ok(text?.includes(from), `${path} has ${from}`);
	return { ...files, [path]: text!.replace(from, to) };
}

/** The same sources with one module under another name, in a file of its own and wherever it is used. */
function renameModule(files: MoveFiles, from: string, to: string): MoveFiles {
	const renamed = (text: string) =>
		text
			.replaceAll(`module vramhub::${from};`, `module vramhub::${to};`)
			.replaceAll(`use vramhub::${from};`, `use vramhub::${to} as ${from};`)
			.replaceAll(`use vramhub::${from}::`, `use vramhub::${to}::`);
	return Object.fromEntries(Object.entries(files).map(([path, text]) => [path.replace(`/${from}.move`, `/${to}.move`), renamed(text)]));
}

/** Nothing in the devnet knows the contracts: what is edited in a copy is what happens. */
test('an edited error or constant in a copy of a Move file, published under another module name, changes what happens', async () => {
	const chain = await startTestChain({ windowSeconds: 600 });
	try {
		const publisher = { client: chain.client, signer: chain.admin };
		const withoutWindow = { ...chain.parameters, windowDurationMs: 0n };
		await assert.rejects(createNetwork(publisher, withoutWindow), (error) => abortOf(error) === 'EBadDuration');

		let files = renameModule(await readContracts(), 'network', 'network_of_tests');
		files = edit(files, 'sources/network_of_tests.move', 'const EBadDuration', 'const ENoTimeAtAll');
		files = edit(files, 'sources/network_of_tests.move', 'window_duration_ms > 0, EBadDuration', 'window_duration_ms > 700_000, ENoTimeAtAll');
		const { packageId } = await publishPackage(publisher, await compilePackage({ files }), 'an edited copy');

		const refused = (windowDurationMs: bigint) =>
			assert.rejects(createNetwork(publisher, { ...chain.parameters, packageId, windowDurationMs }), (error) => abortOf(error) === 'ENoTimeAtAll');
		await refused(0n);
		await refused(chain.parameters.windowDurationMs);
		await createNetwork(publisher, { ...chain.parameters, packageId, windowDurationMs: 700_001n });
		// The original is what it was.
		await createNetwork(publisher, chain.parameters);
	} finally {
		await chain.stop();
	}
});
