/**
 * Errors are data: a closed set of codes, each with what a caller must know of it. Formatted for people only at the edge.
 * The documentation anchor of a code is `docs/errors.md#<code in lower case>`.
 */

/** Exit codes of every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, notFound: 3, verification: 4, unavailable: 5, interrupted: 130 } as const;

interface ErrorTraits {
	/** Whether the same call may succeed later without anything being changed by a person. */
	readonly retryable: boolean;
	readonly exit: number;
	/** What to do about it, one sentence. */
	readonly advice: string;
}

const traits = (retryable: boolean, exit: number, advice: string): ErrorTraits => ({ retryable, exit, advice });

export const ERRORS = {
	BAD_ARGUMENT: traits(false, EXIT.usage, 'Correct the argument and call again.'),
	BAD_CONFIGURATION: traits(false, EXIT.usage, 'Correct the named setting.'),
	MISSING_TOOL: traits(false, EXIT.unavailable, 'Put the named binary on PATH, or set the environment variable that the message names.'),
	UNSUPPORTED: traits(false, EXIT.failure, 'The named feature is not implemented here; see the documentation for what is.'),
	INVARIANT: traits(false, EXIT.failure, 'This is a defect: report it with the message.'),

	LEDGER_CORRUPT: traits(false, EXIT.verification, "The devnet's folder is damaged where no crash damages it: restore it from a copy, or begin a new chain."),

	CHAIN_UNAVAILABLE: traits(true, EXIT.unavailable, 'Check the RPC URL; the call is tried again.'),
	CHAIN_OBJECT_MISSING: traits(false, EXIT.notFound, 'Check the object id and the network that it belongs to.'),
	CHAIN_REJECTED: traits(false, EXIT.failure, 'The contract refused the transaction; the message carries its named error.'),
	CHAIN_CONFLICT: traits(true, EXIT.failure, 'Another transaction used the same object version; the call is tried again.'),

	WINDOW_NOT_OPEN: traits(true, EXIT.failure, 'Wait for the window to reach this phase.'),
	WINDOW_PRUNED: traits(false, EXIT.unavailable, "The chain keeps a window's lists for a time: validators' audit stores have what is older."),
	WINDOW_VOID: traits(false, EXIT.failure, 'Nobody sealed the window in time; nothing can be scored in it.'),

	SEAL_NO_ACCESS: traits(false, EXIT.verification, 'The key servers refused: the caller must be the operator of an active validator with enough stake.'),
	SEAL_UNAVAILABLE: traits(true, EXIT.unavailable, 'Fewer key servers answered than the threshold needs.'),
	SEAL_BAD_CIPHERTEXT: traits(false, EXIT.verification, 'The registered credentials are not a ciphertext of this network, miner and version.'),
	CREDENTIALS_MALFORMED: traits(false, EXIT.verification, 'The decrypted credentials are not what the protocol defines.'),

	OBJECT_MISSING: traits(false, EXIT.notFound, 'The miner did not put its object, or put it under another key.'),
	OBJECT_FORBIDDEN: traits(false, EXIT.verification, 'The read key that the miner registered does not open its object.'),
	OBJECT_TOO_LARGE: traits(false, EXIT.verification, 'The object is larger than what was committed.'),
	OBJECT_LATE: traits(false, EXIT.verification, 'The object was put outside its time.'),
	OBJECT_DIGEST: traits(false, EXIT.verification, 'The bytes are not those that were committed.'),
	OBJECT_UNAVAILABLE: traits(true, EXIT.unavailable, 'The object store did not answer in time.'),
	ENDPOINT_REFUSED: traits(false, EXIT.verification, 'The endpoint is not one that a validator connects to (https, public address, no redirect).'),

	GRADIENT_MALFORMED: traits(false, EXIT.verification, 'The gradient does not follow the byte layout.'),
	GRADIENT_WRONG_SHAPE: traits(false, EXIT.verification, 'The gradient was made for another model manifest.'),
	GRADIENT_WRONG_WINDOW: traits(false, EXIT.verification, 'The gradient was made for another window or another miner.'),
	GRADIENT_WRONG_CHECKPOINT: traits(false, EXIT.verification, 'The gradient was made from another checkpoint than the one in force.'),
	GRADIENT_NOT_FINITE: traits(false, EXIT.verification, 'The gradient holds a value that is not finite.'),

	PAYLOAD_MALFORMED: traits(false, EXIT.verification, 'The signed payload is not the canonical form.'),
	CHECKPOINT_MISMATCH: traits(false, EXIT.verification, 'The checkpoint file does not have the anchored hash.'),

	ENCLAVE_UNAVAILABLE: traits(true, EXIT.unavailable, 'Start the enclave; registration follows by itself.'),
	ENCLAVE_SESSION_LOST: traits(true, EXIT.failure, 'The enclave was restarted, or gave the session up; it is opened again.'),
	ENCLAVE_REFUSED: traits(false, EXIT.failure, 'The enclave refused the request; the message says why.'),
	ATTESTATION_INVALID: traits(false, EXIT.verification, 'The attestation document does not verify.'),

	INTERRUPTED: traits(false, EXIT.interrupted, 'The command was stopped by a signal.'),
} as const satisfies Record<string, ErrorTraits>;

export type ErrorCode = keyof typeof ERRORS;

export class VramhubError extends Error {
	readonly code: ErrorCode;
	/** Facts about this occurrence, never secrets. */
	readonly details: Readonly<Record<string, string | number | boolean>>;

	constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, string | number | boolean> } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = 'VramhubError';
		this.code = code;
		this.details = options.details ?? {};
	}
}

export function isVramhubError(error: unknown): error is VramhubError {
	return error instanceof VramhubError;
}

/** `{"error":{…}}` as `--json` prints it. */
export function errorToJson(error: unknown): { error: { code: ErrorCode; message: string; docs: string } } {
	const code = isVramhubError(error) ? error.code : 'INVARIANT';
	const message = error instanceof Error ? error.message : String(error);
	return { error: { code, message, docs: `docs/errors.md#${code.toLowerCase()}` } };
}

export function exitCodeOf(error: unknown): number {
	return isVramhubError(error) ? ERRORS[error.code].exit : EXIT.failure;
}
