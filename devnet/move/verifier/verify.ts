/**
 * The bytecode verifier: what Sui's validators check of modules before they are published. Move's passes first, then linking, then
 * Sui's, each in a file of its own; a pass may rely on those before it. What is not verified stands in docs/devnet/verification.md.
 */
import type { CompiledModule } from '#devnet/move/bytecode.ts';
import { checkBounds } from '#devnet/move/verifier/bounds.ts';
import { type ControlFlow, controlFlow } from '#devnet/move/verifier/control-flow.ts';
import { checkConstants, checkFieldAbilities, checkFriends, checkInstructionConsistency, checkRecursiveDatatypes } from '#devnet/move/verifier/declarations.ts';
import { checkCycles, checkDependencies, type LinkedModules } from '#devnet/move/verifier/dependencies.ts';
import { checkDuplication } from '#devnet/move/verifier/duplication.ts';
import { checkIdLeaks } from '#devnet/move/verifier/id-leak.ts';
import { checkInstantiationLoops } from '#devnet/move/verifier/instantiation-loops.ts';
import { checkLimits, Meter } from '#devnet/move/verifier/limits.ts';
import { checkLocalsSafety } from '#devnet/move/verifier/locals-safety.ts';
import { checkReferenceSafety } from '#devnet/move/verifier/reference-safety.ts';
import { checkSignatures } from '#devnet/move/verifier/signatures.ts';
import { checkStackUsage } from '#devnet/move/verifier/stack-usage.ts';
import { checkEntryPoints, checkObjects, checkOneTimeWitness, checkPrivateGenerics } from '#devnet/move/verifier/sui-rules.ts';
import { checkTypeSafety } from '#devnet/move/verifier/type-safety.ts';
import { type FunctionView, ModuleView } from '#devnet/move/verifier/view.ts';

/**
 * Verifies the modules of one package together. They already have the address that they are published at (on an upgrade: that of the
 * package's first version); `linked` answers for every other package. Throws `VerificationFailure` for the first rule broken.
 */
export function verifyModules(modules: readonly CompiledModule[], linked: LinkedModules): void {
	const verified = modules.map((compiled) => verifyModule(compiled));
	const neighbours = new Map<string, CompiledModule>();
	for (const { view } of verified) {
		if (neighbours.has(view.name)) view.refuse('DUPLICATE_MODULE_NAME', 'two modules have one name');
		neighbours.set(view.name, view.compiled);
	}
	for (const { view } of verified) checkDependencies(view, neighbours, linked);
	checkCycles(neighbours);
	for (const { view, flows } of verified) verifySuiRules(view, flows);
}

interface VerifiedModule {
	readonly view: ModuleView;
	readonly flows: readonly (readonly [FunctionView, ControlFlow])[];
}

/** Move's passes over one module alone. */
function verifyModule(compiled: CompiledModule): VerifiedModule {
	const view = new ModuleView(compiled, checkBounds(compiled));
	checkLimits(view);
	checkDuplication(view);
	checkSignatures(view);
	checkInstructionConsistency(view);
	checkConstants(view);
	checkFriends(view);
	checkFieldAbilities(view);
	checkRecursiveDatatypes(view);
	checkInstantiationLoops(view);
	const meter = new Meter(view);
	const flows: [FunctionView, ControlFlow][] = [];
	for (const fn of view.functions) {
		if (fn.code === undefined) continue;
		const refuse = (instruction?: number) => view.refuseIn(fn.name, instruction);
		const flow = controlFlow(fn, fn.code, refuse);
		checkStackUsage(view, fn, flow, refuse);
		checkTypeSafety(view, fn, flow, meter, refuse);
		checkLocalsSafety(view, fn, flow, meter, refuse);
		checkReferenceSafety(view, fn, flow, meter, refuse);
		flows.push([fn, flow]);
	}
	return { view, flows };
}

function verifySuiRules(view: ModuleView, flows: VerifiedModule['flows']): void {
	checkObjects(view);
	for (const [fn, flow] of flows) checkIdLeaks(view, fn, flow);
	checkPrivateGenerics(view);
	checkEntryPoints(view);
	checkOneTimeWitness(view);
}
