import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { registerSecret } from '#runtime/redact.ts';
import { secretFile } from '#runtime/state-folder.ts';

/** What one validator of a network's data folder alone knows: `<data>/secrets/validator-<uid>.json`, mode 0600. */
export const ValidatorSecretsSchema = z.object({
	format: z.literal(1),
	/** Sui's text form of the operator's private key, `suiprivkey1…`. */
	secretKey: z.string().startsWith('suiprivkey'),
	/**
	 * Of the delegate that the validator's aggregator signs as. Two processes with one key would compete for its gas coins, and on Sui that locks
	 * a coin until the end of the epoch. Without it the aggregator signs as the operator.
	 */
	aggregatorSecretKey: z.string().startsWith('suiprivkey').optional(),
	/** Write access to this validator's prefix of the public audit bucket; its aggregator needs it. */
	auditStore: z.object({ endpoint: z.url(), bucket: z.string(), accessKeyId: z.string(), secretAccessKey: z.string(), prefix: z.string() }).optional(),
});

export type ValidatorSecrets = z.infer<typeof ValidatorSecretsSchema>;

export const validatorSecretsFile = (data: string, uid: number) => secretFile(data, `validator-${uid}.json`);

/** From here on its keys are redacted wherever this process logs. Throws BAD_CONFIGURATION; the message never repeats what was read. */
export async function readValidatorSecrets(data: string, uid: number): Promise<ValidatorSecrets> {
	const file = validatorSecretsFile(data, uid);
	let value: unknown;
	try {
		value = JSON.parse(await readFile(file, 'utf8'));
	} catch (error) {
		throw new VramhubError('BAD_CONFIGURATION', `${file} cannot be read as JSON (${(error as NodeJS.ErrnoException).code ?? 'syntax'})`);
	}
	const parsed = ValidatorSecretsSchema.safeParse(value);
	if (!parsed.success) {
		throw new VramhubError('BAD_CONFIGURATION', `${file} is not a validator's secrets: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`);
	}
	const { secretKey, aggregatorSecretKey, auditStore } = parsed.data;
	for (const secret of [secretKey, aggregatorSecretKey, auditStore?.secretAccessKey]) if (secret !== undefined) registerSecret(secret);
	return parsed.data;
}

export async function writeValidatorSecrets(data: string, uid: number, secrets: ValidatorSecrets): Promise<void> {
	await writeFileAtomic(validatorSecretsFile(data, uid), `${JSON.stringify(ValidatorSecretsSchema.parse(secrets), null, '\t')}\n`, 0o600);
}
