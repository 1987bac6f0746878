/** What a coin is: its metadata and who may mint it, found among the live objects (sui-rpc-api `get_coin_info.rs`, without the coin registry). */
import { GrpcTypes } from '@mysten/sui/grpc';
import { isDatatype, isSui, readU64 } from '#devnet/ledger/encoding.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { MoveObject } from '#devnet/ledger/objects.ts';
import type { MoveType, Owner } from '#devnet/move/api.ts';
import { formatType, typesEqual } from '#devnet/move/types.ts';
import { moveJson, type ProtoValue } from '#devnet/rpc/json.ts';
import { notFound } from '#devnet/rpc/rpc-error.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;
const ZERO = `0x${'0'.repeat(64)}`;
const SUI_SUPPLY = 10_000_000_000_000_000_000n;
const { FIXED, SUPPLY_STATE_UNKNOWN: UNKNOWN } = GrpcTypes.CoinTreasury_SupplyState;

/** Throws NOT_FOUND for a type that is no coin's. */
export function coinInfo({ store, vm }: Pick<Ledger, 'store' | 'vm'>, coin: MoveType): GrpcTypes.GetCoinInfoResponse {
	const coinType = formatType(coin);
	const regulatedMetadata = { coinRegulatedState: GrpcTypes.RegulatedCoinMetadata_CoinRegulatedState.UNREGULATED };
	if (isSui(coin)) {
		const metadata = { decimals: 9, name: 'Sui', symbol: 'SUI', description: 'The gas coin of this development network' };
		return { coinType, metadata, treasury: { totalSupply: SUI_SUPPLY, supplyState: FIXED }, regulatedMetadata };
	}
	let metadata: GrpcTypes.CoinMetadata | undefined;
	let treasury: GrpcTypes.CoinTreasury | undefined;
	for (const object of store.all()) {
		if (object.kind !== 'move' || object.type.kind !== 'datatype') continue;
		const [described] = object.type.typeArguments;
		if (described === undefined || !typesEqual(described, coin)) continue;
		if (isDatatype(object.type, FRAMEWORK, 'coin', 'CoinMetadata')) metadata = metadataOf(object, moveJson(vm, object.type, object.contents));
		if (isDatatype(object.type, FRAMEWORK, 'coin', 'TreasuryCap')) {
			treasury = { id: object.id, totalSupply: readU64(object.contents, 32), supplyState: isNobodys(object.owner) ? FIXED : UNKNOWN };
		}
	}
	if (metadata === undefined && treasury === undefined) throw notFound(`Coin type ${coinType} not found`);
	return { coinType, ...(metadata !== undefined && { metadata }), ...(treasury !== undefined && { treasury }), regulatedMetadata };
}

function metadataOf({ id }: MoveObject, shown: ProtoValue | undefined): GrpcTypes.CoinMetadata {
	const fields = shown?.kind.oneofKind === 'structValue' ? shown.kind.structValue.fields : {};
	const textOf = (name: string) => (fields[name]?.kind.oneofKind === 'stringValue' ? fields[name].kind.stringValue : undefined);
	const url = fields.icon_url?.kind;
	const iconUrl = url?.oneofKind === 'structValue' ? url.structValue.fields.url?.kind : undefined;
	return {
		id,
		decimals: fields.decimals?.kind.oneofKind === 'numberValue' ? fields.decimals.kind.numberValue : 0,
		name: textOf('name') ?? '',
		symbol: textOf('symbol') ?? '',
		description: textOf('description') ?? '',
		...(iconUrl?.oneofKind === 'stringValue' && { iconUrl: iconUrl.stringValue }),
	};
}

/** A capability that nobody can use again. */
function isNobodys(owner: Owner): boolean {
	return owner.kind === 'immutable' || ((owner.kind === 'address' || owner.kind === 'consensusAddress') && owner.address === ZERO);
}
