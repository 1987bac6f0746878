/** What a transaction may not have too much of, whatever the chain holds (sui-types `transaction.rs` `validity_check`, protocol 105). */
import { RejectedTransaction } from '#devnet/ledger/failure.ts';
import { MAX_GAS_OBJECTS } from '#devnet/ledger/gas.ts';
import type { Command, ParsedTransaction, TransactionInput } from '#devnet/ledger/transaction.ts';
import { argumentsOf, inputId, packageIds } from '#devnet/ledger/transaction-parts.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';

/** Sui refuses what reaches these. */
const BELOW = { pureBytes: 16 * 1024, commands: 1024, arguments: 512, typeArguments: 16, typeDepth: 16, modules: 64, dependencies: 32 } as const;
/** And what exceeds these. */
const AT_MOST = { inputs: 2048, packages: 5 } as const;
const RANDOM_ID = `0x${'0'.repeat(63)}8`;
const IDENTIFIER = /^(?:[A-Za-z][A-Za-z0-9_]*|_[A-Za-z0-9_]+)$/;

const reject = (message: string): RejectedTransaction => new RejectedTransaction('invalid', message);

function below(value: number, limit: keyof typeof BELOW, what: string): void {
	if (value >= BELOW[limit]) throw reject(`Size limit exceeded: ${what} is ${BELOW[limit]}`);
}

/** Throws {@link RejectedTransaction}. */
export function checkLimits({ inputs, commands, payment }: ParsedTransaction): void {
	below(commands.length, 'commands', 'maximum commands in a programmable transaction');
	const objects = inputs.filter(({ kind }) => kind !== 'pure').length + packageIds(commands).size;
	if (objects > AT_MOST.inputs) throw reject(`Size limit exceeded: maximum input + receiving objects in a transaction is ${AT_MOST.inputs}`);
	if (payment.length > MAX_GAS_OBJECTS) throw reject(`Size limit exceeded: maximum number of gas payment objects is ${MAX_GAS_OBJECTS}`);
	const ids = new Set<Address>();
	for (const id of [...inputs.map(inputId), ...payment.map((coin) => coin.id)]) {
		if (id === undefined) continue;
		if (ids.has(id)) throw reject(`Duplicated object ref: ${id} is given twice`);
		ids.add(id);
	}
	for (const input of inputs) if (input.kind === 'pure') below(input.bytes.length, 'pureBytes', 'maximum pure argument size');
	const packages = commands.filter(({ kind }) => kind === 'publish' || kind === 'upgrade').length;
	if (packages > AT_MOST.packages) throw reject(`Size limit exceeded: maximum packages published in a transaction is ${AT_MOST.packages}`);
	for (const command of commands) checkCommand(command);
	checkRandomIsLast(inputs, commands);
}

function checkCommand(command: Command): void {
	const several = (given: readonly unknown[]) => below(given.length, 'arguments', 'maximum arguments in a programmable transaction command');
	const some = (given: readonly unknown[]) => {
		if (given.length === 0) throw reject(`Empty command input: ${command.kind}`);
		several(given);
	};
	switch (command.kind) {
		case 'moveCall':
			checkTypes(command.typeArguments);
			several(command.arguments);
			for (const name of [command.module, command.function]) if (!IDENTIFIER.test(name)) throw reject(`Invalid identifier ${JSON.stringify(name)}`);
			break;
		case 'transferObjects':
			some(command.objects);
			break;
		case 'splitCoins':
			some(command.amounts);
			break;
		case 'mergeCoins':
			some(command.sources);
			break;
		case 'makeMoveVec':
			if (command.type === undefined) some(command.elements);
			else checkTypes([command.type]);
			several(command.elements);
			break;
		case 'publish':
		case 'upgrade':
			if (command.modules.length === 0) throw reject('Empty command input: a package has at least one module');
			below(command.modules.length, 'modules', 'maximum modules in a programmable transaction publish or upgrade command');
			below(command.dependencies.length, 'dependencies', 'maximum package dependencies');
			break;
		default:
			throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
	}
}

/** Counts the types inside of types too, over all type arguments of a call. */
function checkTypes(types: readonly MoveType[]): void {
	let count = 0;
	const visit = (type: MoveType, depth: number): void => {
		below(++count, 'typeArguments', 'maximum type arguments in a call transaction');
		below(depth, 'typeDepth', 'maximum type argument depth in a call transaction');
		if (type.kind === 'vector') visit(type.element, depth + 1);
		if (type.kind === 'datatype') for (const argument of type.typeArguments) visit(argument, depth + 1);
	};
	for (const type of types) visit(type, 1);
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
