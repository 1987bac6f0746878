/** What a native function is given, and how natives are named. */
import type { MoveType, NativeEnvironment } from '#devnet/move/api.ts';
import type { Loader } from '#devnet/move/loader.ts';
import type { TransactionObjectRuntime } from '#devnet/move/object-runtime.ts';
import type { Value } from '#devnet/move/values.ts';

export interface NativeCall {
	readonly loader: Loader;
	readonly runtime: TransactionObjectRuntime;
	readonly environment: NativeEnvironment;
	readonly typeArguments: readonly MoveType[];
	/** Internal gas units. */
	charge(units: number): void;
}

/** Returns the values to push, in order. Aborts by throwing `NativeAbort`. */
export type NativeFunction = (call: NativeCall, args: readonly Value[]) => Value[];

/** `module::function` → native, of one address. */
export type NativeTable = Readonly<Record<string, NativeFunction>>;

/** The type argument at `index`; bytecode gives as many as the native declares. */
export function typeArgument(call: NativeCall, index: number): MoveType {
	const found = call.typeArguments[index];
	if (found === undefined) throw new RangeError(`native lacks type argument ${index}`);
	return found;
}
