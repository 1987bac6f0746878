/** A transaction whose commands are typed: every argument says which place it means and what it does there. */
import type { LoadedInput } from '#devnet/ledger/inputs.ts';
import type { Argument, Command, ObjectReference } from '#devnet/ledger/transaction.ts';
import type { AbilitySet, FunctionSignature, MoveType } from '#devnet/move/api.ts';

/** Where bytes were first given their type: what a refusal of them names. */
interface FirstUse {
	readonly command: number;
	readonly argument: number;
}

type Source =
	| { readonly kind: 'gas' }
	| { readonly kind: 'object'; readonly input: LoadedInput }
	/** The bytes of one input as one type: as another type they are another place. */
	| { readonly kind: 'pure'; readonly bytes: Uint8Array; readonly firstUse: FirstUse }
	| { readonly kind: 'receiving'; readonly reference: ObjectReference; readonly firstUse: FirstUse }
	| { readonly kind: 'result'; readonly command: number; readonly result: number };

/** Holds one value of a transaction, until that is moved out. Compared by identity. */
export interface Place {
	readonly source: Source;
	readonly type: MoveType;
	readonly abilities: AbilitySet;
}

export interface TypedArgument {
	/** Among the command's, as errors count. */
	readonly index: number;
	/** Values that can be copied are, but for the last use of a place. */
	use: 'move' | 'copy' | 'borrow' | 'borrowMutably';
	readonly place: Place;
	/** As the transaction has it. */
	readonly argument: Argument;
}

interface TypedOf<K extends Command['kind']> {
	readonly kind: K;
	readonly index: number;
	readonly command: Command & { readonly kind: K };
	/** Of the values that the command gives. */
	readonly results: readonly Place[];
}

export type TypedCall = TypedOf<'moveCall'> & {
	readonly signature: FunctionSignature;
	/** By defining ids. */
	readonly typeArguments: readonly MoveType[];
	readonly arguments: readonly TypedArgument[];
};

export type TypedCommand =
	| TypedCall
	| (TypedOf<'transferObjects'> & { readonly objects: readonly TypedArgument[]; readonly recipient: TypedArgument })
	| (TypedOf<'splitCoins'> & { readonly coin: TypedArgument; readonly amounts: readonly TypedArgument[] })
	| (TypedOf<'mergeCoins'> & { readonly destination: TypedArgument; readonly sources: readonly TypedArgument[] })
	| (TypedOf<'makeMoveVec'> & { readonly element: MoveType; readonly elements: readonly TypedArgument[] })
	| TypedOf<'publish'>
	| (TypedOf<'upgrade'> & { readonly ticket: TypedArgument });

export interface TypedTransaction {
	readonly commands: readonly TypedCommand[];
	readonly gas: Place;
	readonly objects: readonly Place[];
	/** In the order of their first use. */
	readonly pure: readonly Place[];
	readonly receiving: readonly Place[];
}

/** In the order in which they are evaluated. */
export function typedArguments(command: TypedCommand): readonly TypedArgument[] {
	switch (command.kind) {
		case 'moveCall':
			return command.arguments;
		case 'transferObjects':
			return [...command.objects, command.recipient];
		case 'splitCoins':
			return [command.coin, ...command.amounts];
		case 'mergeCoins':
			return [command.destination, ...command.sources];
		case 'makeMoveVec':
			return command.elements;
		case 'publish':
			return [];
		case 'upgrade':
			return [command.ticket];
		default:
			throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
	}
}
