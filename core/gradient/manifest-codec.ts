import { sha256 } from '@noble/hashes/sha2.js';
import { type CborKey, type DecodedCbor, decodeCanonical, encodeCanonical } from '#core/cbor.ts';
import { VramhubError } from '#core/errors.ts';
import type { DatasetManifest, ModelManifest, ParameterSpec } from '#core/gradient/manifest.ts';

/** Most elements that the shapes of one manifest may add up to. */
export const MAX_PARAMETERS = 2 ** 31;

const MANIFEST_KEYS = ['format', 'name', 'parameters', 'graphSha256', 'tokensInput', 'targetsInput', 'logProbsOutput', 'batch', 'context', 'dataset'] as const;
const DATASET_KEYS = ['shardBytes', 'shards', 'heldOutShards', 'root'] as const;

/** Canonical CBOR: maps with exactly the keys of {@link ModelManifest}, digests as lower-case hexadecimal text. */
export function encodeManifest(manifest: ModelManifest): Uint8Array {
	const { parameters, dataset } = manifest;
	const pick = <T extends object, K extends keyof T>(from: T, keys: readonly K[]) => Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
	return encodeCanonical({
		...pick(manifest, MANIFEST_KEYS),
		parameters: parameters.map(({ name, shape }) => ({ name, shape })),
		dataset: pick(dataset, DATASET_KEYS),
	});
}

/** `model_manifest_hash`: SHA-256 of the encoded manifest. */
export function manifestHash(encoded: Uint8Array): Uint8Array {
	return sha256(encoded);
}

/** Throws BAD_ARGUMENT unless the bytes are the encoding of one manifest whose sizes are usable: every count ≥ 1, sequences that fit in a shard, something to assign. */
export function decodeManifest(bytes: Uint8Array): ModelManifest {
	const map = exactMap(decodeCanonical(bytes), MANIFEST_KEYS, 'manifest');
	if (map.get('format') !== 1) throw invalid('unknown format');
	const parameters = list(map.get('parameters'), 'parameters').map(decodeParameter);
	if (parameters.length === 0 || new Set(parameters.map(({ name }) => name)).size !== parameters.length) throw invalid('no parameters, or two of one name');
	let elements = 0;
	for (const { shape } of parameters) elements += shape.reduce((product, dimension) => product * dimension, 1);
	if (elements > MAX_PARAMETERS) throw invalid(`more than ${MAX_PARAMETERS} parameters`);
	const context = positive(map.get('context'), 'context');
	return {
		format: 1,
		name: text(map.get('name'), 'name'),
		parameters,
		graphSha256: digest(map.get('graphSha256'), 'graphSha256'),
		tokensInput: text(map.get('tokensInput'), 'tokensInput'),
		targetsInput: text(map.get('targetsInput'), 'targetsInput'),
		logProbsOutput: text(map.get('logProbsOutput'), 'logProbsOutput'),
		batch: positive(map.get('batch'), 'batch'),
		context,
		dataset: decodeDataset(map.get('dataset'), context),
	};
}

function decodeParameter(value: DecodedCbor): ParameterSpec {
	const map = exactMap(value, ['name', 'shape'], 'parameter');
	return { name: text(map.get('name'), 'name'), shape: list(map.get('shape'), 'shape').map((dimension) => positive(dimension, 'dimension')) };
}

function decodeDataset(value: DecodedCbor | undefined, context: number): DatasetManifest {
	const map = exactMap(value, DATASET_KEYS, 'dataset');
	const dataset = {
		shardBytes: positive(map.get('shardBytes'), 'shardBytes'),
		shards: positive(map.get('shards'), 'shards'),
		heldOutShards: map.get('heldOutShards') === 0 ? 0 : positive(map.get('heldOutShards'), 'heldOutShards'),
		root: digest(map.get('root'), 'root'),
	};
	if (dataset.shardBytes <= context || dataset.heldOutShards >= dataset.shards) throw invalid('a dataset without a sequence that may be assigned');
	return dataset;
}

function invalid(why: string): VramhubError {
	return new VramhubError('BAD_ARGUMENT', `model manifest: ${why}`);
}

function exactMap(value: DecodedCbor | undefined, keys: readonly string[], what: string): ReadonlyMap<CborKey, DecodedCbor> {
	if (!(value instanceof Map) || value.size !== keys.length || !keys.every((key) => value.has(key)))
		throw invalid(`${what} has other keys than ${keys.join(', ')}`);
	return value;
}

function list(value: DecodedCbor | undefined, what: string): readonly DecodedCbor[] {
	if (!Array.isArray(value)) throw invalid(`${what} is not a list`);
	return value;
}

function text(value: DecodedCbor | undefined, what: string): string {
	if (typeof value !== 'string' || value.length === 0) throw invalid(`${what} is not text`);
	return value;
}

function digest(value: DecodedCbor | undefined, what: string): string {
	if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw invalid(`${what} is not a SHA-256 in lower-case hexadecimal`);
	return value;
}

function positive(value: DecodedCbor | undefined, what: string): number {
	if (typeof value !== 'number' || value < 1 || value > MAX_PARAMETERS) throw invalid(`${what} is not a count`);
	return value;
}
