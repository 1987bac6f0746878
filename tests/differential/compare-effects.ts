/**
 * Compares what a transaction did to objects. The sandbox keeps its own account of that, which is coarser than Sui's effects; each
 * rule below is one way in which it is known to differ (`docs/devnet/differential.md`), and anything else is a disagreement.
 */
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { Command, ParsedTransaction } from '#devnet/ledger/transaction.ts';
import { inputId } from '#devnet/ledger/transaction-parts.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { deriveObjectId } from '#devnet/move/object-runtime.ts';
import type { Disagreement } from './compare.ts';
import type { OurResult } from './our-machine.ts';
import type { ReplayResult } from './second-machine.ts';
import type { StateFile } from './state-file.ts';

/** What the sandbox calls the gas coin when commands use it. */
const SANDBOX_GAS_COIN: Address = `0x${'0'.repeat(64)}`;
/** More than any generated transaction makes. */
const FRESH_IDS = 400n;

/** What the comparison has to know of the state before the transaction. */
export interface EffectsContext {
	/** Inputs that a command borrows mutably, splits, merges into or transfers, and shared mutable ones. */
	readonly changedByCommands: ReadonlySet<Address>;
	/** Ids that ours looked up: inputs, and the dynamic fields that Move code asked for, there or not. */
	readonly lookedUp: ReadonlySet<Address>;
}

export function effectsContext(ledger: Ledger, transaction: ParsedTransaction, lookedUp: ReadonlySet<Address>): EffectsContext {
	return { changedByCommands: changedByCommands(ledger, transaction), lookedUp };
}

export function compareEffects(
	ours: OurResult,
	theirs: ReplayResult,
	{ restored }: StateFile,
	{ changedByCommands: changed, lookedUp }: EffectsContext,
): Disagreement[] {
	const transaction = ours.simulation.parsed;
	const found: Disagreement[] = [];
	const check = (about: Disagreement['about'], left: readonly Address[], right: readonly Address[]) => {
		if (left.join() !== right.join()) found.push({ about, ours: without(left, right).join(), theirs: without(right, left).join() });
	};

	// Created: what is made and goes again within the transaction stays on the sandbox's list, as do fields that the prelude put
	// back and objects that come out of another; and once there is a new field, objects that calls make are not on it. The
	// generated transactions note their ids in fields, which are.
	const passing = new Set([...freshIds(transaction), ...lookedUp, ...restored, ...ours.written.map(({ id }) => id)]);
	const fields = new Set(ours.simulation.outcome.written.flatMap((it) => (it.kind === 'move' && isField(it.type) ? [it.id] : [])));
	const unlisted = restored.size > 0 || ours.created.some((id) => fields.has(id));
	check(
		'created',
		ours.created.filter((id) => theirs.created.includes(id) || fields.has(id) || !unlisted),
		theirs.created.filter((id) => ours.created.includes(id) || !passing.has(id)),
	);

	// Mutated: Sui writes every owned input again, the sandbox those that a command borrows mutably, splits, merges or transfers.
	const inputs = new Set(transaction.inputs.flatMap((it) => inputId(it) ?? []));
	const written = new Set(ours.written.map(({ id }) => id).filter((id) => inputs.has(id)));
	const required = [...changed].filter((id) => written.has(id)).sort();
	const removed = new Set([...ours.deleted, ...ours.wrapped]);
	check(
		'mutated',
		required,
		theirs.mutated.filter((id) => id !== SANDBOX_GAS_COIN && inputs.has(id) && !removed.has(id) && (required.includes(id) || !written.has(id))),
	);
	return found;
}

const isField = (type: MoveType): boolean => type.kind === 'datatype' && type.module === 'dynamic_field' && type.name === 'Field';

const without = (from: readonly Address[], what: readonly Address[]): Address[] => from.filter((id) => !what.includes(id));

function* freshIds({ digestBytes }: ParsedTransaction): Generator<Address> {
	for (let counter = 0n; counter < FRESH_IDS; counter++) yield deriveObjectId(digestBytes, counter);
}

function changedByCommands(ledger: Ledger, { inputs, commands }: ParsedTransaction): Set<Address> {
	const changed = new Set(inputs.flatMap((it) => (it.kind === 'shared' && it.mutable ? [it.id] : [])));
	const add = (argument: { readonly kind: string; readonly index?: number } | undefined) => {
		const it = argument?.kind === 'input' ? inputs[argument.index ?? -1] : undefined;
		const id = it === undefined ? undefined : inputId(it);
		if (id !== undefined) changed.add(id);
	};
	for (const command of commands) for (const argument of changedArguments(ledger, command)) add(argument);
	return changed;
}

function changedArguments(ledger: Ledger, command: Command) {
	switch (command.kind) {
		case 'moveCall': {
			const signature = ledger.vm.signature({ address: command.packageId, module: command.module }, command.function);
			return command.arguments.filter((_, index) => {
				const parameter = signature?.parameters[index];
				return parameter?.kind === 'reference' && parameter.mutable;
			});
		}
		case 'splitCoins':
			return [command.coin];
		case 'mergeCoins':
			return [command.destination];
		case 'transferObjects':
			return command.objects;
		default:
			return [];
	}
}
