/** Filters of transactions and events (sui.rpc.v2 filter.proto): any term of which every literal holds. */
import type { GrpcTypes } from '@mysten/sui/grpc';
import type { WantedKeys } from '#devnet/ledger/history.ts';
import { KEY } from '#devnet/ledger/keys.ts';
import type { TransactionRecord } from '#devnet/ledger/record.ts';
import { type Command, parseTransaction } from '#devnet/ledger/transaction.ts';
import type { MoveEvent, Owner } from '#devnet/move/api.ts';
import { formatType, normalizeAddress, parseType } from '#devnet/move/types.ts';
import { addressOf, readArgument } from '#devnet/rpc/arguments.ts';
import { invalidArgument } from '#devnet/rpc/rpc-error.ts';

export interface EventItem {
	readonly record: TransactionRecord;
	readonly event: MoveEvent;
	readonly index: number;
}

interface Literal<T> {
	holds(item: T): boolean;
	/** What history need not be read for, when it is not negated. Undefined: everything must be looked at. */
	readonly key?: string;
}

export interface Filter<T> {
	matches(item: T): boolean;
	/** For {@link TransactionHistory.range}. */
	readonly wanted: WantedKeys | undefined;
}

const MAX_LITERALS = 100;

/** Throws INVALID_ARGUMENT for a filter that says nothing or names something malformed, before anything is looked at. */
function anyTerm<L extends { readonly negated: boolean }, T>(
	filter: { readonly terms: readonly { readonly literals: readonly L[] }[] } | undefined,
	literalOf: (literal: L) => Literal<T>,
): Filter<T> {
	if (filter === undefined) return { matches: () => true, wanted: undefined };
	if (filter.terms.length === 0) throw invalidArgument('filter: at least one term is needed');
	const count = filter.terms.reduce((sum, { literals }) => sum + literals.length, 0);
	if (count > MAX_LITERALS) throw invalidArgument(`filter: at most ${MAX_LITERALS} literals`);
	const terms = filter.terms.map(({ literals }) => {
		if (literals.length === 0) throw invalidArgument('filter: a term needs at least one literal');
		return literals.map((literal) => ({ ...literalOf(literal), negated: literal.negated }));
	});
	return {
		matches: (item) => terms.some((literals) => literals.every(({ holds, negated }) => holds(item) !== negated)),
		wanted: terms.map((literals) => literals.flatMap(({ key, negated }) => (negated || key === undefined ? [] : [key]))),
	};
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `package[::name[::name]]` in canonical form. */
function pathOf(given: string | undefined, field: string, parts: { readonly least: number; readonly most: number }): string {
	const [address = '', ...names] = (given ?? '').split('::');
	const length = 1 + names.length;
	if (length < parts.least || length > parts.most || !names.every((name) => NAME.test(name)))
		throw invalidArgument(`filter.${field}: invalid path ${(given ?? '').slice(0, 200)}`);
	return [readArgument(`filter.${field}`, () => normalizeAddress(address)), ...names].join('::');
}

const isUnder = (actual: string, wanted: string) => actual === wanted || actual.startsWith(`${wanted}::`);

/** `p`, `p::m`, `p::m::T` (any instantiation of it) or a whole type. */
function typeLiteral(given: string | undefined): Literal<MoveEvent> {
	const text = given ?? '';
	if (text.includes('<')) {
		const wanted = readArgument('filter.event_type', () => formatType(parseType(text)));
		return { holds: ({ type }) => formatType(type) === wanted, key: KEY.eventType(wanted.slice(0, wanted.indexOf('<'))) };
	}
	const wanted = pathOf(text, 'event_type', { least: 1, most: 3 });
	const holds = ({ type }: MoveEvent) => isUnder(formatType(type), wanted) || formatType(type).startsWith(`${wanted}<`);
	return { holds, key: KEY.eventType(wanted) };
}

function moduleLiteral(given: string | undefined): Literal<MoveEvent> {
	const wanted = pathOf(given, 'emit_module', { least: 1, most: 2 });
	return { holds: (event) => isUnder(`${event.packageId}::${event.module}`, wanted), key: KEY.emitModule(wanted) };
}

function senderLiteral(given: string | undefined): Literal<TransactionRecord> {
	const wanted = addressOf(given ?? '', 'filter.sender');
	return { holds: ({ sender }) => sender === wanted, key: KEY.sender(wanted) };
}

const ofEvent = ({ holds, key }: Literal<MoveEvent>): Literal<EventItem> => ({ holds: ({ event }) => holds(event), ...(key !== undefined && { key }) });
const someEvent = ({ holds, key }: Literal<MoveEvent>): Literal<TransactionRecord> => ({
	holds: ({ effects }) => effects.outcome.events.some(holds),
	...(key !== undefined && { key }),
});

export function eventFilter(filter: GrpcTypes.EventFilter | undefined): Filter<EventItem> {
	const { matches, wanted } = anyTerm(filter, ({ predicate }): Literal<EventItem> => {
		switch (predicate.oneofKind) {
			case 'sender': {
				const { holds, ...key } = senderLiteral(predicate.sender.address);
				return { holds: ({ record }) => holds(record), ...key };
			}
			case 'emitModule':
				return ofEvent(moduleLiteral(predicate.emitModule.module));
			case 'eventType':
				return ofEvent(typeLiteral(predicate.eventType.eventType));
			case 'eventStreamHead':
			case undefined:
				throw invalidArgument(`UNSUPPORTED: event filter ${predicate.oneofKind}`);
			default:
				throw invalidArgument(`unknown event filter ${JSON.stringify(predicate satisfies never)}`);
		}
	});
	return { matches, wanted: (wanted ?? [[]]).map((keys) => [...keys, KEY.event]) };
}

export function transactionFilter(filter: GrpcTypes.TransactionFilter | undefined): Filter<TransactionRecord> {
	return anyTerm(filter, ({ predicate }): Literal<TransactionRecord> => {
		switch (predicate.oneofKind) {
			case 'sender':
				return senderLiteral(predicate.sender.address);
			case 'affectedAddress': {
				const wanted = addressOf(predicate.affectedAddress.address ?? '', 'filter.affected_address');
				const isWanted = (owner: Owner | undefined) => (owner?.kind === 'address' || owner?.kind === 'consensusAddress') && owner.address === wanted;
				return {
					holds: ({ effects }) => effects.changed.some(({ input, output }) => isWanted(input?.owner) || isWanted(output?.owner)),
					key: KEY.affectedAddress(wanted),
				};
			}
			case 'affectedObject': {
				const wanted = addressOf(predicate.affectedObject.objectId ?? '', 'filter.affected_object');
				return { holds: ({ effects }) => effects.changed.some(({ id }) => id === wanted), key: KEY.affectedObject(wanted) };
			}
			case 'moveCall': {
				const wanted = pathOf(predicate.moveCall.function, 'move_call', { least: 1, most: 3 });
				const isCall = (command: Command) => command.kind === 'moveCall' && isUnder(`${command.packageId}::${command.module}::${command.function}`, wanted);
				return { holds: ({ bytes }) => parseTransaction(bytes).commands.some(isCall), key: KEY.moveCall(wanted) };
			}
			case 'emitModule':
				return someEvent(moduleLiteral(predicate.emitModule.module));
			case 'eventType':
				return someEvent(typeLiteral(predicate.eventType.eventType));
			case 'packageWrite':
				return { holds: ({ effects }) => effects.changed.some(({ output }) => output?.isPackage === true), key: KEY.packageWrite };
			case 'eventStreamHead':
			case undefined:
				throw invalidArgument(`UNSUPPORTED: transaction filter ${predicate.oneofKind}`);
			default:
				throw invalidArgument(`unknown transaction filter ${JSON.stringify(predicate satisfies never)}`);
		}
	});
}
