import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Encoder } from 'cbor-x';
import fc from 'fast-check';
import { AWS_NITRO_ROOT_SHA256, awsNitroRoot } from './aws-root.ts';
import { type CertificateRequest, issueCertificate } from './certificate.ts';
import { createDevelopmentRoot, createDocumentMinter, loadDevelopmentRoot, signDocument } from './mint.ts';
import { createNitroVerifier } from './verify.ts';

const NOW = 1_774_380_000_000n;
const HOUR = 3_600_000n;
const root = createDevelopmentRoot();
const verify = createNitroVerifier({ roots: [root.certificate] });
const invalid = (reason: RegExp) => ({ code: 'ATTESTATION_INVALID', message: reason });
const pcrs = new Map([0, 1, 2, 8].map((index) => [index, new Uint8Array(48).fill(index + 1)]));
const request = { timestampMs: NOW, pcrs, publicKey: new Uint8Array(32).fill(9), userData: new Uint8Array(100).fill(8), nonce: undefined };
const document = createDocumentMinter(root).mint(request);

test('a minted document verifies and says what was asked', () => {
	const verified = verify(document, NOW);
	assert.deepEqual(
		verified.pcrs,
		[...pcrs].map(([index, value]) => ({ index, value })),
	);
	assert.equal(verified.timestampMs, NOW);
	assert.deepEqual(verified.publicKey, request.publicKey);
	assert.deepEqual(verified.userData, request.userData);
	assert.equal(verified.nonce, undefined);
	assert.equal(new TextDecoder().decode(verified.digest), 'SHA384');
});

test('COSE tag 18 is allowed, another is not', () => {
	assert.ok(verify(Uint8Array.of(0xd2, ...document), NOW));
	assert.throws(() => verify(Uint8Array.of(0xd3, ...document), NOW), invalid(/tag/));
});

test('no single byte can be changed', () => {
	const envelope = [...Array(40).keys(), ...Array.from({ length: 110 }, (_, i) => document.length - 1 - i)];
	const position = fc.oneof(fc.constantFrom(...envelope), fc.nat(document.length - 1));
	fc.assert(
		fc.property(position, fc.integer({ min: 1, max: 255 }), (at, difference) => {
			const changed = document.slice();
			changed[at]! ^= difference;
			assert.throws(() => verify(changed, NOW), { code: 'ATTESTATION_INVALID' }, `byte ${at} ^ ${difference}`);
		}),
		{ seed: 11, numRuns: 400 },
	);
	for (let length = 0; length < document.length; length += 97) assert.throws(() => verify(document.subarray(0, length), NOW), `${length} bytes`);
});

test('certificates are judged by the clock that is passed', () => {
	assert.ok(verify(document, NOW + 2n * HOUR));
	assert.throws(() => verify(document, NOW + 4n * HOUR), invalid(/expired/));
	assert.throws(() => verify(document, NOW - 4n * HOUR), invalid(/not valid yet/));
});

test('another root is not trusted, and AWS does not vouch for ours', () => {
	assert.throws(() => createNitroVerifier({ roots: [awsNitroRoot()] })(document, NOW), invalid(/trusted root/));
	// The same name is not enough: its key did not sign.
	assert.throws(() => createNitroVerifier({ roots: [createDevelopmentRoot().certificate] })(document, NOW), invalid(/does not verify/));
	assert.ok(createNitroVerifier({ roots: [awsNitroRoot(), root.certificate] })(document, NOW));
});

test('real documents of AWS verify under its root', () => {
	assert.equal(new X509Certificate(awsNitroRoot()).fingerprint256.replaceAll(':', '').toLowerCase(), AWS_NITRO_ROOT_SHA256);
	const aws = createNitroVerifier({ roots: [awsNitroRoot()] });
	const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, `../../tests/vectors/nitro/${name}.json`), 'utf8'));
	for (const [name, indices] of [
		['aws-document', [3, 4]],
		['aws-document-pcr16', [0, 1, 2, 4, 16]],
	] as const) {
		const vector = read(name);
		const real = new Uint8Array(Buffer.from(vector.document, 'hex'));
		const nowMs = BigInt(vector.nowMs);
		// A debug enclave's PCR0 to 2 are zeros and left out.
		assert.deepEqual(
			aws(real, nowMs).pcrs.map(({ index }) => index),
			indices,
		);
		assert.throws(() => aws(real, nowMs + 4n * HOUR), invalid(/expired/));
		assert.throws(() => aws(real, nowMs - 4n * HOUR), invalid(/not valid yet/));
		assert.throws(() => verify(real, nowMs), invalid(/trusted root/));
	}
});

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-384' });

/** A document from root → authority → leaf, with parts replaced. */
function forge(change: { leaf?: Partial<CertificateRequest>; authority?: Partial<CertificateRequest>; fields?: [string, unknown][] }) {
	const authority = keys();
	const leaf = keys();
	const common = { serial: Uint8Array.of(1), notBefore: new Date(Number(NOW - HOUR)), notAfter: new Date(Number(NOW + HOUR)) };
	const rootName = 'vramhub.development.nitro-enclaves';
	const authorityCertificate = issueCertificate({
		...common,
		issuer: { commonName: rootName, privateKey: root.privateKey },
		subject: { commonName: 'authority', publicKey: authority.publicKey },
		ca: { pathLength: 0 },
		...change.authority,
	});
	const leafCertificate = issueCertificate({
		...common,
		issuer: { commonName: 'authority', privateKey: authority.privateKey },
		subject: { commonName: 'leaf', publicKey: leaf.publicKey },
		ca: undefined,
		...change.leaf,
	});
	const fields = new Map<string, unknown>([
		['module_id', 'i-1'],
		['digest', 'SHA384'],
		['timestamp', NOW],
		['pcrs', new Map([[0, new Uint8Array(48).fill(1)]])],
		['certificate', leafCertificate],
		['cabundle', [root.certificate, authorityCertificate]],
		...(change.fields ?? []),
	]);
	return signDocument(encoder.encode(fields), leaf.privateKey);
}

