import { bcs } from '@mysten/sui/bcs';
import type { Transaction, TransactionArgument } from '@mysten/sui/transactions';
import { CLOCK_ID, type Target } from '#clients/chain/calls.ts';
import { type Hparams, hparamsToList } from '#core/gradient/hparams.ts';

/** What the holder of a network's AdminCap may do. */
export type AdminAct =
	/** By at most 24 hours, and not soon after the last one. */
	| { readonly kind: 'pause'; readonly durationMs: bigint }
	| { readonly kind: 'resume' }
	/** In force from the next window on. */
	| { readonly kind: 'setHparams'; readonly hparams: Pick<Hparams, 'values' | 'modelManifestHash' | 'datasetRoot'> }
	/** PCR 0, 1 and 2 of an image; live after `pcr_delay_windows`. */
	| { readonly kind: 'allowPcrs'; readonly pcrs: readonly [Uint8Array, Uint8Array, Uint8Array] }
	/** The row's keys sign nothing from this window on; only ever nearer. */
	| { readonly kind: 'expirePcrs'; readonly row: number; readonly untilWindow: bigint }
	| { readonly kind: 'revokePcrs'; readonly row: number }
	/** MIST of registration fees, or the smallest unit of VRAM of the treasury, to the administrator's address. */
	| { readonly kind: 'spendFees' | 'spendTreasury'; readonly amount: bigint }
	/** Undefined takes an offer back. */
	| { readonly kind: 'offerAdministration'; readonly to: string | undefined };

export function administer(transaction: Transaction, { packageId, objects }: Target, adminCap: string, act: AdminAct, sender: string): void {
	const cap = transaction.object(adminCap);
	const network = transaction.object(objects.network);
	const call = (target: string, args: TransactionArgument[]) => transaction.moveCall({ target: `${packageId}::${target}`, arguments: args });
	const bytes = (value: Uint8Array) => transaction.pure(bcs.byteVector().serialize(value));
	switch (act.kind) {
		case 'pause':
			call('network::pause', [network, cap, transaction.pure.u64(act.durationMs), transaction.object(CLOCK_ID)]);
			break;
		case 'resume':
			call('network::resume', [network, cap, transaction.object(CLOCK_ID)]);
			break;
		case 'setHparams': {
			const { values, modelManifestHash, datasetRoot } = act.hparams;
			const list = transaction.pure.vector('u64', hparamsToList(values));
			call('hparams::propose', [
				...[transaction.object(objects.hparams), cap, network, list],
				...[bytes(modelManifestHash), bytes(datasetRoot), transaction.object(CLOCK_ID)],
			]);
			break;
		}
		case 'allowPcrs':
			call('enclave_registry::add_pcr_set', [
				...[transaction.object(objects.enclaveRegistry), cap, network, transaction.object(objects.hparams)],
				...[...act.pcrs.map(bytes), transaction.object(CLOCK_ID)],
			]);
			break;
		case 'expirePcrs':
			call('enclave_registry::expire_pcr_set', [
				...[transaction.object(objects.enclaveRegistry), cap, network],
				...[transaction.pure.u32(act.row), transaction.pure.u64(act.untilWindow), transaction.object(CLOCK_ID)],
			]);
			break;
		case 'revokePcrs':
			call('enclave_registry::revoke_pcr_set', [transaction.object(objects.enclaveRegistry), cap, network, transaction.pure.u32(act.row)]);
			break;
		case 'spendFees':
		case 'spendTreasury': {
			const [entry, from] = act.kind === 'spendFees' ? ['vault::spend_fees', objects.vault] : ['reward_distributor::spend_treasury', objects.rewardPool];
			transaction.transferObjects([call(entry, [transaction.object(from), cap, network, transaction.pure.u64(act.amount)])], sender);
			break;
		}
		case 'offerAdministration':
			call('network::offer_administration', [network, cap, transaction.pure.option('address', act.to ?? null)]);
			break;
		default:
			throw new TypeError(`unknown act ${JSON.stringify(act satisfies never)}`);
	}
}

/** By whom it was offered to: gets another AdminCap, and the one before is void. */
export function acceptAdministration(transaction: Transaction, { packageId, objects }: Target): void {
	transaction.moveCall({ target: `${packageId}::network::accept_administration`, arguments: [transaction.object(objects.network)] });
}
