import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bcs } from '@mysten/bcs';
import { toHex } from '#core/bytes.ts';
import { windowBatches } from '#core/gradient/batches.ts';
import { decodeGradient, encodeGradient, gradientForm, gradientNorm } from '#core/gradient/codec.ts';
import type { SessionRequest } from '#core/gradient/enclave-api.ts';
import { defaultHparamValues, HparamsBcs, hparamsToList } from '#core/gradient/hparams.ts';
import { GRADIENT_HEADER_LENGTH } from '#core/gradient/layout.ts';
import { parameterCount } from '#core/gradient/manifest.ts';
import { encodeManifest, manifestHash } from '#core/gradient/manifest-codec.ts';
import { CommitmentBcs, RosterBcs } from '#core/gradient/records.ts';
import { clipNorm } from '#core/gradient/score.ts';
import { ShardedDataset } from '#model/dataset.ts';
import { type GptConfig, gptForwardGraph } from '#model/gpt.ts';
import { initialWeights } from '#model/initial-weights.ts';
import { describeModel } from '#model/manifest.ts';
import { Xoshiro128 } from '#model/random.ts';
import { checkpointHash, encodeCheckpoint } from '#model/safetensors.ts';

const NETWORK = `0x${'7'.repeat(64)}`;
const RANDOMNESS = '11'.repeat(32);
const WINDOW = 5n;
const SHARDS = 8;

/** One window of a network, in a folder: what its enclave is given, and the same as plain arrays for whoever else evaluates it. */
export interface EvaluateWorld {
	readonly parameters: number;
	readonly gradientBytes: number;
}

export interface WorldSize {
	/** Sequences a run of the graph takes. */
	readonly sequences: number;
	readonly miners: number;
	readonly topK: number;
}

