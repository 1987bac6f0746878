/** Questions about a decoded network, as of a moment. */
import { HPARAM_SPECS, type HparamName } from '#core/gradient/hparams.ts';
import type {
	Escrow,
	HparamsRoot,
	Member,
	Miner,
	NetworkRoot,
	Params,
	RosterEntry,
	Validator,
	WindowCommitments,
	WindowConsensus,
	WindowEntry,
} from './layouts.ts';
import { FOREVER } from './layouts.ts';
import type { NetworkState } from './state.ts';
import { WINDOW_MS } from './world.ts';

export type Role = 'miner' | 'validator';
export const ROLE_NUMBERS = { miner: 1, validator: 2 } as const;

const INDEX_OF = new Map<string, number>(HPARAM_SPECS.map(([name], index) => [name, index]));

export class View {
	readonly state: NetworkState;
	readonly nowMs: bigint;
	readonly window: bigint;

	constructor(state: NetworkState, nowMs: bigint) {
		this.state = state;
		this.nowMs = nowMs;
		this.window = nowMs / WINDOW_MS;
	}

	get network(): NetworkRoot {
		return this.state.root('network');
	}

	paramsAt(window: bigint): Params {
		const { schedule } = this.state.root<HparamsRoot>('hparams');
		const { version } = schedule.findLast(({ from_window }) => from_window <= window)!;
		return this.state.table<Params>('hparams.versions').get(String(version))!;
	}

	hparam(name: HparamName, window = this.window): bigint {
		return this.paramsAt(window).values[INDEX_OF.get(name)!]!;
	}

	isPaused(): boolean {
		return this.nowMs < this.network.paused_until_ms;
	}

	miners(): Miner[] {
		return byUid(this.state.table<Miner>('peer_registry.miners'));
	}

	validators(): Validator[] {
		return byUid(this.state.table<Validator>('validator_registry.validators'));
	}

	member(role: Role, uid: number): Member | undefined {
		return role === 'miner'
			? this.state.table<Miner>('peer_registry.miners').get(String(uid))
			: this.state.table<Validator>('validator_registry.validators').get(String(uid));
	}

	escrow(role: Role, uid: number, generation: number): Escrow | undefined {
		return this.state.table<Escrow>('vault.escrow').get(`${ROLE_NUMBERS[role]}/${uid}/${generation}`);
	}

	/** The validator that an address acts for. */
	actsFor(agent: string): number | undefined {
		const agreed = this.state.table<RosterEntry>('validator_registry.agents').get(agent);
		if (agreed === undefined) return undefined;
		return this.member('validator', agreed.uid)?.generation === agreed.generation ? agreed.uid : undefined;
	}

	entry(window: bigint): WindowEntry | undefined {
		return this.state.table<WindowEntry>('round_state.windows').get(String(window));
	}

	commitments(window: bigint): WindowCommitments['commitments'] {
		return this.state.table<WindowCommitments>('gradient_registry.windows').get(String(window))?.commitments ?? [];
	}

	consensus(window: bigint): WindowConsensus | undefined {
		return this.state.table<WindowConsensus>('consensus.windows').get(String(window));
	}
}

export const isActive = ({ until_window }: Member) => until_window === FOREVER;

function byUid<T extends RosterEntry>(table: ReadonlyMap<string, T>): T[] {
	return [...table.values()].sort((a, b) => a.uid - b.uid);
}
