import { randomBytes } from 'node:crypto';

/** What a key may do. `miner` grants reach exactly one prefix; a read-only one is what a miner registers on chain for its validators. */
export type Grant =
	| { readonly kind: 'admin' }
	| { readonly kind: 'prefix'; readonly bucket: string; readonly prefix: string; readonly write: boolean }
	/** Without any key. */
	| { readonly kind: 'anonymous-read'; readonly bucket: string; readonly prefix: string };

export interface KeyPair {
	readonly accessKeyId: string;
	readonly secretAccessKey: string;
}

export interface ObjectStoreIdentity {
	/** Unique in a store; the last one of a name wins. */
	readonly name: string;
	readonly keys: KeyPair | undefined;
	readonly grant: Grant;
}

export function generateKeyPair(): KeyPair {
	return { accessKeyId: `VH${randomBytes(9).toString('hex').toUpperCase()}`, secretAccessKey: randomBytes(30).toString('base64url') };
}

export const MINERS_BUCKET = 'miners';

/** A miner's prefix in {@link MINERS_BUCKET}. Ends in `/`, so that miner 7 cannot reach miner 71. */
export const minerPrefix = (uid: number) => `${uid}/`;

export const adminIdentity = (keys: KeyPair): ObjectStoreIdentity => ({ name: 'admin', keys, grant: { kind: 'admin' } });

/** A miner's two keys: `write` stays with it, `read` is what it encrypts for validators. */
export function minerIdentities(uid: number, keys: { readonly write: KeyPair; readonly read: KeyPair }): readonly [ObjectStoreIdentity, ObjectStoreIdentity] {
	const place = { kind: 'prefix', bucket: MINERS_BUCKET, prefix: minerPrefix(uid) } as const;
	return [
		{ name: `miner-${uid}-write`, keys: keys.write, grant: { ...place, write: true } },
		{ name: `miner-${uid}-read`, keys: keys.read, grant: { ...place, write: false } },
	];
}

/** SeaweedFS's `s3.json`. Its prefixes match by text: one that does not end in `/` would also match a longer name, hence `/*`. */
export function s3Configuration(identities: Iterable<ObjectStoreIdentity>): string {
	const byName = new Map([...identities].map((identity) => [identity.grant.kind === 'anonymous-read' ? 'anonymous' : identity.name, identity]));
	const listed = [...byName].map(([name, { keys, grant }]) => ({
		name,
		...(keys === undefined ? {} : { credentials: [{ accessKey: keys.accessKeyId, secretKey: keys.secretAccessKey }] }),
		actions: actionsOf(grant),
	}));
	return `${JSON.stringify({ identities: listed }, null, '\t')}\n`;
}

function actionsOf(grant: Grant): string[] {
	switch (grant.kind) {
		case 'admin':
			return ['Admin', 'Read', 'Write', 'List', 'Tagging'];
		case 'prefix':
			return ['Read', ...(grant.write ? ['Write'] : []), 'List'].map((action) => `${action}:${grant.bucket}/${grant.prefix}*`);
		case 'anonymous-read':
			return [`Read:${grant.bucket}/${grant.prefix}*`];
		default:
			return grant satisfies never;
	}
}
