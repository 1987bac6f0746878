/** The chain and its transactions, as a person wants to know them: plain data, for the pages and for `--json`. Bounded. */
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { type FieldView, fieldsOf, ownerText, valueText } from '#devnet/explorer/object-view.ts';
import type { FailedDryRun } from '#devnet/ledger/dry-runs.ts';
import type { ChangedObject } from '#devnet/ledger/effects.ts';
import type { ExecutionFailure } from '#devnet/ledger/failure.ts';
import { netCost } from '#devnet/ledger/gas.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { type ParsedTransaction, parseTransaction, type TransactionInput } from '#devnet/ledger/transaction.ts';
import { inputId } from '#devnet/ledger/transaction-parts.ts';
import type { Address, MoveType, MoveVm } from '#devnet/move/api.ts';
import { ADDRESS, formatType, U64 } from '#devnet/move/types.ts';
import { commandText } from '#devnet/trace/command-text.ts';
import { failureText } from '#devnet/trace/failure-text.ts';
import { shortAddresses } from '#devnet/trace/format-value.ts';

export interface FailureView {
	readonly status: string;
	readonly message: string;
	readonly command: number | undefined;
	/** Where execution stopped, of failures in Move code. */
	readonly function: string | undefined;
	readonly pc: number | undefined;
	readonly instruction: string | undefined;
}

export interface TransactionLine {
	readonly digest: string;
	readonly checkpoint: number;
	readonly timestampMs: number;
	readonly sender: Address;
	readonly success: boolean;
	/** Its commands, in short. */
	readonly summary: string;
	/** What the payer paid; negative when more came back. */
	readonly gasMist: bigint;
}

export interface ChangeView {
	readonly id: Address;
	readonly change: 'created' | 'mutated' | 'deleted' | 'wrapped' | 'unwrapped' | 'published';
	readonly type: string;
	/** After the transaction, or the last before it was gone. */
	readonly version: bigint | undefined;
	readonly owner: string | undefined;
}

export interface TransactionView extends TransactionLine {
	readonly failure: FailureView | undefined;
	readonly gasOwner: Address;
	readonly gas: {
		readonly budgetMist: bigint;
		readonly priceMist: bigint;
		readonly computationMist: bigint;
		readonly storageMist: bigint;
		readonly rebateMist: bigint;
	};
	readonly inputs: readonly { readonly text: string; readonly objectId: Address | undefined }[];
	readonly commands: readonly string[];
	readonly changes: readonly ChangeView[];
	readonly events: readonly { readonly module: string; readonly type: string; readonly fields: readonly FieldView[] }[];
	readonly balanceChanges: readonly { readonly address: Address; readonly coinType: string; readonly amountMist: bigint }[];
}

export interface ChainView {
	readonly chainId: string;
	readonly clockMs: bigint;
	readonly genesisTimeMs: bigint;
	readonly transactions: number;
	readonly latest: readonly TransactionLine[];
	/** The last that failed, newest first. */
	readonly failedDryRuns: readonly DryRunView[];
}

export interface DryRunView {
	readonly digest: string;
	readonly timestampMs: number;
	readonly sender: Address;
	readonly summary: string;
	readonly commands: readonly string[];
	readonly inputs: TransactionView['inputs'];
}

export function chainView(ledger: Ledger, count = 50): ChainView {
	const { tip } = ledger.history;
	const latest: TransactionLine[] = [];
	for (const record of ledger.history.range({ descending: true })) {
		if (latest.length >= count) break;
		latest.push(transactionLine(record, parseTransaction(record.bytes)));
	}
	return {
		chainId: ledger.chainId,
		clockMs: ledger.now(),
		genesisTimeMs: ledger.genesisTimeMs,
		transactions: Number(tip),
		latest,
		failedDryRuns: ledger.dryRuns.list().map((run) => dryRunView(ledger.vm, run)),
	};
}

export function dryRunView(vm: MoveVm, { digest, bytes, timestampMs }: FailedDryRun): DryRunView {
	const parsed = parseTransaction(bytes);
	return {
		digest,
		timestampMs: Number(timestampMs),
		sender: parsed.sender,
		summary: summaryOf(parsed),
		commands: parsed.commands.map(commandText),
		inputs: inputsOf(vm, parsed),
	};
}

const inputsOf = (vm: MoveVm, parsed: ParsedTransaction): TransactionView['inputs'] =>
	parsed.inputs.map((input, index) => ({ text: inputText(vm, parsed, input, index), objectId: inputId(input) }));

// ---- transactions ------------------------------------------------------------------------------------------------

function transactionLine(record: TransactionRecord, parsed: ParsedTransaction): TransactionLine {
	const { outcome } = record.effects;
	return {
		digest: record.digest,
		checkpoint: Number(record.checkpoint),
		timestampMs: Number(record.timestampMs),
		sender: record.sender,
		success: outcome.failure === undefined,
		summary: summaryOf(parsed),
		gasMist: netCost(outcome.cost),
	};
}

