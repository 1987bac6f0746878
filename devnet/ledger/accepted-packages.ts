/**
 * Packages that were lately verified and read without fault. A client has a publication simulated, twice even, before it has it executed: only the first
 * time is the verifier asked.
 */
import { createHash } from 'node:crypto';
import type { PackageObject } from '#devnet/ledger/objects.ts';
import type { Address } from '#devnet/move/api.ts';

const MAX_ACCEPTED = 64;

/** All that the verifier's answer depends on. The id of a first version is no part of it: it is fresh, so nothing that is given can name it. */
export interface PackageFacts {
	/** Modules as a command gives them, at 0x0. */
	readonly modules: readonly Uint8Array[];
	/** Of an upgrade: the package's first version. */
	readonly originalId: Address | undefined;
	/** All packages that the modules can link to. */
	readonly linked: readonly PackageObject[];
}

const accepted = new Set<string>();
/** SHA-256 of a package's modules. */
const contentDigests = new WeakMap<PackageObject, string>();

export function digestOfFacts({ modules, originalId, linked }: PackageFacts): string {
	const packages = linked.map((pkg) => [pkg.originalId, pkg.id, contentDigest(pkg)]);
	return createHash('sha256')
		.update(JSON.stringify([modules.map(sha256), originalId ?? null, packages]))
		.digest('hex');
}

export const wasAccepted = (facts: string): boolean => accepted.has(facts);

/** To be called once the package was verified and all its modules read. */
export function accept(facts: string): void {
	const [oldest] = accepted;
	if (accepted.size === MAX_ACCEPTED && oldest !== undefined) accepted.delete(oldest);
	accepted.add(facts);
}

function contentDigest(pkg: PackageObject): string {
	let digest = contentDigests.get(pkg);
	if (digest === undefined) {
		digest = sha256(Buffer.from(JSON.stringify([...pkg.modules].map(([name, bytes]) => [name, sha256(bytes)]))));
		contentDigests.set(pkg, digest);
	}
	return digest;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
