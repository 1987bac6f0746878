import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '#runtime/files.ts';
import { freePorts } from '#runtime/free-port.ts';

/**
 * A network keeps its ports: what is encrypted (a miner's endpoint) and what is on chain (a key server's URL) names them.
 * `<data>/ports.json`.
 */
const PortsSchema = z.object({
	chain: z.int(),
	temporal: z.int(),
	temporalUi: z.int(),
	keyServers: z.array(z.int()),
	enclaves: z.array(z.int()),
});

export type NetworkPorts = z.infer<typeof PortsSchema>;

/** Those of the folder, or free ones that the folder then keeps. */
export async function networkPorts(data: string, counts: { readonly keyServers: number; readonly enclaves: number }): Promise<NetworkPorts> {
	const file = join(data, 'ports.json');
	const saved = await readFile(file, 'utf8').catch(() => undefined);
	if (saved !== undefined) return PortsSchema.parse(JSON.parse(saved));
	const free = await freePorts(3 + counts.keyServers + counts.enclaves);
	const [chain, temporal, temporalUi] = free as [number, number, number];
	const ports = { chain, temporal, temporalUi, keyServers: free.slice(3, 3 + counts.keyServers), enclaves: free.slice(3 + counts.keyServers) };
	await writeFileAtomic(file, `${JSON.stringify(ports)}\n`);
	return ports;
}
