/**
 * `sui::group_ops`: BLS12-381 scalars, G1, G2 and GT (draft-irtf-cfrg-pairing-friendly-curves-11 encodings: big-endian, points
 * compressed; the message domain is that of `BLS_SIG_…_NUL_` hashing, which @noble/curves has as default). Type numbers are
 * those of `sui::bls12381`.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { MoveFailure } from '#devnet/move/api.ts';
import { NativeAbort } from '#devnet/move/errors.ts';
import { GROUP_COST } from '#devnet/move/natives/costs.ts';
import type { NativeCall, NativeTable } from '#devnet/move/natives/native.ts';
import { bytesOf, byteVector, deref, type MoveVector, type Value } from '#devnet/move/values.ts';

const { Fr, Fp2, Fp12 } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;

const E_INVALID_INPUT = 1;
const E_INPUT_TOO_LONG = 2;
/** Of a multi-scalar multiplication, and of a sum of uncompressed points. */
const MAX_TERMS = 32;
const MAX_SUMMANDS = 1200;

/** Protocol configuration 105, internal units: conversions between both forms of G1, and sums of uncompressed points. */
const UNCOMPRESSED_COST = { toUncompressed: 2099, toCompressed: 677, sumBase: 77, sumPerTerm: 26 } as const;
const UNCOMPRESSED_G1 = 4;
/** Protocol configuration 105 too: subtraction, and of multi-scalar multiplication the doublings and each addition. */
const SUBTRACTION_COST = { scalar: 10, g1: 1550, g2: 3019, gt: 497 } as const;
const MSM_COST = { g1: { base: 62_648, perAddition: 1333 }, g2: { base: 131_192, perAddition: 3216 } } as const;

/** Additions of Pippenger's method over `terms` products of 255 bits, as Sui estimates them (sui-move-natives `group_ops.rs`). */
export function msmAdditions(terms: number): number {
	const bits = Math.floor(Math.log2(terms));
	const window = bits === 0 ? 1 : bits <= 4 ? 2 : bits - 2;
	return Math.ceil(255 / window) * (terms + 2 ** window + 1);
}

const GROUPS = ['scalar', 'g1', 'g2', 'gt'] as const;
type Group = (typeof GROUPS)[number];
type Scalar = bigint;
type Gt = ReturnType<typeof bls12_381.pairing>;

function groupOf(type: Value): Group {
	const group = GROUPS[type as number];
	if (group === undefined) throw new NativeAbort(E_INVALID_INPUT);
	return group;
}

/** Turns whatever a parser throws into the native's abort. */
function parsed<T>(parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		if (error instanceof NativeAbort || error instanceof MoveFailure) throw error;
		throw new NativeAbort(E_INVALID_INPUT);
	}
}

function scalar(bytes: Uint8Array): Scalar {
	if (bytes.length !== 32) throw new NativeAbort(E_INVALID_INPUT);
	const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
	if (value >= Fr.ORDER) throw new NativeAbort(E_INVALID_INPUT);
	return value;
}

function scalarBytes(value: Scalar): Uint8Array {
	return Buffer.from(Fr.create(value).toString(16).padStart(64, '0'), 'hex');
}

/** On the curve and in the prime-order subgroup. */
function g1(bytes: Uint8Array) {
	if (bytes.length !== 48) throw new NativeAbort(E_INVALID_INPUT);
	const point = G1.fromBytes(bytes);
	if (!point.is0()) point.assertValidity();
	return point;
}

function g2(bytes: Uint8Array) {
	if (bytes.length !== 96) throw new NativeAbort(E_INVALID_INPUT);
	const point = G2.fromBytes(bytes);
	if (!point.is0()) point.assertValidity();
	return point;
}

/** 96 bytes: x and y, in Zcash's form without the compression flag. Checked as the compressed form is. */
function uncompressedG1(bytes: Uint8Array) {
	if (bytes.length !== 96) throw new NativeAbort(E_INVALID_INPUT);
	const point = G1.fromBytes(bytes);
	if (!point.is0()) point.assertValidity();
	return point;
}

/** Sums that vanish come back in coordinates that @noble/curves does not encode: they become its own zero. */
function g1Bytes(point: ReturnType<typeof g1>): Uint8Array {
	return (point.is0() ? G1.ZERO : point).toBytes();
}

function uncompressedBytes(point: ReturnType<typeof g1>): Uint8Array {
	return (point.is0() ? G1.ZERO : point).toBytes(false);
}

function g2Bytes(point: ReturnType<typeof g2>): Uint8Array {
	return (point.is0() ? G2.ZERO : point).toBytes();
}

