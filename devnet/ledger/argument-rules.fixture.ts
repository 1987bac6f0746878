/** Programmable transactions as they stand on the wire, wrong ones too: what the client's builder would not make. */
import { bcs } from '@mysten/sui/bcs';
import { RULES_PACKAGE } from '#devnet/ledger/argument-rules.package.ts';
import type { FailureStatus } from '#devnet/ledger/failure.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { objectDigest } from '#devnet/ledger/objects.ts';
import { publish, run, startPlayground } from '#devnet/rpc/playground.fixture.ts';

type Programmable = Extract<Parameters<typeof bcs.TransactionKind.serialize>[0], { ProgrammableTransaction: unknown }>['ProgrammableTransaction'];
export type InputData = Programmable['inputs'] extends Iterable<infer I> ? I : never;
export type CommandData = Programmable['commands'] extends Iterable<infer C> ? C : never;
export type ArgumentData = Parameters<typeof bcs.Argument.serialize>[0];

export const GAS: ArgumentData = { GasCoin: true };
export const input = (index: number): ArgumentData => ({ Input: index });
export const result = (index: number): ArgumentData => ({ Result: index });
export const nested = (index: number, subresult: number): ArgumentData => ({ NestedResult: [index, subresult] });

export const bytes = (value: Uint8Array | readonly number[]): InputData => ({ Pure: { bytes: Buffer.from(value).toString('base64') } });
export const u64 = (value: number | bigint): InputData => bytes(bcs.u64().serialize(value).toBytes());
export const address = (value: string): InputData => bytes(bcs.Address.serialize(value).toBytes());

export function owned(ledger: Ledger, id: string): InputData {
	const object = ledger.store.move(id);
	if (object === undefined) throw new Error(`no object ${id}`);
	return { Object: { ImmOrOwnedObject: { objectId: id, version: object.version, digest: objectDigest(object) } } };
}

export function receiving(ledger: Ledger, id: string): InputData {
	const object = ledger.store.move(id);
	if (object === undefined) throw new Error(`no object ${id}`);
	return { Object: { Receiving: { objectId: id, version: object.version, digest: objectDigest(object) } } };
}

export function shared(ledger: Ledger, id: string, mutable = true): InputData {
	const owner = ledger.store.move(id)?.owner;
	if (owner?.kind !== 'shared') throw new Error(`${id} is not shared`);
	return { Object: { SharedObject: { objectId: id, initialSharedVersion: owner.initialVersion, mutable } } };
}

export const splitCoins = (coin: ArgumentData, amounts: ArgumentData[]): CommandData => ({ SplitCoins: { coin, amounts } });
export const mergeCoins = (destination: ArgumentData, sources: ArgumentData[]): CommandData => ({ MergeCoins: { destination, sources } });
export const transferObjects = (objects: ArgumentData[], to: ArgumentData): CommandData => ({ TransferObjects: { objects, address: to } });
export const makeMoveVec = (type: string | null, elements: ArgumentData[]): CommandData => ({ MakeMoveVec: { type, elements } });

export interface WireTransaction {
	readonly inputs?: readonly InputData[];
	readonly commands: readonly CommandData[];
}

export function encode(sender: string, { inputs = [], commands }: WireTransaction, owner = sender): Uint8Array {
	return bcs.TransactionData.serialize({
		V1: {
			kind: { ProgrammableTransaction: { inputs: [...inputs], commands: [...commands] } },
			sender,
			gasData: { payment: [], owner, price: 1000, budget: 5_000_000_000 },
			expiration: { None: true },
		},
	}).toBytes();
}

/** `success`, the failure with the argument and the command that it names, or `rejected: …` for what is not executed at all. */
export function outcomeOf(ledger: Ledger, sender: string, transaction: WireTransaction, options = { unchecked: false }): string {
	try {
		const { failure } = ledger.simulate(encode(sender, transaction), options).outcome;
		if (failure === undefined) return 'success';
		const place = failure.command === undefined ? '' : ` in ${failure.command}`;
		return `${describeStatus(failure.failure.status)}${place}`;
	} catch (error) {
		return `rejected: ${error instanceof Error ? error.message : String(error)}`;
	}
}

