/** `sui::tx_context` and `sui::address`. */
import type { Address } from '#devnet/move/api.ts';
import { NativeAbort } from '#devnet/move/errors.ts';
import { COST } from '#devnet/move/natives/costs.ts';
import type { NativeTable } from '#devnet/move/natives/native.ts';
import { deriveObjectId } from '#devnet/move/object-runtime.ts';
import { addressFromBytes } from '#devnet/move/types.ts';
import { bytesOf, deref, MoveVector, type Value } from '#devnet/move/values.ts';

const E_NO_IDS_CREATED = 1;
const E_ADDRESS_PARSE = 0;

export const CONTEXT_NATIVES: NativeTable = {
	'tx_context::native_sender': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.context.sender];
	},
	'tx_context::native_epoch': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.context.epoch];
	},
	'tx_context::native_epoch_timestamp_ms': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.context.epochTimestampMs];
	},
	'tx_context::native_gas_price': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.context.gasPrice];
	},
	'tx_context::native_rgp': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.context.referenceGasPrice ?? call.runtime.context.gasPrice];
	},
	'tx_context::native_gas_budget': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.context.gasBudget];
	},
	'tx_context::native_sponsor': (call) => {
		call.charge(COST.contextRead);
		const { sponsor } = call.runtime.context;
		return [new MoveVector(32, sponsor === undefined ? [] : [sponsor])];
	},
	'tx_context::native_ids_created': (call) => {
		call.charge(COST.contextRead);
		return [call.runtime.idsCreated];
	},
	'tx_context::fresh_id': (call) => {
		call.charge(COST.simple);
		return [call.runtime.freshId()];
	},
	'tx_context::last_created_id': (call) => {
		call.charge(COST.simple);
		const last = call.runtime.lastCreatedId();
		if (last === undefined) throw new NativeAbort(E_NO_IDS_CREATED);
		return [last];
	},
	'tx_context::derive_id': (call, [digest, counter]) => {
		call.charge(COST.simple);
		const id = deriveObjectId(bytesOf(digest), counter as bigint);
		call.runtime.recordNewId(id);
		return [id];
	},
	/** Exists in code compiled for tests only; every other framework lacks the declaration. */
	'tx_context::replace': (call, [sender, digest, epoch, timestamp, idsCreated, referencePrice, price, budget, sponsor]) => {
		const { runtime } = call;
		runtime.context = {
			sender: sender as Address,
			sponsor: (sponsor as MoveVector).items[0] as Address | undefined,
			digest: bytesOf(digest),
			epoch: epoch as bigint,
			epochTimestampMs: timestamp as bigint,
			gasPrice: price as bigint,
			gasBudget: budget as bigint,
			referenceGasPrice: referencePrice as bigint,
		};
		runtime.idsCreated = idsCreated as bigint;
		return [];
	},

	'address::from_bytes': (call, [bytes]) => {
		call.charge(COST.simple);
		const { items } = deref(bytes) as MoveVector;
		if (items.length !== 32) throw new NativeAbort(E_ADDRESS_PARSE);
		return [addressFromBytes(items as number[])];
	},
	'address::to_u256': (call, [address]) => {
		call.charge(COST.simple);
		return [BigInt(address as string)];
	},
	'address::from_u256': (call, [number]) => {
		call.charge(COST.simple);
		return [`0x${(number as bigint).toString(16).padStart(64, '0')}` satisfies Value];
	},
};
