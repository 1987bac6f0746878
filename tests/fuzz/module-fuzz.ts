/**
 * Publishes mutated modules in real transactions on a ledger in this process, and calls what was accepted. What must hold: every
 * refusal and failure is a typed one, accepted code never meets an invariant of the machine, and what is refused leaves nothing
 * behind but the gas that it cost.
 */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { serialize } from '@mysten/move-bytecode-template';
import { bcs } from '@mysten/sui/bcs';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { blake2b } from '@noble/hashes/blake2.js';
import { compileFramework, type FrameworkPackage } from '#devnet/compiler/compile.ts';
import { genesisObjects } from '#devnet/genesis.ts';
import { coinContents, GAS_COIN_TYPE } from '#devnet/ledger/encoding.ts';
import { REFERENCE_GAS_PRICE } from '#devnet/ledger/gas.ts';
import { RecentHistory } from '#devnet/ledger/history.ts';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import { Ledger } from '#devnet/ledger/ledger.ts';
import { type MoveObject, objectDigest } from '#devnet/ledger/objects.ts';
import { GENESIS_VERSION, prologueDigest, randomSource } from '#devnet/ledger/system.ts';
import type { Address, FunctionSignature, ModuleId, MoveType } from '#devnet/move/api.ts';
import type { EditableModule } from '#devnet/move/verifier/verify.fixture.ts';
import { createMoveVm } from '#devnet/move/vm.ts';
import { mutateBytes, mutateModule } from '#tests/fuzz/module-mutations.ts';
import { readSeeds, type Seed } from '#tests/fuzz/module-seeds.ts';
import { Random } from '#tests/fuzz/random.ts';

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
const GAS_ID: Address = `0x${'9a'.repeat(32)}`;
const FRAMEWORK: readonly Address[] = [1, 2].map((n) => `0x${'0'.repeat(63)}${n}`);
const GENESIS_TIME_MS = 1_750_000_000_000;
const PUBLISH_BUDGET = 1_000_000_000n;
/** MIST: about 150 000 instructions, so that a loop without end costs little time. */
const CALL_BUDGET = 4_000_000n;
/** Cases that share a ledger. */
const BATCH = 500;
/** Share of cases that change bytes, not what they mean. */
const BYTE_LEVEL = 0.08;
/** Small modules first: a change of them is tried in less time. */
const SMALL_SEED_BYTES = 2000;
const LARGE_SEEDS = 0.15;
const CALLS_PER_PACKAGE = 3;
/** Statuses that say that the machine met what verified code cannot do. */
const FORBIDDEN: ReadonlySet<string> = new Set(['VMInvariantViolation', 'InvariantViolation', 'FeatureNotYetSupported']);

export interface FuzzReport {
	cases: number;
	/** The bytes are a module to the deserialiser. */
	decoded: number;
	/** The verifier accepted the package. */
	accepted: number;
	/** A function of the changed module ran, to its end or to a failure. */
	executed: number;
	calls: number;
	/** Failures of calls and refusals of publications, by status; refusals by the verifier's reason. */
	readonly outcomes: Map<string, number>;
	slowestMs: number;
	slowest: string;
}

export class ModuleFuzzer {
	readonly #seed: number;
	readonly #seeds: readonly Seed[];
	readonly #framework: readonly FrameworkPackage[];
	readonly #key: KeyObject;
	readonly #publicKey: Uint8Array;
	readonly #sender: Address;
	#ledger!: Ledger;
	/** Digests of all objects that accepted transactions left, the gas coin and the system's own apart. */
	#expected = new Map<Address, string>();
	readonly report: FuzzReport = { cases: 0, decoded: 0, accepted: 0, executed: 0, calls: 0, outcomes: new Map(), slowestMs: 0, slowest: '' };

	private constructor(seed: number, seeds: readonly Seed[], framework: readonly FrameworkPackage[]) {
		this.#seed = seed;
		this.#seeds = seeds;
		this.#framework = framework;
		const secret = createHash('sha256').update('module fuzz').digest();
		const publicKey = Ed25519Keypair.fromSecretKey(secret).getPublicKey();
		this.#key = createPrivateKey({ key: Buffer.concat([PKCS8_ED25519, secret]), format: 'der', type: 'pkcs8' });
		this.#publicKey = publicKey.toRawBytes();
		this.#sender = publicKey.toSuiAddress();
	}

