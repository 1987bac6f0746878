import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { redact } from '#runtime/redact.ts';
import { readValidatorSecrets, validatorSecretsFile, writeValidatorSecrets } from '#runtime/validator-secrets.ts';

const data = await mkdtemp(join(tmpdir(), 'vramhub-secrets-'));
after(() => rm(data, { recursive: true, force: true }));

test('keys are kept where only their owner reads them, and never repeated', async () => {
	const auditStore = { endpoint: 'http://127.0.0.1:1', bucket: 'audit', accessKeyId: 'id', secretAccessKey: 'a-key-of-the-store', prefix: 'validator-3/' };
	const secrets = { format: 1, secretKey: 'suiprivkey-for-this-test', aggregatorSecretKey: 'suiprivkey-of-its-delegate', auditStore } as const;
	await writeValidatorSecrets(data, 3, secrets);
	assert.deepEqual(await readValidatorSecrets(data, 3), secrets);
	assert.equal((await stat(validatorSecretsFile(data, 3))).mode & 0o777, 0o600);
	for (const secret of [secrets.secretKey, secrets.aggregatorSecretKey, auditStore.secretAccessKey]) assert.equal(redact(`key ${secret}`), 'key [redacted]');
});

test('what is wrong with the file is said without its contents', async () => {
	await assert.rejects(readValidatorSecrets(data, 4), { code: 'BAD_CONFIGURATION', message: /validator-4\.json cannot be read as JSON \(ENOENT\)/ });
	await writeFile(validatorSecretsFile(data, 5), '{"format":1,"secretKey":"hunter2hunter2"}');
	await assert.rejects(readValidatorSecrets(data, 5), (error: Error) => /secretKey/.test(error.message) && !error.message.includes('hunter2'));
});
