import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { attempt, type Playground, type Published, publish, publishPlayground, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';
import type { TraceEvent } from '#devnet/trace/events.ts';
import { traceText } from '#devnet/trace/text.ts';

let playground: Playground;
let published: Published;

before(async () => {
	playground = await startPlayground();
	published = await publishPlayground(playground);
});
after(() => playground?.stop());

const digestOf = (result: Awaited<ReturnType<typeof attempt>>) => (result.Transaction ?? result.FailedTransaction)!.digest;

function increment(by: number, note = 'note') {
	return attempt(playground, (transaction) => {
		transaction.moveCall({
			target: `${published.packageId}::playground::increment`,
			arguments: [transaction.object(published.counterId), transaction.pure.u64(by), transaction.pure.string(note)],
		});
	});
}

const ofKind = <K extends TraceEvent['kind']>(events: readonly TraceEvent[], kind: K) =>
	events.filter((event): event is TraceEvent & { kind: K } => event.kind === kind);

describe('the trace of a past transaction', () => {
	it('tells commands, calls with their arguments by name, and results', async () => {
		const digest = digestOf(await increment(5, 'five'));
		const { events, success, omitted } = playground.devnet.trace(digest);
		assert.ok(success && omitted === undefined);
		const [first] = ofKind(events, 'call');
		assert.equal(first?.function, `${published.packageId}::playground::increment`);
		assert.match(
			first.arguments[0]!,
			/^&mut Counter \{ id: 0x[0-9a-f]{64}, value: 0, notes: Table \{ id: 0x[0-9a-f]+, size: 0 \}, purse: Balance \{ value: 0 \} \}$/,
		);
		assert.deepEqual(first.arguments.slice(1, 3), ['5', '"five"']);
		const add = ofKind(events, 'call').find((call) => call.function === '0x2::table::add');
		assert.deepEqual(add?.typeArguments, ['u64', '0x1::string::String']);
		assert.ok(ofKind(events, 'call').some((call) => call.native && call.function === '0x2::event::emit'));
		const opened = ofKind(events, 'call').length;
		assert.equal(ofKind(events, 'return').length, opened, 'what is entered is left');
	});

	it('of an abort ends with its function and instruction', async () => {
		const digest = digestOf(await increment(2000));
		const { events, success } = playground.devnet.trace(digest, { detail: 'instructions' });
		assert.equal(success, false);
		const failure = events.at(-1);
		assert.ok(failure?.kind === 'failure');
		assert.equal(failure.function, `${published.packageId}::playground::increment`);
		assert.equal(failure.text, 'Abort');
		assert.match(failure.message, /^abort ETooMuch: that is too much \(source line \d+\)$/);
		const instruction = events.at(-2);
		assert.ok(instruction?.kind === 'instruction');
		assert.deepEqual([instruction.pc, instruction.text, instruction.pops.length], [failure.pc, 'Abort', 1]);
		const compared = ofKind(events, 'instruction').find(({ text }) => text === 'Le');
		assert.deepEqual([compared?.pops, compared?.pushes], [['2000', '1000'], ['false']]);
		assert.match(traceText({ events, omitted: undefined }), /✗ abort ETooMuch: that is too much.*\n.*playground::increment:\d+ Abort/);
	});

	it('is of the state that it had: what changed, was deleted or was published since does not matter', async () => {
		const box = await run(playground, (transaction) => {
			const [made] = transaction.moveCall({ target: `${published.packageId}::playground::new_box`, arguments: [transaction.pure.u64(7)] });
			transaction.transferObjects([made!], playground.address);
		});
		const boxId = box.effects.changedObjects.find(({ objectId }) => box.objectTypes[objectId]?.endsWith('::Box'))!.objectId;
		const grown = await run(playground, (transaction) => {
			transaction.moveCall({ target: `${published.packageId}::playground::grow`, arguments: [transaction.object(boxId), transaction.pure.u64(1)] });
			transaction.moveCall({ target: `${published.packageId}::playground::time`, arguments: [transaction.object('0x6')] });
		});
		const clock = ofKind(playground.devnet.trace(grown.digest).events, 'call').find((call) => call.function.endsWith('::time'))?.arguments[0];
		playground.devnet.advanceClock(60_000);
		await run(playground, (transaction) => {
			transaction.moveCall({ target: `${published.packageId}::playground::grow`, arguments: [transaction.object(boxId), transaction.pure.u64(100)] });
		});
		await run(playground, (transaction) => {
			transaction.moveCall({ target: `${published.packageId}::playground::destroy`, arguments: [transaction.object(boxId)] });
		});
		const calls = ofKind(playground.devnet.trace(grown.digest).events, 'call');
		assert.match(calls.find((call) => call.function.endsWith('::grow'))!.arguments[0]!, /size: 7 \}$/);
		assert.equal(calls.find((call) => call.function.endsWith('::time'))!.arguments[0], clock);
	});

	it('runs a publication again beside the package that it made, which stays', async () => {
		const source =
			'module playground::second;\npublic struct Made has key { id: UID }\nfun init(ctx: &mut TxContext) { transfer::share_object(Made { id: object::new(ctx) }) }\npublic fun one(): u64 { 1 }\n';
		const { packageId } = await publish(playground, { 'second.move': source });
		const { previousTransaction } = playground.devnet.ledger.object(packageId)!;
		const { events, success } = playground.devnet.trace(previousTransaction);
		assert.ok(success);
		assert.ok(ofKind(events, 'call').some((call) => call.function === `${packageId}::second::init`));
		await run(playground, (transaction) => void transaction.moveCall({ target: `${packageId}::second::one` }));
	});

	it('of a draw has the randomness of then', async () => {
		const draw = () =>
			run(
				playground,
				(transaction) => void transaction.moveCall({ target: `${published.packageId}::playground::draw`, arguments: [transaction.object('0x8')] }),
			);
		const { digest, events } = await draw();
		await draw();
		const emitted = ofKind(playground.devnet.trace(digest).events, 'call').find((call) => call.function === '0x2::event::emit');
		assert.equal(emitted?.arguments[0], `Drawn { number: ${(events![0]!.json as { number: string }).number} }`);
	});

	it('is cut in its middle when it is long, and says so', async () => {
		const { digest } = await run(playground, (transaction) => {
			transaction.moveCall({ target: `${published.packageId}::playground::spin`, arguments: [transaction.pure.u64(500)] });
		});
		const { events, omitted } = playground.devnet.trace(digest, { detail: 'instructions', limit: 100 });
		assert.equal(events.length, 100);
		const whole = playground.devnet.trace(digest, { detail: 'instructions', limit: 100_000 });
		assert.equal(whole.omitted, undefined);
		assert.deepEqual(omitted, { at: 50, count: whole.events.length - 100 });
		assert.deepEqual(events, [...whole.events.slice(0, 50), ...whole.events.slice(-50)]);
	});

	it('is refused for what is not known', () => {
		assert.throws(() => playground.devnet.trace('11111111111111111111111111111111'), { code: 'CHAIN_OBJECT_MISSING' });
	});
});
