/** Publish and Upgrade as they run: packages are drafted, loaded into the machine, and begin. */
import { accept, wasAccepted } from '#devnet/ledger/accepted-packages.ts';
import { checkCompatibility } from '#devnet/ledger/compatibility.ts';
import { BcsWriter } from '#devnet/ledger/encoding.ts';
import { ExecutionFailure, type PackageUpgradeErrorKind } from '#devnet/ledger/failure.ts';
import { PUBLISH_COST_PER_BYTE } from '#devnet/ledger/gas.ts';
import { readLength } from '#devnet/ledger/layout.ts';
import { loadable } from '#devnet/ledger/objects.ts';
import { decodeModules, draftPackage, draftUpgrade, type PackageDraft, type UpgradeTicket, upgradeCapContents, upgradeDigest } from '#devnet/ledger/publish.ts';
import type { ObjectReader } from '#devnet/ledger/store.ts';
import type { Command } from '#devnet/ledger/transaction.ts';
import { givenParameters } from '#devnet/ledger/typing.ts';
import type { Address, GasMeter, ModuleId, MoveVm, ObjectRuntime } from '#devnet/move/api.ts';
import { type CompiledModule, identifier } from '#devnet/move/bytecode.ts';
import { addressFromBytes } from '#devnet/move/types.ts';

export class Publisher {
	readonly #vm: MoveVm;
	readonly #store: ObjectReader;
	readonly #runtime: ObjectRuntime;
	readonly #meter: GasMeter;
	readonly #ran: (module: ModuleId) => void;
	readonly published: PackageDraft[] = [];

	/** `ran` is told of each module whose `init` was called. */
	constructor(vm: MoveVm, store: ObjectReader, runtime: ObjectRuntime, meter: GasMeter, ran: (module: ModuleId) => void) {
		this.#vm = vm;
		this.#store = store;
		this.#runtime = runtime;
		this.#meter = meter;
		this.#ran = ran;
	}

	/** BCS of the `UpgradeCap`. */
	publish(modules: readonly Uint8Array[], dependencies: readonly Address[]): Uint8Array {
		const decoded = this.#decode(modules);
		const draft = this.#load(draftPackage(this.#runtime.freshId(), decoded, dependencies, this.#store));
		for (const [name, module] of draft.compiled) if (hasInit(module)) this.#initialise({ address: draft.id, module: name });
		return upgradeCapContents(this.#runtime.freshId(), draft.id);
	}

	/** BCS of the `UpgradeReceipt`. */
	upgrade({ modules, dependencies, packageId }: Command & { readonly kind: 'upgrade' }, ticketBytes: Uint8Array): Uint8Array {
		const ticket = readTicket(ticketBytes);
		if (ticket.packageId !== packageId) throw upgradeError({ $kind: 'PackageIDDoesNotMatch', packageId, ticketId: ticket.packageId });
		const decoded = this.#decode(modules);
		const digest = upgradeDigest(modules, dependencies);
		if (Buffer.compare(digest, ticket.digest) !== 0) throw upgradeError({ $kind: 'DigestDoesNotMatch', digest });

		const current = this.#store.get(packageId);
		if (current?.kind !== 'package') throw new ExecutionFailure({ $kind: 'PublishUpgradeMissingDependency' }, `${packageId} is no package`);
		const draft = this.#load(draftUpgrade(current, this.#runtime.freshId(), decoded, dependencies, this.#store));
		const before = [...current.modules.keys()];
		const compiled = decodeModules([...current.modules.values()]).decoded;
		checkCompatibility(new Map(compiled.map((module, index) => [before[index] as string, module])), draft.compiled, ticket.policy);
		for (const name of draft.compiled.keys()) {
			if (!current.modules.has(name) && this.#vm.signature({ address: draft.id, module: name }, 'init') !== undefined) {
				throw new ExecutionFailure({ $kind: 'FeatureNotYetSupported' }, `the new module ${name} has an init, which an upgrade does not run`);
			}
		}
		return new BcsWriter().address(ticket.cap).address(draft.id).done();
	}

	#decode(modules: readonly Uint8Array[]) {
		const size = modules.reduce((sum, bytes) => sum + bytes.length, 0);
		this.#meter.charge(BigInt(size) * PUBLISH_COST_PER_BYTE);
		return decodeModules(modules);
	}

	#load(draft: PackageDraft): PackageDraft {
		const isKnown = wasAccepted(draft.facts);
		this.#vm.load({ ...loadable(draft), wasChecked: isKnown });
		if (!isKnown) accept(draft.facts);
		this.published.push(draft);
		return draft;
	}

	/** `init`, with the module's one-time witness when it asks for one. The verifier has seen that it has no other form. */
	#initialise(module: ModuleId): void {
		const signature = this.#vm.signature(module, 'init');
		if (signature === undefined) return;
		const [wanted] = givenParameters(signature);
		const args = wanted === undefined ? [] : [this.#vm.deserialize(wanted, Uint8Array.of(1))];
		this.#vm.call({ ...module, function: 'init' }, [], args, this.#runtime, this.#meter);
		this.#ran(module);
	}
}

/** `0x2::package::UpgradeTicket { cap: ID, package: ID, policy: u8, digest: vector<u8> }`. */
function readTicket(bytes: Uint8Array): UpgradeTicket {
	const [length, start] = readLength(bytes, 65);
	return {
		cap: addressFromBytes(bytes),
		packageId: addressFromBytes(bytes, 32),
		policy: bytes[64] as number,
		digest: bytes.subarray(start, start + length),
	};
}

/** Without reading the module into the machine, which a simulation would do for nothing. */
function hasInit(module: CompiledModule): boolean {
	return module.function_defs.some((def) => identifier(module, module.function_handles[def.function]?.name ?? -1) === 'init');
}

function upgradeError(error: PackageUpgradeErrorKind): ExecutionFailure {
	return new ExecutionFailure({ $kind: 'PackageUpgradeError', error });
}
