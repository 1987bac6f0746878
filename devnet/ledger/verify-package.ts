/** Runs the bytecode verifier on a package before it is loaded. */
import { deserialize } from '@mysten/move-bytecode-template';
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import type { PackageObject } from '#devnet/ledger/objects.ts';
import type { Address } from '#devnet/move/api.ts';
import type { CompiledModule } from '#devnet/move/bytecode.ts';
import { VerificationFailure } from '#devnet/move/verifier/failure.ts';
import { verifyModules } from '#devnet/move/verifier/verify.ts';

/** Modules of published packages that others were verified against. */
const decoded = new WeakMap<Uint8Array, CompiledModule>();

/**
 * `modules` are all those of the package, at the address they will have. `linked` finds the package that an address in their handles
 * means. Throws {@link ExecutionFailure}: `SuiMoveVerificationError` where one of Sui's own rules is broken, else
 * `VMVerificationOrDeserializationError`; the detail says which rule, in which function and at which instruction.
 */
export function verifyPackage(modules: readonly CompiledModule[], linked: (address: Address) => PackageObject | undefined): void {
	try {
		verifyModules(modules, { module: (address, name) => decodedModule(linked(address)?.modules.get(name)) });
	} catch (error) {
		if (!(error instanceof VerificationFailure)) throw error;
		throw new ExecutionFailure({ $kind: error.verifier === 'sui' ? 'SuiMoveVerificationError' : 'VMVerificationOrDeserializationError' }, error.message);
	}
}

function decodedModule(bytes: Uint8Array | undefined): CompiledModule | undefined {
	if (bytes === undefined) return undefined;
	let module = decoded.get(bytes);
	if (module === undefined) {
		module = deserialize(bytes) as CompiledModule;
		decoded.set(bytes, module);
	}
	return module;
}
