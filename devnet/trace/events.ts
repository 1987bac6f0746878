/** A trace as data. Addresses are written short where they begin with zeros. */

export type TraceEvent =
	| { readonly kind: 'command'; readonly depth: 0; readonly index: number; readonly text: string; readonly gas: number }
	| { readonly kind: 'commandDone'; readonly depth: 0; readonly index: number; readonly gas: number }
	| {
			readonly kind: 'call';
			readonly depth: number;
			/** `package::module::function` */
			readonly function: string;
			readonly native: boolean;
			readonly typeArguments: readonly string[];
			readonly arguments: readonly string[];
			readonly gas: number;
	  }
	| { readonly kind: 'return'; readonly depth: number; readonly function: string; readonly results: readonly string[]; readonly gas: number }
	| {
			readonly kind: 'instruction';
			readonly depth: number;
			readonly function: string;
			/** Index in the function's code. */
			readonly pc: number;
			/** Disassembled. */
			readonly text: string;
			/** Operands taken from the stack; the last was on top. */
			readonly pops: readonly string[];
			/** What it left there; absent when it did not come to its end, or called or returned. */
			readonly pushes: readonly string[] | undefined;
			/** The local that it wrote. */
			readonly local: { readonly index: number; readonly value: string } | undefined;
			readonly gas: number;
	  }
	| {
			readonly kind: 'failure';
			readonly depth: number;
			/** Where; undefined when no function is to blame. */
			readonly function: string | undefined;
			readonly pc: number | undefined;
			/** The instruction there. */
			readonly text: string | undefined;
			readonly message: string;
	  };

/** `gas` everywhere: internal units of the transaction so far, 1000 to a gas unit. */
export interface EventList {
	readonly events: readonly TraceEvent[];
	/** Events that the limit left out, and where: before `events[at]`. */
	readonly omitted: { readonly at: number; readonly count: number } | undefined;
}
