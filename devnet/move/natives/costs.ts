/**
 * What natives cost in internal gas units: a base and a price a byte, near Sui's protocol configuration for the common ones.
 * An approximation: Sui also prices type tags, blocks of hashes and the size of what dynamic fields load.
 */
export const COST = {
	/** Reads of the transaction's context, address and type helpers. */
	simple: 52,
	perByte: 2,
	contextRead: 30,
	transfer: 52,
	emitPerByte: 12,
	dynamicField: 100,
	dynamicFieldPerByte: 10,
	ed25519Verify: 1802,
	nitroBase: 53 * 50,
	nitroPerByte: 50,
	nitroVerify: 49_632 * 50,
	/** A certificate chain of four, the usual length, at 52 369 · 50 each. */
	nitroChain: 4 * 52_369 * 50,
} as const;

/** BLS12-381 operations by kind of element (protocol configuration from version 41 on). */
export const GROUP_COST = {
	decode: { scalar: 7, g1: 2848, g2: 3770, gt: 3068 },
	add: { scalar: 10, g1: 1556, g2: 3048, gt: 188 },
	mul: { scalar: 11, g1: 4842, g2: 9108, gt: 27_490 },
	div: { scalar: 91, g1: 5091, g2: 9206, gt: 27_804 },
	hashTo: { g1: 2962, g2: 8688 },
	pairing: 26_897,
} as const;
