/** sui.rpc.v2.TransactionExecutionService and MovePackageService. */
import { toBase64 } from '@mysten/bcs';
import { GrpcTypes } from '@mysten/sui/grpc';
import type { CommandOutput } from '#devnet/ledger/executor.ts';
import type { Ledger, Simulation } from '#devnet/ledger/ledger.ts';
import type { PackageObject } from '#devnet/ledger/objects.ts';
import type { Argument } from '#devnet/ledger/transaction.ts';
import { formatType } from '#devnet/move/types.ts';
import { moveJson } from '#devnet/rpc/json.ts';
import { addressOf } from '#devnet/rpc/ledger-service.ts';
import { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderFunction, renderPackage } from '#devnet/rpc/render-object.ts';
import { renderRecord, renderTransaction } from '#devnet/rpc/render-transaction.ts';
import { simulateRequest } from '#devnet/rpc/resolve.ts';
import { invalidArgument, notFound } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, unary } from '#devnet/rpc/server.ts';

const EXECUTE_MASK = ['effects.status', 'checkpoint'];

export function executionService(ledger: Ledger): Handlers {
	const { vm } = ledger;
	return {
		'sui.rpc.v2.TransactionExecutionService/ExecuteTransaction': unary(async (request: GrpcTypes.ExecuteTransactionRequest) => {
			const bytes = request.transaction?.bcs?.value;
			if (bytes === undefined) throw invalidArgument('transaction.bcs: missing');
			const signatures = request.signatures.map(({ bcs }) => {
				if (bcs?.value === undefined) throw invalidArgument('signatures: only serialised signatures (bcs) are read');
				return toBase64(bcs.value);
			});
			const record = await ledger.execute(bytes.slice(), signatures);
			return { transaction: renderRecord(record, ReadMask.of(request.readMask, EXECUTE_MASK), vm) };
		}),
		'sui.rpc.v2.TransactionExecutionService/SimulateTransaction': unary((request: GrpcTypes.SimulateTransactionRequest) => {
			if (request.transaction === undefined) throw invalidArgument('transaction: missing');
			const unchecked = request.checks === GrpcTypes.SimulateTransactionRequest_TransactionChecks.DISABLED;
			const simulation = simulateRequest(ledger, { transaction: request.transaction, unchecked, selectGas: request.doGasSelection === true });
			const mask = ReadMask.of(request.readMask, undefined);
			return {
				transaction: mask.pick('transaction', () => renderSimulation(simulation, mask.under('transaction'), ledger)),
				commandOutputs: mask.pick('command_outputs', () => simulation.outcome.outputs.map((output) => renderOutput(output, ledger))) ?? [],
			};
		}),
	};
}

function renderSimulation({ parsed, effects }: Simulation, mask: ReadMask, ledger: Ledger): GrpcTypes.ExecutedTransaction {
	return renderTransaction({ digest: parsed.digest, bytes: parsed.bytes, sender: parsed.sender, effects }, mask, ledger.vm);
}

function renderArgument(argument: Argument): GrpcTypes.Argument {
	const kinds = GrpcTypes.Argument_ArgumentKind;
	switch (argument.kind) {
		case 'gas':
			return { kind: kinds.GAS };
		case 'input':
			return { kind: kinds.INPUT, input: argument.index };
		case 'result':
			return { kind: kinds.RESULT, result: argument.index, subresult: argument.subresult };
		default:
			throw new TypeError(`unknown argument ${argument satisfies never}`);
	}
}

function renderOutput(output: CommandOutput, { vm }: Ledger): GrpcTypes.CommandResult {
	return {
		returnValues: output.returnValues.map(({ type, bytes }) => ({ value: { name: formatType(type), value: bytes }, json: moveJson(vm, type, bytes) })),
		mutatedByRef: output.mutatedByReference.map(({ argument, type, bytes }) => ({
			argument: renderArgument(argument),
			value: { name: formatType(type), value: bytes },
			json: moveJson(vm, type, bytes),
		})),
	};
}

export function movePackageService(ledger: Ledger): Handlers {
	const packageOf = (id: string | undefined): PackageObject => {
		const address = addressOf(id, 'package_id');
		const found = ledger.store.get(address);
		if (found?.kind !== 'package') throw notFound(`Package ${address} not found`);
		return found;
	};
	return {
		'sui.rpc.v2.MovePackageService/GetPackage': unary((request: GrpcTypes.GetPackageRequest) => ({
			package: renderPackage(packageOf(request.packageId), ledger.vm),
		})),
		'sui.rpc.v2.MovePackageService/ListPackageVersions': unary((request: GrpcTypes.ListPackageVersionsRequest) => {
			const { id, version } = packageOf(request.packageId);
			return { versions: [{ packageId: id, version }] };
		}),
		'sui.rpc.v2.MovePackageService/GetFunction': unary((request: GrpcTypes.GetFunctionRequest) => {
			const { id } = packageOf(request.packageId);
			const signature = ledger.vm.signature({ address: id, module: request.moduleName ?? '' }, request.name ?? '');
			if (signature === undefined) throw notFound(`Function ${id}::${request.moduleName}::${request.name} not found`);
			return { function: renderFunction(request.name ?? '', signature) };
		}),
	};
}
