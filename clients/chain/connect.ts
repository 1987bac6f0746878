import { SuiGrpcClient } from '@mysten/sui/grpc';

/** The client of a node by the URL of its gRPC endpoint. The network's name matters to name services only, which nothing here uses. */
export function connectChain(rpcUrl: string): SuiGrpcClient {
	return new SuiGrpcClient({ network: 'custom', baseUrl: rpcUrl });
}
