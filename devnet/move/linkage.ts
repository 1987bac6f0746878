/**
 * Which version of each package runs. Bytecode names packages by their first version; the package that is called from outside
 * decides which version is meant, for everything that runs below it (move-vm-runtime's link context; sui-types `move_package.rs`).
 */
import { type Address, MoveFailure } from '#devnet/move/api.ts';
import type { FunctionReference } from '#devnet/move/instruction.ts';
import type { LoadedFunction, LoadedModule } from '#devnet/move/loader.ts';

const ADDRESS_LENGTH = 66;

export class Linkage {
	readonly #versions: ReadonlyMap<Address, Address>;
	readonly #moduleOf: (address: Address, name: string) => LoadedModule | undefined;
	readonly #links = new Map<FunctionReference, LoadedFunction>();

	/** `versions`: original id → id of the version; what is not in it stands for itself. */
	constructor(versions: ReadonlyMap<Address, Address>, moduleOf: (address: Address, name: string) => LoadedModule | undefined) {
		this.#versions = versions;
		this.#moduleOf = moduleOf;
	}

	/** The function that a call instruction means. Throws {@link MoveFailure} when it is not there, or has other counts of values than its caller saw. */
	link(reference: FunctionReference): LoadedFunction {
		const linked = this.#links.get(reference);
		if (linked !== undefined) return linked;
		const original = reference.moduleKey.slice(0, ADDRESS_LENGTH);
		const module = this.#moduleOf(this.#versions.get(original) ?? original, reference.moduleKey.slice(ADDRESS_LENGTH + 2));
		const found = module?.functions.get(reference.name);
		if (found === undefined) throw linkError(`${reference.moduleKey}::${reference.name} is not loaded`);
		if (found.signature.parameters.length !== reference.argumentCount || found.signature.returns.length !== reference.returnCount) {
			throw linkError(`${reference.moduleKey}::${reference.name} has another signature than its caller was compiled against`);
		}
		this.#links.set(reference, found);
		return found;
	}
}

export function linkError(message: string): MoveFailure {
	return new MoveFailure({ kind: 'invariant', message: `link: ${message}` });
}
