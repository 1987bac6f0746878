import { bcs } from '@mysten/sui/bcs';
import { GrpcTypes, RpcError, SuiGrpcClient } from '@mysten/sui/grpc';
import { normalizeSuiAddress } from '@mysten/sui/utils';
import type { Policy } from './request.ts';

/** What a policy said when it was simulated. */
export type PolicyOutcome =
	| { readonly kind: 'approved' }
	| { readonly kind: 'denied'; readonly message: string }
	| { readonly kind: 'no-such-function' }
	/** An input does not exist, or the transaction is malformed. */
	| { readonly kind: 'invalid-parameter'; readonly message: string };

/** The chain as a key server needs it. Rejections mean that it does not answer. */
export interface PolicyChain {
	/** Id of a package's first version, which names its identities; undefined when there is no such package. */
	firstVersionOf(packageId: string): Promise<string | undefined>;
	/** Runs the policy as `sender`, without gas coins and without effects. */
	simulate(policy: Policy, sender: string): Promise<PolicyOutcome>;
}

const GAS_BUDGET = 500_000_000n;
const CALL_TIMEOUT_MS = 10_000;
const GAS_PRICE_LIFE_MS = 60_000;

export function createPolicyChain(rpcUrl: string): PolicyChain {
	const client = new SuiGrpcClient({ network: 'devnet', baseUrl: rpcUrl });
	const firstVersions = new Map<string, string>();
	let gasPrice: { readonly value: string; readonly until: number } | undefined;
	const abort = () => ({ abort: AbortSignal.timeout(CALL_TIMEOUT_MS) });

	const currentGasPrice = async () => {
		if (gasPrice === undefined || gasPrice.until < Date.now()) {
			const { referenceGasPrice } = await client.core.getReferenceGasPrice({ signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
			gasPrice = { value: referenceGasPrice, until: Date.now() + GAS_PRICE_LIFE_MS };
		}
		return gasPrice.value;
	};

	return {
		async firstVersionOf(packageId) {
			const known = firstVersions.get(packageId);
			if (known !== undefined) return known;
			try {
				const { response } = await client.movePackageService.getPackage({ packageId }, abort());
				const first = normalizeSuiAddress(response.package?.originalId ?? packageId);
				firstVersions.set(packageId, first);
				return first;
			} catch (error) {
				if (isRefusal(error)) return undefined;
				throw error;
			}
		},
		async simulate({ transaction }, sender) {
			const gasData = { payment: [], owner: sender, price: await currentGasPrice(), budget: GAS_BUDGET };
			const value = bcs.TransactionData.serialize({
				V1: { kind: { ProgrammableTransaction: transaction }, sender, gasData, expiration: { None: true } },
			}).toBytes();
			try {
				const { response } = await client.transactionExecutionService.simulateTransaction(
					{
						transaction: { bcs: { value } } as GrpcTypes.Transaction,
						readMask: { paths: ['transaction.effects.status'] },
						doGasSelection: false,
						checks: GrpcTypes.SimulateTransactionRequest_TransactionChecks.ENABLED,
					},
					abort(),
				);
				const status = response.transaction?.effects?.status;
				if (status === undefined) throw new Error('the simulation has no status');
				if (status.success === true) return { kind: 'approved' };
				if (status.error?.kind === GrpcTypes.ExecutionError_ExecutionErrorKind.FUNCTION_NOT_FOUND) return { kind: 'no-such-function' };
				return { kind: 'denied', message: status.error?.description ?? 'the policy aborted' };
			} catch (error) {
				if (isRefusal(error)) return { kind: 'invalid-parameter', message: 'an input does not exist, or the transaction is malformed' };
				throw error;
			}
		},
	};
}

/** The node understood the question and says that it makes no sense, as opposed to not answering. */
function isRefusal(error: unknown): boolean {
	return error instanceof RpcError && (error.code === 'NOT_FOUND' || error.code === 'INVALID_ARGUMENT');
}
