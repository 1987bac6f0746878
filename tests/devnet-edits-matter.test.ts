import assert from 'node:assert/strict';
import { it } from 'node:test';
import { attempt, PLAYGROUND, type Published, publishPlayground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

/** The devnet executes what the compiler made of the text, and nothing else: an edited text behaves as edited. */
it('a changed abort code, constant or guard changes what happens on chain', async () => {
	const playground = await startPlayground();
	try {
		const original = await publishPlayground(playground);
		const edited = await publishPlayground(
			playground,
			edit(PLAYGROUND, [
				['module playground::playground;', 'module playground::sandbox;'],
				['PLAYGROUND has drop', 'SANDBOX has drop'],
				['witness: PLAYGROUND', 'witness: SANDBOX'],
				['const EPlain: u64 = 17;', 'const EPlain: u64 = 71;'],
				['b"that is too much"', 'b"not today"'],
				['by <= 1000', 'by <= 5'],
				['counter.value + by', 'counter.value + by * 2'],
			]),
		);
		const attemptBy = async ({ packageId, counterId }: Published, module: string, by: number) =>
			attempt(playground, (transaction) => {
				transaction.moveCall({
					target: `${packageId}::${module}::increment`,
					arguments: [transaction.object(counterId), transaction.pure.u64(by), transaction.pure.string('')],
				});
			});
		const valueAfter = async (published: Published, module: string, by: number) => {
			const { Transaction: done } = await attemptBy(published, module, by);
			return (done?.events?.[0]?.json as { value: string } | undefined)?.value;
		};
		const abortOf = async (published: Published, module: string, by: number) =>
			(await attemptBy(published, module, by)).FailedTransaction?.status.error?.MoveAbort;

		assert.equal(await valueAfter(original, 'playground', 4), '4');
		assert.equal(await valueAfter(edited, 'sandbox', 4), '8');
		assert.equal((await abortOf(original, 'playground', 999))?.abortCode, '17');
		assert.equal((await abortOf(edited, 'sandbox', 999))?.cleverError?.value, 'not today');
		assert.equal((await abortOf(original, 'playground', 1001))?.cleverError?.value, 'that is too much');
		assert.equal(await valueAfter(original, 'playground', 6), '10');
		assert.equal((await abortOf(edited, 'sandbox', 6))?.cleverError?.constantName, 'ETooMuch');

		const plain = await publishPlayground(playground, edit(PLAYGROUND, [['const EPlain: u64 = 17;', 'const EPlain: u64 = 71;']]));
		assert.equal((await abortOf(plain, 'playground', 999))?.abortCode, '71');
		await run(
			playground,
			(transaction) => void transaction.moveCall({ target: `${plain.packageId}::playground::new_box`, arguments: [transaction.pure.u64(1)] }),
		).then(
			() => assert.fail('an object was left lying'),
			(error: Error) => assert.match(error.message, /UnusedValueWithoutDrop/),
		);
	} finally {
		await playground.stop();
	}
});

function edit(text: string, changes: readonly (readonly [from: string, to: string])[]): string {
	return changes.reduce((edited, [from, to]) => {
		assert.ok(edited.includes(from), `the text has no ${from}`);
		return edited.replaceAll(from, to);
	}, text);
}