	static async create(seed: number): Promise<ModuleFuzzer> {
		return new ModuleFuzzer(seed, await readSeeds(), (await compileFramework()).packages);
	}

	/** Cases `from` … `to` − 1. Throws with the seed and the number of the first case that breaks a promise. */
	async run(from: number, to: number): Promise<void> {
		for (let number = from; number < to; number++) {
			if ((number - from) % BATCH === 0) {
				if (number > from) this.#checkState();
				this.#startLedger();
			}
			const started = performance.now();
			try {
				await this.#case(number);
			} catch (error) {
				throw new Error(`seed ${this.#seed}, case ${number}: node tests/fuzz/modules.long.ts ${this.#seed} ${number}`, { cause: error });
			}
			const took = performance.now() - started;
			if (took > this.report.slowestMs) Object.assign(this.report, { slowestMs: took, slowest: `case ${number}` });
		}
		this.#checkState();
	}

	#startLedger(): void {
		const vm = createMoveVm({
			verifyNitroDocument: () => {
				throw new Error('no Nitro root is trusted here');
			},
		});
		const gas: MoveObject = {
			kind: 'move',
			id: GAS_ID,
			version: GENESIS_VERSION,
			type: GAS_COIN_TYPE,
			owner: { kind: 'address', address: this.#sender },
			contents: coinContents(GAS_ID, 1_000_000_000_000_000_000n),
			hasPublicTransfer: true,
			previousTransaction: prologueDigest(0n, 0n),
			storageRebate: 0n,
		};
		const parts = { vm, journal: new RecentHistory(10), randomBytes: randomSource('module fuzz') };
		this.#ledger = Ledger.create(parts, GENESIS_TIME_MS, [...genesisObjects(this.#framework), gas]);
		this.#expected = new Map([...this.#ledger.store.all()].filter(isWatched).map((object) => [object.id, objectDigest(object)]));
	}

