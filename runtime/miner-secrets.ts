import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { secretFile } from '#runtime/state-folder.ts';

const Storage = z.object({ endpoint: z.url(), bucket: z.string(), accessKeyId: z.string(), secretAccessKey: z.string(), prefix: z.string() });

/** What one miner of a network's data folder alone knows: `<data>/secrets/miner-<number>.json`, mode 0600. */
export const MinerSecretsSchema = z.object({
	format: z.literal(1),
	/** Sui's text form of a private key, `suiprivkey1…`: owner and operator of the miner. */
	secretKey: z.string().startsWith('suiprivkey'),
	/** Write access to its own prefix; never leaves this machine. */
	write: Storage,
	/** Read access to the same prefix: what validators get, encrypted. */
	read: Storage,
});

export type MinerSecrets = z.infer<typeof MinerSecretsSchema>;

export const minerSecretsFile = (data: string, number: number) => secretFile(data, `miner-${number}.json`);

/** Throws BAD_CONFIGURATION; the message never repeats what was read. */
export async function readMinerSecrets(data: string, number: number): Promise<MinerSecrets> {
	const file = minerSecretsFile(data, number);
	let value: unknown;
	try {
		value = JSON.parse(await readFile(file, 'utf8'));
	} catch (error) {
		throw new VramhubError('BAD_CONFIGURATION', `${file} cannot be read as JSON (${(error as NodeJS.ErrnoException).code ?? 'syntax'})`);
	}
	const parsed = MinerSecretsSchema.safeParse(value);
	if (parsed.success) return parsed.data;
	throw new VramhubError('BAD_CONFIGURATION', `${file} is not a miner's secrets: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
}

export async function writeMinerSecrets(data: string, number: number, secrets: MinerSecrets): Promise<void> {
	await writeFileAtomic(minerSecretsFile(data, number), `${JSON.stringify(MinerSecretsSchema.parse(secrets), null, '\t')}\n`, 0o600);
}