test('the rules of the chain', () => {
	assert.ok(verify(forge({}), NOW));
	assert.throws(() => verify(forge({ authority: { ca: undefined } }), NOW), invalid(/may not sign certificates|not an authority/));
	assert.throws(() => verify(forge({ leaf: { ca: { pathLength: 0 } } }), NOW), invalid(/leaf certificate is an authority/));
	assert.throws(() => verify(forge({ leaf: { notAfter: new Date(Number(NOW) - 1000) } }), NOW), invalid(/expired/));
	assert.throws(() => verify(forge({ authority: { notBefore: new Date(Number(NOW) + 1000) } }), NOW), invalid(/not valid yet/));
	assert.throws(() => verify(forge({ leaf: { issuer: { commonName: 'somebody', privateKey: keys().privateKey } } }), NOW), invalid(/trusted root/));
	assert.throws(() => verify(forge({ leaf: { issuer: { commonName: 'authority', privateKey: keys().privateKey } } }), NOW), invalid(/does not verify/));

	// An authority that allows none below it, with one below it.
	const names = ['a', 'b'];
	const [a, b, leaf] = [keys(), keys(), keys()];
	const common = { serial: Uint8Array.of(1), notBefore: new Date(Number(NOW - HOUR)), notAfter: new Date(Number(NOW + HOUR)) };
	const first = issueCertificate({
		...common,
		issuer: { commonName: 'vramhub.development.nitro-enclaves', privateKey: root.privateKey },
		subject: { commonName: names[0]!, publicKey: a.publicKey },
		ca: { pathLength: 0 },
	});
	const second = issueCertificate({
		...common,
		issuer: { commonName: names[0]!, privateKey: a.privateKey },
		subject: { commonName: names[1]!, publicKey: b.publicKey },
		ca: { pathLength: 0 },
	});
	const last = issueCertificate({
		...common,
		issuer: { commonName: names[1]!, privateKey: b.privateKey },
		subject: { commonName: 'leaf', publicKey: leaf.publicKey },
		ca: undefined,
	});
	const payload = encoder.encode(
		new Map<string, unknown>([
			['module_id', 'i'],
			['digest', 'SHA384'],
			['timestamp', NOW],
			['pcrs', new Map()],
			['certificate', last],
			['cabundle', [root.certificate, first, second]],
		]),
	);
	assert.throws(() => verify(signDocument(payload, leaf.privateKey), NOW), invalid(/longer than an authority allows/));
});

test('the rules of the payload', () => {
	const cases: [string, unknown, RegExp][] = [
		['module_id', '', /module_id/],
		['digest', 'SHA256', /digest/],
		['timestamp', -1, /timestamp/],
		['pcrs', new Map([[0, new Uint8Array(20)]]), /PCR has a wrong length/],
		['pcrs', new Map([[256, new Uint8Array(48)]]), /index of a PCR/],
		['pcrs', new Map(Array.from({ length: 33 }, (_, i) => [i, new Uint8Array(48)])), /pcrs/],
		['cabundle', [], /cabundle/],
		['cabundle', Array(11).fill(root.certificate), /cabundle/],
		['cabundle', [new Uint8Array(1025)], /certificate has a wrong length/],
		['public_key', new Uint8Array(1025), /public_key/],
		['user_data', new Uint8Array(513), /user_data/],
		['nonce', new Uint8Array(513), /nonce/],
	];
	for (const [name, value, reason] of cases) assert.throws(() => verify(forge({ fields: [[name, value]] }), NOW), invalid(reason), name);
	const zero = verify(
		forge({
			fields: [
				[
					'pcrs',
					new Map([
						[0, new Uint8Array(48)],
						[31, new Uint8Array(48).fill(1)],
						[32, new Uint8Array(48).fill(1)],
					]),
				],
			],
		}),
		NOW,
	);
	assert.deepEqual(
		zero.pcrs.map(({ index }) => index),
		[31],
	);
});

test('processes that make the root of a network at once get the same one', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'vramhub-root-'));
	t.after(() => rm(folder, { recursive: true, force: true }));
	const file = join(folder, 'secrets', 'nitro-root');
	const [first, second] = await Promise.all([loadDevelopmentRoot(file), loadDevelopmentRoot(file)]);
	assert.deepEqual(first.certificate, second.certificate);
	assert.equal((await stat(file)).mode & 0o777, 0o600);
	assert.ok(createNitroVerifier({ roots: [first.certificate] })(createDocumentMinter(second).mint(request), NOW));
});

test('a malformed document is told from one that is not valid', () => {
	const name = (document: Uint8Array, nowMs: bigint) => {
		try {
			verify(document, nowMs);
		} catch (error) {
			return error instanceof Error ? error.name : undefined;
		}
		return undefined;
	};
	assert.equal(name(Uint8Array.of(0xff), NOW), 'NitroParseError');
	assert.equal(name(forge({ fields: [['module_id', '']] }), NOW), 'NitroParseError');
	assert.equal(name(document, NOW + 4n * HOUR), 'VramhubError');
});
