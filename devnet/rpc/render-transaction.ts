/** Executed and simulated transactions, their effects and events, as protocol messages. */
import { GrpcTypes } from '@mysten/sui/grpc';
import type { ChangedObject, Effects } from '#devnet/ledger/effects.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { bytesFromBase64, parseTransaction, type TransactionDataV1 } from '#devnet/ledger/transaction.ts';
import type { Address, MoveEvent, MoveVm } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';
import { moveJson } from '#devnet/rpc/json.ts';
import type { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderOwner } from '#devnet/rpc/render-object.ts';
import { renderStatus } from '#devnet/rpc/render-status.ts';

const MAX_U64 = 2n ** 64n - 1n;

export type Timestamp = NonNullable<GrpcTypes.ExecutedTransaction['timestamp']>;

export function renderTimestamp(ms: bigint): Timestamp {
	return { seconds: ms / 1000n, nanos: Number(ms % 1000n) * 1_000_000 };
}

export interface RenderedTransaction {
	readonly digest: string;
	readonly bytes: Uint8Array;
	readonly sender: Address;
	readonly effects: Effects;
	/** Of transactions that were executed. */
	readonly record?: Pick<TransactionRecord, 'signatures' | 'timestampMs' | 'checkpoint'>;
}

export function renderRecord(record: TransactionRecord, mask: ReadMask, vm: MoveVm): GrpcTypes.ExecutedTransaction {
	return renderTransaction({ ...record, record }, mask, vm);
}

export function renderTransaction(executed: RenderedTransaction, mask: ReadMask, vm: MoveVm): GrpcTypes.ExecutedTransaction {
	const { digest, bytes, sender, effects, record } = executed;
	return {
		digest: mask.pick('digest', () => digest),
		transaction: mask.pick('transaction', () => renderData(bytes, digest, mask.under('transaction'))),
		signatures:
			mask.pick('signatures', () =>
				(record?.signatures ?? []).map((value) => ({ bcs: { name: 'UserSignature', value }, signature: { oneofKind: undefined } })),
			) ?? [],
		effects: mask.pick('effects', () => renderEffects(effects, digest, mask.under('effects'))),
		events: mask.pick('events', () => renderEvents(executed, sender, mask.under('events'), vm)),
		checkpoint: mask.pick('checkpoint', () => record?.checkpoint),
		timestamp: mask.pick('timestamp', () => (record === undefined ? undefined : renderTimestamp(record.timestampMs))),
		balanceChanges: mask.pick('balance_changes', () => effects.balanceChanges.map((change) => ({ ...change, amount: change.amount.toString() }))) ?? [],
	};
}

// ---- effects -----------------------------------------------------------------------------------------------------

function renderEffects(effects: Effects, transactionDigest: string, mask: ReadMask): GrpcTypes.TransactionEffects {
	const { outcome, changed } = effects;
	const gas = changed.find(({ id }) => id === outcome.gasId);
	return {
		bcs: mask.pick('bcs', () => ({ name: 'TransactionEffects', value: effects.bytes })),
		digest: mask.pick('digest', () => effects.digest),
		version: mask.pick('version', () => 2),
		status: mask.pick('status', () => renderStatus(outcome.failure)),
		epoch: mask.pick('epoch', () => 0n),
		gasUsed: mask.pick('gas_used', () => ({ ...outcome.cost })),
		transactionDigest: mask.pick('transaction_digest', () => transactionDigest),
		gasObject: mask.pick('gas_object', () => (gas === undefined ? undefined : renderChange(gas))),
		eventsDigest: mask.pick('events_digest', () => effects.eventsDigest),
		dependencies: mask.pick('dependencies', () => [...effects.dependencies]) ?? [],
		lamportVersion: mask.pick('lamport_version', () => outcome.version),
		changedObjects: mask.pick('changed_objects', () => changed.map(renderChange)) ?? [],
		unchangedConsensusObjects:
			mask.pick('unchanged_consensus_objects', () =>
				effects.unchangedShared.map(({ id, version, digest }) => ({
					kind: GrpcTypes.UnchangedConsensusObject_UnchangedConsensusObjectKind.READ_ONLY_ROOT,
					objectId: id,
					version,
					digest,
				})),
			) ?? [],
		unchangedLoadedRuntimeObjects: [],
	};
}

const ID_OPERATION = {
	none: GrpcTypes.ChangedObject_IdOperation.NONE,
	created: GrpcTypes.ChangedObject_IdOperation.CREATED,
	deleted: GrpcTypes.ChangedObject_IdOperation.DELETED,
} as const;