/** The six Fp2 coefficients in the order of the powers of w; @noble/curves keeps the even ones first. */
const GT_ORDER = [0, 3, 1, 4, 2, 5] as const;
const FP2_BYTES = 96;

function gtBytes(value: Gt): Uint8Array {
	const native = Fp12.toBytes(value);
	const out = new Uint8Array(native.length);
	GT_ORDER.forEach((from, to) => {
		out.set(native.subarray(from * FP2_BYTES, (from + 1) * FP2_BYTES), to * FP2_BYTES);
	});
	return out;
}

function gt(bytes: Uint8Array): Gt {
	if (bytes.length !== 6 * FP2_BYTES) throw new NativeAbort(E_INVALID_INPUT);
	const native = new Uint8Array(bytes.length);
	GT_ORDER.forEach((to, from) => {
		const part = bytes.subarray(from * FP2_BYTES, (from + 1) * FP2_BYTES);
		Fp2.fromBytes(part); // range check
		native.set(part, to * FP2_BYTES);
	});
	return Fp12.fromBytes(native);
}

/** `times` a point or GT element; zero gives the identity. */
function multiply(group: Exclude<Group, 'scalar'>, element: Uint8Array, times: Scalar): Uint8Array {
	switch (group) {
		case 'g1':
			return g1Bytes(g1(element).multiplyUnsafe(times));
		case 'g2':
			return g2Bytes(g2(element).multiplyUnsafe(times));
		case 'gt':
			return gtBytes(Fp12.pow(gt(element), times));
	}
}

function combine(group: Group, left: Uint8Array, right: Uint8Array, negate: boolean): Uint8Array {
	switch (group) {
		case 'scalar':
			return scalarBytes(negate ? Fr.sub(scalar(left), scalar(right)) : Fr.add(scalar(left), scalar(right)));
		case 'g1':
			return g1Bytes(negate ? g1(left).subtract(g1(right)) : g1(left).add(g1(right)));
		case 'g2':
			return g2Bytes(negate ? g2(left).subtract(g2(right)) : g2(left).add(g2(right)));
		case 'gt':
			return gtBytes(negate ? Fp12.mul(gt(left), Fp12.inv(gt(right))) : Fp12.mul(gt(left), gt(right)));
	}
}

function addition(call: NativeCall, args: readonly Value[], negate: boolean): Value[] {
	const group = groupOf(args[0] as Value);
	call.charge(negate ? SUBTRACTION_COST[group] : GROUP_COST.add[group]);
	return [byteVector(parsed(() => combine(group, bytesOf(args[1]), bytesOf(args[2]), negate)))];
}

