/** A transaction's data, decoded and held to Sui's static limits. */
import { fromBase58 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import { hashOf } from '#devnet/ledger/encoding.ts';
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { checkLimits } from '#devnet/ledger/transaction-limits.ts';
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

/** What the BCS reader wrote, so well formed; `fromBase64` of `@mysten/bcs` takes ten times as long, of which a package has much. */
export const bytesFromBase64 = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

function toInput(input: InputData): TransactionInput {
	switch (input.$kind) {
		case 'Pure':
			return { kind: 'pure', bytes: bytesFromBase64(input.Pure.bytes) };
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
			return { kind: 'publish', modules: command.Publish.modules.map(bytesFromBase64), dependencies: command.Publish.dependencies };
		case 'Upgrade': {
			const { modules, dependencies, package: packageId, ticket } = command.Upgrade;
			return { kind: 'upgrade', modules: modules.map(bytesFromBase64), dependencies, packageId, ticket: toArgument(ticket) };
		}
		default:
			throw reject(`unknown command ${JSON.stringify(command satisfies never)}`);
	}
}
