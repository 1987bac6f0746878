/** Objects, owners and packages as protocol messages. */
import { GrpcTypes } from '@mysten/sui/grpc';
import { typeOfObject } from '#devnet/ledger/effects.ts';
import { coinBalance, coinTypeOf } from '#devnet/ledger/encoding.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { type ChainObject, objectBytes, objectDigest } from '#devnet/ledger/objects.ts';
import type { Owner } from '#devnet/move/api.ts';
import { formatType } from '#devnet/move/types.ts';
import { moveJson } from '#devnet/rpc/json.ts';
import type { ReadMask } from '#devnet/rpc/read-mask.ts';
import { renderPackage } from '#devnet/rpc/render-package.ts';

export const OBJECT_MASK = ['object_id', 'version', 'digest'];

export function renderOwner(owner: Owner): GrpcTypes.Owner {
	const kinds = GrpcTypes.Owner_OwnerKind;
	switch (owner.kind) {
		case 'address':
			return { kind: kinds.ADDRESS, address: owner.address };
		case 'object':
			return { kind: kinds.OBJECT, address: owner.parent };
		case 'shared':
			return { kind: kinds.SHARED, version: owner.initialVersion };
		case 'immutable':
			return { kind: kinds.IMMUTABLE };
		case 'consensusAddress':
			return { kind: kinds.CONSENSUS_ADDRESS, address: owner.address, version: owner.startVersion };
		default:
			throw new TypeError(`unknown owner ${owner satisfies never}`);
	}
}

export function renderObject(object: ChainObject, mask: ReadMask, ledger: Pick<Ledger, 'vm' | 'store'>): GrpcTypes.Object {
	const { vm } = ledger;
	const common: GrpcTypes.Object = {
		objectId: mask.pick('object_id', () => object.id),
		version: mask.pick('version', () => object.version),
		digest: mask.pick('digest', () => objectDigest(object)),
		owner: mask.pick('owner', () => renderOwner(object.owner)),
		objectType: mask.pick('object_type', () => typeOfObject(object)),
		bcs: mask.pick('bcs', () => ({ name: 'Object', value: objectBytes(object) })),
		previousTransaction: mask.pick('previous_transaction', () => object.previousTransaction),
		storageRebate: mask.pick('storage_rebate', () => object.storageRebate),
	};
	if (object.kind === 'package') return { ...common, package: mask.pick('package', () => renderPackage(object, ledger)) };
	const coin = coinTypeOf(object.type);
	return {
		...common,
		hasPublicTransfer: mask.pick('has_public_transfer', () => object.hasPublicTransfer),
		contents: mask.pick('contents', () => ({ name: formatType(object.type), value: object.contents })),
		json: mask.pick('json', () => moveJson(vm, object.type, object.contents)),
		balance: coin === undefined ? undefined : mask.pick('balance', () => coinBalance(object.contents)),
	};
}
