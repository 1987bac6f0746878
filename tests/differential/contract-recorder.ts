/** Watches a test chain: each transaction that calls the contracts is prepared for the second machine from the state before it. */
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { ParsedTransaction } from '#devnet/ledger/transaction.ts';
import { parseTransaction } from '#devnet/ledger/transaction.ts';
import type { Address } from '#devnet/move/api.ts';
import { CRYPTO_NATIVES } from '#devnet/move/natives/crypto.ts';
import type { NativeFunction } from '#devnet/move/natives/native.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { AMPLE_BUDGET } from './our-machine.ts';
import type { Json } from './second-machine.ts';
import { type Prepared, prepare } from './transaction.ts';

/** Of each set of entries so many that succeed, and one for each way in which it fails. */
const SUCCESSES = 1;

/** Its native is not registered in the sandbox; the contract's own part runs there with the document that ours made. */
const ATTESTATION = 'nitro_attestation::load_nitro_attestation';

function countingHashes(run: () => void): number {
	const natives = CRYPTO_NATIVES as Record<string, NativeFunction>;
	const native = natives[BLAKE2B] as NativeFunction;
	let count = 0;
	natives[BLAKE2B] = (...call) => {
		count++;
		return native(...call);
	};
	try {
		run();
	} finally {
		natives[BLAKE2B] = native;
	}
	return count;
}

const BLAKE2B = 'hash::blake2b256';

export class ContractRecorder {
	readonly #ledger: Ledger;
	readonly #packages = new Set<Address>();
	readonly #seen = new Map<string, number>();
	readonly recorded: Prepared[] = [];
	/** `module::function` of the contracts that a recorded transaction called and that succeeded. */
	readonly succeeded = new Set<string>();
	readonly #restore: () => void;

	readonly #standIns: Json;

	/** `standIns`: of `stand-ins.ts`. */
	constructor(ledger: Ledger, standIns: Json) {
		this.#standIns = standIns;
		this.#ledger = ledger;
		const execute = ledger.execute.bind(ledger);
		const simulate = ledger.simulate.bind(ledger);
		ledger.execute = async (bytes, signatures) => {
			this.#record(bytes, 'executed');
			return execute(bytes, signatures);
		};
		ledger.simulate = (bytes, options, ...rest) => {
			const simulation = simulate(bytes, options, ...rest);
			if (!options.unchecked && simulation.outcome.failure !== undefined) this.#record(bytes, 'refused');
			return simulation;
		};
		this.#restore = () => Object.assign(ledger, { execute, simulate });
	}

	/** From now on calls of this package are recorded. */
	watch(packageId: string): void {
		this.#packages.add(normalizeAddress(packageId));
	}

	stop(): void {
		this.#restore();
	}

	#record(bytes: Uint8Array, how: 'executed' | 'refused'): void {
		const parsed = parseTransaction(bytes);
		const entries = this.#entries(parsed);
		if (entries.length === 0) return;
		// The ledger's own methods again while it prepares: what they do is not to be recorded.
		this.#restoreWhile(() => {
			const name = `${entries.join(' + ')} ${how}`;
			let prepared: Prepared | undefined;
			// BLAKE2b costs another price in Move than as a native.
			const hashes = countingHashes(() => {
				const options = { name, isGiven: (target: string) => target === ATTESTATION, packages: [this.#standIns], budget: AMPLE_BUDGET };
				prepared = prepare(this.#ledger, bytes, { ...options, withGas: this.recorded.length % 3 === 0 });
			});
			if (prepared === undefined) throw new TypeError('a transaction was not prepared');
			if (hashes > 0) prepared = { ...prepared, gas: undefined };
			const { failure } = prepared.ours;
			const key = `${entries.join()} ${failure?.status} ${failure?.code} ${failure?.location?.functionIndex} ${failure?.location?.instruction}`;
			const seen = this.#seen.get(key) ?? 0;
			this.#seen.set(key, seen + 1);
			if (failure === undefined) for (const entry of entries) this.succeeded.add(entry);
			if (seen < (failure === undefined ? SUCCESSES : 1)) this.recorded.push(prepared);
		});
	}

	#entries({ commands }: ParsedTransaction): string[] {
		return commands.flatMap((it) => (it.kind === 'moveCall' && this.#packages.has(it.packageId) ? [`${it.module}::${it.function}`] : []));
	}

	#restoreWhile(run: () => void): void {
		const { execute, simulate } = this.#ledger;
		this.#restore();
		try {
			run();
		} finally {
			Object.assign(this.#ledger, { execute, simulate });
		}
	}
}
