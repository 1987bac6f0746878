/**
 * What a transaction costs (sui-types `gas_v2.rs` and `gas_charger.rs`, Sui 1.63): computation in gas units of 1000 internal
 * units, rounded up to the next thousand, times the price; storage by bytes, of which 99 % come back on deletion.
 * Approximations: prices above the reference are charged in full on aborts too, and the meter's own (`devnet/move/gas.ts`).
 */

/** MIST a gas unit. */
export const REFERENCE_GAS_PRICE = 1000n;
const STORAGE_PRICE = 76n;
const UNITS_PER_BYTE = 100n;
const REBATE_BASIS_POINTS = 9900n;
const ROUNDING_UNITS = 1000n;
export const MAX_COMPUTATION_UNITS = 5_000_000n;
export const MIN_BUDGET_UNITS = 1000n;
/** MIST: 50 SUI. */
export const MAX_BUDGET = 50_000_000_000n;
export const MAX_GAS_OBJECTS = 256;
/** Internal units. */
export const READ_COST_PER_BYTE = 15n;
export const PUBLISH_COST_PER_BYTE = 80n;
const INTERNAL_PER_UNIT = 1000n;

export interface GasCost {
	readonly computationCost: bigint;
	readonly storageCost: bigint;
	readonly storageRebate: bigint;
	readonly nonRefundableStorageFee: bigint;
}

/** What the payer pays; negative when more comes back than is spent. */
export function netCost(cost: GasCost): bigint {
	return cost.computationCost + cost.storageCost - cost.storageRebate;
}

/** Internal units that the budget buys. */
export function computationLimit(budget: bigint, price: bigint): bigint {
	const units = budget / price;
	return (units < MAX_COMPUTATION_UNITS ? units : MAX_COMPUTATION_UNITS) * INTERNAL_PER_UNIT;
}

/** MIST for the internal units used: always at least one step, the next step unless it is exactly one. */
export function computationCost(internalUnits: bigint, price: bigint): bigint {
	const units = internalUnits / INTERNAL_PER_UNIT;
	const rounded = units > 0n && units % ROUNDING_UNITS === 0n ? units : (units / ROUNDING_UNITS + 1n) * ROUNDING_UNITS;
	return rounded * price;
}

export function storageCost(bytes: number): bigint {
	return BigInt(bytes) * UNITS_PER_BYTE * STORAGE_PRICE;
}

/** What of an object's rebate goes to the payer, rounded to the nearest. */
export function refundable(rebate: bigint): bigint {
	return (rebate * REBATE_BASIS_POINTS + 5_000n) / 10_000n;
}

/** Size of a gas coin and the payment objects that an estimate reckons with (sui-rpc-api `simulate`). */
const GAS_COIN_BYTES = 40n;
const SAFE_OVERHEAD_UNITS = 1000n;

/** Budget for a transaction that cost this much when it was simulated with one made-up gas coin. */
export function estimateBudget(cost: GasCost, price: bigint, paymentObjects: number): bigint {
	const storage = cost.storageCost - cost.storageRebate;
	const base = cost.computationCost + (storage > 0n ? storage : 0n);
	const extra = BigInt((paymentObjects === 0 ? MAX_GAS_OBJECTS : paymentObjects) - 1) * GAS_COIN_BYTES * READ_COST_PER_BYTE;
	const rounded = ((extra + ROUNDING_UNITS - 1n) / ROUNDING_UNITS) * ROUNDING_UNITS;
	const estimate = base + (rounded + SAFE_OVERHEAD_UNITS) * price;
	return estimate < MAX_BUDGET ? estimate : MAX_BUDGET;
}
