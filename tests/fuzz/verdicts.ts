/**
 * The verifier's verdicts beside those of a verifier that nobody here wrote: the Move machine of `sui-sandbox` verifies a package when it
 * loads it, and its error carries the reason. It knows none of Sui's own passes, and sets other limits than Sui does.
 */
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { type CompiledModule, identifier, moduleHandle } from '#devnet/move/bytecode.ts';
import type { LinkedModules } from '#devnet/move/verifier/dependencies.ts';
import { VerificationFailure, type VerificationStatus } from '#devnet/move/verifier/failure.ts';
import { verifyModules } from '#devnet/move/verifier/verify.ts';
import type { SecondMachine } from '#tests/differential/second-machine.ts';

const PACKAGE = `0x${'0'.repeat(60)}abcd`;

export interface Verdict {
	/** `ACCEPTED`, `UNDECODABLE` or the reason. */
	readonly status: string;
	/** Index of a function's definition and offset of an instruction, where the refusal names them. */
	readonly place: string | undefined;
}

export interface VerdictPair {
	readonly ours: Verdict;
	readonly theirs: Verdict;
	/** Why the two differ as they must, or undefined. */
	readonly known: string | undefined;
}

/** Rules that the other machine was not told. */
const LIMITS_OF_SUI: ReadonlySet<VerificationStatus> = new Set([
	'TOO_MANY_PARAMETERS',
	'TOO_MANY_TYPE_NODES',
	'LOOP_MAX_DEPTH_REACHED',
	'TOO_MANY_BASIC_BLOCKS',
	'VALUE_STACK_PUSH_OVERFLOW',
	'PROGRAM_TOO_COMPLEX',
]);

/**
 * Asks both about one package. `modules` as the compiler makes them, at 0x0; there a public function of each is called without arguments,
 * for that loads its module, and what that links to, but not who links to it. Undefined where the first has none, and for what is no module.
 */
export async function compareVerdicts(modules: readonly CompiledModule[], linked: LinkedModules, second: SecondMachine): Promise<VerdictPair | undefined> {
	let bytecode: Uint8Array[];
	try {
		bytecode = modules.map((module) => serialize(atPackage(module)));
	} catch {
		return undefined; // the binary format has no words for it
	}
	let decoded: CompiledModule[];
	try {
		decoded = bytecode.map((bytes) => deserialize(bytes) as CompiledModule);
	} catch {
		return undefined; // the same deserialiser stands before both verifiers
	}
	let theirs: Verdict | undefined;
	for (const module of decoded) {
		const verdict = await theirVerdict(module, bytecode, second);
		if (verdict === undefined && theirs === undefined) return undefined;
		theirs = verdict ?? theirs;
		if (theirs?.status !== 'ACCEPTED') break;
	}
	if (theirs === undefined) return undefined;
	const ours = ourVerdict(decoded, linked);
	return { ours, theirs, known: knownDifference(ours, theirs) };
}

function atPackage(module: CompiledModule): CompiledModule {
	const addresses = [...module.address_identifiers];
	addresses[module.module_handles[module.self_module_handle_idx]?.address ?? 0] = PACKAGE.slice(2);
	return { ...module, address_identifiers: addresses };
}

function ourVerdict(modules: readonly CompiledModule[], linked: LinkedModules): Verdict {
	try {
		verifyModules(modules, linked);
		return { status: 'ACCEPTED', place: undefined };
	} catch (error) {
		if (!(error instanceof VerificationFailure)) throw error;
		const { module: key, function: name, instruction } = error.location;
		const module = modules.find((it) => key?.endsWith(`::${moduleHandle(it, it.self_module_handle_idx).module}`));
		const index = module?.function_defs.findIndex((def) => nameOf(module, def.function) === name) ?? -1;
		return { status: error.status, place: index < 0 || instruction === undefined ? undefined : `${index}@${instruction}` };
	}
}

