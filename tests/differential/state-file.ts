/**
 * A transaction with what it reads, as a state file that `sui-sandbox` replays. The sandbox loads no dynamic field that was there
 * before: commands in front of the transaction's own put back those that ours read, through the framework's `add`.
 */
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { Argument, Command, ParsedTransaction, TransactionInput } from '#devnet/ledger/transaction.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';
import type { Json } from './second-machine.ts';

const PROTOCOL_VERSION = 107;
const FRAMEWORK = `0x${'0'.repeat(63)}2`;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

export interface StateFile {
	readonly state: Json;
	/** Commands in front of the transaction's own. */
	readonly preludeCommands: number;
	/** The dynamic fields that they put back, and the objects in those. */
	readonly restored: ReadonlySet<Address>;
}

export interface StateOptions {
	/** Modules to send; all of each called package when absent. */
	readonly modules?: ReadonlySet<string>;
	/** The transaction ends after so many commands. */
	readonly commands?: number;
	/** Takes the place of the last command: a call that costs next to nothing, to tell what the last one costs. */
	readonly cheapLast?: boolean;
	/** What these commands returned, for calls of natives that the sandbox lacks: they are not run there, their only result is given. */
	readonly given?: ReadonlyMap<number, Uint8Array>;
	/** Further packages, such as modules in place of the framework's (`stand-ins.ts`). */
	readonly packages?: readonly Json[];
	/** MIST; the transaction's own when absent. */
	readonly budget?: bigint;
	/** Type of the one object that the last command transfers: a call then does it, since the sandbox's command has not every object. */
	readonly transferred?: MoveType;
	readonly timestampMs: bigint;
	readonly epoch: bigint;
}

/** `read`: ids of the objects that ours looked up while it ran the transaction, in any order. */
export function stateFile(ledger: Ledger, transaction: ParsedTransaction, read: ReadonlySet<Address>, options: StateOptions): StateFile {
	const children = [...read].flatMap((id) => ledger.store.move(id) ?? []).filter(({ owner }) => owner.kind === 'object');
	const prelude = restoreFields(ledger, children, transaction.inputs.length);
	const extra = [...prelude.inputs, pure(new Uint8Array(8))];
	const cheap: Json = { ...CHEAP_CALL, arguments: [input(transaction.inputs.length + extra.length - 1)] };
	const given = new Map([...(options.given ?? [])].map(([at, bytes]) => [at, transaction.inputs.length + extra.push(pure(bytes)) - 1]));
	const commands = transaction.commands
		.slice(0, options.commands)
		.map((command, at) => (given.has(at) ? cheap : commandJson(asCall(command, options.transferred), prelude.commands.length, given)));
	if (options.cheapLast === true) commands.splice(-1, 1, cheap);
	const state = {
		transaction: {
			digest: transaction.digest,
			sender: transaction.sender,
			gas_budget: Number(options.budget ?? transaction.gasBudget),
			gas_price: Number(transaction.gasPrice),
			commands: [...prelude.commands, ...commands],
			inputs: [...transaction.inputs.map((it) => inputJson(it, ledger)), ...extra],
			effects: null,
			timestamp_ms: Number(options.timestampMs),
			checkpoint: null,
		},
		protocol_version: PROTOCOL_VERSION,
		epoch: Number(options.epoch),
		reference_gas_price: Number(transaction.gasPrice),
		objects: transaction.inputs.flatMap((it) => objectJson(it, ledger)),
		packages: [...calledPackages(ledger, transaction, options.modules), ...(options.packages ?? [])],
	};
	return { state, preludeCommands: prelude.commands.length, restored: prelude.restored };
}

const input = (index: number): Json => ({ type: 'Input', index });
const pure = (bytes: Uint8Array): Json => ({ type: 'Pure', bytes: base64(bytes) });
const CHEAP_CALL = { type: 'MoveCall', package: `0x${'0'.repeat(63)}1`, module: 'bcs', function: 'to_bytes', type_arguments: ['u64'] } as const;

function asCall(command: Command, type: MoveType | undefined): Command {
	const [object, ...others] = command.kind === 'transferObjects' ? command.objects : [];
	if (command.kind !== 'transferObjects' || type === undefined || object === undefined || others.length > 0) return command;
	const target = { packageId: FRAMEWORK, module: 'transfer', function: 'public_transfer' };
	return { kind: 'moveCall', ...target, typeArguments: [type], arguments: [object, command.address] };
}

// ---- what the transaction says ---------------------------------------------------------------------------------------

/** `shift`: commands in front; `given`: the inputs that stand for the results of commands. */
function commandJson(command: Command, shift: number, given: ReadonlyMap<number, number>): Json {
	const argument = (it: Argument): Json => {
		switch (it.kind) {
			case 'gas':
				return { type: 'GasCoin' };
			case 'input':
				return input(it.index);
			case 'result': {
				const instead = given.get(it.index);
				if (instead !== undefined) return input(instead);
				const index = it.index + shift;
				return it.subresult === undefined ? { type: 'Result', index } : { type: 'NestedResult', index, result_index: it.subresult };
			}
			default:
				throw new TypeError(`unknown argument ${it satisfies never}`);
		}
	};
	switch (command.kind) {
		case 'moveCall':
			return {
				type: 'MoveCall',
				package: command.packageId,
				module: command.module,
				function: command.function,
				type_arguments: command.typeArguments.map(formatType),
				arguments: command.arguments.map(argument),
			};
		case 'transferObjects':
			return { type: 'TransferObjects', objects: command.objects.map(argument), address: argument(command.address) };
		case 'splitCoins':
			return { type: 'SplitCoins', coin: argument(command.coin), amounts: command.amounts.map(argument) };
		case 'mergeCoins':
			return { type: 'MergeCoins', destination: argument(command.destination), sources: command.sources.map(argument) };
		case 'makeMoveVec':
			return { type: 'MakeMoveVec', type_arg: command.type === undefined ? null : formatType(command.type), elements: command.elements.map(argument) };
		default:
			throw new TypeError(`the second machine replays no ${command.kind}`);
	}
}