function describeStatus(status: FailureStatus): string {
	switch (status.$kind) {
		case 'CommandArgumentError': {
			const { $kind, ...details } = status.error;
			const numbers = Object.values(details).join(', ');
			return `${$kind}${numbers === '' ? '' : `(${numbers})`} at ${status.argument}`;
		}
		case 'TypeArgumentError':
			return `${status.error} of type ${status.index}`;
		case 'UnusedValueWithoutDrop':
			return `${status.$kind}(${status.result}, ${status.subresult})`;
		case 'InvalidPublicFunctionReturnType':
			return `${status.$kind}(${status.index})`;
		case 'MoveAbort':
			return `MoveAbort ${status.reason.code}`;
		default:
			return status.$kind;
	}
}

/** One rule. `by` names the test of Sui that has the same case, whose recorded outcome is the expectation, or the source that says so. */
export interface Case {
	readonly rule: string;
	readonly by: string;
	readonly inputs?: readonly InputData[];
	readonly commands: readonly CommandData[];
	readonly expected: string;
}

export type Rules = Awaited<ReturnType<typeof startRules>>;

/** A devnet with the package and one object of each kind: nothing that is simulated changes them. */
export async function startRules() {
	const playground = await startPlayground();
	const { ledger } = playground.devnet;
	const { packageId } = await publish(playground, { 'rules.move': RULES_PACKAGE });
	const ids = { thing: '', sent: '', other: '', kept: '', box: '', coin: '' };
	const { effects, objectTypes } = await run(playground, (transaction) => {
		transaction.moveCall({ target: `${packageId}::rules::make` });
		transaction.transferObjects([transaction.splitCoins(transaction.gas, [1000])], playground.address);
	});
	for (const { objectId, idOperation } of effects.changedObjects) {
		if (idOperation !== 'Created') continue;
		const name = objectTypes[objectId]?.match(/::(Thing|Other|Kept|Box|Coin)\b/)?.[1]?.toLowerCase();
		if (name !== undefined) ids[name as keyof typeof ids] = objectId;
	}
	const sent = await run(playground, (transaction) => {
		transaction.transferObjects([transaction.moveCall({ target: `${packageId}::rules::thing` })], ids.thing);
	});
	ids.sent = sent.effects.changedObjects.find(({ idOperation }) => idOperation === 'Created')?.objectId ?? '';

	const outcome = (transaction: WireTransaction, options?: { readonly unchecked: boolean }) => outcomeOf(ledger, playground.address, transaction, options);
	return {
		packageId,
		stop: () => playground.stop(),
		call: (name: string, given: ArgumentData[] = [], typeArguments: string[] = []): CommandData => ({
			MoveCall: { package: packageId, module: 'rules', function: name, typeArguments, arguments: given },
		}),
		framework: (module: string, name: string, given: ArgumentData[] = [], typeArguments: string[] = []): CommandData => ({
			MoveCall: { package: '0x2', module, function: name, typeArguments, arguments: given },
		}),
		type: (name: string) => `${packageId}::rules::${name}`,
		thing: () => owned(ledger, ids.thing),
		coin: () => owned(ledger, ids.coin),
		frozen: () => owned(ledger, ids.box),
		sharedOther: (mutable = true) => shared(ledger, ids.other, mutable),
		/** Sent to the thing. */
		ticket: () => receiving(ledger, ids.sent),
		to: () => address(`0x${'7'.repeat(64)}`),
		outcome,
		/** The cases whose outcome is another. */
		wrong: (cases: readonly Case[]) =>
			cases.flatMap(({ rule, by, inputs, commands, expected }) => {
				const actual = outcome({ inputs: inputs ?? [], commands });
				return actual === expected ? [] : [{ rule, by, expected, actual }];
			}),
	};
}