function summaryOf({ commands }: ParsedTransaction): string {
	const named = commands.map((command) => (command.kind === 'moveCall' ? `${command.module}::${command.function}` : command.kind));
	const shown = named.slice(0, 3).join(', ');
	return named.length > 3 ? `${shown} and ${named.length - 3} more` : shown;
}

/** Throws CHAIN_OBJECT_MISSING. */
export function transactionView(ledger: Ledger, digest: string): TransactionView {
	const record = ledger.transaction(digest);
	if (record === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `transaction ${digest} is not known`);
	const parsed = parseTransaction(record.bytes);
	const { outcome, changed, balanceChanges } = record.effects;
	const { cost, failure } = outcome;
	return {
		...transactionLine(record, parsed),
		failure: failure === undefined ? undefined : failureView(ledger.vm, failure.failure, failure.command),
		gasOwner: parsed.gasOwner,
		gas: {
			budgetMist: parsed.gasBudget,
			priceMist: parsed.gasPrice,
			computationMist: cost.computationCost,
			storageMist: cost.storageCost,
			rebateMist: cost.storageRebate,
		},
		inputs: inputsOf(ledger.vm, parsed),
		commands: parsed.commands.map(commandText),
		changes: changed.map(changeView),
		events: outcome.events.map((event) => ({
			module: shortAddresses(`${event.packageId}::${event.module}`),
			type: shortAddresses(formatType(event.type)),
			fields: fieldsOf(ledger.vm, event.type, event.contents),
		})),
		balanceChanges: balanceChanges.map(({ address, coinType, amount }) => ({ address, coinType: shortAddresses(coinType), amountMist: amount })),
	};
}

function failureView(vm: MoveVm, { status, message, detail }: ExecutionFailure, command: number | undefined): FailureView {
	if (status.$kind === 'MoveAbort') {
		const place = failureText(vm, status.reason);
		return { status: status.$kind, message: place.message, command, function: place.function, pc: place.pc, instruction: place.text };
	}
	if (status.$kind === 'MovePrimitiveRuntimeError') {
		const place = failureText(vm, { kind: 'primitiveRuntimeError', message: detail, location: status.location });
		return { status: status.$kind, message: place.message, command, function: place.function, pc: place.pc, instruction: place.text };
	}
	return { status: status.$kind, message, command, function: undefined, pc: undefined, instruction: undefined };
}

function changeView({ id, type, input, output, idOperation }: ChangedObject): ChangeView {
	const change =
		output === undefined
			? idOperation === 'deleted'
				? 'deleted'
				: 'wrapped'
			: output.isPackage
				? 'published'
				: input !== undefined
					? 'mutated'
					: idOperation === 'created'
						? 'created'
						: 'unwrapped';
	return { id, change, type: shortAddresses(type), version: (output ?? input)?.version, owner: output === undefined ? undefined : ownerText(output.owner) };
}

/** Bytes are read as what the first command that takes them wants. */
function inputText(vm: MoveVm, parsed: ParsedTransaction, input: TransactionInput, index: number): string {
	switch (input.kind) {
		case 'pure': {
			const type = typeOfInput(vm, parsed, index);
			const value = type === undefined ? undefined : valueText(vm, type, input.bytes);
			return value === undefined ? `0x${toHex(input.bytes.subarray(0, 64))}` : `${value}: ${shortAddresses(formatType(type as MoveType))}`;
		}
		case 'shared':
			return `shared object ${input.id}${input.mutable ? '' : ', read only'}`;
		case 'owned':
			return `object ${input.reference.id} at version ${input.reference.version}`;
		case 'receiving':
			return `receiving ${input.reference.id} at version ${input.reference.version}`;
		default:
			return `object ${inputId(input)}`;
	}
}

function typeOfInput(vm: MoveVm, { commands }: ParsedTransaction, index: number): MoveType | undefined {
	for (const command of commands) {
		const isIt = (argument: { readonly kind: string; readonly index?: number }) => argument.kind === 'input' && argument.index === index;
		if (command.kind === 'transferObjects' && isIt(command.address)) return ADDRESS;
		if (command.kind === 'splitCoins' && command.amounts.some(isIt)) return U64;
		if (command.kind === 'makeMoveVec' && command.elements.some(isIt)) return command.type;
		if (command.kind !== 'moveCall') continue;
		const at = command.arguments.findIndex(isIt);
		if (at === -1) continue;
		const parameter = vm.signature({ address: command.packageId, module: command.module }, command.function)?.parameters[at];
		const type = parameter?.kind === 'reference' ? parameter.to : parameter;
		return type?.kind === 'typeParameter' ? command.typeArguments[type.index] : type;
	}
	return undefined;
}
