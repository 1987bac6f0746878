/** Completes a transaction that a client left open: object references, mutability of shared inputs, price, budget and gas coins. */
import { bcs } from '@mysten/sui/bcs';
import { GrpcStatusCode, GrpcTypes, parseGrpcTransactionResponse } from '@mysten/sui/grpc';
import { coinBalance, coinTypeOf, isDatatype, isSui } from '#devnet/ledger/encoding.ts';
import { estimateBudget, MAX_BUDGET, MAX_GAS_OBJECTS, REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import type { Ledger, Simulation } from '#devnet/ledger/ledger.ts';
import { type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import type { Address, MoveType } from '#devnet/move/api.ts';
import { addressOf, readArgument } from '#devnet/rpc/arguments.ts';
import { invalidArgument, notFound, RpcFailure } from '#devnet/rpc/rpc-error.ts';
import { ownedInOrder } from '#devnet/rpc/state-service.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;
const { PURE, IMMUTABLE_OR_OWNED, SHARED, RECEIVING } = GrpcTypes.Input_InputKind;

export interface SimulationRequest {
	readonly transaction: GrpcTypes.Transaction;
	readonly unchecked: boolean;
	readonly selectGas: boolean;
}

/** Simulates what was asked for, completed. A transaction that fails in estimation is answered with that failure. */
export function simulateRequest(ledger: Ledger, { transaction, unchecked, selectGas }: SimulationRequest): Simulation {
	const wantsGas = selectGas && !unchecked;
	const given = transaction.bcs?.value;
	if (given !== undefined) return simulateBytes(ledger, given.slice(), unchecked, wantsGas);

	const open = completeInputs(ledger, transaction);
	const payment = (open.gasPayment?.objects ?? []).map((coin) => completeGas(ledger, coin));
	const budgetGiven = open.gasPayment?.budget;
	const owner = addressOf(open.gasPayment?.owner ?? open.sender, 'transaction.gas_payment.owner');
	const withGas = (objects: readonly MoveObject[], budget: bigint): Uint8Array =>
		encode({ ...open, gasPayment: { objects: objects.map(coinMessage), owner, price: open.gasPayment?.price ?? REFERENCE_GAS_PRICE, budget } });

	const balance = payment.reduce((sum, coin) => sum + coinBalance(coin.contents), 0n);
	if (!wantsGas) return ledger.simulate(withGas(payment, budgetGiven ?? (payment.length > 0 && balance < MAX_BUDGET ? balance : MAX_BUDGET)), { unchecked });

	let budget = budgetGiven;
	if (budget === undefined) {
		const trial = ledger.simulate(withGas([], MAX_BUDGET), { unchecked: false });
		if (trial.outcome.failure !== undefined) return trial;
		budget = estimateBudget(trial.outcome.cost, trial.parsed.gasPrice, payment.length);
		if (payment.length > 0 && balance < budget) {
			throw invalidArgument(
				`Insufficient gas balance to cover estimated transaction cost. Available gas balance: ${balance} MIST. Estimated gas budget required: ${budget} MIST`,
			);
		}
	}
	if (payment.length > 0) return ledger.simulate(withGas(payment, budget), { unchecked });
	const inputs = programmable(open).inputs.flatMap((input) => (input.kind === IMMUTABLE_OR_OWNED && input.objectId !== undefined ? [input.objectId] : []));
	return ledger.simulate(withGas(chooseGas(ledger, owner, budget, inputs), budget), { unchecked });
}

function simulateBytes(ledger: Ledger, bytes: Uint8Array, unchecked: boolean, wantsGas: boolean): Simulation {
	const data = wantsGas ? readArgument('transaction', () => bcs.TransactionData.parse(bytes)).V1 : undefined;
	if (data === undefined || data.gasData.payment.length > 0) return ledger.simulate(bytes, { unchecked });
	const inputs = data.kind.ProgrammableTransaction?.inputs.flatMap((input) => input.Object?.ImmOrOwnedObject?.objectId ?? []) ?? [];
	const payment = chooseGas(ledger, data.gasData.owner, BigInt(data.gasData.budget), inputs).map(coinReference);
	const complete = () => bcs.TransactionData.serialize({ V1: { ...data, gasData: { ...data.gasData, payment } } }).toBytes();
	// The client's BCS reads an epoch as a double, and does not write the greatest ones again.
	return ledger.simulate(readArgument('transaction', complete), { unchecked });
}

// ---- gas ---------------------------------------------------------------------------------------------------------

/** All coins of the payer from the greatest on, up to the limit, as Sui's node does: paying with them makes them one. */
function chooseGas(ledger: Ledger, owner: Address, budget: bigint, inputs: readonly string[]): MoveObject[] {
	const taken = new Set(inputs);
	const coins = ownedInOrder(ledger, owner)
		.flatMap(({ object }) => (isGasCoin(object) && object.owner.kind === 'address' && !taken.has(object.id) ? [object] : []))
		.slice(0, MAX_GAS_OBJECTS);
	const total = coins.reduce((sum, coin) => sum + coinBalance(coin.contents), 0n);
	if (total < budget) throw invalidArgument(`unable to select sufficient gas coins from account ${owner} to satisfy required budget ${budget}`);
	return coins;
}

function isGasCoin({ type }: MoveObject): boolean {
	const coin = coinTypeOf(type);
	return coin !== undefined && isSui(coin);
}

/** The coin that a payment names, at the version and digest that it may name. */
function completeGas(ledger: Ledger, { objectId, version, digest }: GrpcTypes.ObjectReference): MoveObject {
	const id = addressOf(objectId, 'transaction.gas_payment.objects.object_id');
	const coin = ledger.store.move(id);
	if (coin === undefined) throw notFound(`Object ${id} not found`);
	if (!isGasCoin(coin)) throw invalidArgument(`object ${id} is not a valid gas coin`);
	checkReference(coin, version, digest);
	return coin;
}

function checkReference(object: MoveObject, version: bigint | undefined, digest: string | undefined): void {
	if (version !== undefined && version !== object.version) {
		throw new RpcFailure(
			GrpcStatusCode.FAILED_PRECONDITION,
			`provided version doesn't match: object ${object.id} version ${version} is unavailable for consumption, current version: ${object.version}`,
		);
	}
	if (digest !== undefined && digest !== objectDigest(object)) {
		throw invalidArgument(`provided digest doesn't match, provided: ${digest.slice(0, 80)} actual: ${objectDigest(object)}`);
	}
}

const coinReference = (coin: MoveObject) => ({ objectId: coin.id, version: coin.version.toString(), digest: objectDigest(coin) });
const coinMessage = (coin: MoveObject): GrpcTypes.ObjectReference => ({ objectId: coin.id, version: coin.version, digest: objectDigest(coin) });

// ---- inputs ------------------------------------------------------------------------------------------------------

function programmable(transaction: GrpcTypes.Transaction): GrpcTypes.ProgrammableTransaction {
	const data = transaction.kind?.data;
	if (data?.oneofKind !== 'programmableTransaction') throw invalidArgument('transaction.kind: only programmable transactions can be simulated');
	return data.programmableTransaction;
}

function completeInputs(ledger: Ledger, transaction: GrpcTypes.Transaction): GrpcTypes.Transaction {
	const { inputs, commands } = programmable(transaction);
	checkCalledPackages(ledger, commands);
	const complete = inputs.map((input, index) => completeInput(ledger, input, usesOf(ledger, commands, index)));
	return {
		...transaction,
		sender: addressOf(transaction.sender, 'transaction.sender'),
		expiration: transaction.expiration ?? { kind: GrpcTypes.TransactionExpiration_TransactionExpirationKind.NONE },
		kind: {
			kind: GrpcTypes.TransactionKind_Kind.PROGRAMMABLE_TRANSACTION,
			data: { oneofKind: 'programmableTransaction', programmableTransaction: { inputs: complete, commands } },
		},
	};
}

interface Uses {
	/** Some command takes it by value, by mutable reference, or as a coin. */
	readonly mutable: boolean;
	readonly receiving: boolean;
}

function completeInput(ledger: Ledger, input: GrpcTypes.Input, uses: () => Uses): GrpcTypes.Input {
	if (input.literal !== undefined) throw invalidArgument('UNSUPPORTED: literal inputs; give the argument as BCS');
	if (input.pure !== undefined) return { kind: PURE, pure: input.pure };
	if (input.objectId === undefined) throw invalidArgument('invalid unresolved input argument: it is neither bytes nor an object');
	const objectId = addressOf(input.objectId, 'object_id');
	const object = ledger.object(objectId);
	if (object?.kind !== 'move') throw notFound(`Object ${objectId} not found`);
	const reference = { objectId, version: object.version, digest: objectDigest(object) };
	switch (object.owner.kind) {
		case 'shared':
		case 'consensusAddress':
			return {
				kind: SHARED,
				objectId,
				version: object.owner.kind === 'shared' ? object.owner.initialVersion : object.owner.startVersion,
				mutable: input.kind === SHARED && input.mutable !== undefined ? input.mutable : uses().mutable,
			};
		case 'immutable':
			checkReference(object, input.version, input.digest);
			return { kind: IMMUTABLE_OR_OWNED, ...reference };
		case 'address': {
			checkReference(object, input.version, input.digest);
			const receiving = input.kind === RECEIVING || (input.kind !== IMMUTABLE_OR_OWNED && uses().receiving);
			return { kind: receiving ? RECEIVING : IMMUTABLE_OR_OWNED, ...reference };
		}
		case 'object':
			throw invalidArgument(`object ${objectId} is object owned and cannot be used as an input`);
		default:
			throw new TypeError(`unknown owner ${object.owner satisfies never}`);
	}
}

function usesOf(ledger: Ledger, commands: readonly GrpcTypes.Command[], input: number): () => Uses {
	const isInput = (argument: GrpcTypes.Argument | undefined) => argument?.kind === GrpcTypes.Argument_ArgumentKind.INPUT && argument.input === input;
	return () => {
		let mutable = false;
		let receiving = false;
		for (const { command } of commands) {
			switch (command.oneofKind) {
				case 'moveCall':
					for (const type of parametersOf(ledger, command.moveCall, isInput)) {
						const inner = type.kind === 'reference' ? type.to : type;
						if (isDatatype(inner, FRAMEWORK, 'transfer', 'Receiving')) receiving = true;
						if (type.kind === 'reference' ? type.mutable : type.kind === 'datatype' || type.kind === 'typeParameter') mutable = true;
					}
					break;
				case 'splitCoins':
					if (isInput(command.splitCoins.coin)) mutable = true;
					break;
				case 'mergeCoins':
					if (isInput(command.mergeCoins.coin) || command.mergeCoins.coinsToMerge.some(isInput)) mutable = true;
					break;
				case 'makeMoveVector':
					if (command.makeMoveVector.elements.some(isInput)) mutable = true;
					break;
				case 'transferObjects':
					if (command.transferObjects.objects.some(isInput)) mutable = true;
					break;
				default:
					break;
			}
		}
		return { mutable, receiving };
	};
}

/** Types of the parameters that the matching arguments are for. */
function parametersOf(ledger: Ledger, call: GrpcTypes.MoveCall, matches: (argument: GrpcTypes.Argument) => boolean): MoveType[] {
	if (!call.arguments.some(matches)) return [];
	const address = addressOf(call.package, 'package');
	const signature = ledger.vm.signature({ address, module: call.module ?? '' }, call.function ?? '');
	if (signature === undefined) throw invalidArgument(`unable to find function ${address}::${call.module}::${call.function}`);
	return call.arguments.flatMap((argument, index) => {
		if (!matches(argument)) return [];
		const type = signature.parameters[index];
		if (type === undefined) throw invalidArgument(`${call.module}::${call.function} takes ${signature.parameters.length} arguments`);
		return [type];
	});
}

/** As Sui's node: what is called must be there before anything is inferred from it. */
function checkCalledPackages(ledger: Ledger, commands: readonly GrpcTypes.Command[]): void {
	for (const { command } of commands) {
		if (command.oneofKind !== 'moveCall') continue;
		const id = addressOf(command.moveCall.package, 'package');
		const found = ledger.store.get(id);
		if (found === undefined) throw notFound(`Object ${id} not found`);
		if (found.kind !== 'package') throw invalidArgument(`object ${id} is not a package`);
	}
}

function encode(transaction: GrpcTypes.Transaction): Uint8Array {
	return readArgument('transaction', () => {
		const executed = GrpcTypes.ExecutedTransaction.create({ transaction });
		const parsed = parseGrpcTransactionResponse(executed, { include: { transaction: true } });
		const data = (parsed.Transaction ?? parsed.FailedTransaction).transaction;
		if (data === undefined) throw new TypeError('it is incomplete');
		const { sender, gasData, expiration, inputs, commands } = data;
		return bcs.TransactionData.serialize({
			V1: { kind: { ProgrammableTransaction: { inputs, commands } }, sender, gasData, expiration } as Parameters<typeof bcs.TransactionDataV1.serialize>[0],
		}).toBytes();
	});
}
