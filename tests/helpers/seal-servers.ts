import { publishSealKeyServers } from '#devnet/publish/publish.ts';
import { createPolicyChain } from '#devnet/seal/chain.ts';
import { listenKeyServer, type RunningKeyServer } from '#devnet/seal/key-server.ts';
import { masterKeyFromBytes } from '#devnet/seal/master-key.ts';
import { freePorts } from '#runtime/free-port.ts';
import type { TestChain } from '#tests/helpers/test-chain.ts';

export interface TestSealServers {
	/** Object ids on chain. */
	readonly keyServers: readonly string[];
	readonly urls: readonly string[];
	readonly running: readonly RunningKeyServer[];
	stop(): Promise<void>;
}

/** Key servers in this process, registered on a test chain. Their keys are fixed. */
export async function startSealServers(chain: TestChain, count = 3): Promise<TestSealServers> {
	const ports = await freePorts(count);
	const keys = ports.map((_, i) => masterKeyFromBytes(new Uint8Array(32).fill(i + 1)));
	const urls = ports.map((port) => `http://127.0.0.1:${port}`);
	const { objectIds } = await publishSealKeyServers(
		{ client: chain.client, signer: chain.admin },
		keys.map(({ publicKey }, i) => ({ name: `server-${i}`, url: urls[i]!, publicKey })),
	);
	const policyChain = createPolicyChain(chain.rpcUrl);
	const running = await Promise.all(keys.map((key, i) => listenKeyServer({ key, objectId: objectIds[i]!, chain: policyChain }, ports[i]!)));
	return {
		keyServers: objectIds,
		urls,
		running,
		stop: async () => {
			await Promise.all(running.map((server) => server.close()));
		},
	};
}