function inputJson(it: TransactionInput, ledger: Ledger): Json {
	switch (it.kind) {
		case 'pure':
			return pure(it.bytes);
		case 'shared':
			return { type: 'SharedObject', object_id: it.id, initial_shared_version: Number(it.initialVersion), mutable: it.mutable };
		case 'owned':
		case 'receiving': {
			const { id, version, digest } = it.reference;
			const immutable = ledger.store.move(id)?.owner.kind === 'immutable';
			const type = it.kind === 'receiving' ? 'Receiving' : immutable ? 'ImmutableObject' : 'Object';
			return { type, object_id: id, version: Number(version), digest };
		}
		default:
			throw new TypeError(`the second machine takes no input ${JSON.stringify(it)}`);
	}
}

function objectJson(it: TransactionInput, ledger: Ledger): Json[] {
	if (it.kind === 'pure') return [];
	const id = it.kind === 'shared' ? it.id : it.kind === 'owned' || it.kind === 'receiving' ? it.reference.id : '';
	const object = ledger.store.move(id);
	if (object === undefined) throw new TypeError(`no object ${id}`);
	const owner_type = object.owner.kind === 'shared' ? 'Shared' : object.owner.kind === 'immutable' ? 'Immutable' : 'AddressOwner';
	return [{ object_id: id, version: Number(object.version), type_tag: formatType(object.type), bcs: base64(object.contents), owner_type }];
}

function calledPackages(ledger: Ledger, transaction: ParsedTransaction, wanted: ReadonlySet<string> | undefined): Json[] {
	const ids = new Set(transaction.commands.flatMap((command) => (command.kind === 'moveCall' ? [command.packageId] : [])));
	return [...ids].flatMap((id) => {
		const pkg = ledger.store.get(id);
		if (pkg?.kind !== 'package' || BigInt(id) <= 2n) return [];
		const modules = [...pkg.modules].filter(([name]) => wanted === undefined || wanted.has(name));
		return [{ address: id, version: Number(pkg.version), modules: modules.map(([name, bytes]) => ({ name, bytecode: base64(bytes) })) }];
	});
}

// ---- dynamic fields --------------------------------------------------------------------------------------------------

interface Prelude {
	readonly commands: Json[];
	readonly inputs: Json[];
	readonly restored: Set<Address>;
}

function restoreFields(ledger: Ledger, children: readonly MoveObject[], firstInput: number): Prelude {
	const prelude: Prelude = { commands: [], inputs: [], restored: new Set() };
	const byId = new Map(children.map((child) => [child.id, child]));
	for (const field of children) {
		const types = fieldTypes(field.type);
		if (types === undefined || field.owner.kind !== 'object') continue; // an object in a field: put back with it
		const [, name, value] = ledger.vm.deserialize(field.type, field.contents) as readonly [unknown, unknown, unknown];
		prelude.restored.add(field.id);
		const wrapped = wrapperName(types.name);
		const parts =
			wrapped === undefined
				? {
						module: 'dynamic_field',
						types: [types.name, types.value],
						name: ledger.vm.serialize(types.name, name),
						value: ledger.vm.serialize(types.value, value),
					}
				: objectField(ledger, wrapped, name, value, byId, prelude.restored);
		if (parts === undefined) continue;
		const at = firstInput + prelude.inputs.length;
		prelude.inputs.push(pure(Buffer.from(field.owner.parent.slice(2), 'hex')), pure(parts.name), pure(parts.value));
		prelude.commands.push({
			type: 'MoveCall',
			package: FRAMEWORK,
			module: parts.module,
			function: 'add',
			type_arguments: parts.types.map(formatType),
			arguments: [input(at), input(at + 1), input(at + 2)],
		});
	}
	return prelude;
}

function fieldTypes(type: MoveType): { readonly name: MoveType; readonly value: MoveType } | undefined {
	if (type.kind !== 'datatype' || type.address !== FRAMEWORK || type.module !== 'dynamic_field' || type.name !== 'Field') return undefined;
	const [name, value] = type.typeArguments;
	return name === undefined || value === undefined ? undefined : { name, value };
}

/** The key's type when the field holds the id of an object (`dynamic_object_field`). */
function wrapperName(type: MoveType): MoveType | undefined {
	const is = type.kind === 'datatype' && type.address === FRAMEWORK && type.module === 'dynamic_object_field' && type.name === 'Wrapper';
	return is ? type.typeArguments[0] : undefined;
}

function objectField(ledger: Ledger, nameType: MoveType, name: unknown, value: unknown, byId: ReadonlyMap<Address, MoveObject>, restored: Set<Address>) {
	const [key] = name as readonly [unknown]; // Wrapper { name }
	const [id] = value as readonly [Address]; // ID { bytes }
	const object = byId.get(id) ?? ledger.store.move(id);
	if (object === undefined) return undefined;
	restored.add(id);
	return { module: 'dynamic_object_field', types: [nameType, object.type], name: ledger.vm.serialize(nameType, key), value: object.contents };
}
