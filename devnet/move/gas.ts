/**
 * Sui's computation meter: every instruction, every value pushed and every byte pushed costs, each more from one tier to the
 * next (sui-types `gas_model/tables.rs`, schedule v5; `gas_meter.rs` of sui-adapter, gas model 11). Units are internal ones:
 * 1000 make a gas unit. Counters are doubles: a transaction's largest budget is 5 · 10⁹ internal units.
 *
 * What a value counts is the larger of two: the rule in Sui 1.63's source, and what a real machine was measured to charge
 * (the simulator of PyPI `sui-sandbox` 0.22.0, loops that differ by one statement: docs/devnet/gas.md): at least 16 bytes for every
 * value loaded, copied, moved, read or unpacked, 32 for an address or u256, 8 for a borrow, 3 for a call and 16 more for each of its
 * type arguments. The stack's height is kept by both: there a conditional branch takes nothing from it, and what MoveLoc pushes does
 * not stay. So a transaction costs here what it costs there or a little more. Natives cost what `natives/costs.ts` says.
 */
import { type GasMeter, MoveFailure } from '#devnet/move/api.ts';

type Tiers = readonly (readonly [from: number, cost: number])[];

const INSTRUCTION_TIERS: Tiers = [
	[0, 1],
	[20_000, 2],
	[50_000, 10],
	[100_000, 50],
	[200_000, 100],
	[10_000_000, 1000],
];
const STACK_HEIGHT_TIERS: Tiers = [
	[0, 1],
	[1_000, 2],
	[10_000, 10],
];
const STACK_SIZE_TIERS: Tiers = [
	[0, 1],
	[100_000, 2],
	[500_000, 5],
	[1_000_000, 100],
	[100_000_000, 1000],
];
/** After so many native calls in a transaction their cost counts as instructions. */
const NATIVE_CALL_THRESHOLD = 700;

export class TieredGasMeter implements GasMeter {
	#instructions = 0;
	#instructionCost = 1;
	#instructionsNext = 20_000;
	#height = 0;
	#measuredHeight = 0;
	#heightCost = 1;
	#heightNext = 1_000;
	#bytes = 0;
	#byteCost = 1;
	#bytesNext = 100_000;
	#used = 0;
	#nativeCalls = 0;
	readonly #limit: number;

	constructor(limitInternalUnits: bigint | undefined) {
		this.#limit = limitInternalUnits === undefined ? Number.POSITIVE_INFINITY : Number(limitInternalUnits);
	}

	get instructionsExecuted(): bigint {
		return BigInt(this.#instructions);
	}
	get stackSizeBytes(): bigint {
		return BigInt(this.#bytes);
	}
	get stackHeight(): bigint {
		return BigInt(this.#height);
	}
	get internalUnits(): bigint {
		return BigInt(this.#used);
	}

	charge(internalUnits: bigint): void {
		this.deduct(Number(internalUnits));
	}

	/** One instruction. */
	step(pushes: number, pops: number, bytes: number, measuredPops = pops): void {
		this.count(1, pushes, pops, bytes, measuredPops);
	}

	native(cost: number, pushes: number, bytes: number): void {
		this.#nativeCalls++;
		if (this.#nativeCalls > NATIVE_CALL_THRESHOLD) this.count(cost, pushes, 0, bytes);
		else {
			this.count(0, pushes, 0, bytes);
			this.deduct(cost);
		}
	}

	count(instructions: number, pushes: number, pops: number, bytes: number, measuredPops = pops): void {
		const height = this.#height + pushes;
		const measured = this.#measuredHeight + pushes;
		if (height > this.#heightNext || measured > this.#heightNext) [this.#heightCost, this.#heightNext] = tier(STACK_HEIGHT_TIERS, Math.max(height, measured));
		this.#instructions += instructions;
		if (this.#instructions > this.#instructionsNext) [this.#instructionCost, this.#instructionsNext] = tier(INSTRUCTION_TIERS, this.#instructions);
		this.#bytes += bytes;
		if (this.#bytes > this.#bytesNext) [this.#byteCost, this.#bytesNext] = tier(STACK_SIZE_TIERS, this.#bytes);
		this.#height = height > pops ? height - pops : 0;
		this.#measuredHeight = measured > measuredPops ? measured - measuredPops : 0;
		this.deduct(this.#instructionCost * instructions + this.#byteCost * bytes + this.#heightCost * pushes);
	}

	deduct(internalUnits: number): void {
		this.#used += internalUnits;
		if (this.#used > this.#limit) {
			this.#used = this.#limit;
			throw new MoveFailure({ kind: 'outOfGas' });
		}
	}
}

/** The cost at `at` and where the next tier starts. */
function tier(tiers: Tiers, at: number): [cost: number, next: number] {
	let cost = 1;
	for (const [from, price] of tiers) {
		if (from > at) return [cost, from];
		cost = price;
	}
	return [cost, Number.POSITIVE_INFINITY];
}
