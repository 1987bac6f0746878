import { bcs } from '@mysten/bcs';
import { sha256 } from '@noble/hashes/sha2.js';
import { z } from 'zod';
import { addressBytes, equalBytes, fromHex, toHex } from '#core/bytes.ts';
import { encodeCanonical } from '#core/cbor.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import { neededSequences, type WindowBatches, windowBatches } from '#core/gradient/batches.ts';
import { FIRST_TESTIMONY_CODE, minerCodeName } from '#core/gradient/codes.ts';
import type { FreezeRequest, ProcessDataRequest, SessionRequest } from '#core/gradient/enclave-api.ts';
import type { PayloadHeader } from '#core/gradient/header.ts';
import { HparamsBcs, type HparamValues, hparamsFromList, hparamsHash } from '#core/gradient/hparams.ts';
import type { ModelManifest } from '#core/gradient/manifest.ts';
import { decodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { decodePayload, MAX_UID, type MinerRow, payloadDigest } from '#core/gradient/payload.ts';
import { type Commitment, CommitmentBcs, foldCommitments, RosterBcs, type RosterEntry, rosterHash } from '#core/gradient/records.ts';
import { drawEvaluated } from '#core/gradient/selection.ts';
import { shardsOf } from '#model/dataset.ts';

/** What a session request establishes: every digest is recomputed here from the bytes that are used. */
export interface SessionFacts {
	/** Hexadecimal SHA-256 of the canonical request. */
	readonly id: string;
	readonly network: string;
	readonly validatorUid: number;
	readonly validatorGeneration: number;
	readonly window: bigint;
	readonly randomness: Uint8Array;
	readonly checkpointHash: Uint8Array;
	readonly hparams: HparamValues;
	readonly hparamsHash: Uint8Array;
	readonly datasetRoot: Uint8Array;
	readonly manifest: ModelManifest;
	readonly manifestHash: Uint8Array;
	/** Ascending uid. */
	readonly roster: readonly RosterEntry[];
	readonly rosterHash: Uint8Array;
	/** Of roster miners, by uid. */
	readonly commitments: ReadonlyMap<number, Commitment>;
	readonly commitmentsHash: Uint8Array;
	/** Uids of those that are evaluated, ascending. */
	readonly drawn: readonly number[];
	/** Of all commitments, also of those that left the roster. */
	readonly commitmentsCount: number;
	readonly previousRows: readonly MinerRow[];
	/** Zeros and 0 when there is no previous payload. */
	readonly prevPayload: Uint8Array;
	readonly prevWindow: bigint;
	readonly stateReset: boolean;
	/** Where the sketches of the interval's earlier windows are. */
	readonly previousState: PreviousState;
	readonly batches: WindowBatches;
	/** Sequences that the evaluation reads are all in these; each is yet to be proved against the dataset's root. */
	readonly shards: readonly ShardFacts[];
}

/** `none`: there is no previous payload, or it was scored against another checkpoint. */
export type PreviousState =
	| { readonly kind: 'none' }
	| { readonly kind: 'lost' }
	/** Hexadecimal, of the state file. */
	| { readonly kind: 'file'; readonly sha256: string };

export interface ShardFacts {
	readonly index: number;
	/** Hexadecimal, of the file. */
	readonly sha256: string;
	readonly proof: readonly Uint8Array[];
}

/** The largest body of POST /sessions: 256 commitments, a manifest of some thousand tensors and the proofs of some thousand shards. */
export const MAX_SESSION_REQUEST_BYTES = 8 << 20;

const CommitmentsBcs = bcs.vector(CommitmentBcs);

const uint = (max: number) => z.int().min(0).max(max);
const hex = z.string().regex(/^([0-9a-f]{2})*$/);
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const u64 = z
	.string()
	.regex(/^(0|[1-9][0-9]{0,19})$/)
	.refine((text) => BigInt(text) < 1n << 64n);

const sessionSchema = z.strictObject({
	network: z.string().regex(/^0x[0-9a-f]{64}$/),
	validator_uid: uint(0xffff),
	validator_generation: uint(0xffff_ffff),
	window: u64,
	randomness: digest,
	checkpoint_hash: digest,
	hparams: hex,
	roster: hex,
	commitments: hex,
	prev_payload: hex,
	state_reset: z.boolean(),
	state_lost: z.boolean(),
	manifest: hex,
	shards: z.array(z.strictObject({ index: uint(0xffff_ffff), sha256: digest, proof: z.array(digest).max(32) })).max(65_536),
}) satisfies z.ZodType<SessionRequest>;

const freezeSchema = z.strictObject({
	testimony: z.array(z.strictObject({ uid: uint(0xffff), code: uint(0xff) })).max(256),
}) satisfies z.ZodType<FreezeRequest>;

const processSchema = z.strictObject({
	window: uint(Number.MAX_SAFE_INTEGER),
	miner_uid: uint(0xffff),
	gradient_bytes: z.string(),
	checkpoint_hash: digest,
}) satisfies z.ZodType<ProcessDataRequest>;

const attestationSchema = z.strictObject({
	network: z.string().regex(/^0x[0-9a-f]{64}$/),
	validator_uid: z.coerce.number().pipe(uint(0xffff)),
	validator_generation: z.coerce.number().pipe(uint(0xffff_ffff)),
	owner: z.string().regex(/^0x[0-9a-f]{64}$/),
});

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
	const result = schema.safeParse(value);
	if (result.success) return result.data;
	const issue = result.error.issues[0]!;
	throw new VramhubError('BAD_ARGUMENT', `${issue.path.join('.') || 'request'}: ${issue.message}`);
}