	#checkState(): void {
		const found = new Map([...this.#ledger.store.all()].filter(isWatched).map((object) => [object.id, objectDigest(object)]));
		assert.equal(hashOfState(found), hashOfState(this.#expected), 'what was refused has changed the state');
	}

	#count(outcome: string): void {
		this.report.outcomes.set(outcome, (this.report.outcomes.get(outcome) ?? 0) + 1);
	}

	async #case(number: number): Promise<void> {
		const random = new Random(this.#seed, number);
		const seed = random.pick(random.chance(LARGE_SEEDS) ? this.#seeds : this.#seeds.filter(({ bytes }) => (bytes[0]?.length ?? 0) <= SMALL_SEED_BYTES));
		const changed = mutated(seed, random);
		this.report.cases++;
		if (changed === undefined) {
			this.#count('cannot be written down');
			return;
		}
		const packageId = await this.#publish([changed, ...seed.bytes.slice(1)]);
		if (packageId === undefined) return;
		this.report.accepted++;
		const before = this.report.calls;
		for (const [module, name, signature] of this.#functions(packageId, seed.name, random)) this.#call(module, name, signature, random);
		if (this.report.calls > before) this.report.executed++;
	}

	/** The package's id, or undefined when it was refused. */
	async #publish(modules: readonly Uint8Array[]): Promise<Address | undefined> {
		const gas = this.#ledger.store.get(GAS_ID);
		assert.ok(gas !== undefined);
		const bytes = this.#transaction(
			[bcs.Address.serialize(this.#sender).toBytes()],
			[
				{ Publish: { modules: modules.map((module) => Buffer.from(module).toString('base64')), dependencies: [...FRAMEWORK] } },
				{ TransferObjects: { objects: [{ Result: 0 }], address: { Input: 0 } } },
			],
			PUBLISH_BUDGET,
			[{ objectId: GAS_ID, version: gas.version.toString(), digest: objectDigest(gas) }],
		);
		const { effects } = await this.#ledger.execute(bytes, [this.#sign(bytes)]);
		const { failure, events } = effects.outcome;
		if (failure === undefined) {
			this.report.decoded++;
			for (const { id, output } of effects.changed) {
				if (output === undefined) this.#expected.delete(id);
				else if (isWatched({ id })) this.#expected.set(id, output.digest);
			}
			return effects.changed.find(({ output }) => output?.isPackage === true)?.id;
		}
		const { status, detail } = failure.failure;
		assert.ok(!FORBIDDEN.has(status.$kind), `publishing: ${failure.failure.message}`);
		const reason = /^([A-Z_0-9]+) in /.exec(detail)?.[1];
		// Refused by the deserialiser: the one refusal that comes before the verifier and the linker.
		if (status.$kind !== 'VMVerificationOrDeserializationError' || reason !== undefined) this.report.decoded++;
		this.#count(reason === undefined ? `publish: ${status.$kind}` : `verifier: ${reason}`);
		assert.deepEqual(
			effects.changed.map(({ id }) => id),
			[GAS_ID],
			'a refused publication writes the gas coin alone',
		);
		assert.equal(events.length, 0, 'a refused publication tells nothing');
		return undefined;
	}

	/** OpenSSL signs in a tenth of the time that the SDK's keypair takes. */
	#sign(bytes: Uint8Array): string {
		const intent = blake2b(Buffer.concat([Uint8Array.of(0, 0, 0), bytes]), { dkLen: 32 });
		return Buffer.concat([Uint8Array.of(0), sign(null, intent, this.#key), this.#publicKey]).toString('base64');
	}

	*#functions(packageId: Address, first: string, random: Random): Generator<readonly [ModuleId, string, FunctionSignature]> {
		const names = this.#ledger.vm.moduleNames(packageId);
		const changed = names.includes(first) ? first : names[0];
		if (changed === undefined) return;
		const module = { address: packageId, module: changed };
		const functions = [...this.#ledger.vm.functions(module)].filter(([name]) => name !== 'init');
		for (let i = 0; i < CALLS_PER_PACKAGE && functions.length > 0; i++) {
			const [picked] = functions.splice(random.integer(functions.length), 1);
			if (picked !== undefined) yield [module, ...picked];
		}
	}

	/** With arguments made by the package's own functions where bytes cannot say them; skipped where nothing makes them. */
	#call(module: ModuleId, name: string, signature: FunctionSignature, random: Random): void {
		const plan = new CallPlan(module, this.#ledger.vm.functions(module), random);
		if (!plan.add(name, signature, 0)) return;
		this.report.calls++;
		const bytes = this.#transaction(plan.inputs, plan.commands, CALL_BUDGET, []);
		const { failure } = this.#ledger.simulate(bytes, { unchecked: true }).outcome;
		if (failure === undefined) {
			this.#count('call: done');
			return;
		}
		const { status } = failure.failure;
		this.#count(`call: ${status.$kind}`);
		assert.ok(!FORBIDDEN.has(status.$kind), `${module.module}::${name}: ${failure.failure.message}`);
	}

	#transaction(
		inputs: readonly Uint8Array[],
		commands: readonly Command[],
		budget: bigint,
		payment: readonly { objectId: string; version: string; digest: string }[],
	): Uint8Array {
		return bcs.TransactionData.serialize({
			V1: {
				kind: {
					ProgrammableTransaction: { inputs: inputs.map((bytes) => ({ Pure: { bytes: Buffer.from(bytes).toString('base64') } })), commands: [...commands] },
				},
				sender: this.#sender,
				gasData: { payment: [...payment], owner: this.#sender, price: REFERENCE_GAS_PRICE, budget },
				expiration: { None: true },
			},
		}).toBytes();
	}
}

/** Undefined when the binary format has no words for it. */
function mutated(seed: Seed, random: Random): Uint8Array | undefined {
	const [module, bytes] = [seed.modules[0], seed.bytes[0]];
	assert.ok(module !== undefined && bytes !== undefined);
	if (random.chance(BYTE_LEVEL)) return mutateBytes(bytes, random);
	const edited = structuredClone(module) as EditableModule;
	mutateModule(edited, random);
	try {
		return serialize(edited);
	} catch {
		return undefined;
	}
}

type TransactionInput = Extract<Parameters<typeof bcs.TransactionData.serialize>[0], { V1: unknown }>['V1'];
type Command =
	Extract<TransactionInput['kind'], { ProgrammableTransaction: unknown }>['ProgrammableTransaction']['commands'] extends Iterable<infer C> ? C : never;
type Argument = { Input: number } | { Result: number };

const MAX_DEPTH = 3;
const MAX_COMMANDS = 12;

/** A chain of calls that ends with the one wanted. */
class CallPlan {
	readonly inputs: Uint8Array[] = [];
	readonly commands: Command[] = [];
	readonly #module: ModuleId;
	readonly #functions: ReadonlyMap<string, FunctionSignature>;
	readonly #random: Random;

	constructor(module: ModuleId, functions: ReadonlyMap<string, FunctionSignature>, random: Random) {
		this.#module = module;
		this.#functions = functions;
		this.#random = random;
	}

	add(name: string, signature: FunctionSignature, depth: number): boolean {
		if (depth > MAX_DEPTH || this.commands.length > MAX_COMMANDS) return false;
		const last = signature.parameters.at(-1);
		const given =
			last?.kind === 'reference' && last.to.kind === 'datatype' && last.to.name === 'TxContext' ? signature.parameters.slice(0, -1) : signature.parameters;
		const args: Argument[] = [];
		for (const type of given) {
			const argument = this.#argument(type.kind === 'reference' ? type.to : type, depth);
			if (argument === undefined) return false;
			args.push(argument);
		}
		this.commands.push({
			MoveCall: {
				package: this.#module.address,
				module: this.#module.module,
				function: name,
				typeArguments: signature.typeParameters.map(() => 'u64'),
				arguments: args,
			},
		});
		return true;
	}

	#argument(type: MoveType, depth: number): Argument | undefined {
		const bytes = pureBytes(type, this.#random);
		if (bytes !== undefined) return { Input: this.inputs.push(bytes) - 1 };
		if (type.kind !== 'datatype') return undefined;
		const makers = [...this.#functions].filter(([, { returns }]) => {
			const [made, ...others] = returns;
			return made?.kind === 'datatype' && others.length === 0 && made.name === type.name && made.module === type.module;
		});
		if (makers.length === 0) return undefined;
		const [name, signature] = this.#random.pick(makers);
		return this.add(name, signature, depth + 1) ? { Result: this.commands.length - 1 } : undefined;
	}
}

const WIDTHS: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8, u128: 16, u256: 32, address: 32 };

/** Small numbers mostly, the largest sometimes. Undefined for what only Move makes. */
function pureBytes(type: MoveType, random: Random): Uint8Array | undefined {
	const width = WIDTHS[type.kind];
	if (width !== undefined) {
		const bytes = new Uint8Array(width);
		if (random.chance(0.15)) bytes.fill(0xff);
		else bytes[0] = random.integer(random.chance(0.5) ? 4 : 64);
		return bytes;
	}
	if (type.kind === 'bool') return Uint8Array.of(random.integer(2));
	if (type.kind === 'typeParameter') return pureBytes({ kind: 'u64' }, random);
	if (type.kind !== 'vector') return undefined;
	const elements = Array.from({ length: random.integer(5) }, () => pureBytes(type.element, random));
	return elements.includes(undefined) ? undefined : Uint8Array.from([elements.length, ...elements.flatMap((bytes) => [...(bytes ?? [])])]);
}

function isWatched({ id }: { readonly id: Address }): boolean {
	return id !== GAS_ID && id !== CLOCK_ID;
}

function hashOfState(state: ReadonlyMap<Address, string>): string {
	const hash = createHash('sha256');
	for (const [id, digest] of [...state].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${id}=${digest}\n`);
	return hash.digest('hex');
}

/** For the test's diagnostics: counts, then the outcomes from the most frequent on. */
export function describeReport(report: FuzzReport): string {
	const share = (part: number) => `${((100 * part) / report.cases).toFixed(1)} %`;
	const outcomes = [...report.outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `  ${outcome}: ${count}`);
	return [
		`${report.cases} mutated modules: ${report.decoded} decoded (${share(report.decoded)}), ${report.accepted} accepted (${share(report.accepted)}), ${report.executed} executed (${share(report.executed)}) in ${report.calls} calls`,
		`slowest ${report.slowestMs.toFixed(0)} ms (${report.slowest})`,
		...outcomes,
	].join('\n');
}

/** At least a tenth gets past decoding and a hundredth runs. */
export function checkReach(report: FuzzReport): void {
	assert.ok(report.decoded >= report.cases / 10, describeReport(report));
	assert.ok(report.executed >= report.cases / 100, describeReport(report));
}
