/** The devnet's side: transactions simulated on its own ledger, and what they did in the terms of the comparison. */
import { Transaction } from '@mysten/sui/transactions';
import { compileFramework } from '#devnet/compiler/compile.ts';
import { type GenesisPackage, genesisObjects } from '#devnet/genesis.ts';
import { coinContents, GAS_COIN_TYPE } from '#devnet/ledger/encoding.ts';
import type { CommandOutput } from '#devnet/ledger/executor.ts';
import type { ExecutionFailure } from '#devnet/ledger/failure.ts';
import { REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import { RecentHistory } from '#devnet/ledger/history.ts';
import { Ledger, type Simulation } from '#devnet/ledger/ledger.ts';
import { type ChainObject, type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import { GENESIS_VERSION, prologueDigest, randomSource } from '#devnet/ledger/system.ts';
import { type Address, MoveFailure, type MoveType } from '#devnet/move/api.ts';
import { createMoveVm } from '#devnet/move/vm.ts';
import type { MachineFailure } from './second-machine.ts';

/** Who sends every generated transaction: the sandbox's sender where it cannot be told another. */
export const SENDER: Address = `0x${'0'.repeat(64)}`;

/** Pays for every transaction; simulations leave it as it is. */
export const GAS_COIN: MoveObject = ownedObject(`0x${'9a'.repeat(32)}`, GAS_COIN_TYPE, (id) => coinContents(id, 1_000_000_000_000_000n));

/** An object of genesis that {@link SENDER} owns. */
export function ownedObject(id: Address, type: MoveType, contents: (id: Address) => Uint8Array): MoveObject {
	return {
		kind: 'move',
		id,
		version: GENESIS_VERSION,
		type,
		owner: { kind: 'address', address: SENDER },
		contents: contents(id),
		hasPublicTransfer: true,
		previousTransaction: prologueDigest(0n, 0n),
		storageRebate: 0n,
	};
}

/** MIST: a transaction's most, so that nothing runs out unless it is meant to. */
export const AMPLE_BUDGET = 50_000_000_000n;

/** A transaction that the sender pays from {@link GAS_COIN}. */
export function newTransaction(budget = AMPLE_BUDGET): Transaction {
	const transaction = new Transaction();
	transaction.setSender(SENDER);
	transaction.setGasPrice(REFERENCE_GAS_PRICE);
	transaction.setGasBudget(budget);
	transaction.setGasPayment([{ objectId: GAS_COIN.id, version: GAS_COIN.version.toString(), digest: objectDigest(GAS_COIN) }]);
	return transaction;
}

/** Chain time of the comparison: any, but always the same. */
export const GENESIS_TIME_MS = 1_750_000_000_000;

/** A chain with these packages and objects beside the framework. */
export async function createLedger(packages: readonly GenesisPackage[], objects: readonly ChainObject[] = []): Promise<Ledger> {
	const vm = createMoveVm({
		verifyNitroDocument: () => {
			throw new Error('no Nitro root is trusted here');
		},
	});
	const framework = (await compileFramework()).packages;
	const parts = { vm, journal: new RecentHistory(undefined), randomBytes: randomSource('differential') };
	return Ledger.create(parts, GENESIS_TIME_MS, [...genesisObjects([...framework, ...packages]), GAS_COIN, ...objects]);
}

export interface OurResult {
	readonly failure: (MachineFailure & { readonly command: number | undefined }) | undefined;
	/** Of each command that ran to its end. */
	readonly outputs: readonly CommandOutput[];
	readonly created: readonly Address[];
	/** Objects that were there before and have a new version. */
	readonly written: readonly MoveObject[];
	readonly deleted: readonly Address[];
	readonly wrapped: readonly Address[];
	readonly simulation: Simulation;
}

export function runOnOurs(ledger: Ledger, bytes: Uint8Array): OurResult {
	const simulation = ledger.simulate(bytes, { unchecked: false });
	const { outcome } = simulation;
	const { failure } = outcome;
	const removed = (deleted: boolean) => outcome.removed.filter((it) => it.deleted === deleted).map(({ id }) => id);
	return {
		failure: failure === undefined ? undefined : { ...describeFailure(failure.failure), command: failure.command },
		outputs: outcome.outputs,
		created: [...outcome.created].filter((id) => outcome.written.some((object) => object.id === id)).sort(),
		written: outcome.written.filter((object): object is MoveObject => object.kind === 'move' && !outcome.created.has(object.id)),
		deleted: removed(true).sort(),
		wrapped: removed(false).sort(),
		simulation,
	};
}

function describeFailure(failure: ExecutionFailure): MachineFailure {
	const { status, cause, message } = failure;
	switch (status.$kind) {
		case 'MoveAbort':
			return { status: 'ABORTED', code: status.reason.code, location: place(status.reason.location), text: message };
		case 'MovePrimitiveRuntimeError': {
			const reason = cause instanceof MoveFailure && cause.reason.kind === 'primitiveRuntimeError' ? cause.reason : undefined;
			const code = reason?.subStatus === undefined ? undefined : BigInt(reason.subStatus);
			return { status: reason?.status ?? 'UNKNOWN', code, location: status.location && place(status.location), text: message };
		}
		case 'InsufficientGas':
			return { status: 'OUT_OF_GAS', code: undefined, location: undefined, text: message };
		case 'VMInvariantViolation':
		case 'InvariantViolation':
		case 'FeatureNotYetSupported':
			return { status: status.$kind, code: undefined, location: undefined, text: message };
		default:
			return { status: 'LEDGER', code: undefined, location: undefined, text: message };
	}
}

type Location = Extract<MoveFailure['reason'], { kind: 'abort' }>['location'];

function place({ module, functionIndex, instruction }: Location): NonNullable<MachineFailure['location']> {
	return { address: module.address, module: module.module, functionIndex, instruction };
}
