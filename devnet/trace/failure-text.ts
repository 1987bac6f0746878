/** Why execution stopped, in words, and the instruction at which it did. */
import type { MoveFailureReason, MoveVm } from '#devnet/move/api.ts';
import { shortAddresses } from '#devnet/trace/format-value.ts';

export interface FailurePlace {
	/** `package::module::function`; undefined when no function is to blame. */
	readonly function: string | undefined;
	readonly pc: number | undefined;
	/** The instruction there, disassembled. */
	readonly text: string | undefined;
	readonly message: string;
}

export function failureText(vm: MoveVm, reason: MoveFailureReason): FailurePlace {
	const place = 'location' in reason ? reason.location : undefined;
	const { address, module } = place?.module ?? {};
	return {
		function: place === undefined ? undefined : shortAddresses(`${address}::${module}::${place.functionName}`),
		pc: place?.instruction,
		text: place === undefined ? undefined : vm.disassemble(place.module, place.functionName)?.[place.instruction],
		message: reasonText(reason),
	};
}

export function reasonText(reason: MoveFailureReason): string {
	switch (reason.kind) {
		case 'abort': {
			const { cleverError: clever } = reason;
			if (clever === undefined) return `abort ${reason.code}`;
			const said = clever.message === undefined ? '' : `: ${clever.message}`;
			return `abort ${clever.constantName === '' ? reason.code : clever.constantName}${said} (source line ${clever.line})`;
		}
		case 'primitiveRuntimeError':
			return reason.message;
		case 'outOfGas':
			return 'out of gas';
		case 'unsupported':
			return `not supported by this devnet: ${reason.feature}`;
		case 'invariant':
			return reason.message;
		default:
			return JSON.stringify(reason satisfies never);
	}
}
