/** What a network trains: names, shapes and data. Its SHA-256 over canonical CBOR (core/cbor.ts) is `model_manifest_hash`. */
export interface ModelManifest {
	readonly format: 1;
	/** For people: `byte-gpt-0.84M`. */
	readonly name: string;
	/** Parameters in order; a checkpoint's tensors, a gradient's tensors and θ's layout follow it. */
	readonly parameters: readonly ParameterSpec[];
	/** SHA-256 of the ONNX forward graph. */
	readonly graphSha256: string;
	/** Names of the graph's inputs and output besides the parameters: int32 tokens and targets of shape [batch · context], f32 log-probabilities of the same shape. */
	readonly tokensInput: string;
	readonly targetsInput: string;
	readonly logProbsOutput: string;
	/** Sequences a run of the graph takes. */
	readonly batch: number;
	/** Tokens a sequence. */
	readonly context: number;
	readonly dataset: DatasetManifest;
}

export interface ParameterSpec {
	readonly name: string;
	/** Row-major; every dimension ≥ 1. */
	readonly shape: readonly number[];
}

/** Byte-level text cut into shards of equal size. A sequence is `context + 1` bytes at stride `context` inside one shard. */
export interface DatasetManifest {
	readonly shardBytes: number;
	readonly shards: number;
	/** The last ones, never assigned to a miner. */
	readonly heldOutShards: number;
	/** Hexadecimal; equals hparams `dataset_root`. */
	readonly root: string;
}

export function elementCount(parameter: ParameterSpec): number {
	return parameter.shape.reduce((product, dimension) => product * dimension, 1);
}

export function parameterCount(manifest: Pick<ModelManifest, 'parameters'>): number {
	return manifest.parameters.reduce((sum, parameter) => sum + elementCount(parameter), 0);
}

/** Whole sequences in one shard: floor((shardBytes − 1) / context). */
export function sequencesPerShard(manifest: Pick<ModelManifest, 'context' | 'dataset'>): number {
	return Math.floor((manifest.dataset.shardBytes - 1) / manifest.context);
}

/** Sequences that may be assigned: those of every shard that is not held out. Sequence i is in shard floor(i / sequencesPerShard). */
export function assignableSequences(manifest: Pick<ModelManifest, 'context' | 'dataset'>): number {
	return (manifest.dataset.shards - manifest.dataset.heldOutShards) * sequencesPerShard(manifest);
}
