import type { ErrorCode } from '#core/errors.ts';

/**
 * What an enclave says of each roster miner in a window. Codes below 64 are proven: the bytes match the commitment and then fail,
 * so anyone with them can check. From 64 on they are testimony: a lying host can cause them, so they touch only that validator's ratings.
 */
export const MINER_CODE = {
	scored: 0,
	malformed: 1,
	wrong_shape: 2,
	wrong_window: 3,
	wrong_checkpoint: 4,
	not_finite: 5,
	zero_norm: 6,
	copied: 7,
	/** Larger than the window's clip norm by more than the network allows. */
	norm_exceeded: 8,
	not_committed: 16,
	/** More miners committed than the window evaluates. */
	not_drawn: 17,
	missing: 64,
	forbidden: 65,
	too_large: 66,
	late: 67,
	digest_mismatch: 68,
	undecryptable: 69,
	endpoint_refused: 70,
	unavailable: 71,
} as const;

export type MinerCodeName = keyof typeof MINER_CODE;
export type MinerCode = (typeof MINER_CODE)[MinerCodeName];

export const FIRST_TESTIMONY_CODE = 64;

const NAMES = new Map<number, MinerCodeName>(Object.entries(MINER_CODE).map(([name, code]) => [code, name as MinerCodeName]));

export function minerCodeName(code: number): MinerCodeName | undefined {
	return NAMES.get(code);
}

/** Testimony that a host gives when it could not bring a miner's bytes; undefined when the error is not about the miner. */
export function testimonyOf(code: ErrorCode): MinerCodeName | undefined {
	switch (code) {
		case 'OBJECT_MISSING':
			return 'missing';
		case 'OBJECT_FORBIDDEN':
			return 'forbidden';
		case 'OBJECT_TOO_LARGE':
			return 'too_large';
		case 'OBJECT_LATE':
			return 'late';
		case 'OBJECT_DIGEST':
			return 'digest_mismatch';
		case 'SEAL_BAD_CIPHERTEXT':
		case 'CREDENTIALS_MALFORMED':
			return 'undecryptable';
		case 'ENDPOINT_REFUSED':
			return 'endpoint_refused';
		case 'OBJECT_UNAVAILABLE':
		case 'SEAL_UNAVAILABLE':
			return 'unavailable';
		default:
			return undefined;
	}
}
