/**
 * What a typed transaction may not do, found before it runs (sui-adapter `static_programmable_transactions/typing/verify`, Sui 1.63).
 * In this order: bytes, use of objects and of the gas coin, functions, values that are gone or borrowed, values left over, hot values.
 */
import { isDatatype } from '#devnet/ledger/encoding.ts';
import { argumentFailure, type CommandArgumentErrorKind, ExecutionFailure, inCommand } from '#devnet/ledger/failure.ts';
import { checkHotValues } from '#devnet/ledger/hot-values.ts';
import { checkPure, isPureType, LayoutError } from '#devnet/ledger/layout.ts';
import { type Place, type TypedArgument, type TypedCall, type TypedCommand, type TypedTransaction, typedArguments } from '#devnet/ledger/places.ts';
import type { MoveVm } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;
const STANDARD_LIBRARY = `0x${'0'.repeat(63)}1`;

export interface RuleOptions {
	readonly vm: MoveVm;
	/** Any bytes, any function, references and values left over: simulations with checks disabled. */
	readonly unchecked: boolean;
}

/** Throws {@link ExecutionFailure}. Turns the last copy of a value into a move. */
export function checkArguments(transaction: TypedTransaction, options: RuleOptions): void {
	for (const place of transaction.pure) checkPureBytes(place, options);
	for (const place of transaction.receiving) checkReceiving(place, options.vm);
	each(transaction, checkObjectUses);
	each(transaction, (command) => command.kind === 'moveCall' && checkFunction(command, options));
	const borrowed = checkMemory(transaction);
	moveLastCopies(transaction, borrowed);
	if (options.unchecked) return;
	checkNothingIsLeft(transaction);
	checkHotValues(transaction);
}

function each(transaction: TypedTransaction, check: (command: TypedCommand) => void): void {
	for (const command of transaction.commands) inCommand(command.index, () => check(command));
}

// ---- bytes -----------------------------------------------------------------------------------------------------------

function checkPureBytes({ source, type }: Place, { unchecked }: RuleOptions): void {
	if (source.kind !== 'pure' || unchecked) return;
	const refuse = (error: CommandArgumentErrorKind, detail: string) =>
		inCommand(source.firstUse.command, () => {
			throw argumentFailure(source.firstUse.argument, error, detail);
		});
	if (!isPureType(type)) refuse({ $kind: 'InvalidUsageOfPureArg' }, `bytes cannot be a ${formatType(type)}`);
	try {
		checkPure(type, source.bytes);
	} catch (error) {
		if (!(error instanceof LayoutError)) throw error;
		refuse({ $kind: 'InvalidBCSBytes' }, `${formatType(type)}: ${error.message}`);
	}
}

function checkReceiving({ source, type }: Place, vm: MoveVm): void {
	if (source.kind !== 'receiving') return;
	const received = type.kind === 'datatype' && isDatatype(type, FRAMEWORK, 'transfer', 'Receiving') ? type.typeArguments[0] : undefined;
	if (received !== undefined && vm.abilities(received).key) return;
	inCommand(source.firstUse.command, () => {
		throw argumentFailure(source.firstUse.argument, { $kind: 'TypeMismatch' }, 'a receiving reference is only for a Receiving<T>');
	});
}

// ---- objects and the gas coin ----------------------------------------------------------------------------------------

function checkObjectUses(command: TypedCommand): void {
	const all = typedArguments(command);
	for (const { index, use, place } of all) {
		if (place.source.kind !== 'object') continue;
		const { access } = place.source.input;
		if (access === 'owned' || access === 'sharedMutable') continue;
		if (use === 'move') throw argumentFailure(index, { $kind: 'InvalidObjectByValue' });
		if (use === 'borrowMutably') throw argumentFailure(index, { $kind: 'InvalidObjectByMutRef' });
	}
	if (command.kind === 'transferObjects') return;
	for (const { index, use, place } of all) {
		if (place.source.kind === 'gas' && use === 'move') throw argumentFailure(index, { $kind: 'InvalidGasCoinUsage' });
	}
}

