/**
 * Types a whole transaction before anything of it runs: finds its functions and types, gives each argument its place and each result
 * its type (sui-adapter `static_programmable_transactions/loading` and `typing/translate.rs`, Sui 1.63, in use since protocol 104).
 * So a mistake in the last command is found before the first has run.
 */
import { coinTypeOf, GAS_COIN_TYPE, isDatatype } from '#devnet/ledger/encoding.ts';
import { argumentFailure, ExecutionFailure, inCommand } from '#devnet/ledger/failure.ts';
import type { LoadedInputs } from '#devnet/ledger/inputs.ts';
import type { Place, TypedArgument, TypedCommand, TypedTransaction } from '#devnet/ledger/places.ts';
import { checkLinkage } from '#devnet/ledger/publish.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { Argument, Command, ParsedTransaction } from '#devnet/ledger/transaction.ts';
import { inputId } from '#devnet/ledger/transaction-parts.ts';
import type { FunctionSignature, MoveType, MoveVm } from '#devnet/move/api.ts';
import { ADDRESS, formatType, substitute, typesEqual, U64, vectorOf } from '#devnet/move/types.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;

/** A type of `0x2::package`. */
export function packageType(name: 'UpgradeCap' | 'UpgradeTicket' | 'UpgradeReceipt'): MoveType {
	return { kind: 'datatype', address: FRAMEWORK, module: 'package', name, typeArguments: [] };
}

/** Without the transaction context, which the machine supplies. */
export function givenParameters(signature: FunctionSignature): readonly MoveType[] {
	const last = signature.parameters.at(-1);
	return last?.kind === 'reference' && isDatatype(last.to, FRAMEWORK, 'tx_context', 'TxContext') ? signature.parameters.slice(0, -1) : signature.parameters;
}

export interface TypingEnvironment {
	readonly vm: MoveVm;
	readonly store: ObjectReader;
	/** Functions may return references, which become copies of what they point to: simulations with checks disabled. */
	readonly unchecked: boolean;
}

/** What a command means apart from its arguments. */
type Loaded =
	| { readonly kind: 'moveCall'; readonly signature: FunctionSignature; readonly typeArguments: readonly MoveType[] }
	| { readonly kind: 'makeMoveVec'; readonly element: MoveType | undefined }
	| { readonly kind: 'other' };

/** Throws {@link ExecutionFailure}. */
export function typeTransaction(environment: TypingEnvironment, parsed: ParsedTransaction, inputs: LoadedInputs): TypedTransaction {
	const loaded = parsed.commands.map((command, index) => inCommand(index, () => load(environment, command)));
	const typing = new Typing(environment, parsed, inputs);
	for (const [index, command] of parsed.commands.entries()) inCommand(index, () => typing.add(index, command, loaded[index] as Loaded));
	return typing;
}

// ---- functions and types ---------------------------------------------------------------------------------------------

function load({ vm, store }: TypingEnvironment, command: Command): Loaded {
	switch (command.kind) {
		case 'moveCall': {
			const typeArguments = command.typeArguments.map((type, index) => loadType(vm, type, index));
			const { packageId: address, module, function: name } = command;
			if (!vm.moduleNames(address).includes(module)) throw unlinked(`module ${address}::${module} does not exist`);
			const signature = vm.signature({ address, module }, name);
			if (signature === undefined) throw new ExecutionFailure({ $kind: 'FunctionNotFound' }, `${address}::${module}::${name}`);
			if (signature.typeParameters.length !== typeArguments.length) throw unlinked(`${name} takes ${signature.typeParameters.length} type arguments`);
			typeArguments.forEach((type, index) => {
				const abilities = vm.abilities(type);
				const constraint = signature.typeParameters[index];
				const lacking = (['copy', 'drop', 'store', 'key'] as const).find((ability) => constraint?.[ability] === true && !abilities[ability]);
				if (lacking !== undefined) throw unlinked(`type argument ${index} of ${name}: ${formatType(type)} has no ${lacking}`);
			});
			return { kind: 'moveCall', signature, typeArguments };
		}
		case 'makeMoveVec':
			return { kind: 'makeMoveVec', element: command.type === undefined ? undefined : loadType(vm, command.type, 0) };
		case 'publish':
		case 'upgrade':
			checkLinkage(command.dependencies, store);
			return { kind: 'other' };
		default:
			return { kind: 'other' };
	}
}

/** What the Move machine itself refuses to load. */
function unlinked(detail: string): ExecutionFailure {
	return new ExecutionFailure({ $kind: 'VMVerificationOrDeserializationError' }, detail);
}

function loadType(vm: MoveVm, type: MoveType, index: number): MoveType {
	const found = vm.definingType(type);
	if (found === undefined) throw new ExecutionFailure({ $kind: 'TypeArgumentError', index, error: 'TypeNotFound' }, formatType(type));
	switch (vm.instantiationFault(found)) {
		case undefined:
			return found;
		case 'arity':
			throw new ExecutionFailure({ $kind: 'TypeArityMismatch' }, formatType(type));
		case 'constraint':
			throw new ExecutionFailure({ $kind: 'TypeArgumentError', index, error: 'ConstraintNotSatisfied' }, formatType(type));
	}
}

