/** A command as one line: `SplitCoins(Gas, [Input 0])`. */
import type { Argument, Command } from '#devnet/ledger/transaction.ts';
import { shortAddresses, shortType } from '#devnet/trace/format-value.ts';

const MAX_ARGUMENTS = 12;

export function commandText(command: Command): string {
	switch (command.kind) {
		case 'moveCall': {
			const types = command.typeArguments.length === 0 ? '' : `<${command.typeArguments.map(shortType).join(', ')}>`;
			return `MoveCall ${shortAddresses(command.packageId)}::${command.module}::${command.function}${types}(${list(command.arguments)})`;
		}
		case 'transferObjects':
			return `TransferObjects([${list(command.objects)}], ${argumentText(command.address)})`;
		case 'splitCoins':
			return `SplitCoins(${argumentText(command.coin)}, [${list(command.amounts)}])`;
		case 'mergeCoins':
			return `MergeCoins(${argumentText(command.destination)}, [${list(command.sources)}])`;
		case 'makeMoveVec':
			return `MakeMoveVec${command.type === undefined ? '' : `<${shortType(command.type)}>`}([${list(command.elements)}])`;
		case 'publish':
			return `Publish(${command.modules.length} modules, ${command.dependencies.length} dependencies)`;
		case 'upgrade':
			return `Upgrade ${shortAddresses(command.packageId)}(${command.modules.length} modules, ${command.dependencies.length} dependencies, ${argumentText(command.ticket)})`;
		default:
			return JSON.stringify(command satisfies never);
	}
}

export function argumentText(argument: Argument): string {
	switch (argument.kind) {
		case 'gas':
			return 'Gas';
		case 'input':
			return `Input ${argument.index}`;
		case 'result':
			return argument.subresult === undefined ? `Result ${argument.index}` : `Result ${argument.index}.${argument.subresult}`;
		default:
			return JSON.stringify(argument satisfies never);
	}
}

function list(items: readonly Argument[]): string {
	const shown = items.slice(0, MAX_ARGUMENTS).map(argumentText);
	return items.length > MAX_ARGUMENTS ? `${shown.join(', ')}, … ${items.length} in all` : shown.join(', ');
}
