import { createHash } from 'node:crypto';
import { CLOCK_ID } from '#devnet/ledger/inputs.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import { objectDigest } from '#devnet/ledger/objects.ts';

/** One hash over the ids, versions and digests of all live objects. The clock is left out: it shows the time, whoever asks. */
export function stateHash({ store }: Pick<Ledger, 'store'>): string {
	const lines = [...store.all()].filter(({ id }) => id !== CLOCK_ID).map((object) => `${object.id} ${object.version} ${objectDigest(object)}`);
	const hash = createHash('sha256');
	for (const line of lines.sort()) hash.update(`${line}\n`);
	return hash.digest('hex');
}
