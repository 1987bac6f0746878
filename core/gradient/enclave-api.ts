/**
 * The enclave's HTTP interface. Documented endpoints: `GET /health_check` → `ok`; `GET /get_attestation` →
 * {@link AttestationAnswer}; `POST /process_data` → evaluates one gradient of an open session and answers with a receipt that
 * the chain never accepts. A window is scored in a session: open → measure each → freeze → process each → close.
 *
 * | method and path | body | answer |
 * |---|---|---|
 * | POST /sessions | {@link SessionRequest} (JSON, digests and bytes in hexadecimal) | {@link SessionAnswer} |
 * | PUT /models/{sha256}  | a file that a session needs (checkpoint, graph, shard, state file; octets) | 204; 400 when the digest differs |
 * | PUT /sessions/{id}/gradients/{uid} | the gradient's octets | {@link MeasureAnswer} |
 * | POST /sessions/{id}/freeze | {@link FreezeRequest} | {@link FreezeAnswer} |
 * | POST /process_data | {@link ProcessDataRequest} | {@link ProcessDataAnswer} |
 * | POST /sessions/{id}/close | `{}` | {@link CloseAnswer}; repeating it answers the same bytes |
 * | GET /sessions/{id}/state | | octets: the state file (core/gradient/state-file.ts) whose SHA-256 is the payload's `state_after`; 409 before the session is closed |
 *
 * Errors: `{"error":{"code","message"}}` with an {@link import('#core/errors.ts').ErrorCode}; 404 ENCLAVE_SESSION_LOST when the
 * session is unknown (the enclave restarted), 409 ENCLAVE_REFUSED out of order, 413 too large, 400 otherwise.
 */
export interface AttestationAnswer {
	/** Hexadecimal COSE_Sign1. */
	readonly attestation_document: string;
	/** Hexadecimal Ed25519 public key, 32 bytes. */
	readonly public_key: string;
}

/** `GET /get_attestation?network=&validator_uid=&validator_generation=&owner=` binds the document to a validator. */
export interface AttestationQuery {
	readonly network: string;
	readonly validator_uid: number;
	readonly validator_generation: number;
	readonly owner: string;
}

/** Everything that the enclave checks against digests which the contract equates with the window record. */
export interface SessionRequest {
	readonly network: string;
	readonly validator_uid: number;
	readonly validator_generation: number;
	readonly window: string;
	readonly randomness: string;
	readonly checkpoint_hash: string;
	/** BCS of `hparams::Params`, hexadecimal. */
	readonly hparams: string;
	/** BCS of `vector<RosterEntry>`, hexadecimal. */
	readonly roster: string;
	/** BCS of `vector<Commitment>` in order of seq, hexadecimal. */
	readonly commitments: string;
	/** The validator's previous signed payload, hexadecimal; empty when there is none or after a reset. */
	readonly prev_payload: string;
	readonly state_reset: boolean;
	/**
	 * The host no longer has the previous payload's state file though the same checkpoint is in force: the payload says so (`FLAG_SKETCHES_LOST`), and copies of earlier windows go
	 * unseen. Otherwise that file, by the previous header's `state_after`, is one of those that must be put. False where there is no such payload.
	 */
	readonly state_lost: boolean;
	/** Canonical CBOR of the model manifest, hexadecimal. */
	readonly manifest: string;
	/** SHA-256 of files that must have been put: the checkpoint's is `checkpoint_hash`, the graph's is in the manifest. Shards by index. */
	readonly shards: readonly { readonly index: number; readonly sha256: string; readonly proof: readonly string[] }[];
}

export interface SessionAnswer {
	/** Deterministic: hexadecimal SHA-256 of the canonical request, so that opening it again after a retry is the same session. */
	readonly session: string;
	/** Digests of files that the enclave does not hold; put them and open again. Empty when the session is open. */
	readonly missing: readonly string[];
	/** Uids of the miners to be measured, ascending: all that committed, or as many as `max_evaluations`. */
	readonly drawn: readonly number[];
}

export interface MeasureAnswer {
	readonly uid: number;
	/** 0 when it decodes and matches its commitment, else a proven code. */
	readonly code: number;
	/** L2 norm of the dequantised coefficients; 0 when rejected. */
	readonly norm: number;
}

export interface FreezeRequest {
	/** A code ≥ 64 for each drawn miner whose bytes the host could not bring. */
	readonly testimony: readonly { readonly uid: number; readonly code: number }[];
}

export interface FreezeAnswer {
	readonly median_norm: number;
	/** Uids to be processed, ascending. */
	readonly uids: readonly number[];
	/** What decoded and has no score all the same, because of what others handed in: copies, and norms beyond the window's. Ascending uid. */
	readonly rejected: readonly { readonly uid: number; readonly code: number }[];
	readonly baseline_loss: string;
}

export interface ProcessDataRequest {
	readonly window: number;
	readonly miner_uid: number;
	/** Hexadecimal. The same bytes as were measured: they are hashed again. */
	readonly gradient_bytes: string;
	readonly checkpoint_hash: string;
}

/** Receipts are signed over "vramhub-receipt-1" ‖ canonical CBOR [window, uid, score, random]: no payload starts with these bytes. */
export const RECEIPT_DOMAIN = 'vramhub-receipt-1';

export interface ProcessDataAnswer {
	readonly score: number;
	readonly random: number;
	/** Hexadecimal receipt and its signature. */
	readonly signed_payload: string;
	readonly signature: string;
}

export interface CloseAnswer {
	/** Hexadecimal signed payload (payload.cddl), Ed25519 signature and key. */
	readonly payload: string;
	readonly signature: string;
	readonly public_key: string;
}
