import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { admitEndpoint, isPublicAddress, PUBLIC_HTTPS, publicLookup } from './endpoint-policy.ts';

const refusal = { code: 'ENDPOINT_REFUSED' };

test('addresses of private, local and special ranges are not public', () => {
	const refused = [
		...['0.0.0.0', '10.1.2.3', '100.64.0.1', '100.127.255.255', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
		...['192.0.0.8', '192.0.2.1', '198.18.0.1', '198.51.100.7', '203.0.113.9', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
		...['::', '::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', '2001:db8::1', '2002:7f00:1::', '2001:0:53aa::1', '64:ff9b::7f00:1'],
		...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a00:1', '::ffff:8.8.8.8', '::127.0.0.1', '3fff::1', '4000::1'],
		...['localhost', '', '1.2.3', 'example.com'],
	];
	for (const address of refused) assert.equal(isPublicAddress(address), false, address);
	for (const address of ['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450:4001::1'])
		assert.equal(isPublicAddress(address), true, address);
});

test('no v4 address becomes public by being written as v6', () => {
	fc.assert(
		fc.property(fc.ipV4(), (v4) => isPublicAddress(`::ffff:${v4}`) === false && isPublicAddress(`64:ff9b::${v4}`) === false),
		{ seed: 7, numRuns: 200 },
	);
});

test('the public policy admits https names and public addresses alone', () => {
	const refused = [
		...[
			'http://s3.example.com',
			'ftp://s3.example.com',
			'not a url',
			'https://user:pw@s3.example.com',
			'https://s3.example.com/path',
			'https://s3.example.com/?q',
		],
		...[
			'https://127.0.0.1',
			'https://0x7f.1',
			'https://2130706433',
			'https://017700000001',
			'https://[::1]',
			'https://[::ffff:127.0.0.1]',
			'https://169.254.169.254:443',
		],
	];
	for (const endpoint of refused) assert.throws(() => admitEndpoint(endpoint, PUBLIC_HTTPS), refusal, endpoint);
	assert.ok(admitEndpoint('https://s3.example.com:9000', PUBLIC_HTTPS).lookup);
	assert.ok(admitEndpoint('https://8.8.8.8', PUBLIC_HTTPS).lookup);
});

test('the devnet policy lets exactly its origins through', () => {
	const devnet = { kind: 'devnet', allowedOrigins: ['http://127.0.0.1:8333'] } as const;
	assert.equal(admitEndpoint('http://127.0.0.1:8333', devnet).lookup, undefined);
	for (const endpoint of ['http://127.0.0.1:8334', 'http://localhost:8333', 'https://127.0.0.1:8333'])
		assert.throws(() => admitEndpoint(endpoint, devnet), refusal, endpoint);
	assert.ok(admitEndpoint('https://s3.example.com', devnet).lookup);
});

const lookedUp = (addresses: string[], all: boolean) =>
	new Promise((resolve, reject) => {
		const resolver = publicLookup((_, callback) =>
			callback(
				null,
				addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
			),
		);
		resolver('s3.example.com', { all }, (error, address) => (error === null ? resolve(address) : reject(error)));
	});

test('a name is refused when any of its addresses is not public', async () => {
	await assert.rejects(lookedUp(['8.8.8.8', '127.0.0.1'], true), refusal);
	await assert.rejects(lookedUp(['127.0.0.1', '8.8.8.8'], false), refusal);
	await assert.rejects(lookedUp(['::ffff:10.0.0.1'], false), refusal);
	await assert.rejects(lookedUp([], true), refusal);
	assert.deepEqual(await lookedUp(['8.8.8.8'], true), [{ address: '8.8.8.8', family: 4 }]);
	assert.equal(await lookedUp(['8.8.8.8', '2606:4700::1111'], false), '8.8.8.8');
});
