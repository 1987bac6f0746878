/** What a move is made from. */
import type { EnclaveKey } from '#tests/helpers/payload.ts';
import type { Call } from './machine.ts';
import type { Random } from './random.ts';
import type { View } from './view.ts';
import type { World } from './world.ts';

export interface Scene {
	readonly world: World;
	readonly view: View;
	readonly random: Random;
	/** Enclaves' keys that a sequence may use, in order. */
	readonly keys: readonly EnclaveKey[];
	readonly admin: { readonly address: string; readonly firstCap: string };
	/** `rounds`: mostly what makes windows end; `peaceful`: besides, nobody errs; `leaving`: time passes, stake is released, uids rest, lists are pruned. */
	readonly theme: 'anything' | 'rounds' | 'leaving' | 'peaceful';
	/** Calls made so far. */
	readonly calls: number;
}

/** Undefined when nobody would do this now. */
export type MakeCall = (scene: Scene) => Call | undefined | Promise<Call | undefined>;

/** Whether somebody errs now, so many times in a hundred. */
export function slips({ random, theme }: Scene, percent: number): boolean {
	return theme !== 'peaceful' && random.chance(percent);
}

/** Index of the actor with this address; 0 for an address that is nobody's. */
export function actorOf({ world }: Scene, address: string): number {
	return Math.max(
		0,
		world.actors.findIndex((actor) => actor.address === address),
	);
}

export function someAddress({ world, random }: Scene): string {
	return world.actors[random.below(world.actors.length)]!.address;
}