export const parseAttestationQuery = (value: unknown) => parsed(attestationSchema, value);

/** Codes are those that codes.ts names, from 64 on; one a miner. */
export function parseFreezeRequest(value: unknown): ReadonlyMap<number, number> {
	const { testimony } = parsed(freezeSchema, value);
	const codes = new Map(testimony.map(({ uid, code }) => [uid, code]));
	if (codes.size !== testimony.length) throw new VramhubError('BAD_ARGUMENT', 'testimony: a uid is repeated');
	for (const [uid, code] of codes) {
		if (code < FIRST_TESTIMONY_CODE || minerCodeName(code) === undefined)
			throw new VramhubError('BAD_ARGUMENT', `testimony: code ${code} of miner ${uid} is none`);
	}
	return codes;
}

export interface ProcessFacts {
	readonly window: bigint;
	readonly uid: number;
	readonly gradient: Uint8Array;
	readonly checkpointHash: string;
}

export function parseProcessRequest(value: unknown): ProcessFacts {
	const request = parsed(processSchema, value);
	// Buffer stops at the first character that is no digit, which the length then shows; quicker than a pattern over 100 MB.
	const gradient = Buffer.from(request.gradient_bytes, 'hex');
	if (gradient.length * 2 !== request.gradient_bytes.length) throw new VramhubError('BAD_ARGUMENT', 'gradient_bytes: not hexadecimal');
	return { window: BigInt(request.window), uid: request.miner_uid, gradient, checkpointHash: request.checkpoint_hash };
}

/**
 * Checks a session request as far as it can be without files. Throws BAD_ARGUMENT, and PAYLOAD_MALFORMED for a previous payload that
 * is none. That the digests are those of the window record is the contract's business, which compares them with the signed header.
 */
export function parseSessionRequest(value: unknown): SessionFacts {
	const request = parsed(sessionSchema, value);
	const window = BigInt(request.window);
	const params = canonicalBcs('hparams', HparamsBcs, request.hparams);
	const [modelManifestHash, datasetRoot] = [Uint8Array.from(params.model_manifest_hash), Uint8Array.from(params.dataset_root)];
	const hparams = hparamsFromList(params.values.map(BigInt));
	const manifestBytes = fromHex(request.manifest);
	if (!equalBytes(manifestHash(manifestBytes), modelManifestHash)) throw new VramhubError('BAD_ARGUMENT', 'manifest: not the one of the hparams');
	const manifest = decodeManifest(manifestBytes);
	if (manifest.dataset.root !== toHex(datasetRoot)) throw new VramhubError('BAD_ARGUMENT', 'manifest: another dataset than the one of the hparams');
	const roster = canonicalBcs('roster', RosterBcs, request.roster);
	for (const [row, { uid }] of roster.entries()) {
		if (row > 0 && uid <= roster[row - 1]!.uid) throw new VramhubError('BAD_ARGUMENT', 'roster: uids are not ascending');
	}
	if (roster.length > Number(hparams.max_miners) || (roster.at(-1)?.uid ?? 0) > MAX_UID)
		throw new VramhubError('BAD_ARGUMENT', `roster: too many miners, or a uid beyond ${MAX_UID}`);
	const commitments = parseCommitments(request.commitments);
	const randomness = fromHex(request.randomness);
	const batches = windowBatches({ network: request.network, window, randomness, roster, manifest, hparams });
	const committed = new Map(
		commitments
			.filter(({ uid, generation }) => roster.some((entry) => entry.uid === uid && entry.generation === generation))
			.map((entry) => [entry.uid, entry]),
	);
	const previous = parsePrevious(request, window);
	const drawn = drawEvaluated(
		{ network: request.network, window, randomness, committed: roster.filter(({ uid }) => committed.has(uid)), previous: previous.previousRows },
		hparams,
	);
	return {
		id: toHex(sha256(encodeCanonical(request as unknown as Parameters<typeof encodeCanonical>[0]))),
		network: request.network,
		validatorUid: request.validator_uid,
		validatorGeneration: request.validator_generation,
		window,
		randomness,
		checkpointHash: fromHex(request.checkpoint_hash),
		hparams,
		hparamsHash: hparamsHash({ values: hparams, modelManifestHash, datasetRoot }),
		datasetRoot,
		manifest,
		manifestHash: modelManifestHash,
		roster,
		rosterHash: rosterHash(roster),
		commitments: committed,
		commitmentsHash: foldCommitments(commitments),
		commitmentsCount: commitments.length,
		drawn,
		...previous,
		batches,
		shards: parseShards(request, shardsOf(manifest, neededSequences(batches, drawn))),
	};
}

