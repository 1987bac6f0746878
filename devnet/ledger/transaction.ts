/** A transaction's data, decoded and held to Sui's static limits. */
import { fromBase58, fromBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { hashOf } from '#devnet/ledger/encoding.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { MAX_GAS_OBJECTS } from '#devnet/ledger/gas.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { parseType } from '#devnet/move/types.ts';

export interface ObjectReference {
	readonly id: Address;
	readonly version: bigint;
	/** Base58. */
	readonly digest: string;
}

export type TransactionInput =
	| { readonly kind: 'pure'; readonly bytes: Uint8Array }
	| { readonly kind: 'owned'; readonly reference: ObjectReference }
	| { readonly kind: 'shared'; readonly id: Address; readonly initialVersion: bigint; readonly mutable: boolean }
	| { readonly kind: 'receiving'; readonly reference: ObjectReference };

export type Argument =
	| { readonly kind: 'gas' }
	| { readonly kind: 'input'; readonly index: number }
	/** `subresult` undefined: the command's only result. */
	| { readonly kind: 'result'; readonly index: number; readonly subresult: number | undefined };

export type Command =
	| {
			readonly kind: 'moveCall';
			readonly packageId: Address;
			readonly module: string;
			readonly function: string;
			readonly typeArguments: readonly MoveType[];
			readonly arguments: readonly Argument[];
	  }
	| { readonly kind: 'transferObjects'; readonly objects: readonly Argument[]; readonly address: Argument }
	| { readonly kind: 'splitCoins'; readonly coin: Argument; readonly amounts: readonly Argument[] }
	| { readonly kind: 'mergeCoins'; readonly destination: Argument; readonly sources: readonly Argument[] }
	| { readonly kind: 'makeMoveVec'; readonly type: MoveType | undefined; readonly elements: readonly Argument[] }
	| { readonly kind: 'publish'; readonly modules: readonly Uint8Array[]; readonly dependencies: readonly Address[] }
	| {
			readonly kind: 'upgrade';
			readonly modules: readonly Uint8Array[];
			readonly dependencies: readonly Address[];
			/** The version that is upgraded. */
			readonly packageId: Address;
			readonly ticket: Argument;
	  };

export type TransactionDataV1 = NonNullable<(typeof bcs.TransactionData.$inferType)['V1']>;

export interface ParsedTransaction {
	readonly bytes: Uint8Array;
	/** Base58. */
	readonly digest: string;
	readonly digestBytes: Uint8Array;
	readonly sender: Address;
	readonly inputs: readonly TransactionInput[];
	readonly commands: readonly Command[];
	readonly payment: readonly ObjectReference[];
	readonly gasOwner: Address;
	readonly gasPrice: bigint;
	readonly gasBudget: bigint;
	readonly data: TransactionDataV1;
}

const MAX_TRANSACTION_BYTES = 128 * 1024;
const MAX_PURE_BYTES = 16 * 1024;
const MAX_COMMANDS = 1024;
const MAX_ARGUMENTS = 512;
const MAX_INPUT_OBJECTS = 2048;
const MAX_TYPE_ARGUMENTS = 16;
const RANDOM_ID = `0x${'0'.repeat(63)}8`;

const reject = (message: string): RejectedTransaction => new RejectedTransaction('invalid', message);

/** BCS of a `TransactionData`. Throws {@link RejectedTransaction}. */
export function parseTransaction(bytes: Uint8Array): ParsedTransaction {
	if (bytes.length > MAX_TRANSACTION_BYTES) throw reject(`Size limit exceeded: serialized transaction size exceeded maximum of ${MAX_TRANSACTION_BYTES}`);
	let data: TransactionDataV1 | undefined;
	try {
		data = bcs.TransactionData.parse(bytes).V1;
	} catch (error) {
		throw reject(`transaction is not valid BCS: ${error instanceof Error ? error.message : String(error)}`);
	}
	const kind = data?.kind.ProgrammableTransaction;
	if (data === undefined || kind === undefined) throw reject('only programmable transactions can be submitted');
	const digest = hashOf('TransactionData', bytes);
	const parsed: ParsedTransaction = {
		bytes,
		digest,
		digestBytes: fromBase58(digest),
		sender: data.sender,
		inputs: kind.inputs.map(toInput),
		commands: kind.commands.map(toCommand),
		payment: data.gasData.payment.map(toReference),
		gasOwner: data.gasData.owner,
		gasPrice: BigInt(data.gasData.price),
		gasBudget: BigInt(data.gasData.budget),
		data,
	};
	checkLimits(parsed);
	return parsed;
}

type InputData = NonNullable<TransactionDataV1['kind']['ProgrammableTransaction']>['inputs'][number];
type CommandData = NonNullable<TransactionDataV1['kind']['ProgrammableTransaction']>['commands'][number];

function toReference(reference: { objectId: string; version: string; digest: string }): ObjectReference {
	return { id: reference.objectId, version: BigInt(reference.version), digest: reference.digest };
}

function toInput(input: InputData): TransactionInput {
	switch (input.$kind) {
		case 'Pure':
			return { kind: 'pure', bytes: fromBase64(input.Pure.bytes) };
		case 'Object':
			switch (input.Object.$kind) {
				case 'ImmOrOwnedObject':
					return { kind: 'owned', reference: toReference(input.Object.ImmOrOwnedObject) };
				case 'SharedObject': {
					const { objectId, initialSharedVersion, mutable } = input.Object.SharedObject;
					return { kind: 'shared', id: objectId, initialVersion: BigInt(initialSharedVersion), mutable };
				}
				case 'Receiving':
					return { kind: 'receiving', reference: toReference(input.Object.Receiving) };
				default:
					throw reject(`unknown object input ${JSON.stringify(input.Object satisfies never)}`);
			}
		case 'FundsWithdrawal':
			throw reject('UNSUPPORTED: inputs that withdraw from an address balance');
		default:
			throw reject(`unknown input ${JSON.stringify(input satisfies never)}`);
	}
}

type ArgumentData = Extract<CommandData, { $kind: 'SplitCoins' }>['SplitCoins']['coin'];

function toArgument(argument: ArgumentData): Argument {
	switch (argument.$kind) {
		case 'GasCoin':
			return { kind: 'gas' };
		case 'Input':
			return { kind: 'input', index: argument.Input };
		case 'Result':
			return { kind: 'result', index: argument.Result, subresult: undefined };
		case 'NestedResult':
			return { kind: 'result', index: argument.NestedResult[0], subresult: argument.NestedResult[1] };
		default:
			throw reject(`unknown argument ${JSON.stringify(argument satisfies never)}`);
	}
}

function toType(text: string): MoveType {
	try {
		return parseType(text);
	} catch (error) {
		throw reject(error instanceof Error ? error.message : String(error));
	}
}

function toCommand(command: CommandData): Command {
	switch (command.$kind) {
		case 'MoveCall': {
			const call = command.MoveCall;
			return {
				kind: 'moveCall',
				packageId: call.package,
				module: call.module,
				function: call.function,
				typeArguments: call.typeArguments.map(toType),
				arguments: call.arguments.map(toArgument),
			};
		}
		case 'TransferObjects':
			return { kind: 'transferObjects', objects: command.TransferObjects.objects.map(toArgument), address: toArgument(command.TransferObjects.address) };
		case 'SplitCoins':
			return { kind: 'splitCoins', coin: toArgument(command.SplitCoins.coin), amounts: command.SplitCoins.amounts.map(toArgument) };
		case 'MergeCoins':
			return { kind: 'mergeCoins', destination: toArgument(command.MergeCoins.destination), sources: command.MergeCoins.sources.map(toArgument) };
		case 'MakeMoveVec': {
			const { type, elements } = command.MakeMoveVec;
			return { kind: 'makeMoveVec', type: type === null ? undefined : toType(type), elements: elements.map(toArgument) };
		}
		case 'Publish':
			return { kind: 'publish', modules: command.Publish.modules.map((module) => fromBase64(module)), dependencies: command.Publish.dependencies };
		case 'Upgrade': {
			const { modules, dependencies, package: packageId, ticket } = command.Upgrade;
			return { kind: 'upgrade', modules: modules.map((module) => fromBase64(module)), dependencies, packageId, ticket: toArgument(ticket) };
		}
		default:
			throw reject(`unknown command ${JSON.stringify(command satisfies never)}`);
	}
}

export function argumentsOf(command: Command): readonly Argument[] {
	switch (command.kind) {
		case 'moveCall':
			return command.arguments;
		case 'transferObjects':
			return [...command.objects, command.address];
		case 'splitCoins':
			return [command.coin, ...command.amounts];
		case 'mergeCoins':
			return [command.destination, ...command.sources];
		case 'makeMoveVec':
			return command.elements;
		case 'upgrade':
			return [command.ticket];
		case 'publish':
			return [];
		default:
			throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
	}
}

/** Packages that the commands call, take types from, link to or upgrade: inputs of the transaction, as objects are. */
export function packageIds(commands: readonly Command[]): ReadonlySet<Address> {
	const ids = new Set<Address>();
	const addType = (type: MoveType): void => {
		if (type.kind === 'vector') addType(type.element);
		if (type.kind !== 'datatype') return;
		ids.add(type.address);
		type.typeArguments.forEach(addType);
	};
	for (const command of commands) {
		if (command.kind === 'moveCall') {
			ids.add(command.packageId);
			command.typeArguments.forEach(addType);
		}
		if (command.kind === 'makeMoveVec' && command.type !== undefined) addType(command.type);
		if (command.kind === 'publish' || command.kind === 'upgrade') for (const id of command.dependencies) ids.add(id);
		if (command.kind === 'upgrade') ids.add(command.packageId);
	}
	return ids;
}

function checkLimits({ inputs, commands, payment }: ParsedTransaction): void {
	if (commands.length > MAX_COMMANDS) throw reject(`Size limit exceeded: maximum commands in a programmable transaction is ${MAX_COMMANDS}`);
	const objects = inputs.filter(({ kind }) => kind !== 'pure').length + payment.length;
	if (objects > MAX_INPUT_OBJECTS) throw reject(`Size limit exceeded: maximum input objects in a transaction is ${MAX_INPUT_OBJECTS}`);
	if (payment.length > MAX_GAS_OBJECTS) throw reject(`Size limit exceeded: maximum number of gas payment objects is ${MAX_GAS_OBJECTS}`);
	for (const input of inputs) {
		if (input.kind === 'pure' && input.bytes.length > MAX_PURE_BYTES) {
			throw reject(`Size limit exceeded: maximum pure argument size is ${MAX_PURE_BYTES}`);
		}
	}
	const ids = new Set<Address>();
	for (const id of [...inputs.map(inputId), ...payment.map((coin) => coin.id)]) {
		if (id === undefined) continue;
		if (ids.has(id)) throw reject(`Duplicated object ref: ${id} is given twice`);
		ids.add(id);
	}
	let packages = 0;
	for (const command of commands) {
		if (argumentsOf(command).length > MAX_ARGUMENTS) throw reject(`Size limit exceeded: maximum arguments of a command is ${MAX_ARGUMENTS}`);
		if (command.kind === 'moveCall' && command.typeArguments.length > MAX_TYPE_ARGUMENTS) throw reject('Size limit exceeded: maximum type arguments');
		if (command.kind === 'publish') {
			if (command.modules.length === 0) throw reject('Empty command input: a package has at least one module');
			packages++;
		}
		const nonEmpty =
			command.kind === 'transferObjects'
				? command.objects
				: command.kind === 'splitCoins'
					? command.amounts
					: command.kind === 'mergeCoins'
						? command.sources
						: undefined;
		if (nonEmpty?.length === 0) throw reject(`Empty command input: ${command.kind}`);
		if (command.kind === 'makeMoveVec' && command.type === undefined && command.elements.length === 0) throw reject('Empty command input: makeMoveVec');
	}
	if (packages > 5) throw reject('Size limit exceeded: maximum packages published in a transaction is 5');
	checkRandomIsLast(inputs, commands);
}

/** What comes after randomness is known may not depend on it: a caller could abort a draw that it does not like. */
function checkRandomIsLast(inputs: readonly TransactionInput[], commands: readonly Command[]): void {
	const random = inputs.findIndex((input) => inputId(input) === RANDOM_ID);
	if (random === -1) return;
	const first = commands.findIndex((command) => argumentsOf(command).some((argument) => argument.kind === 'input' && argument.index === random));
	if (first === -1) return;
	for (const command of commands.slice(first + 1)) {
		if (command.kind !== 'transferObjects' && command.kind !== 'mergeCoins') {
			throw reject('PostRandomCommandRestrictions: only TransferObjects and MergeCoins may follow a command that uses Random');
		}
	}
}

export function inputId(input: TransactionInput): Address | undefined {
	switch (input.kind) {
		case 'pure':
			return undefined;
		case 'shared':
			return input.id;
		case 'owned':
		case 'receiving':
			return input.reference.id;
		default:
			throw new TypeError(`unknown input ${input satisfies never}`);
	}
}
