import { bcs } from '@mysten/sui/bcs';
import type { Transaction, TransactionArgument } from '@mysten/sui/transactions';
import type { MinerMedians } from '#clients/chain/port.ts';
import type { CheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';

/** Sui's shared clock and randomness. */
export const CLOCK_ID = '0x6';
export const RANDOM_ID = '0x8';

/** The package and the objects that a call is about. */
export interface Target {
	readonly packageId: string;
	readonly objects: NetworkObjects;
}

const bytes = (transaction: Transaction, value: Uint8Array) => transaction.pure(bcs.byteVector().serialize(value));

/** One command for each entry point, arguments in the order of `docs/contracts/`. */
function moveCall(transaction: Transaction, { packageId }: Target, target: string, args: TransactionArgument[]) {
	return transaction.moveCall({ target: `${packageId}::${target}`, arguments: args });
}

interface Registration {
	readonly stakeMist: bigint;
	readonly feeMist: bigint;
	readonly operator: string;
}

export function registerMiner(transaction: Transaction, target: Target, registration: Registration): void {
	register(transaction, target, 'peer_registry::register_miner', target.objects.peerRegistry, registration);
}

export function registerValidator(transaction: Transaction, target: Target, registration: Registration): void {
	register(transaction, target, 'validator_registry::register_validator', target.objects.validatorRegistry, registration);
}

function register(transaction: Transaction, target: Target, entry: string, registry: string, { stakeMist, feeMist, operator }: Registration): void {
	const { objects } = target;
	const [stake, fee] = transaction.splitCoins(transaction.gas, [stakeMist, feeMist]);
	moveCall(transaction, target, entry, [
		transaction.object(registry),
		transaction.object(objects.vault),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		stake!,
		fee!,
		transaction.pure.address(operator),
		transaction.object(CLOCK_ID),
	]);
}

/** Whose stake: each has a registry of its own. */
export type Role = 'miner' | 'validator';

/** As `contracts/sources/vault.move` numbers them. */
const ROLES = { miner: 1, validator: 2 } as const satisfies Record<Role, number>;

function registryOf(role: Role, { objects }: Target) {
	switch (role) {
		case 'miner':
			return { module: 'peer_registry', id: objects.peerRegistry };
		case 'validator':
			return { module: 'validator_registry', id: objects.validatorRegistry };
		default:
			throw new TypeError(`no role ${role satisfies never}`);
	}
}

interface Registered {
	readonly role: Role;
	readonly uid: number;
}

export function addStake(transaction: Transaction, target: Target, { role, uid, amountMist }: Registered & { readonly amountMist: bigint }): void {
	const { objects } = target;
	const { module, id } = registryOf(role, target);
	const [stake] = transaction.splitCoins(transaction.gas, [amountMist]);
	const [registry, vault, network] = [id, objects.vault, objects.network].map((object) => transaction.object(object));
	// A validator's stake counts from the next window on, so that call wants parameters and clock.
	const counted = role === 'validator' ? { hparams: [transaction.object(objects.hparams)], clock: [transaction.object(CLOCK_ID)] } : { hparams: [], clock: [] };
	moveCall(transaction, target, `${module}::add_stake`, [registry!, vault!, network!, ...counted.hparams, transaction.pure.u16(uid), stake!, ...counted.clock]);
}

export function unbondStake(transaction: Transaction, target: Target, { role, uid, amountMist }: Registered & { readonly amountMist: bigint }): void {
	const { objects } = target;
	const { module, id } = registryOf(role, target);
	moveCall(transaction, target, `${module}::unbond_stake`, [
		...[id, objects.vault, objects.network, objects.hparams].map((object) => transaction.object(object)),
		transaction.pure.u16(uid),
		transaction.pure.u64(amountMist),
		transaction.object(CLOCK_ID),
	]);
}

export function deactivate(transaction: Transaction, target: Target, { role, uid }: Registered): void {
	const { objects } = target;
	const { module, id } = registryOf(role, target);
	moveCall(transaction, target, `${module}::deactivate`, [
		...[id, objects.vault, objects.network, objects.hparams].map((object) => transaction.object(object)),
		transaction.pure.u16(uid),
		transaction.object(CLOCK_ID),
	]);
}

/** What is released of a registration's stake goes to the recipient; the sender must own it. */
export function withdrawStake(
	transaction: Transaction,
	target: Target,
	{ role, uid, generation }: Registered & { readonly generation: number },
	recipient: string,
): void {
	const { objects } = target;
	const coin = moveCall(transaction, target, 'vault::withdraw', [
		transaction.object(objects.vault),
		transaction.object(objects.network),
		transaction.pure.u8(ROLES[role]),
		transaction.pure.u16(uid),
		transaction.pure.u32(generation),
		transaction.object(CLOCK_ID),
	]);
	transaction.transferObjects([coin], recipient);
}

export function setCredentials(
	transaction: Transaction,
	target: Target,
	{ uid, credVersion, ciphertext }: { readonly uid: number; readonly credVersion: number; readonly ciphertext: Uint8Array },
): void {
	const { objects } = target;
	moveCall(transaction, target, 'peer_registry::set_credentials', [
		transaction.object(objects.peerRegistry),
		transaction.object(objects.network),
		transaction.pure.u16(uid),
		transaction.pure.u32(credVersion),
		bytes(transaction, ciphertext),
		transaction.object(CLOCK_ID),
	]);
}

/** Sui's native verifies the document; only a programmable transaction may call it. */
export function registerEnclave(
	transaction: Transaction,
	target: Target,
	{ validatorUid, attestationDocument }: { readonly validatorUid: number; readonly attestationDocument: Uint8Array },
): void {
	const { objects } = target;
	const document = transaction.moveCall({
		target: '0x2::nitro_attestation::load_nitro_attestation',
		arguments: [bytes(transaction, attestationDocument), transaction.object(CLOCK_ID)],
	});
	moveCall(transaction, target, 'enclave_registry::register_enclave', [
		transaction.object(objects.enclaveRegistry),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		transaction.object(objects.validatorRegistry),
		transaction.pure.u16(validatorUid),
		document,
		transaction.object(CLOCK_ID),
	]);
}

export function commitGradient(
	transaction: Transaction,
	target: Target,
	commitment: { readonly uid: number; readonly window: bigint; readonly sha256: Uint8Array; readonly size: bigint; readonly credVersion: number },
): void {
	const { objects } = target;
	moveCall(transaction, target, 'gradient_registry::commit_gradient', [
		transaction.object(objects.gradientRegistry),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		transaction.object(objects.peerRegistry),
		transaction.pure.u16(commitment.uid),
		transaction.pure.u64(commitment.window),
		bytes(transaction, commitment.sha256),
		transaction.pure.u64(commitment.size),
		transaction.pure.u32(commitment.credVersion),
		transaction.object(CLOCK_ID),
	]);
}

export function sealWindow(transaction: Transaction, target: Target, window: bigint): void {
	const { objects } = target;
	moveCall(transaction, target, 'round_state::seal_window', [
		transaction.object(objects.roundState),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		transaction.object(objects.gradientRegistry),
		transaction.object(objects.peerRegistry),
		transaction.object(objects.validatorRegistry),
		transaction.object(RANDOM_ID),
		transaction.pure.u64(window),
		transaction.object(CLOCK_ID),
	]);
}

export interface Submission {
	readonly validatorUid: number;
	readonly window: bigint;
	readonly payload: Uint8Array;
	readonly signature: Uint8Array;
}

export function submitScores(transaction: Transaction, target: Target, { validatorUid, window, payload, signature }: Submission): void {
	const { objects } = target;
	moveCall(transaction, target, 'score_ledger::submit_scores', [
		transaction.object(objects.scoreLedger),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		transaction.object(objects.roundState),
		transaction.object(objects.validatorRegistry),
		transaction.object(objects.enclaveRegistry),
		transaction.pure.u16(validatorUid),
		transaction.pure.u64(window),
		bytes(transaction, payload),
		bytes(transaction, signature),
		transaction.object(CLOCK_ID),
	]);
}

export function settleSlice(
	transaction: Transaction,
	target: Target,
	{ validatorUid, window, fromRow, rows }: { readonly validatorUid: number; readonly window: bigint; readonly fromRow: number; readonly rows: number },
): void {
	const { objects } = target;
	moveCall(transaction, target, 'score_ledger::settle_slice', [
		transaction.object(objects.scoreLedger),
		transaction.object(objects.network),
		transaction.object(objects.roundState),
		transaction.pure.u16(validatorUid),
		transaction.pure.u64(window),
		transaction.pure.u64(fromRow),
		transaction.pure.u64(rows),
	]);
}

export function settleMedians(
	transaction: Transaction,
	target: Target,
	{ window, fromRow, medians }: { readonly window: bigint; readonly fromRow: number; readonly medians: readonly MinerMedians[] },
): void {
	const { objects } = target;
	// An i32 in two's complement.
	const unsigned = (values: readonly number[]) =>
		transaction.pure.vector(
			'u32',
			values.map((value) => value >>> 0),
		);
	moveCall(transaction, target, 'consensus::settle_medians', [
		transaction.object(objects.consensus),
		transaction.object(objects.network),
		transaction.object(objects.roundState),
		transaction.object(objects.scoreLedger),
		transaction.pure.u64(window),
		transaction.pure.u64(fromRow),
		unsigned(medians.map(({ own }) => own)),
		unsigned(medians.map(({ random }) => random)),
		transaction.pure.vector(
			'u16',
			medians.map(({ weight }) => weight),
		),
		transaction.object(CLOCK_ID),
	]);
}

export function finalizeWindow(
	transaction: Transaction,
	target: Target,
	{ window, selectedUids }: { readonly window: bigint; readonly selectedUids: readonly number[] },
): void {
	const { objects } = target;
	moveCall(transaction, target, 'consensus::finalize_window', [
		transaction.object(objects.consensus),
		transaction.object(objects.network),
		transaction.object(objects.roundState),
		transaction.object(objects.hparams),
		transaction.object(objects.scoreLedger),
		transaction.pure.u64(window),
		transaction.pure.vector('u16', [...selectedUids]),
		transaction.object(CLOCK_ID),
	]);
}

export function attestCheckpoint(transaction: Transaction, target: Target, attestation: CheckpointAttestation): void {
	const { objects } = target;
	moveCall(transaction, target, 'round_state::attest_checkpoint', [
		transaction.object(objects.roundState),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		transaction.object(objects.validatorRegistry),
		transaction.pure.u16(attestation.validatorUid),
		transaction.pure.u64(attestation.boundary),
		transaction.pure.u64(attestation.parentBoundary),
		bytes(transaction, attestation.hash ?? new Uint8Array(0)),
		bytes(transaction, attestation.mergeDigest),
		transaction.object(CLOCK_ID),
	]);
}

export function distributeRewards(transaction: Transaction, target: Target, window: bigint): void {
	const { objects } = target;
	moveCall(transaction, target, 'reward_distributor::distribute', [
		transaction.object(objects.rewardPool),
		transaction.object(objects.network),
		transaction.object(objects.hparams),
		transaction.object(objects.roundState),
		transaction.object(objects.consensus),
		transaction.object(objects.vault),
		transaction.pure.u64(window),
	]);
}

/** What the pool owes to the sender goes to the sender. */
export function claimRewards(transaction: Transaction, target: Target, recipient: string): void {
	const { objects } = target;
	const coin = moveCall(transaction, target, 'reward_distributor::claim', [transaction.object(objects.rewardPool), transaction.object(objects.network)]);
	transaction.transferObjects([coin], recipient);
}
