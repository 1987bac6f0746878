import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** `count` different TCP ports of 127.0.0.1 that nobody listened on a moment ago. Held together until all are known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
	const servers = Array.from({ length: count }, () => createServer().listen({ host: '127.0.0.1', port: 0 }));
	await Promise.all(servers.map((server) => once(server, 'listening')));
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
	return ports;
}

export async function freePort(): Promise<number> {
	return (await freePorts(1))[0]!;
}
