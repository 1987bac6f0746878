/** Objects as the ledger keeps them: Move objects and packages, with what effects and gas need to know of them. */
import { fromBase58 } from '@mysten/bcs';
import { BcsWriter, hashOf, moveObjectTypeBytes, writeOwner } from '#devnet/ledger/encoding.ts';
import type { Address, MovePackage, Owner, StoredObject } from '#devnet/move/api.ts';

interface Provenance {
	/** Base58 digest of the transaction that wrote this version. */
	readonly previousTransaction: string;
	/** MIST that deleting it gives back (of which a hundredth is kept). */
	readonly storageRebate: bigint;
}

export interface MoveObject extends StoredObject, Provenance {
	readonly kind: 'move';
	/** Its type has `store`. */
	readonly hasPublicTransfer: boolean;
}

export interface TypeOrigin {
	readonly module: string;
	readonly datatype: string;
	readonly packageId: Address;
}

export interface PackageObject extends Provenance {
	readonly kind: 'package';
	readonly id: Address;
	/** Id of the package's first version: what its bytecode calls itself by. */
	readonly originalId: Address;
	/** 1, and one more with each upgrade. */
	readonly version: bigint;
	readonly owner: Owner & { readonly kind: 'immutable' };
	/** In order of names. */
	readonly modules: ReadonlyMap<string, Uint8Array>;
	readonly typeOrigins: readonly TypeOrigin[];
	/** The linkage table, in order of original ids: which version of every package that it needs, directly or through others. */
	readonly dependencies: readonly PackageDependency[];
}

export interface PackageDependency {
	readonly originalId: Address;
	/** Of the version that is linked to. */
	readonly id: Address;
	readonly version: bigint;
}

export type ChainObject = MoveObject | PackageObject;

/** For the machine. */
export function loadable(pkg: Omit<PackageObject, 'kind' | 'owner' | keyof Provenance>): MovePackage {
	const { id, originalId, modules, version, dependencies } = pkg;
	const linkage = new Map(dependencies.map((dependency) => [dependency.originalId, dependency.id]));
	// A first version defines all its types; asking the framework's for them would read all its modules.
	const moved = version === 1n ? [] : pkg.typeOrigins.filter(({ packageId }) => packageId !== id);
	return { id, originalId, modules, linkage, typeOrigins: new Map(moved.map(({ module, datatype, packageId }) => [`${module}::${datatype}`, packageId])) };
}

/** Each after those that it links to, as the machine loads them. Throws when some link to each other or to none of these and nothing in `known`. */
export function inLinkOrder(packages: readonly PackageObject[], known: (id: Address) => boolean): PackageObject[] {
	const ordered: PackageObject[] = [];
	const placed = new Set<Address>();
	for (let waiting = packages; waiting.length > 0; ) {
		const ready = waiting.filter(({ dependencies }) => dependencies.every(({ id }) => placed.has(id) || known(id)));
		if (ready.length === 0) throw new TypeError(`package ${waiting[0]?.id} links to one that is not there`);
		for (const pkg of ready) placed.add(pkg.id);
		ordered.push(...ready);
		waiting = waiting.filter(({ id }) => !placed.has(id));
	}
	return ordered;
}

/** BCS of sui-types `ObjectInner`. */
export function objectBytes(object: ChainObject): Uint8Array {
	const out = new BcsWriter();
	if (object.kind === 'move') {
		out
			.u8(0)
			.raw(moveObjectTypeBytes(object.type))
			.u8(object.hasPublicTransfer ? 1 : 0)
			.u64(object.version)
			.bytes(object.contents);
	} else {
		out.u8(1).raw(packageBytes(object));
	}
	writeOwner(out, object.owner);
	return out.bytes(fromBase58(object.previousTransaction)).u64(object.storageRebate).done();
}

export function packageBytes(object: Pick<PackageObject, 'id' | 'version' | 'modules' | 'typeOrigins' | 'dependencies'>): Uint8Array {
	const out = new BcsWriter().address(object.id).u64(object.version).length(object.modules.size);
	// BCS orders a map by its serialised keys: the length comes before the text.
	const modules = [...object.modules].sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
	for (const [name, bytes] of modules) out.text(name).bytes(bytes);
	out.length(object.typeOrigins.length);
	for (const origin of object.typeOrigins) out.text(origin.module).text(origin.datatype).address(origin.packageId);
	out.length(object.dependencies.length);
	for (const { originalId, id, version } of object.dependencies) out.address(originalId).address(id).u64(version);
	return out.done();
}

const digests = new WeakMap<ChainObject, string>();

/** Base58. */
export function objectDigest(object: ChainObject): string {
	let digest = digests.get(object);
	if (digest === undefined) {
		digest = hashOf('Object', objectBytes(object));
		digests.set(object, digest);
	}
	return digest;
}

/** Owner (40, over-approximated), transaction digest (32) and rebate (8): as `Object::object_size_for_gas_metering`. */
const METADATA_BYTES = 80;

/** Bytes that storage is paid for. */
export function meteredSize(object: ChainObject): number {
	if (object.kind === 'move') return METADATA_BYTES + object.contents.length + moveObjectTypeBytes(object.type).length + 9;
	return METADATA_BYTES + packageSize(object);
}

/** Sui counts a package as its version, named modules, type origins and linkage without length prefixes (sui-types `MovePackage::size`). */
export function packageSize(object: Pick<PackageObject, 'modules' | 'typeOrigins' | 'dependencies'>): number {
	let size = 8;
	for (const [name, bytes] of object.modules) size += name.length + bytes.length;
	for (const origin of object.typeOrigins) size += origin.module.length + origin.datatype.length + 32;
	return size + object.dependencies.length * (32 + 32 + 8);
}
