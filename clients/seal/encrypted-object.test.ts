import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EncryptedObject } from '@mysten/seal';
import { encodeSealIdentity } from '#core/seal-identity.ts';
import { checkCiphertext, sealId } from './encrypted-object.ts';

const server = (digit: string) => `0x${digit.repeat(64)}`;
const settings = { packageId: server('a'), keyServers: [server('1'), server('2'), server('3')], threshold: 2 };
const identity = { network: server('4'), kind: 'minerCredentials', uid: 7, generation: 2, credVersion: 3 } as const;

type Parts = Parameters<typeof EncryptedObject.serialize>[0];

function ciphertext(change: Partial<Parts> = {}): Uint8Array {
	const parts: Parts = {
		version: 0,
		packageId: settings.packageId,
		id: sealId(identity),
		services: settings.keyServers.map((objectId, i): [string, number] => [objectId, i + 1]),
		threshold: 2,
		encryptedShares: {
			BonehFranklinBLS12381: {
				nonce: new Uint8Array(96),
				encryptedShares: [1, 2, 3].map((n) => new Uint8Array(32).fill(n)),
				encryptedRandomness: new Uint8Array(32),
			},
		},
		ciphertext: { Aes256Gcm: { blob: new Uint8Array(200), aad: encodeSealIdentity(identity) } },
	};
	return EncryptedObject.serialize({ ...parts, ...change }).toBytes();
}

test('takes exactly what the network fixed, in any order of servers', () => {
	checkCiphertext(ciphertext(), identity, settings);
	checkCiphertext(ciphertext({ services: [3, 1, 2].map((n): [string, number] => [server(String(n)), n]) }), identity, settings);
});

test('refuses every other part', () => {
	const other = { ...identity, credVersion: 4 };
	const bf = (encryptedShares: Uint8Array[]) => ({
		BonehFranklinBLS12381: { nonce: new Uint8Array(96), encryptedShares, encryptedRandomness: new Uint8Array(32) },
	});
	const cases: Record<string, Partial<Parts>> = {
		version: { version: 1 },
		package: { packageId: server('b') },
		identity: { id: sealId(other) },
		'lower threshold': { threshold: 1 },
		'another server': {
			services: [
				[server('1'), 1],
				[server('2'), 2],
				[server('9'), 3],
			],
		},
		'a server twice': {
			services: [
				[server('1'), 1],
				[server('2'), 2],
				[server('2'), 3],
			],
		},
		'fewer servers': {
			services: [
				[server('1'), 1],
				[server('2'), 2],
			],
		},
		'a share twice': {
			services: [
				[server('1'), 1],
				[server('2'), 1],
				[server('3'), 3],
			],
		},
		'fewer shares': { encryptedShares: bf([new Uint8Array(32)]) },
		'no additional data': { ciphertext: { Aes256Gcm: { blob: new Uint8Array(200), aad: null } } },
		'other additional data': { ciphertext: { Aes256Gcm: { blob: new Uint8Array(200), aad: encodeSealIdentity(other) } } },
		'another cipher': { ciphertext: { Hmac256Ctr: { blob: new Uint8Array(200), aad: encodeSealIdentity(identity), mac: new Uint8Array(32) } } },
		'no cipher': { ciphertext: { Plain: {} } },
		'too long': { ciphertext: { Aes256Gcm: { blob: new Uint8Array(2048), aad: encodeSealIdentity(identity) } } },
	};
	for (const [name, change] of Object.entries(cases))
		assert.throws(() => checkCiphertext(ciphertext(change), identity, settings), { code: 'SEAL_BAD_CIPHERTEXT' }, name);
	for (const bytes of [new Uint8Array(), new Uint8Array(300), ciphertext().subarray(0, 100), Uint8Array.of(...ciphertext(), 0)])
		assert.throws(() => checkCiphertext(bytes, identity, settings), { code: 'SEAL_BAD_CIPHERTEXT' });
});
