import { bcs } from '@mysten/bcs';
import type { BlobFolder } from '#activities/blobs.ts';
import type { EnclaveClient, ModelFiles } from '#activities/gradient/ports.ts';
import { beating } from '#activities/heartbeat.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { equalBytes, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { neededSequences, windowBatches } from '#core/gradient/batches.ts';
import type { SessionRequest } from '#core/gradient/enclave-api.ts';
import { HparamsBcs, hparamsToList } from '#core/gradient/hparams.ts';
import type { ModelManifest } from '#core/gradient/manifest.ts';
import { decodeManifest } from '#core/gradient/manifest-codec.ts';
import { decodePayload } from '#core/gradient/payload.ts';
import { CommitmentBcs, RosterBcs } from '#core/gradient/records.ts';
import { shardsOf } from '#model/dataset.ts';
import type { Logger } from '#runtime/log.ts';

export interface OpenedSession {
	/** The enclave's name for it: a digest of the request, so that repeating this activity opens the same one. */
	readonly session: string;
	/** Uids of the miners that this window evaluates, ascending. Not in older histories: all. */
	readonly drawn?: readonly number[];
}

/** Rounds of "open, put what is missing" before the enclave is believed to forget what it was given. */
const ROUNDS = 3;

/** Opens the window's session: gives the enclave everything that the signature will bind, and the files that it does not hold yet. */
export function createOpenSession(deps: {
	readonly chain: Pick<ChainReader, 'network' | 'windowRecord' | 'hparamsAt' | 'roster' | 'commitments' | 'validator' | 'payloadChain'>;
	readonly enclave: Pick<EnclaveClient, 'openSession' | 'putModelFile'>;
	readonly files: ModelFiles;
	readonly blobs: Pick<BlobFolder, 'read'>;
	readonly validatorUid: number;
	/** The first payload from this window on starts anew, without the earlier ratings. */
	readonly resetWindow?: bigint | undefined;
	readonly log: Logger;
}) {
	const { enclave, files } = deps;
	const manifest = decodeManifest(files.manifest);
	return async function openSession({ window }: { readonly window: string }): Promise<OpenedSession> {
		let progress = 'reading the chain';
		return beating(
			() => progress,
			async (signal) => {
				const { request, state } = await sessionRequest(deps, manifest, BigInt(window));
				if (request.state_lost) deps.log.warn('Sketches of earlier windows are lost', { window });
				for (let round = 0; round < ROUNDS; round++) {
					progress = 'opening';
					const { session, missing, drawn } = await enclave.openSession(request, signal);
					if (missing.length === 0) return { session, drawn };
					for (const [index, sha256] of missing.entries()) {
						progress = `putting file ${index + 1} of ${missing.length}`;
						await enclave.putModelFile(sha256, sha256 === state?.sha256 ? state.bytes : await files.read(sha256), signal);
					}
				}
				throw new VramhubError('ENCLAVE_REFUSED', `the enclave still asks for files after ${ROUNDS} rounds`);
			},
		);
	};
}

interface PreparedRequest {
	readonly request: SessionRequest;
	/** Of the previous payload, when it has the same checkpoint in force and the file is there. */
	readonly state: { readonly sha256: string; readonly bytes: Uint8Array } | undefined;
}

async function sessionRequest(deps: Parameters<typeof createOpenSession>[0], manifest: ModelManifest, window: bigint): Promise<PreparedRequest> {
	const { chain, files, validatorUid } = deps;
	const [network, record, hparams, roster, commitments, validator, last] = await Promise.all([
		chain.network(),
		chain.windowRecord(window),
		chain.hparamsAt(window),
		chain.roster(window),
		chain.commitments(window),
		chain.validator(validatorUid),
		chain.payloadChain(validatorUid),
	]);
	if (record === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `window ${window} has no record`);
	if (validator === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `validator ${validatorUid} is not registered`);
	// A payload of this very window is there when another run of this workflow got further: the chain will say so at the submission.
	const known = last?.validatorGeneration === validator.generation && last.lastWindow < window ? last : undefined;
	const { resetWindow } = deps;
	const isReset = known !== undefined && resetWindow !== undefined && known.lastWindow < resetWindow && resetWindow <= window;
	const previous = isReset ? undefined : known;
	const batches = windowBatches({ network: network.id, window, randomness: record.randomness, roster, manifest, hparams: hparams.values });
	const stateSha256 = previous === undefined ? undefined : stateOfSameCheckpoint(previous.lastPayload, record.checkpointHash);
	const stateBytes = stateSha256 === undefined ? undefined : await deps.blobs.read(stateSha256);
	const request: SessionRequest = {
		network: network.id,
		validator_uid: validatorUid,
		validator_generation: validator.generation,
		window: window.toString(),
		randomness: toHex(record.randomness),
		checkpoint_hash: toHex(record.checkpointHash),
		hparams: toHex(
			HparamsBcs.serialize({
				values: hparamsToList(hparams.values),
				model_manifest_hash: hparams.modelManifestHash,
				dataset_root: hparams.datasetRoot,
			}).toBytes(),
		),
		roster: toHex(RosterBcs.serialize(roster.map(({ uid, generation }) => ({ uid, generation }))).toBytes()),
		commitments: toHex(
			bcs
				.vector(CommitmentBcs)
				.serialize(commitments.map(({ credVersion, ...commitment }) => ({ ...commitment, cred_version: credVersion })))
				.toBytes(),
		),
		prev_payload: previous === undefined ? '' : toHex(previous.lastPayload),
		state_reset: isReset,
		state_lost: stateSha256 !== undefined && stateBytes === undefined,
		manifest: toHex(files.manifest),
		shards: files.shards(
			shardsOf(
				manifest,
				neededSequences(
					batches,
					commitments.map(({ uid }) => uid),
				),
			),
		),
	};
	return { request, state: stateSha256 === undefined || stateBytes === undefined ? undefined : { sha256: stateSha256, bytes: stateBytes } };
}

/** Hexadecimal `state_after`; undefined when the payload was scored against another checkpoint: its sketches are of no use then. */
function stateOfSameCheckpoint(payload: Uint8Array, checkpointHash: Uint8Array): string | undefined {
	const { header } = decodePayload(payload);
	return equalBytes(header.checkpointHash, checkpointHash) ? toHex(header.stateAfter) : undefined;
}
