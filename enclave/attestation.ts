/** What the security module is asked to vouch for, beside the measurements (PCRs) and the time that it adds itself. */
export interface AttestationRequest {
	readonly publicKey: Uint8Array;
	readonly userData?: Uint8Array;
}

/** Gives a document, COSE_Sign1, signed under the chain of the security module's root. ENCLAVE_UNAVAILABLE when the module does not answer. */
export interface Attester {
	attest(request: AttestationRequest): Promise<Uint8Array>;
}
