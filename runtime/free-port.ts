import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range that the kernel takes outgoing connections and port 0 from (32768 on Linux), so that nobody is handed the port between our look and
 * its use.
 */
const RANGE = { from: 15_000, below: 32_768 } as const;
const TRIES = 1_000;

/** `count` different TCP ports of 127.0.0.1 that nobody listened on a moment ago. Held together until all are known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
	const servers = [];
	try {
		for (let tries = 0; servers.length < count; tries++) {
			const server = createServer();
			try {
				server.listen({ host: '127.0.0.1', port: randomInt(RANGE.from, RANGE.below) });
				await once(server, 'listening');
				servers.push(server);
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === TRIES) throw error;
			}
		}
		return servers.map((server) => (server.address() as { port: number }).port);
	} finally {
		await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
	}
}

export async function freePort(): Promise<number> {
	return (await freePorts(1))[0]!;
}