function renderChange({ id, type, input, output, idOperation }: ChangedObject): GrpcTypes.ChangedObject {
	const inputs = GrpcTypes.ChangedObject_InputObjectState;
	const outputs = GrpcTypes.ChangedObject_OutputObjectState;
	return {
		objectId: id,
		objectType: type,
		inputState: input === undefined ? inputs.DOES_NOT_EXIST : inputs.EXISTS,
		inputVersion: input?.version,
		inputDigest: input?.digest,
		inputOwner: input === undefined ? undefined : renderOwner(input.owner),
		outputState: output === undefined ? outputs.DOES_NOT_EXIST : output.isPackage ? outputs.PACKAGE_WRITE : outputs.OBJECT_WRITE,
		outputVersion: output?.version,
		outputDigest: output?.digest,
		outputOwner: output === undefined ? undefined : renderOwner(output.owner),
		idOperation: ID_OPERATION[idOperation],
	};
}

// ---- events ------------------------------------------------------------------------------------------------------

function renderEvents({ effects }: RenderedTransaction, sender: Address, mask: ReadMask, vm: MoveVm): GrpcTypes.TransactionEvents {
	return {
		bcs: mask.pick('bcs', () => ({ name: 'TransactionEvents', value: effects.eventsBytes })),
		digest: mask.pick('digest', () => effects.eventsDigest),
		events: mask.pick('events', () => effects.outcome.events.map((event) => renderEvent(event, sender, mask.under('events'), vm))) ?? [],
	};
}

export function renderEvent(event: MoveEvent, sender: Address, mask: ReadMask, vm: MoveVm): GrpcTypes.Event {
	return {
		packageId: mask.pick('package_id', () => event.packageId),
		module: mask.pick('module', () => event.module),
		sender: mask.pick('sender', () => sender),
		eventType: mask.pick('event_type', () => formatType(event.type)),
		contents: mask.pick('contents', () => ({ name: formatType(event.type), value: event.contents })),
		json: mask.pick('json', () => moveJson(vm, event.type, event.contents)),
	};
}

// ---- what was asked for ------------------------------------------------------------------------------------------

function renderData(bytes: Uint8Array, digest: string, mask: ReadMask): GrpcTypes.Transaction {
	const { data } = parseTransaction(bytes);
	const { ProgrammableTransaction: programmable } = data.kind;
	return {
		bcs: mask.pick('bcs', () => ({ name: 'TransactionData', value: bytes })),
		digest: mask.pick('digest', () => digest),
		version: mask.pick('version', () => 1),
		sender: mask.pick('sender', () => data.sender),
		gasPayment: mask.pick('gas_payment', () => ({
			objects: data.gasData.payment.map((coin) => ({ objectId: coin.objectId, version: BigInt(coin.version), digest: coin.digest })),
			owner: data.gasData.owner,
			price: BigInt(data.gasData.price),
			budget: BigInt(data.gasData.budget),
		})),
		expiration: mask.pick('expiration', () => renderExpiration(data.expiration)),
		kind: mask.pick('kind', () => ({
			kind: GrpcTypes.TransactionKind_Kind.PROGRAMMABLE_TRANSACTION,
			data: {
				oneofKind: 'programmableTransaction',
				programmableTransaction: {
					inputs: programmable?.inputs.map(renderInput) ?? [],
					commands: programmable?.commands.map((command) => ({ command: renderCommand(command) })) ?? [],
				},
			},
		})),
	};
}

function renderExpiration(expiration: TransactionDataV1['expiration']): GrpcTypes.TransactionExpiration {
	const kinds = GrpcTypes.TransactionExpiration_TransactionExpirationKind;
	switch (expiration.$kind) {
		case 'None':
			return { kind: kinds.NONE };
		case 'Epoch':
			// The client's BCS reads this one as a double: the greatest epochs come out as 2^64.
			return { kind: kinds.EPOCH, epoch: BigInt(expiration.Epoch) > MAX_U64 ? MAX_U64 : BigInt(expiration.Epoch) };
		case 'ValidDuring':
		case 'Validity': {
			const validity = expiration.$kind === 'ValidDuring' ? expiration.ValidDuring : expiration.Validity;
			const time = (ms: string | null) => (ms === null ? undefined : renderTimestamp(BigInt(ms)));
			return {
				kind: expiration.$kind === 'ValidDuring' ? kinds.VALID_DURING : kinds.VALIDITY,
				minEpoch: validity.minEpoch === null ? undefined : BigInt(validity.minEpoch),
				epoch: validity.maxEpoch === null ? undefined : BigInt(validity.maxEpoch),
				minTimestamp: time(validity.minTimestamp),
				maxTimestamp: time(validity.maxTimestamp),
				chain: validity.chain,
				nonce: validity.nonce,
			};
		}
		default:
			throw new TypeError(`unknown expiration ${JSON.stringify(expiration satisfies never)}`);
	}
}

