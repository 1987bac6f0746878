import { bcs } from '@mysten/bcs';
import { blake2b } from '@noble/hashes/blake2.js';
import { VramhubError } from '#core/errors.ts';

/**
 * The network's parameters. On chain they are one `vector<u64>` in this order, then two digests; `hparams::at(window)`
 * hashes their BCS. A new parameter is appended, never inserted: the order is part of the protocol.
 * Units are in the name: `_ms` milliseconds, `_mist` 1e-9 SUI, `_ppm` 1e-6, `_bps` 1e-4, `_nano` 1e-9, `_windows` windows.
 */
export const HPARAM_SPECS = [
	// name, default, lowest, highest
	['put_window_open_ms', 480_000n, 1n, 86_400_000n],
	['put_window_close_ms', 540_000n, 1n, 86_400_000n],
	['checkpoint_frequency', 100n, 1n, 4_000n],
	['checkpoint_activation_delay', 0n, 0n, 1_000n],
	['max_merge_windows', 200n, 1n, 500n],
	['retention_windows', 1_000n, 8n, 1_000_000n],
	['evidence_windows', 288n, 1n, 10_000n],
	['unbond_delay_windows', 492n, 1n, 20_000n],
	['max_miners', 256n, 1n, 256n],
	['max_validators', 32n, 1n, 32n],
	['min_miner_stake_mist', 1_000_000_000n, 1n, 1_000_000_000_000_000n],
	['min_validator_stake_mist', 10_000_000_000n, 1n, 1_000_000_000_000_000n],
	['registration_fee_mist', 100_000_000n, 0n, 1_000_000_000_000n],
	['max_registrations_per_window', 32n, 1n, 512n],
	['immunity_windows', 144n, 0n, 100_000n],
	['validator_offset_windows', 2n, 0n, 1_000n],
	['validator_warmup_windows', 10n, 0n, 10_000n],
	['rotation_grace_windows', 2n, 0n, 1_000n],
	['max_attestation_age_ms', 300_000n, 1_000n, 86_400_000n],
	['pcr_delay_windows', 144n, 0n, 100_000n],
	['score_quorum_bps', 6_667n, 5_000n, 10_000n],
	['checkpoint_quorum_bps', 6_667n, 5_000n, 10_000n],
	['min_consensus_validators', 3n, 1n, 32n],
	['max_gradient_bytes', 52_428_800n, 1_024n, 52_428_800n],
	['chunk_elements', 4_096n, 4_096n, 4_096n],
	['top_k', 32n, 1n, 4_096n],
	['top_g', 15n, 1n, 256n],
	['own_batch_sequences', 16n, 1n, 4_096n],
	['random_batch_sequences', 16n, 1n, 4_096n],
	['evaluation_learning_rate_ppm', 1_000_000n, 1n, 1_000_000_000n],
	['outer_learning_rate_ppm', 1_000_000n, 1n, 1_000_000_000n],
	['norm_min_ppm', 1n, 1n, 1_000_000_000_000n],
	['norm_max_ppm', 1_000_000_000_000n, 1n, 1_000_000_000_000_000n],
	['rating_mu_nano', 75_000_000_000n, 0n, 1_000_000_000_000n],
	['rating_sigma_nano', 8_333_333_333n, 1n, 1_000_000_000_000n],
	['rating_beta_nano', 4_166_666_667n, 1n, 1_000_000_000_000n],
	['rating_tau_nano', 83_333_333n, 0n, 1_000_000_000_000n],
	['ordinal_floor_nano', 0n, 0n, 1_000_000_000_000n],
	['proof_of_work_alpha_ppm', 50_000n, 1n, 1_000_000n],
	['proof_of_work_floor_ppm', 100_000n, 0n, 1_000_000n],
	['gauntlet_gamma_ppm', 990_000n, 0n, 1_000_000n],
	['held_out_loss_bound_ppm', 50_000n, 0n, 1_000_000_000n],
	['emission_per_window', 1_000_000_000n, 0n, 1_000_000_000_000_000n],
	['emission_miner_bps', 7_200n, 0n, 10_000n],
	['emission_validator_bps', 1_800n, 0n, 10_000n],
	['enclave_timeout_ms', 120_000n, 1_000n, 3_600_000n],
	['proof_of_work_margin_ppm', 250_000n, 0n, 10_000_000n],
	['min_merge_gradients', 1n, 1n, 100_000n],
	['equivocation_slash_bps', 5_000n, 0n, 10_000n],
	['evidence_bounty_bps', 1_000n, 0n, 1_000n],
	['gradient_codec', 1n, 1n, 2n],
	// Above 1 000 000, off: no overlap reaches it.
	['copy_halve_overlap_ppm', 400_000n, 0n, 1_000_001n],
	['copy_reject_overlap_ppm', 500_000n, 0n, 1_000_001n],
	['copy_exclude_overlap_ppm', 600_000n, 0n, 1_000_001n],
	['max_evaluations', 256n, 1n, 256n],
	['norm_reject_ratio_ppm', 2_500_000n, 1_000_000n, 1_000_000_000_000n],
	['proof_of_work_exponent', 8n, 1n, 16n],
] as const satisfies readonly (readonly [string, bigint, bigint, bigint])[];

export type HparamName = (typeof HPARAM_SPECS)[number][0];
export type HparamValues = Readonly<Record<HparamName, bigint>>;

export interface Hparams {
	/** Counts from 1; a change takes effect at the next window. */
	readonly version: number;
	readonly values: HparamValues;
	/** SHA-256 of the canonical model manifest. */
	readonly modelManifestHash: Uint8Array;
	/** Merkle root over the dataset's shards. */
	readonly datasetRoot: Uint8Array;
}

/** As `hparams::Params` on chain. */
export const HparamsBcs = bcs.struct('Params', {
	values: bcs.vector(bcs.u64()),
	model_manifest_hash: bcs.byteVector(),
	dataset_root: bcs.byteVector(),
});

export function defaultHparamValues(overrides: Partial<HparamValues> = {}): HparamValues {
	const values = Object.fromEntries(HPARAM_SPECS.map(([name, value]) => [name, value])) as Record<HparamName, bigint>;
	return { ...values, ...overrides };
}

export function hparamsToList(values: HparamValues): bigint[] {
	return HPARAM_SPECS.map(([name]) => values[name]);
}

/** Throws BAD_ARGUMENT on a missing, extra or out-of-bounds value. */
export function hparamsFromList(list: readonly bigint[]): HparamValues {
	if (list.length !== HPARAM_SPECS.length) throw new VramhubError('BAD_ARGUMENT', `expected ${HPARAM_SPECS.length} parameters, got ${list.length}`);
	return Object.fromEntries(
		HPARAM_SPECS.map(([name, , lowest, highest], index) => {
			const value = list[index]!;
			if (value < lowest || value > highest) throw new VramhubError('BAD_ARGUMENT', `${name} = ${value} is outside [${lowest}, ${highest}]`);
			return [name, value];
		}),
	) as HparamValues;
}

/** blake2b256(bcs(Params)): what `hparams_hash` in a window record and in a payload header is. */
export function hparamsHash(params: Pick<Hparams, 'values' | 'modelManifestHash' | 'datasetRoot'>): Uint8Array {
	const bytes = HparamsBcs.serialize({
		values: hparamsToList(params.values),
		model_manifest_hash: params.modelManifestHash,
		dataset_root: params.datasetRoot,
	}).toBytes();
	return blake2b(bytes, { dkLen: 32 });
}
