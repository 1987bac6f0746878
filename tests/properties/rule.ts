/** What a rule about a call is: the shape that all of them have, and how they are put together. */
import type { SucceededCall } from './amounts.ts';
import type { Pure } from './pure.ts';

export interface Asked extends Omit<SucceededCall, 'paid'> {
	/** Who holds the AdminCap that counts. */
	readonly admin: string;
	/** One of the objects that it named is the other network's. */
	readonly namedForeign: boolean;
}

export type Rule = (asked: Asked, pure: readonly Pure[]) => string | undefined;

export const unless = (holds: boolean, otherwise: string) => (holds ? undefined : otherwise);
export const all = (...rules: readonly (string | undefined)[]) => rules.find((rule) => rule !== undefined);
export const isRunning = ({ view }: Asked) => unless(!view.isPaused(), 'the network was paused');
