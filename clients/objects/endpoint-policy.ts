import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { VramhubError } from '#core/errors.ts';

/**
 * Which endpoints a validator connects to. A miner chooses its endpoint, so it is hostile input: without a policy it could make the
 * validator's host speak to its own metadata service, database or LAN (server-side request forgery).
 * Only devnet configuration makes the second kind: its store listens on loopback without TLS, so exactly those origins are let through,
 * and everything else still meets the public rules.
 */
export type EndpointPolicy = { readonly kind: 'public-https' } | { readonly kind: 'devnet'; readonly allowedOrigins: readonly string[] };

export const PUBLIC_HTTPS: EndpointPolicy = { kind: 'public-https' };

/** IANA special-purpose registries (RFC 6890 and successors): no public host has these. */
const REFUSED_V4: readonly (readonly [string, number])[] = [
	['0.0.0.0', 8], // this network
	['10.0.0.0', 8], // private
	['100.64.0.0', 10], // carrier-grade NAT
	['127.0.0.0', 8], // loopback
	['169.254.0.0', 16], // link-local, cloud metadata
	['172.16.0.0', 12], // private
	['192.0.0.0', 24], // protocol assignments
	['192.0.2.0', 24], // documentation
	['192.31.196.0', 24], // AS112
	['192.52.193.0', 24], // AMT
	['192.88.99.0', 24], // 6to4 relays
	['192.168.0.0', 16], // private
	['192.175.48.0', 24], // AS112
	['198.18.0.0', 15], // benchmarking
	['198.51.100.0', 24], // documentation
	['203.0.113.0', 24], // documentation
	['224.0.0.0', 4], // multicast
	['240.0.0.0', 4], // reserved, broadcast
];

/**
 * Global unicast is 2000::/3, so everything else (loopback, ULA, link-local, multicast, v4-mapped, NAT64) is refused by not being in it;
 * within it these are not hosts, or carry an IPv4 address that a translator would reach.
 */
const REFUSED_V6: readonly (readonly [string, number])[] = [
	['2001::', 23], // protocol assignments, Teredo among them
	['2001:db8::', 32], // documentation
	['2002::', 16], // 6to4
	['3fff::', 20], // documentation
];

const refused = new BlockList();
for (const [net, prefix] of REFUSED_V4) refused.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of REFUSED_V6) refused.addSubnet(net, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** Whether an address literal is one that a host on the public internet has. Anything that is not an address is not public. */
export function isPublicAddress(address: string): boolean {
	switch (isIP(address)) {
		case 4:
			return !refused.check(address, 'ipv4');
		case 6:
			// A zone (`fe80::1%eth0`) names an interface of this host.
			return !address.includes('%') && globalUnicast.check(address, 'ipv6') && !refused.check(address, 'ipv6');
		default:
			return false;
	}
}

export interface AdmittedEndpoint {
	readonly url: URL;
	/** Given to the socket, so that the addresses that were checked are the addresses that are connected to. Undefined: the system's own. */
	readonly lookup: LookupFunction | undefined;
}

/** @throws ENDPOINT_REFUSED */
export function admitEndpoint(endpoint: string, policy: EndpointPolicy): AdmittedEndpoint {
	const url = URL.parse(endpoint);
	if (url === null) throw new VramhubError('ENDPOINT_REFUSED', 'the endpoint is not a URL');
	if (url.username !== '' || url.password !== '') throw new VramhubError('ENDPOINT_REFUSED', 'the endpoint carries a user name or a password');
	if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
		throw new VramhubError('ENDPOINT_REFUSED', 'the endpoint has a path, a query or a fragment');
	switch (policy.kind) {
		case 'devnet':
			if (policy.allowedOrigins.includes(url.origin)) return { url, lookup: undefined };
			break;
		case 'public-https':
			break;
		default:
			policy satisfies never;
	}
	if (url.protocol !== 'https:') throw new VramhubError('ENDPOINT_REFUSED', `the endpoint ${url.origin} is not https`);
	const literal = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
	// Sockets do not look literals up, so the lookup below would not see them.
	if (isIP(literal) !== 0 && !isPublicAddress(literal)) throw notPublic(url.hostname);
	return { url, lookup: publicLookup() };
}

type ResolveAll = (hostname: string, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

const systemResolve: ResolveAll = (hostname, callback) => resolve(hostname, { all: true }, callback);

/** A `lookup` for sockets that fails unless every address of the name is public: a name with one good address and one bad is an attack. */
export function publicLookup(resolveAll: ResolveAll = systemResolve): LookupFunction {
	return (hostname, options, callback) => {
		resolveAll(hostname, (error, addresses) => {
			if (error !== null) return callback(error, []);
			const first = addresses[0];
			if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) return callback(notPublic(hostname), []);
			if (options.all === true) return callback(null, addresses);
			callback(null, first.address, first.family);
		});
	};
}

function notPublic(hostname: string): VramhubError {
	return new VramhubError('ENDPOINT_REFUSED', `the endpoint ${hostname} is not at a public address`);
}