// ---- arguments -------------------------------------------------------------------------------------------------------

class Typing implements TypedTransaction {
	readonly #environment: TypingEnvironment;
	readonly #inputs: readonly ParsedTransaction['inputs'][number][];
	readonly #objectOf = new Map<number, Place>();
	/** By input and type. */
	readonly #typed = new Map<string, Place>();
	readonly commands: TypedCommand[] = [];
	readonly gas: Place;
	readonly pure: Place[] = [];
	readonly receiving: Place[] = [];

	constructor(environment: TypingEnvironment, parsed: ParsedTransaction, inputs: LoadedInputs) {
		this.#environment = environment;
		this.#inputs = parsed.inputs;
		this.gas = this.#place({ kind: 'gas' }, GAS_COIN_TYPE);
		parsed.inputs.forEach((input, index) => {
			const object = inputs.objects.get(inputId(input) ?? '');
			if (input.kind === 'pure' || input.kind === 'receiving') return;
			if (object === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, 'an input was not loaded');
			this.#objectOf.set(index, this.#place({ kind: 'object', input: object }, object.object.type));
		});
	}

	get objects(): readonly Place[] {
		return [...this.#objectOf.values()];
	}

	#place(source: Place['source'], type: MoveType): Place {
		return { source, type, abilities: this.#environment.vm.abilities(type) };
	}

	add(index: number, command: Command, loaded: Loaded): void {
		this.commands.push(this.#command(index, command, loaded));
	}

	#command(index: number, command: Command, loaded: Loaded): TypedCommand {
		switch (command.kind) {
			case 'moveCall': {
				if (loaded.kind !== 'moveCall') throw new TypeError('a call without its function');
				const { signature, typeArguments } = loaded;
				const parameters = givenParameters(signature).map((type) => substitute(type, typeArguments));
				const located = this.#locate(0, command.arguments);
				if (parameters.length !== located.length) {
					throw new ExecutionFailure({ $kind: 'ArityMismatch' }, `${command.function} takes ${parameters.length} arguments, not ${located.length}`);
				}
				const given = located.map((place, at) => this.#argument(at, command.arguments[at] as Argument, place, parameters[at] as MoveType));
				const returns = signature.returns.map((type) => substitute(type, typeArguments));
				return { kind: 'moveCall', index, command, signature, typeArguments, arguments: given, results: this.#results(index, returns) };
			}
			case 'transferObjects': {
				const located = this.#locate(0, command.objects);
				const [address] = this.#locate(located.length, [command.address]);
				const objects = located.map((place, at) =>
					this.#fixed(at, command.objects[at] as Argument, place, ({ key, store }) => key && store, { $kind: 'InvalidTransferObject' }),
				);
				const recipient = this.#argument(objects.length, command.address, address as Located, ADDRESS);
				return { kind: 'transferObjects', index, command, objects, recipient, results: [] };
			}
			case 'splitCoins': {
				const [first] = this.#locate(0, [command.coin]);
				const rest = this.#locate(1, command.amounts);
				const coin = this.#coin(0, command.coin, first as Located);
				const amounts = rest.map((place, at) => this.#argument(at + 1, command.amounts[at] as Argument, place, U64));
				return {
					kind: 'splitCoins',
					index,
					command,
					coin,
					amounts,
					results: this.#results(
						index,
						amounts.map(() => coin.place.type),
					),
				};
			}
			case 'mergeCoins': {
				const [first] = this.#locate(0, [command.destination]);
				const rest = this.#locate(1, command.sources);
				const destination = this.#coin(0, command.destination, first as Located);
				const sources = rest.map((place, at) => this.#argument(at + 1, command.sources[at] as Argument, place, destination.place.type));
				return { kind: 'mergeCoins', index, command, destination, sources, results: [] };
			}
			case 'makeMoveVec': {
				if (loaded.kind !== 'makeMoveVec') throw new TypeError('a vector without its type');
				return this.#makeMoveVec(index, command, loaded.element);
			}
			case 'publish':
				return { kind: 'publish', index, command, results: this.#results(index, [packageType('UpgradeCap')]) };
			case 'upgrade': {
				const [place] = this.#locate(0, [command.ticket]);
				const ticket = this.#argument(0, command.ticket, place as Located, packageType('UpgradeTicket'));
				return { kind: 'upgrade', index, command, ticket, results: this.#results(index, [packageType('UpgradeReceipt')]) };
			}
			default:
				throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
		}
	}

	#makeMoveVec(index: number, command: Command & { readonly kind: 'makeMoveVec' }, declared: MoveType | undefined): TypedCommand {
		const elements: TypedArgument[] = [];
		let element = declared;
		let from = 0;
		if (element === undefined) {
			const [first] = this.#locate(0, command.elements.slice(0, 1));
			if (first === undefined) throw new ExecutionFailure({ $kind: 'InvariantViolation' }, 'a vector without a type');
			const typed = this.#fixed(0, command.elements[0] as Argument, first, ({ key }) => key, { $kind: 'InvalidMakeMoveVecNonObjectArgument' });
			elements.push(typed);
			element = typed.place.type;
			from = 1;
		}
		const type = element;
		const located = this.#locate(from, command.elements.slice(from));
		elements.push(...located.map((place, at) => this.#argument(at + from, command.elements[at + from] as Argument, place, type)));
		return { kind: 'makeMoveVec', index, command, element: type, elements, results: this.#results(index, [vectorOf(type)]) };
	}

	#results(command: number, types: readonly MoveType[]): Place[] {
		return types.map((type, result) => {
			// A returned reference: refused later, unless the simulation takes everything.
			const held = type.kind === 'reference' ? type.to : type;
			return this.#place({ kind: 'result', command, result }, held);
		});
	}

	/** All indices of some arguments are checked before any of their types is. */
	#locate(from: number, given: readonly Argument[]): Located[] {
		return given.map((argument, at) => this.#locateOne(from + at, argument));
	}

	#locateOne(index: number, argument: Argument): Located {
		switch (argument.kind) {
			case 'gas':
				return this.gas;
			case 'input': {
				if (argument.index >= this.#inputs.length) throw argumentFailure(index, { $kind: 'IndexOutOfBounds', index: argument.index });
				return this.#objectOf.get(argument.index) ?? argument.index;
			}
			case 'result': {
				const { index: command, subresult } = argument;
				const results = this.commands[command]?.results;
				if (results === undefined) throw argumentFailure(index, { $kind: 'IndexOutOfBounds', index: command });
				if (subresult === undefined && results.length !== 1) throw argumentFailure(index, { $kind: 'InvalidResultArity', index: command });
				const place = results[subresult ?? 0];
				if (place === undefined) throw argumentFailure(index, { $kind: 'SecondaryIndexOutOfBounds', index: command, subresult: subresult ?? 0 });
				return place;
			}
			default:
				throw new TypeError(`unknown argument ${argument satisfies never}`);
		}
	}

	#argument(index: number, argument: Argument, located: Located, expected: MoveType): TypedArgument {
		const wanted = expected.kind === 'reference' ? expected.to : expected;
		const place = typeof located === 'number' ? this.#bytesAs(index, located, wanted) : located;
		if (!typesEqual(place.type, wanted)) {
			throw argumentFailure(index, { $kind: 'TypeMismatch' }, `expected ${formatType(expected)}, got ${formatType(place.type)}`);
		}
		if (expected.kind === 'reference') return { index, use: expected.mutable ? 'borrowMutably' : 'borrow', place, argument };
		return { index, use: place.abilities.copy ? 'copy' : 'move', place, argument };
	}

	/** The place of a pure or receiving input as the type that it is first needed as. Whether it can be that is checked later. */
	#bytesAs(index: number, inputIndex: number, type: MoveType): Place {
		const key = `${inputIndex} ${formatType(type)}`;
		let place = this.#typed.get(key);
		if (place === undefined) {
			const input = this.#inputs[inputIndex];
			const firstUse = { command: this.commands.length, argument: index };
			if (input?.kind === 'pure') {
				place = this.#place({ kind: 'pure', bytes: input.bytes, firstUse }, type);
				this.pure.push(place);
			} else if (input?.kind === 'receiving') {
				place = this.#place({ kind: 'receiving', reference: input.reference, firstUse }, type);
				this.receiving.push(place);
			} else throw new TypeError(`input ${inputIndex} has no bytes`);
			this.#typed.set(key, place);
		}
		return place;
	}

	/** An argument whose own type decides, so that bytes are not enough. */
	#fixed(
		index: number,
		argument: Argument,
		place: Located,
		fits: (abilities: Place['abilities']) => boolean,
		error: Parameters<typeof argumentFailure>[1],
	): TypedArgument {
		if (typeof place === 'number') throw argumentFailure(index, error, 'its type is not known');
		if (!fits(place.abilities)) throw argumentFailure(index, error, formatType(place.type));
		return { index, use: place.abilities.copy ? 'copy' : 'move', place, argument };
	}

	#coin(index: number, argument: Argument, place: Located): TypedArgument {
		if (typeof place === 'number' || coinTypeOf(place.type) === undefined) {
			throw argumentFailure(index, { $kind: 'TypeMismatch' }, `expected a coin${typeof place === 'number' ? '' : `, got ${formatType(place.type)}`}`);
		}
		return { index, use: 'borrowMutably', place, argument };
	}
}

/** A place, or the index of an input whose type depends on where it is used. */
type Located = Place | number;
