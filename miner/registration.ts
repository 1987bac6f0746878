import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ChainReader, ChainWriter, Miner } from '#clients/chain/port.ts';
import { VramhubError } from '#core/errors.ts';
import { encodeCredentials, type StorageCredentials } from '#core/gradient/credentials.ts';
import type { SealIdentity } from '#core/seal-identity.ts';
import { windowAt } from '#core/window.ts';
import { writeFileAtomic } from '#runtime/files.ts';

export interface RegistrationDependencies {
	readonly chain: Pick<ChainReader, 'clockMs' | 'network' | 'hparamsAt' | 'miner' | 'miners'>;
	readonly writer: Pick<ChainWriter, 'address' | 'registerMiner' | 'setCredentials'>;
	/** Encrypts for the validators of the network. */
	readonly encrypt: (identity: SealIdentity, credentials: StorageCredentials) => Promise<Uint8Array>;
	readonly credentials: StorageCredentials;
	readonly stateFile: string;
}

const StateSchema = z.object({
	format: z.literal(1),
	network: z.string(),
	uid: z.int(),
	/** SHA-256 of the credentials that are registered, so that changed ones are noticed; their secret part has more entropy than a digest gives away. */
	credentialsSha256: z.string(),
});

/**
 * The miner of this key, registered with the least stake when it is not yet, its credentials those given (rotated when they changed).
 * Safe to repeat at any point: what the chain already has is found by owner, not by the state file alone.
 */
export async function ensureRegistered({ chain, writer, encrypt, credentials, stateFile }: RegistrationDependencies): Promise<Miner> {
	const network = await chain.network();
	const state = await readState(stateFile, network.id);
	let miner = state === undefined ? await findOwn(chain, writer.address) : await chain.miner(state.uid);
	if (miner !== undefined && (miner.owner !== writer.address || !miner.active)) miner = undefined;
	if (miner === undefined) {
		const { values } = await chain.hparamsAt(windowAt(await chain.clockMs(), network.windowDurationMs));
		const { uid } = await writer.registerMiner({ stakeMist: values.min_miner_stake_mist, operator: writer.address });
		miner = await requireMiner(chain, uid);
	}

	const credentialsSha256 = createHash('sha256').update(encodeCredentials(credentials)).digest('hex');
	if (miner.credVersion === 0 || state?.credentialsSha256 !== credentialsSha256 || state.uid !== miner.uid) {
		const credVersion = miner.credVersion + 1;
		const identity: SealIdentity = { network: network.id, kind: 'minerCredentials', uid: miner.uid, generation: miner.generation, credVersion };
		await writer.setCredentials({ uid: miner.uid, credVersion, ciphertext: await encrypt(identity, credentials) });
		await writeFileAtomic(stateFile, `${JSON.stringify({ format: 1, network: network.id, uid: miner.uid, credentialsSha256 })}\n`, 0o600);
		miner = await requireMiner(chain, miner.uid);
	}
	return miner;
}

async function findOwn(chain: Pick<ChainReader, 'miners'>, address: string): Promise<Miner | undefined> {
	return (await chain.miners()).find(({ owner, active }) => active && owner === address);
}

async function requireMiner(chain: Pick<ChainReader, 'miner'>, uid: number): Promise<Miner> {
	const miner = await chain.miner(uid);
	if (miner === undefined) throw new VramhubError('INVARIANT', `miner ${uid} was registered and is not there`);
	return miner;
}

async function readState(file: string, network: string): Promise<z.infer<typeof StateSchema> | undefined> {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	const state = StateSchema.parse(JSON.parse(text));
	return state.network === network ? state : undefined;
}