function nameOf(module: CompiledModule, handle: number): string {
	return identifier(module, module.function_handles[handle]?.name ?? -1);
}

async function theirVerdict(loaded: CompiledModule, bytecode: readonly Uint8Array[], second: SecondMachine): Promise<Verdict | undefined> {
	const { module } = moduleHandle(loaded, loaded.self_module_handle_idx);
	const callable = loaded.function_defs.find((def) => def.visibility === 'Public' && nameOf(loaded, def.function) !== 'init');
	if (callable === undefined) return undefined;
	const name = nameOf(loaded, callable.function);
	const { failure } = await second.view({ package: PACKAGE, module, function: name, typeArguments: [], pure: [], bytecode });
	if (failure === undefined) return { status: 'ACCEPTED', place: undefined };
	if (failure.status === 'LEDGER' && failure.text.includes('not found in module')) return { status: 'UNDECODABLE', place: undefined };
	const inner = /Error: VMError \{ major_status: (\w+)/.exec(failure.text)?.[1];
	if (failure.status === 'UNEXPECTED_VERIFIER_ERROR' && inner !== undefined) {
		return { status: inner, place: failure.location === undefined ? undefined : `${failure.location.functionIndex}@${failure.location.instruction}` };
	}
	if (failure.status === 'LEDGER') return undefined;
	// What linking says comes without that wrapping; everything else is said by code that runs already, or that was called wrongly.
	const linking = failure.status === 'LINKER_ERROR' || failure.status === 'CYCLIC_MODULE_DEPENDENCY' || failure.status === 'MISSING_DEPENDENCY';
	return { status: linking ? failure.status : 'ACCEPTED', place: undefined };
}

function knownDifference(ours: Verdict, theirs: Verdict): string | undefined {
	if (ours.status.startsWith('SUI_') && theirs.status === 'ACCEPTED') return "a rule of Sui's own";
	if ((LIMITS_OF_SUI as ReadonlySet<string>).has(ours.status) && theirs.status !== ours.status) return 'a limit that Sui sets';
	return undefined;
}

export class VerdictReport {
	pairs = 0;
	sameVerdict = 0;
	sameReason = 0;
	samePlace = 0;
	placed = 0;
	readonly known = new Map<string, number>();
	/** Other reasons for the same refusal. */
	readonly otherReasons = new Map<string, number>();
	/** One accepts what the other refuses: none may be left. */
	readonly disagreements: string[] = [];

	add(what: string, { ours, theirs, known }: VerdictPair): void {
		this.pairs++;
		if (known !== undefined) {
			this.known.set(known, (this.known.get(known) ?? 0) + 1);
			return;
		}
		const refused = (verdict: Verdict) => verdict.status !== 'ACCEPTED';
		if (refused(ours) !== refused(theirs)) {
			this.disagreements.push(`${what}: ours ${ours.status} ${ours.place ?? ''}, theirs ${theirs.status} ${theirs.place ?? ''}`);
			return;
		}
		this.sameVerdict++;
		if (ours.status !== theirs.status) {
			const both = `${ours.status} / ${theirs.status}`;
			this.otherReasons.set(both, (this.otherReasons.get(both) ?? 0) + 1);
			return;
		}
		this.sameReason++;
		if (ours.place === undefined || theirs.place === undefined) return;
		this.placed++;
		if (ours.place === theirs.place) this.samePlace++;
	}

	describe(): string {
		const list = (counts: ReadonlyMap<string, number>) => [...counts].map(([what, count]) => `  ${what}: ${count}`);
		return [
			`${this.pairs} packages: ${this.sameVerdict} verdicts alike, ${this.sameReason} of them for the same reason; ${this.samePlace} of ${this.placed} places alike`,
			'differ as they must:',
			...list(this.known),
			'refused for another reason (ours / theirs):',
			...list(this.otherReasons),
			`one accepts what the other refuses: ${this.disagreements.length}`,
			...this.disagreements.map((line) => `  ${line}`),
		].join('\n');
	}
}
