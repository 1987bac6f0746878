/** Accounts that a devnet begins with. Their keys follow from a text that is no secret: what they hold elsewhere is anybody's. */
import { createHash } from 'node:crypto';
import { DevelopmentKey } from '#devnet/development-key.ts';

export interface DevelopmentAccount {
	readonly address: string;
	/** `suiprivkey1…`, as wallets and Sui's own tools import it. */
	readonly secretKey: string;
}

export const MAX_ACCOUNTS = 100;

/** The first `count` accounts of a seed. */
export function developmentAccounts(seed: string, count: number): DevelopmentAccount[] {
	return Array.from({ length: count }, (_, index) => {
		const { address, secretKey } = new DevelopmentKey(createHash('sha256').update(`vramhub devnet account\n${seed}\n${index}`).digest());
		return { address, secretKey };
	});
}
