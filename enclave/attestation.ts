import { NSM_TOKEN_VARIABLE, nsmAddress, requestAttestation } from '#runtime/nsm-protocol.ts';

/** What the security module is asked to vouch for, beside the measurements (PCRs) and the time that it adds itself. */
export interface AttestationRequest {
	readonly publicKey: Uint8Array;
	readonly userData?: Uint8Array;
}

/** Gives a fresh document, COSE_Sign1, under the chain of the security module's root. Throws ENCLAVE_UNAVAILABLE when the module does not answer. */
export interface Attester {
	attest(request: AttestationRequest): Promise<Uint8Array>;
}

/**
 * The module that started this process. Its address is taken out of the environment, so that nothing this process might start has it.
 * Throws BAD_CONFIGURATION when the process was started by anything else.
 */
export function securityModule(environment: NodeJS.ProcessEnv): Attester {
	const address = nsmAddress(environment);
	delete environment[NSM_TOKEN_VARIABLE];
	return { attest: (request) => requestAttestation(request, address) };
}
