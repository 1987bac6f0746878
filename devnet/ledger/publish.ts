/** Publication and upgrade: modules that the compiler made at 0x0 become a package, or the next version of one (sui-types `move_package.rs`). */
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { blake2b } from '@noble/hashes/blake2.js';
import { digestOfFacts, wasAccepted } from '#devnet/ledger/accepted-packages.ts';
import { BcsWriter } from '#devnet/ledger/encoding.ts';
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import { type PackageDependency, type PackageObject, packageSize, type TypeOrigin } from '#devnet/ledger/objects.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import { verifyPackage } from '#devnet/ledger/verify-package.ts';
import type { Address } from '#devnet/move/api.ts';
import { type CompiledModule, identifier, moduleHandle } from '#devnet/move/bytecode.ts';
import { addressBytes } from '#devnet/move/types.ts';

const MAX_PACKAGE_BYTES = 100 * 1024;
const ZERO: Address = `0x${'0'.repeat(64)}`;

export type PackageDraft = Pick<PackageObject, 'id' | 'originalId' | 'version' | 'modules' | 'typeOrigins' | 'dependencies'> & {
	/** In the order given: the order in which `init` runs. */
	readonly compiled: ReadonlyMap<string, CompiledModule>;
	/** Digest of what the verifier's answer depends on. */
	readonly facts: string;
};

/** Modules as a command gives them, and what they say. */
export interface GivenModules {
	readonly bytes: readonly Uint8Array[];
	readonly decoded: readonly CompiledModule[];
}

/** Throws {@link ExecutionFailure} when one is no bytecode. */
export function decodeModules(bytes: readonly Uint8Array[]): GivenModules {
	return { bytes, decoded: bytes.map(decode) };
}

/** The first version, at `id`. Throws {@link ExecutionFailure} when a module has an address already, links to what is not a dependency or is refused by the verifier. */
export function draftPackage(id: Address, given: GivenModules, dependencies: readonly Address[], store: ObjectReader): PackageDraft {
	const compiled = atAddress(given.decoded, id);
	const linkage = linkageTable(compiled, id, dependencies, store);
	return draft({ id, originalId: id, version: 1n }, { ...given, compiled }, linkage, initialTypeOrigins(compiled, id), store);
}

/** The version after `current`, at `id`. Throws {@link ExecutionFailure} as {@link draftPackage} does, and when a type is missing. */
export function draftUpgrade(current: PackageObject, id: Address, given: GivenModules, dependencies: readonly Address[], store: ObjectReader): PackageDraft {
	const { originalId } = current;
	const compiled = atAddress(given.decoded, originalId);
	const typeOrigins = upgradedTypeOrigins(current, compiled, id);
	const linkage = linkageTable(compiled, originalId, dependencies, store);
	return draft({ id, originalId, version: current.version + 1n }, { ...given, compiled }, linkage, typeOrigins, store);
}

function draft(
	identity: Pick<PackageDraft, 'id' | 'originalId' | 'version'>,
	{ bytes, compiled }: GivenModules & Pick<PackageDraft, 'compiled'>,
	dependencies: PackageDraft['dependencies'],
	typeOrigins: readonly TypeOrigin[],
	store: ObjectReader,
): PackageDraft {
	const sorted = [...compiled].sort(([a], [b]) => (a < b ? -1 : 1));
	const modules = new Map(sorted.map(([name, module]) => [name, serialize(module)]));
	const linked = dependencies.flatMap(({ id }) => {
		const found = store.get(id);
		return found?.kind === 'package' ? [found] : [];
	});
	const facts = digestOfFacts({ modules: bytes, originalId: identity.version === 1n ? undefined : identity.originalId, linked });
	const pkg: PackageDraft = { ...identity, modules, typeOrigins, dependencies, compiled, facts };
	const size = packageSize(pkg);
	if (size > MAX_PACKAGE_BYTES) throw new ExecutionFailure({ $kind: 'MovePackageTooBig', size: BigInt(size), limit: BigInt(MAX_PACKAGE_BYTES) });
	if (!wasAccepted(facts)) verifyPackage([...compiled.values()], (address) => linked.find(({ originalId }) => originalId === address));
	return pkg;
}

function decode(bytes: Uint8Array): CompiledModule {
	try {
		return deserialize(bytes) as CompiledModule;
	} catch (error) {
		throw new ExecutionFailure({ $kind: 'VMVerificationOrDeserializationError' }, error instanceof Error ? error.message : String(error));
	}
}

/** The modules by name with the package's first id in the place of 0x0. */
function atAddress(modules: readonly CompiledModule[], originalId: Address): Map<string, CompiledModule> {
	const moved = new Map<string, CompiledModule>();
	for (const module of modules) {
		const self = moduleHandle(module, module.self_module_handle_idx);
		if (self.address !== ZERO) throw new ExecutionFailure({ $kind: 'PublishErrorNonZeroAddress' }, `${self.module} is at ${self.address}`);
		if (moved.has(self.module)) throw new ExecutionFailure({ $kind: 'VMVerificationOrDeserializationError' }, `two modules are named ${self.module}`);
		const addresses = [...module.address_identifiers];
		addresses[module.module_handles[module.self_module_handle_idx]?.address ?? 0] = originalId.slice(2);
		moved.set(self.module, { ...module, address_identifiers: addresses });
	}
	return moved;
}