export const GROUP_NATIVES: NativeTable = {
	'group_ops::internal_validate': (call, [type, bytes]) => {
		// Elements of GT are made by pairings only, and uncompressed ones by conversion: the chain accepts no foreign ones.
		if (type !== 0 && type !== 1 && type !== 2) return [false];
		const group = groupOf(type);
		call.charge(GROUP_COST.decode[group]);
		const data = bytesOf(bytes);
		try {
			if (group === 'scalar') scalar(data);
			else if (group === 'g1') g1(data);
			else g2(data);
			return [true];
		} catch {
			return [false];
		}
	},
	'group_ops::internal_add': (call, args) => addition(call, args, false),
	'group_ops::internal_sub': (call, args) => addition(call, args, true),
	'group_ops::internal_mul': (call, [type, factor, element]) => {
		const group = groupOf(type);
		call.charge(GROUP_COST.mul[group]);
		const times = parsed(() => scalar(bytesOf(factor)));
		const data = bytesOf(element);
		return [byteVector(parsed(() => (group === 'scalar' ? scalarBytes(Fr.mul(times, scalar(data))) : multiply(group, data, times))))];
	},
	'group_ops::internal_div': (call, [type, divisor, element]) => {
		const group = groupOf(type);
		call.charge(GROUP_COST.div[group]);
		const by = parsed(() => scalar(bytesOf(divisor)));
		if (by === 0n) throw new NativeAbort(E_INVALID_INPUT);
		const times = Fr.inv(by);
		const data = bytesOf(element);
		return [byteVector(parsed(() => (group === 'scalar' ? scalarBytes(Fr.mul(times, scalar(data))) : multiply(group, data, times))))];
	},
	'group_ops::internal_hash_to': (call, [type, message]) => {
		const group = groupOf(type);
		const data = bytesOf(message);
		if (data.length === 0 || (group !== 'g1' && group !== 'g2')) throw new NativeAbort(E_INVALID_INPUT);
		call.charge(GROUP_COST.hashTo[group] + 2 * data.length);
		return [byteVector(group === 'g1' ? bls12_381.G1.hashToCurve(data).toBytes() : bls12_381.G2.hashToCurve(data).toBytes())];
	},
	'group_ops::internal_multi_scalar_mul': (call, [type, scalars, elements]) => {
		const group = groupOf(type);
		if (group !== 'g1' && group !== 'g2') throw new NativeAbort(E_INVALID_INPUT);
		const size = group === 'g1' ? 48 : 96;
		const factors = bytesOf(scalars);
		const points = bytesOf(elements);
		const count = points.length / size;
		if (count === 0 || !Number.isInteger(count) || factors.length !== count * 32) throw new NativeAbort(E_INVALID_INPUT);
		if (count > MAX_TERMS) throw new NativeAbort(E_INPUT_TOO_LONG);
		call.charge(count * (GROUP_COST.decode.scalar + GROUP_COST.decode[group]));
		call.charge(MSM_COST[group].base + MSM_COST[group].perAddition * msmAdditions(count));
		let sum: Uint8Array = group === 'g1' ? G1.ZERO.toBytes() : G2.ZERO.toBytes();
		for (let i = 0; i < count; i++) {
			const term = parsed(() => multiply(group, points.subarray(i * size, (i + 1) * size), scalar(factors.subarray(i * 32, (i + 1) * 32))));
			sum = combine(group, sum, term, false);
		}
		return [byteVector(sum)];
	},
	'group_ops::internal_pairing': (call, [type, left, right]) => {
		if (groupOf(type) !== 'g1') throw new NativeAbort(E_INVALID_INPUT);
		call.charge(GROUP_COST.pairing);
		return [
			byteVector(
				parsed(() => {
					const p = g1(bytesOf(left));
					const q = g2(bytesOf(right));
					return gtBytes(p.is0() || q.is0() ? Fp12.ONE : bls12_381.pairing(p, q));
				}),
			),
		];
	},
	'group_ops::internal_convert': (call, [from, to, element]) => {
		const data = bytesOf(element);
		if (from === 1 && to === UNCOMPRESSED_G1) {
			call.charge(UNCOMPRESSED_COST.toUncompressed);
			return [byteVector(parsed(() => uncompressedBytes(g1(data))))];
		}
		if (from === UNCOMPRESSED_G1 && to === 1) {
			call.charge(UNCOMPRESSED_COST.toCompressed);
			return [byteVector(parsed(() => g1Bytes(uncompressedG1(data))))];
		}
		throw new NativeAbort(E_INVALID_INPUT);
	},
	'group_ops::internal_sum': (call, [type, terms]) => {
		if (type !== UNCOMPRESSED_G1) throw new NativeAbort(E_INVALID_INPUT);
		const { items } = deref(terms) as MoveVector;
		if (items.length > MAX_SUMMANDS) throw new NativeAbort(E_INPUT_TOO_LONG);
		call.charge(UNCOMPRESSED_COST.sumBase + UNCOMPRESSED_COST.sumPerTerm * items.length);
		return [byteVector(parsed(() => uncompressedBytes(items.reduce<ReturnType<typeof g1>>((sum, term) => sum.add(uncompressedG1(bytesOf(term))), G1.ZERO))))];
	},

	'bls12381::bls12381_min_sig_verify': (call, args) => [verifySignature(call, 'minSig', args)],
	'bls12381::bls12381_min_pk_verify': (call, args) => [verifySignature(call, 'minPk', args)],
};

/** Base cost of protocol configuration 105; 2 more a byte and a block of 64. */
const VERIFY_COST = { minSig: 44_064, minPk: 49_282 } as const;

/** A malformed key or signature, the key that is the identity, and points outside the subgroup are false. */
function verifySignature(call: NativeCall, kind: 'minSig' | 'minPk', [signature, key, message]: readonly Value[]): boolean {
	const data = bytesOf(message);
	call.charge(VERIFY_COST[kind] + 2 * data.length + 2 * Math.ceil(data.length / 64));
	try {
		if (kind === 'minSig') {
			const publicKey = g2(bytesOf(key));
			const scheme = bls12_381.shortSignatures;
			return !publicKey.is0() && scheme.verify(g1(bytesOf(signature)), scheme.hash(data), publicKey);
		}
		const publicKey = g1(bytesOf(key));
		const scheme = bls12_381.longSignatures;
		return !publicKey.is0() && scheme.verify(g2(bytesOf(signature)), scheme.hash(data), publicKey);
	} catch {
		return false;
	}
}
