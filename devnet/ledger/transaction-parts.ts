/** What the commands and inputs of a transaction name. */
import type { Argument, Command, TransactionInput } from '#devnet/ledger/transaction.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';

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