type Programmable = NonNullable<TransactionDataV1['kind']['ProgrammableTransaction']>;
type InputData = Programmable['inputs'][number];
type CommandData = Programmable['commands'][number];

function renderInput(input: InputData): GrpcTypes.Input {
	const kinds = GrpcTypes.Input_InputKind;
	switch (input.$kind) {
		case 'Pure':
			return { kind: kinds.PURE, pure: bytesFromBase64(input.Pure.bytes) };
		case 'Object': {
			if (input.Object.$kind === 'SharedObject') {
				const { objectId, initialSharedVersion, mutable } = input.Object.SharedObject;
				return { kind: kinds.SHARED, objectId, version: BigInt(initialSharedVersion), mutable };
			}
			const owned = input.Object.$kind === 'ImmOrOwnedObject';
			const reference = input.Object.$kind === 'ImmOrOwnedObject' ? input.Object.ImmOrOwnedObject : input.Object.Receiving;
			const kind = owned ? kinds.IMMUTABLE_OR_OWNED : kinds.RECEIVING;
			return { kind, objectId: reference.objectId, version: BigInt(reference.version), digest: reference.digest };
		}
		case 'FundsWithdrawal':
			return { kind: kinds.FUNDS_WITHDRAWAL };
		default:
			throw new TypeError(`unknown input ${JSON.stringify(input satisfies never)}`);
	}
}

function renderArgument(argument: Extract<CommandData, { $kind: 'SplitCoins' }>['SplitCoins']['coin']): GrpcTypes.Argument {
	const kinds = GrpcTypes.Argument_ArgumentKind;
	switch (argument.$kind) {
		case 'GasCoin':
			return { kind: kinds.GAS };
		case 'Input':
			return { kind: kinds.INPUT, input: argument.Input };
		case 'Result':
			return { kind: kinds.RESULT, result: argument.Result };
		case 'NestedResult':
			return { kind: kinds.RESULT, result: argument.NestedResult[0], subresult: argument.NestedResult[1] };
		default:
			throw new TypeError(`unknown argument ${JSON.stringify(argument satisfies never)}`);
	}
}

function renderCommand(command: CommandData): GrpcTypes.Command['command'] {
	switch (command.$kind) {
		case 'MoveCall': {
			const { package: pkg, module, function: name, typeArguments, arguments: args } = command.MoveCall;
			return { oneofKind: 'moveCall', moveCall: { package: pkg, module, function: name, typeArguments, arguments: args.map(renderArgument) } };
		}
		case 'TransferObjects': {
			const { objects, address } = command.TransferObjects;
			return { oneofKind: 'transferObjects', transferObjects: { objects: objects.map(renderArgument), address: renderArgument(address) } };
		}
		case 'SplitCoins': {
			const { coin, amounts } = command.SplitCoins;
			return { oneofKind: 'splitCoins', splitCoins: { coin: renderArgument(coin), amounts: amounts.map(renderArgument) } };
		}
		case 'MergeCoins': {
			const { destination, sources } = command.MergeCoins;
			return { oneofKind: 'mergeCoins', mergeCoins: { coin: renderArgument(destination), coinsToMerge: sources.map(renderArgument) } };
		}
		case 'Publish': {
			const { modules, dependencies } = command.Publish;
			return { oneofKind: 'publish', publish: { modules: modules.map(bytesFromBase64), dependencies } };
		}
		case 'MakeMoveVec': {
			const { type, elements } = command.MakeMoveVec;
			return { oneofKind: 'makeMoveVector', makeMoveVector: { elementType: type ?? undefined, elements: elements.map(renderArgument) } };
		}
		case 'Upgrade': {
			const { modules, dependencies, package: pkg, ticket } = command.Upgrade;
			const upgrade = { modules: modules.map(bytesFromBase64), dependencies, package: pkg, ticket: renderArgument(ticket) };
			return { oneofKind: 'upgrade', upgrade };
		}
		default:
			throw new TypeError(`unknown command ${JSON.stringify(command satisfies never)}`);
	}
}
