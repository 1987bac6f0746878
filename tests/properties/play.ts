/** One sequence: every step is made, and everything that must hold is looked at after it. */
import type { EnclaveKey } from '#tests/helpers/payload.ts';
import { Amounts } from './amounts.ts';
import { Attendances } from './attendances.ts';
import type { Step } from './generator.ts';
import { mayNotBeRefused } from './liveness.ts';
import { Machine, type Refusal } from './machine.ts';
import type { Scene } from './moves.ts';
import type { Random } from './random.ts';
import { wronglyAllowed } from './rules.ts';
import { brokenStanding } from './standing.ts';
import { NetworkState } from './state.ts';
import { brokenTransitions } from './transitions.ts';
import { View } from './view.ts';
import type { World } from './world.ts';

export interface Made {
	/** Undefined for a step that is no call. */
	readonly target: string | undefined;
	readonly refusal: Refusal | undefined;
	/** Properties that do not hold, one line each. */
	readonly broken: readonly string[];
}

export class Play {
	readonly world: World;
	readonly keys: readonly EnclaveKey[];
	readonly #machine: Machine;
	readonly #state: NetworkState;
	readonly #amounts: Amounts;
	readonly #attendances: Attendances;
	#calls = 0;

	constructor(
		world: World,
		keys: readonly EnclaveKey[],
		from?: { readonly machine: Machine; readonly state: NetworkState; readonly attendances: Attendances },
	) {
		this.world = world;
		this.keys = keys;
		this.#machine = from?.machine ?? new Machine(world);
		this.#state = from?.state ?? new NetworkState(world);
		this.#amounts = new Amounts(this.#state);
		this.#attendances = from?.attendances ?? new Attendances();
	}

	/** Another one that goes on from here, with amounts as the chain has them. */
	fork(): Play {
		return new Play(this.world, this.keys, { machine: this.#machine.fork(), state: this.#state.fork(), attendances: this.#attendances.fork() });
	}

	view(): View {
		return new View(this.#state, this.#machine.nowMs);
	}

	scene(random: Random, theme: Scene['theme']): Scene {
		const { world, keys } = this;
		return { world, keys, random, theme, view: this.view(), admin: { address: this.#admin(), firstCap: world.caps.ours }, calls: this.#calls };
	}

	labels(): string[] {
		return this.#state.labels();
	}

	#admin(): string {
		const { owner } = this.#machine.move(this.#machine.adminCap())!;
		return owner.kind === 'address' ? owner.address : 'nobody';
	}

	perform(step: Step): Made {
		if (step.kind === 'advance') {
			this.#machine.nowMs += step.ms;
			return { target: undefined, refusal: undefined, broken: [] };
		}
		this.#calls++;
		const { call } = step;
		const sender = this.world.actors[call.sender]!.address;
		const view = this.view();
		const admin = this.#admin();
		const executed = this.#machine.execute(call);
		const { refusal, paid, namedForeign } = executed;
		const difference = this.#state.read(executed);
		const { changes, strange } = difference;
		const broken = [...strange];
		this.#amounts.pay(sender, paid);
		const asked = { call, sender, view, changes, admin, namedForeign };
		if (refusal === undefined) {
			const allowed = wronglyAllowed(asked);
			if (allowed !== undefined) broken.push(`it succeeded, and ${allowed}`);
			// What should have been refused has no amounts to expect.
			else this.#amounts.apply({ call, sender, view, changes, paid });
			broken.push(...this.#attendances.note(asked));
			broken.push(...brokenTransitions(changes, { window: view.window, target: call.target }));
		} else {
			if (refusal.kind === 'raw') broken.push(`it failed without a name: ${refusal.message}`);
			const due = mayNotBeRefused(asked);
			if (due !== undefined) broken.push(`it was refused (${textOf(refusal)}), and ${due}`);
			for (const { label, key } of changes) broken.push(`it was refused (${textOf(refusal)}), and ${label} ${key} changed`);
		}
		this.#state.commit(difference);
		if (refusal === undefined) broken.push(...this.#amounts.differences(this.#state), ...brokenStanding(this.view()));
		return { target: call.target, refusal, broken };
	}
}

export function textOf(refusal: Refusal): string {
	switch (refusal.kind) {
		case 'named':
			return `${refusal.module}::${refusal.name}`;
		case 'document':
			return 'the document does not verify';
		case 'rejected':
		case 'raw':
			return refusal.message;
		default:
			throw new TypeError(`unknown refusal ${refusal satisfies never}`);
	}
}
