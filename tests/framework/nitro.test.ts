import assert from 'node:assert/strict';
import { after, before, describe, it, test } from 'node:test';
import type { Transaction } from '@mysten/sui/transactions';
import { NativeAbort } from '#devnet/move/errors.ts';
import { CRYPTO_NATIVES } from '#devnet/move/natives/crypto.ts';
import type { NativeCall } from '#devnet/move/natives/native.ts';
import { byteVector } from '#devnet/move/values.ts';
import { attempt, type Playground, publish, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';
import { accepted, mutated, positionsOf, REAL_DOCUMENTS, validityOf, verifyUnderAwsRoot } from '#tests/framework/nitro-documents.ts';

const PARSE_ERROR = 1n;
const VERIFY_ERROR = 2n;
const invalid = (reason: RegExp) => ({ code: 'ATTESTATION_INVALID', message: reason });

for (const document of REAL_DOCUMENTS) {
	const { name, nowMs, bytes } = document;
	const { first, last } = validityOf(bytes);
	const native = (attestation: Uint8Array, at: bigint) =>
		CRYPTO_NATIVES['nitro_attestation::load_nitro_attestation_internal']?.(
			{ charge: () => {}, environment: { verifyNitroDocument: verifyUnderAwsRoot } } as unknown as NativeCall,
			[byteVector(attestation), at],
		);
	const aborts = (code: bigint) => (error: unknown) => error instanceof NativeAbort && error.code === code;

	describe(`${name} of AWS`, () => {
		it('verifies at the clock of Sui’s test, and from the first to the last millisecond of its certificates', () => {
			assert.ok(first < nowMs && nowMs < last, `${first} ${nowMs} ${last}`);
			for (const at of [nowMs, first, last]) assert.equal(verifyUnderAwsRoot(bytes, at).timestampMs > 0n, true);
		});

		it('fails one millisecond outside of them', () => {
			assert.throws(() => verifyUnderAwsRoot(bytes, first - 1n), invalid(/not valid yet/));
			assert.throws(() => verifyUnderAwsRoot(bytes, last + 1n), invalid(/expired/));
		});

		it('does so in the native, with Sui’s abort code', () => {
			for (const at of [nowMs, first, last]) assert.ok(native(bytes, at));
			for (const at of [first - 1n, last + 1n]) assert.throws(() => native(bytes, at), aborts(VERIFY_ERROR));
			assert.throws(() => native(mutated(bytes, bytes.length - 1, 1), nowMs), aborts(VERIFY_ERROR), 'the signature');
			assert.throws(() => native(mutated(bytes, 0, 1), nowMs), aborts(PARSE_ERROR), 'the envelope');
			assert.throws(() => native(new Uint8Array(), nowMs), aborts(PARSE_ERROR));
		});

		it('is refused with any byte changed', () => {
			const step = 53;
			assert.deepEqual([...accepted(document, positionsOf(bytes, step, Number(nowMs % BigInt(step))), [1])], []);
			assert.deepEqual([...accepted(document, positionsOf(bytes.subarray(0, 24), 1), [1, 0x1f, 0x80, 0xff])], [], 'the envelope');
		});
	});
}

describe('through a transaction', () => {
	const [document] = REAL_DOCUMENTS;
	assert.ok(document !== undefined);
	let playground: Playground;
	let judge: string;

	before(async () => {
		playground = await startPlayground({ genesisTimeMs: Number(document.nowMs), verifyNitroDocument: verifyUnderAwsRoot });
		const { packageId } = await publish(playground, { 'judge.move': JUDGE });
		judge = packageId;
	});
	after(() => playground.stop());

	const load = (bytes: Uint8Array) => (transaction: Transaction) => {
		const loaded = transaction.moveCall({
			target: '0x2::nitro_attestation::load_nitro_attestation',
			arguments: [transaction.pure.vector('u8', [...bytes]), transaction.object.clock()],
		});
		transaction.moveCall({ target: `${judge}::judge::judge`, arguments: [loaded] });
	};
	async function abortCode(bytes: Uint8Array) {
		const { FailedTransaction: failed } = await attempt(playground, load(bytes), 3_000_000_000);
		assert.ok(failed, 'it verified');
		return BigInt(failed.status.error?.MoveAbort?.abortCode ?? -1);
	}

	test('a document goes from the framework’s entry function to a contract', async () => {
		const { events } = await run(playground, load(document.bytes));
		assert.equal(events.length, 1);
		// pcrs 3 and 4 of a debug enclave, then its module's name
		assert.deepEqual([...(events[0]?.bcs ?? [])].slice(0, 3), [2, 3, 4]);
		assert.match(
			Buffer.from(events[0]?.bcs ?? [])
				.subarray(4)
				.toString(),
			/^i-[0-9a-f]+-enc/,
		);
	});

	test('changed, malformed and expired ones abort as on Sui', async () => {
		assert.equal(await abortCode(mutated(document.bytes, document.bytes.length - 1, 1)), VERIFY_ERROR);
		assert.equal(await abortCode(mutated(document.bytes, 1000, 1)), VERIFY_ERROR);
		assert.equal(await abortCode(document.bytes.subarray(0, 1000)), PARSE_ERROR);
		playground.devnet.advanceClock(4 * 3_600_000);
		assert.equal(await abortCode(document.bytes), VERIFY_ERROR);
	});
});

const JUDGE = `module playground::judge;
use sui::event;
use sui::nitro_attestation::NitroAttestationDocument;
public struct Judged has copy, drop { pcrs: vector<u8>, module_id: vector<u8> }
public fun judge(document: NitroAttestationDocument) {
    event::emit(Judged { pcrs: document.pcrs().map_ref!(|pcr| pcr.index()), module_id: *document.module_id() });
}
`;
