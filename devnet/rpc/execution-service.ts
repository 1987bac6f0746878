/** sui.rpc.v2.TransactionExecutionService. */
import { toBase64 } from '@mysten/bcs';
import { GrpcTypes } from '@mysten/sui/grpc';
import type { CommandOutput } from '#devnet/ledger/executor.ts';
import type { Ledger, Simulation } from '#devnet/ledger/ledger.ts';
import type { Argument } from '#devnet/ledger/transaction.ts';
import { formatType } from '#devnet/move/types.ts';
import { moveJson } from '#devnet/rpc/json.ts';
import { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderRecord, renderTransaction } from '#devnet/rpc/render-transaction.ts';
import { simulateRequest } from '#devnet/rpc/resolve.ts';
import { invalidArgument } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, unary } from '#devnet/rpc/server.ts';

/** As sui-rpc-api's; simulations show everything. */
const EXECUTE_MASK = ['effects'];

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
			const mask = ReadMask.of(request.readMask, EXECUTE_MASK, GrpcTypes.ExecutedTransaction);
			return { transaction: renderRecord(await ledger.execute(bytes.slice(), signatures), mask, vm) };
		}),
		'sui.rpc.v2.TransactionExecutionService/SimulateTransaction': unary((request: GrpcTypes.SimulateTransactionRequest) => {
			if (request.transaction === undefined) throw invalidArgument('transaction: missing');
			const mask = ReadMask.of(request.readMask, undefined, GrpcTypes.SimulateTransactionResponse);
			const unchecked = request.checks === GrpcTypes.SimulateTransactionRequest_TransactionChecks.DISABLED;
			const simulation = simulateRequest(ledger, { transaction: request.transaction, unchecked, selectGas: request.doGasSelection === true });
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
