import { createHash } from 'node:crypto';
import { VramhubError } from '#core/errors.ts';
import type { DatasetManifest, ModelManifest } from '#core/gradient/manifest.ts';
import type { ForwardGraph } from '#model/session.ts';

/** The manifest that a network publishes for a graph and a dataset. */
export function describeModel(name: string, graph: ForwardGraph, dataset: DatasetManifest): ModelManifest {
	const { bytes, parameters, tokensInput, targetsInput, logProbsOutput, batch, context } = graph;
	return { format: 1, name, parameters, graphSha256: sha256Hex(bytes), tokensInput, targetsInput, logProbsOutput, batch, context, dataset };
}

/** The graph of a manifest out of its file. Throws BAD_ARGUMENT when these are not the bytes that the manifest names. */
export function forwardGraphOf(manifest: ModelManifest, bytes: Uint8Array): ForwardGraph {
	const digest = sha256Hex(bytes);
	if (digest !== manifest.graphSha256) throw new VramhubError('BAD_ARGUMENT', `the graph has SHA-256 ${digest}, the manifest names ${manifest.graphSha256}`);
	const { parameters, tokensInput, targetsInput, logProbsOutput, batch, context } = manifest;
	return { bytes, parameters, tokensInput, targetsInput, logProbsOutput, batch, context };
}

function sha256Hex(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}
