import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accept, digestOfFacts, type PackageFacts, wasAccepted } from '#devnet/ledger/accepted-packages.ts';
import type { PackageObject } from '#devnet/ledger/objects.ts';

const id = (digit: string) => `0x${digit.repeat(64)}`;
const linkedPackage = (change: Partial<PackageObject> = {}): PackageObject => ({
	kind: 'package',
	id: id('a'),
	originalId: id('a'),
	version: 1n,
	owner: { kind: 'immutable' },
	modules: new Map([['m', Uint8Array.of(1, 2, 3)]]),
	typeOrigins: [],
	dependencies: [],
	previousTransaction: '',
	storageRebate: 0n,
	...change,
});

test('whatever the verifier looks at makes another digest', () => {
	const facts: PackageFacts = { modules: [Uint8Array.of(1, 2), Uint8Array.of(3)], originalId: undefined, linked: [linkedPackage()] };
	const others: PackageFacts[] = [
		{ ...facts, modules: [Uint8Array.of(1, 2), Uint8Array.of(4)] },
		{ ...facts, modules: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
		{ ...facts, modules: [Uint8Array.of(1, 2)] },
		{ ...facts, originalId: id('b') },
		{ ...facts, linked: [] },
		{ ...facts, linked: [linkedPackage({ id: id('b') })] },
		{ ...facts, linked: [linkedPackage({ originalId: id('b') })] },
		{ ...facts, linked: [linkedPackage({ modules: new Map([['m', Uint8Array.of(1, 2, 4)]]) })] },
		{ ...facts, linked: [linkedPackage({ modules: new Map([['n', Uint8Array.of(1, 2, 3)]]) })] },
	];
	const digests = [facts, ...others].map(digestOfFacts);
	assert.equal(new Set(digests).size, digests.length);
	assert.equal(digestOfFacts({ ...facts, linked: [linkedPackage()] }), digests[0]);
});

test('what was accepted is remembered until many others were', () => {
	assert.equal(wasAccepted('first'), false);
	accept('first');
	assert.equal(wasAccepted('first'), true);
	for (let i = 0; i < 64; i++) accept(`other ${i}`);
	assert.equal(wasAccepted('first'), false);
	assert.equal(wasAccepted('other 63'), true);
});
