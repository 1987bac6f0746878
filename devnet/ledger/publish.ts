/** Publication: modules that the compiler made at 0x0 become a package at a fresh id. */
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import { type PackageObject, packageSize, type TypeOrigin } from '#devnet/ledger/objects.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import { verifyPackage } from '#devnet/ledger/verify-package.ts';
import type { Address } from '#devnet/move/api.ts';
import { type CompiledModule, identifier, moduleHandle } from '#devnet/move/bytecode.ts';
import { addressBytes } from '#devnet/move/types.ts';

const MAX_PACKAGE_BYTES = 100 * 1024;
const ZERO: Address = `0x${'0'.repeat(64)}`;

export type PackageDraft = Pick<PackageObject, 'id' | 'modules' | 'typeOrigins' | 'dependencies'> & {
	/** In the order given: the order in which `init` runs. */
	readonly moduleOrder: readonly string[];
};

/** Throws {@link ExecutionFailure} when a module is no bytecode, has an address already, or links to what is not a dependency. */
export function draftPackage(id: Address, modules: readonly Uint8Array[], dependencies: readonly Address[], store: ObjectReader): PackageDraft {
	const linked = dependencies.map((dependency) => {
		const found = store.get(dependency);
		if (found?.kind !== 'package') throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `dependency ${dependency} is no package`);
		return { id: found.id, version: found.version };
	});
	const known = new Set([id, ...dependencies]);
	const named = modules.map((bytes) => {
		const module = decode(bytes);
		const self = moduleHandle(module, module.self_module_handle_idx);
		if (self.address !== ZERO) throw new ExecutionFailure({ $kind: 'PublishErrorNonZeroAddress' }, `${self.module} is at ${self.address}`);
		const addresses = [...module.address_identifiers];
		addresses[module.module_handles[module.self_module_handle_idx]?.address ?? 0] = id.slice(2);
		const moved: CompiledModule = { ...module, address_identifiers: addresses };
		for (const [index] of moved.module_handles.entries()) {
			const { address } = moduleHandle(moved, index);
			if (!known.has(address)) throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `${self.module} links to ${address}`);
		}
		return { name: self.module, moved, bytes: serialize(moved), origins: typeOrigins(moved, self.module, id) };
	});
	const sorted = [...named].sort((a, b) => (a.name < b.name ? -1 : 1));
	const draft: PackageDraft = {
		id,
		modules: new Map(sorted.map(({ name, bytes }) => [name, bytes])),
		typeOrigins: sorted.flatMap(({ origins }) => origins),
		dependencies: linked.sort((a, b) => (a.id < b.id ? -1 : 1)),
		moduleOrder: named.map(({ name }) => name),
	};
	if (draft.modules.size !== named.length) throw new ExecutionFailure({ $kind: 'VMVerificationOrDeserializationError' }, 'two modules have one name');
	const size = packageSize(draft);
	if (size > MAX_PACKAGE_BYTES) throw new ExecutionFailure({ $kind: 'MovePackageTooBig', size: BigInt(size), limit: BigInt(MAX_PACKAGE_BYTES) });
	verifyPackage(
		named.map(({ moved }) => moved),
		(address) => {
			const found = store.get(address);
			return found?.kind === 'package' ? found : undefined;
		},
	);
	return draft;
}

function decode(bytes: Uint8Array): CompiledModule {
	try {
		return deserialize(bytes) as CompiledModule;
	} catch (error) {
		throw new ExecutionFailure({ $kind: 'VMVerificationOrDeserializationError' }, error instanceof Error ? error.message : String(error));
	}
}

/** Where each type of a package was defined. */
export function originsOfModule(name: string, bytes: Uint8Array, id: Address): TypeOrigin[] {
	return typeOrigins(decode(bytes), name, id);
}

function typeOrigins(module: CompiledModule, name: string, packageId: Address): TypeOrigin[] {
	const handles = [...module.struct_defs.map((def) => def.struct_handle), ...(module.enum_defs ?? []).map((def) => def.enum_handle)];
	return handles.map((handle) => ({ module: name, datatype: identifier(module, module.datatype_handles[handle]?.name ?? -1), packageId }));
}

/** `0x2::package::UpgradeCap { id: UID, package: ID, version: u64, policy: u8 }`: version 1, the most permissive policy. */
export function upgradeCapContents(id: Address, packageId: Address): Uint8Array {
	return Uint8Array.from([...addressBytes(id), ...addressBytes(packageId), 1, 0, 0, 0, 0, 0, 0, 0, 0]);
}