// ---- linkage ---------------------------------------------------------------------------------------------------------

/** Packages that a Publish or Upgrade command names. Throws {@link ExecutionFailure}. */
export function findDependencies(ids: readonly Address[], store: ObjectReader): PackageObject[] {
	return [...new Set(ids)].sort().map((id) => {
		const found = store.get(id);
		if (found?.kind !== 'package') throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `dependency ${id} is no package`);
		return found;
	});
}

/** Two versions of one package cannot be linked to at once (sui-adapter `linkage/resolution.rs`). Throws {@link ExecutionFailure} `InvalidLinkage`. */
export function checkLinkage(ids: readonly Address[], store: ObjectReader): void {
	const chosen = new Map<Address, Address>();
	for (const id of ids) {
		const found = store.get(id);
		if (found?.kind !== 'package') throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `dependency ${id} is no package`);
		const other = chosen.get(found.originalId) ?? id;
		if (other !== id) throw new ExecutionFailure({ $kind: 'InvalidLinkage' }, `${other} and ${id} are versions of one package`);
		chosen.set(found.originalId, id);
	}
}

function linkageTable(compiled: ReadonlyMap<string, CompiledModule>, self: Address, ids: readonly Address[], store: ObjectReader): PackageDependency[] {
	const dependencies = findDependencies(ids, store);
	const table = new Map(dependencies.map(({ originalId, id, version }) => [originalId, { originalId, id, version }]));
	for (const [name, module] of compiled) {
		for (const index of module.module_handles.keys()) {
			const { address } = moduleHandle(module, index);
			if (address !== self && !table.has(address)) throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `${name} links to ${address}`);
		}
	}
	for (const dependency of dependencies) {
		for (const needed of dependency.dependencies) {
			const ours = table.get(needed.originalId);
			if (ours === undefined) {
				throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `${dependency.id} needs ${needed.originalId}`);
			}
			if (ours.version < needed.version) {
				throw new ExecutionFailure({ $kind: 'PublishUpgradeDependencyDowngrade' }, `${dependency.id} needs version ${needed.version} of ${needed.originalId}`);
			}
		}
	}
	return [...table.values()].sort((a, b) => (a.originalId < b.originalId ? -1 : 1));
}

// ---- types -----------------------------------------------------------------------------------------------------------

/** Where each type of a module of a first version was defined. */
export function originsOfModule(name: string, bytes: Uint8Array, id: Address): TypeOrigin[] {
	return typesOf(decode(bytes)).map((datatype) => ({ module: name, datatype, packageId: id }));
}

function typesOf(module: CompiledModule): string[] {
	const handles = [...module.struct_defs.map((def) => def.struct_handle), ...(module.enum_defs ?? []).map((def) => def.enum_handle)];
	return handles.map((handle) => identifier(module, module.datatype_handles[handle]?.name ?? -1));
}

function initialTypeOrigins(compiled: ReadonlyMap<string, CompiledModule>, packageId: Address): TypeOrigin[] {
	return [...compiled].flatMap(([name, module]) => typesOf(module).map((datatype) => ({ module: name, datatype, packageId })));
}

function upgradedTypeOrigins(current: PackageObject, compiled: ReadonlyMap<string, CompiledModule>, id: Address): TypeOrigin[] {
	const known = new Map(current.typeOrigins.map((origin) => [`${origin.module}::${origin.datatype}`, origin.packageId]));
	const origins = initialTypeOrigins(compiled, id).map((origin) => {
		const key = `${origin.module}::${origin.datatype}`;
		const packageId = known.get(key) ?? id;
		known.delete(key);
		return { ...origin, packageId };
	});
	const [missing] = known.keys();
	if (missing !== undefined) {
		throw new ExecutionFailure({ $kind: 'PackageUpgradeError', error: { $kind: 'IncompatibleUpgrade' } }, `type ${missing} is not in the next version`);
	}
	return origins;
}

// ---- capabilities ----------------------------------------------------------------------------------------------------

/** `0x2::package::UpgradeCap { id: UID, package: ID, version: u64, policy: u8 }`: version 1, the most permissive policy. */
export function upgradeCapContents(id: Address, packageId: Address): Uint8Array {
	return new BcsWriter().address(id).address(packageId).u64(1n).u8(0).done();
}

/** blake2b256 over the sorted ids of dependencies and blake2b256s of modules as they stand in the command: what an `UpgradeTicket` allows. */
export function upgradeDigest(modules: readonly Uint8Array[], dependencies: readonly Address[]): Uint8Array {
	const parts = [...modules.map((bytes) => blake2b(bytes, { dkLen: 32 })), ...dependencies.map(addressBytes)].sort(Buffer.compare);
	return blake2b(Buffer.concat(parts), { dkLen: 32 });
}

export interface UpgradeTicket {
	readonly cap: Address;
	readonly packageId: Address;
	readonly policy: number;
	readonly digest: Uint8Array;
}
