import { unimplemented } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, unary } from '#devnet/rpc/server.ts';

/** sui.rpc.v2.NameService, which only networks with SuiNS have: elsewhere Sui's node answers like this (sui-rpc-api `name_service.rs`). */
export function nameService(): Handlers {
	const refuse = unary(() => {
		throw unimplemented('SuiNS not configured for this network');
	});
	return { 'sui.rpc.v2.NameService/LookupName': refuse, 'sui.rpc.v2.NameService/ReverseLookupName': refuse };
}