// ---- functions -------------------------------------------------------------------------------------------------------

/** Functions of which a type parameter stands for a type of the caller's own module: a transaction has none (`private_generics_verifier_v2.rs`). */
const OF_OWN_TYPES: ReadonlySet<string> = new Set([
	`${STANDARD_LIBRARY}::internal::permit`,
	...['emit', 'emit_authenticated'].map((name) => `${FRAMEWORK}::event::${name}`),
	...['transfer', 'freeze_object', 'share_object', 'receive', 'party_transfer'].map((name) => `${FRAMEWORK}::transfer::${name}`),
	`${FRAMEWORK}::coin_registry::new_currency`,
]);

function checkFunction({ command, signature }: TypedCall, { unchecked }: RuleOptions): void {
	if (!unchecked) {
		signature.returns.forEach((type, index) => {
			if (type.kind === 'reference') throw new ExecutionFailure({ $kind: 'InvalidPublicFunctionReturnType', index }, formatType(type));
		});
	}
	const name = `${command.packageId}::${command.module}::${command.function}`;
	if (OF_OWN_TYPES.has(name)) throw new ExecutionFailure({ $kind: 'NonEntryFunctionInvoked' }, `${name} is for types of the calling module`);
	if (signature.visibility !== 'public' && !signature.isEntry && !unchecked) {
		throw new ExecutionFailure({ $kind: 'NonEntryFunctionInvoked' }, `${name} is neither public nor an entry`);
	}
}

// ---- values that are gone or borrowed --------------------------------------------------------------------------------

/** Copies that are made while the value is borrowed in the same command. A command's borrows end with it: functions return no references. */
function checkMemory(transaction: TypedTransaction): ReadonlySet<TypedArgument> {
	const gone = new Set<Place>();
	const copiedWhileBorrowed = new Set<TypedArgument>();
	each(transaction, (command) => {
		const borrows = new Map<Place, TypedArgument[]>();
		for (const argument of typedArguments(command)) {
			const { index, use, place } = argument;
			if (use === 'move' && borrows.has(place)) throw argumentFailure(index, { $kind: 'CannotMoveBorrowedValue' });
			if (gone.has(place)) throw argumentFailure(index, { $kind: 'ArgumentWithoutValue' });
			if (use === 'move') gone.add(place);
			if (use === 'copy' && borrows.has(place)) copiedWhileBorrowed.add(argument);
			if (use === 'borrow' || use === 'borrowMutably') borrows.set(place, [...(borrows.get(place) ?? []), argument]);
		}
		for (const together of borrows.values()) {
			const mutable = together.find(({ use }) => use === 'borrowMutably');
			if (together.length > 1 && mutable !== undefined) throw argumentFailure(mutable.index, { $kind: 'InvalidReferenceArgument' });
		}
	});
	return copiedWhileBorrowed;
}

/** A value that is not used again need not be copied, and one that cannot be dropped is thereby used up. */
function moveLastCopies(transaction: TypedTransaction, borrowed: ReadonlySet<TypedArgument>): void {
	const used = new Set<Place>();
	for (const command of [...transaction.commands].reverse()) {
		for (const argument of [...typedArguments(command)].reverse()) {
			if (argument.use === 'copy' && !used.has(argument.place) && !borrowed.has(argument)) argument.use = 'move';
			used.add(argument.place);
		}
	}
}

function checkNothingIsLeft(transaction: TypedTransaction): void {
	const moved = new Set<Place>();
	for (const command of transaction.commands) for (const { use, place } of typedArguments(command)) if (use === 'move') moved.add(place);
	for (const { index, results } of transaction.commands) {
		results.forEach((place, subresult) => {
			if (moved.has(place) || place.abilities.drop) return;
			throw new ExecutionFailure({ $kind: 'UnusedValueWithoutDrop', result: index, subresult }, formatType(place.type));
		});
	}
}