/** Writes the world of a model: as many miners, each with another gradient of `topK` coefficients a chunk. */
export async function writeEvaluateWorld(folder: string, config: GptConfig, { sequences, miners, topK }: WorldSize): Promise<EvaluateWorld> {
	const random = Xoshiro128.seeded('bench');
	const dataset = new ShardedDataset(
		Uint8Array.from({ length: SHARDS * 65_536 }, () => random.below(256)),
		{ context: config.context },
	);
	const graph = gptForwardGraph(config, sequences);
	const manifest = describeModel('bench', graph, dataset.dataset);
	const manifestBytes = encodeManifest(manifest);
	const theta = initialWeights(config, 'bench');
	const checkpoint = encodeCheckpoint(manifest, theta);
	const never = 1_000_001n;
	// All miners have the same positions, and are to be evaluated.
	const copies = { copy_halve_overlap_ppm: never, copy_reject_overlap_ppm: never, copy_exclude_overlap_ppm: never };
	const hparams = defaultHparamValues({ top_k: BigInt(topK), ...copies });
	const uids = Array.from({ length: miners }, (_, i) => i + 1);
	const roster = uids.map((uid) => ({ uid, generation: 1 }));
	const batches = windowBatches({ network: NETWORK, window: WINDOW, randomness: Buffer.from(RANDOMNESS, 'hex'), roster, manifest, hparams });

	const context = {
		uid: 0,
		window: WINDOW,
		checkpointHash: checkpointHash(checkpoint),
		manifestHash: manifestHash(manifestBytes),
		parameters: manifest.parameters,
		...gradientForm(hparams),
	};
	const dense = Float32Array.from({ length: theta.length }, () => (random.next() - 2 ** 31) / 2 ** 41);
	const { bytes } = encodeGradient({ ...context, dense });
	const gradients = uids.map((uid) => ofMiner(bytes, uid));

	await mkdir(join(folder, 'files'), { recursive: true });
	const files = [checkpoint, graph.bytes, ...Array.from({ length: SHARDS }, (_, i) => dataset.get(i)!)];
	for (const file of files) await writeFile(join(folder, 'files', sha256Hex(file)), file);
	for (const [i, gradient] of gradients.entries()) await writeFile(join(folder, `gradient-${uids[i]}`), gradient);
	const request: SessionRequest = {
		network: NETWORK,
		validator_uid: 0,
		validator_generation: 1,
		window: WINDOW.toString(),
		randomness: RANDOMNESS,
		checkpoint_hash: sha256Hex(checkpoint),
		hparams: toHex(
			HparamsBcs.serialize({
				values: hparamsToList(hparams),
				model_manifest_hash: context.manifestHash,
				dataset_root: Buffer.from(manifest.dataset.root, 'hex'),
			}).toBytes(),
		),
		roster: toHex(RosterBcs.serialize(roster).toBytes()),
		commitments: toHex(
			bcs
				.vector(CommitmentBcs)
				.serialize(
					gradients.map((gradient, seq) => ({
						seq,
						uid: uids[seq]!,
						generation: 1,
						sha256: Buffer.from(sha256Hex(gradient), 'hex'),
						size: gradient.length,
						cred_version: 1,
						ms: 5,
					})),
				)
				.toBytes(),
		),
		prev_payload: '',
		state_reset: false,
		state_lost: false,
		manifest: toHex(manifestBytes),
		shards: Array.from({ length: SHARDS - 1 }, (_, index) => ({
			index,
			sha256: sha256Hex(dataset.get(index)!),
			proof: dataset.proof(index).map(toHex),
		})),
	};
	await writeFile(join(folder, 'request.json'), JSON.stringify(request));
	const { checkpoint_hash } = request;
	for (const [i, gradient] of gradients.entries()) {
		const body = { window: Number(WINDOW), miner_uid: uids[i]!, gradient_bytes: toHex(gradient), checkpoint_hash };
		await writeFile(join(folder, `process-${uids[i]}`), JSON.stringify(body));
	}

	// Plain arrays: θ, chunks of coefficients, sequences.
	const decoded = decodeGradient(bytes, { ...context, maxBytes: bytes.length });
	if (decoded.kind !== 'decoded') throw new Error(decoded.reason);
	const { starts, indices, values } = decoded.gradient;
	await writeFile(join(folder, 'theta.f32'), new Uint8Array(theta.buffer));
	await writeFile(join(folder, 'starts.u32'), new Uint8Array(starts.buffer));
	await writeFile(join(folder, 'indices.i16'), new Uint8Array(indices.buffer));
	await writeFile(join(folder, 'values.f32'), new Uint8Array(Float32Array.from(values).buffer));
	const packed = (rows: readonly number[]) => Buffer.concat(dataset.sequences(rows));
	for (const uid of uids) await writeFile(join(folder, `own-${uid}`), packed(batches.own.get(uid)!));
	await writeFile(join(folder, 'random'), packed(batches.random));
	// All norms are nearly this one, and so is their median.
	const norm = gradientNorm(decoded.gradient);
	const clipped = clipNorm([{ norm, hadWeight: false }], Number(hparams.norm_min_ppm) / 1e6, Number(hparams.norm_max_ppm) / 1e6);
	const rate = (Number(hparams.evaluation_learning_rate_ppm) / 1e6) * Math.min(1, clipped / norm);
	const described = { ...config, rate, miners, parameters: manifest.parameters };
	await writeFile(join(folder, 'world.json'), JSON.stringify(described));
	return { parameters: parameterCount(manifest), gradientBytes: bytes.length };
}

/** The gradient as another miner's: another header, and a first scale a little larger. */
function ofMiner(bytes: Uint8Array, uid: number): Uint8Array {
	const own = bytes.slice();
	const view = new DataView(own.buffer);
	view.setUint16(6, uid);
	view.setFloat32(GRADIENT_HEADER_LENGTH + 2, view.getFloat32(GRADIENT_HEADER_LENGTH + 2) * (1 + uid * 2 ** -12));
	return own;
}

const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