/** `Input` is what the type serialises, a superset of what it parses. */
function canonicalBcs<T extends Input, Input>(
	what: string,
	type: { parse(bytes: Uint8Array): T; serialize(value: Input): { toBytes(): Uint8Array } },
	text: string,
): T {
	const bytes = fromHex(text);
	try {
		const value = type.parse(bytes);
		if (equalBytes(type.serialize(value).toBytes(), bytes)) return value;
	} catch (cause) {
		if (isVramhubError(cause)) throw cause;
		throw new VramhubError('BAD_ARGUMENT', `${what}: not BCS of its type`, { cause });
	}
	throw new VramhubError('BAD_ARGUMENT', `${what}: not the one BCS encoding of its value`);
}

function parseCommitments(text: string): Commitment[] {
	const seen = new Set<number>();
	return canonicalBcs('commitments', CommitmentsBcs, text).map((entry, row) => {
		if (entry.seq !== row || seen.has(entry.uid) || entry.sha256.length !== 32)
			throw new VramhubError('BAD_ARGUMENT', `commitments: entry ${row} is out of order`);
		seen.add(entry.uid);
		const { seq, uid, generation, size, ms, cred_version: credVersion } = entry;
		return { seq, uid, generation, sha256: Uint8Array.from(entry.sha256), size: BigInt(size), credVersion, ms: BigInt(ms) };
	});
}

function parsePrevious(
	request: SessionRequest,
	window: bigint,
): Pick<SessionFacts, 'previousRows' | 'prevPayload' | 'prevWindow' | 'stateReset' | 'previousState'> {
	const bytes = fromHex(request.prev_payload);
	const stateReset = request.state_reset;
	if (bytes.length === 0) {
		if (request.state_lost) throw new VramhubError('BAD_ARGUMENT', 'state_lost: there is no previous payload');
		return { previousRows: [], prevPayload: new Uint8Array(32), prevWindow: 0n, stateReset, previousState: { kind: 'none' } };
	}
	if (stateReset) throw new VramhubError('BAD_ARGUMENT', 'prev_payload: must be empty after a reset');
	const { header, miners } = decodePayload(bytes);
	if (!equalBytes(addressBytes(header.network), addressBytes(request.network))) throw new VramhubError('BAD_ARGUMENT', 'prev_payload: of another network');
	if (header.validatorUid !== request.validator_uid || header.validatorGeneration !== request.validator_generation) {
		throw new VramhubError('BAD_ARGUMENT', 'prev_payload: of another validator');
	}
	if (header.window >= window) throw new VramhubError('BAD_ARGUMENT', `prev_payload: of window ${header.window}, which is not before ${window}`);
	return { previousRows: miners, prevPayload: payloadDigest(bytes), prevWindow: header.window, stateReset, previousState: previousStateOf(request, header) };
}

function previousStateOf({ state_lost, checkpoint_hash }: SessionRequest, { checkpointHash, stateAfter }: PayloadHeader): PreviousState {
	const goesOn = toHex(checkpointHash) === checkpoint_hash;
	if (state_lost && !goesOn)
		throw new VramhubError('BAD_ARGUMENT', 'state_lost: the previous payload is of another checkpoint, so nothing of its state is needed');
	if (!goesOn) return { kind: 'none' };
	return state_lost ? { kind: 'lost' } : { kind: 'file', sha256: toHex(stateAfter) };
}

function parseShards(request: SessionRequest, needed: readonly number[]): ShardFacts[] {
	const listed = new Set(request.shards.map(({ index }) => index));
	if (listed.size !== request.shards.length) throw new VramhubError('BAD_ARGUMENT', 'shards: an index is repeated');
	const absent = needed.filter((index) => !listed.has(index));
	if (absent.length > 0) throw new VramhubError('BAD_ARGUMENT', `shards: ${absent.slice(0, 8).join(', ')} are needed too`);
	return request.shards.map(({ index, sha256: file, proof }) => ({ index, sha256: file, proof: proof.map(fromHex) }));
}
