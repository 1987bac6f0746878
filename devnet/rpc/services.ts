import type { Ledger } from '#devnet/ledger/ledger.ts';
import { executionService } from '#devnet/rpc/execution-service.ts';
import { ledgerService } from '#devnet/rpc/ledger-service.ts';
import { movePackageService } from '#devnet/rpc/move-package-service.ts';
import { nameService } from '#devnet/rpc/name-service.ts';
import type { Handlers } from '#devnet/rpc/server.ts';
import { signatureVerificationService } from '#devnet/rpc/signature-verification-service.ts';
import { stateService } from '#devnet/rpc/state-service.ts';
import { subscriptionService } from '#devnet/rpc/subscription-service.ts';

/** Every method of `sui.rpc.v2` that this devnet answers. */
export function rpcServices(ledger: Ledger): Handlers {
	return {
		...ledgerService(ledger),
		...stateService(ledger),
		...subscriptionService(ledger),
		...executionService(ledger),
		...movePackageService(ledger),
		...signatureVerificationService(),
		...nameService(),
	};
}
