import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfiguration } from '#runtime/configuration.ts';
import type { Deployment } from '#runtime/deployment.ts';
import { auditAccess, requireAuditAccess } from './audit.ts';
import type { DaemonOperator } from './operator.ts';

const ACCESS = {
	VRAMHUB_R2_ENDPOINT: 'https://store.example',
	VRAMHUB_R2_BUCKET: 'audit',
	VRAMHUB_R2_ACCESS_KEY_ID: 'AKID',
	VRAMHUB_R2_SECRET_ACCESS_KEY: 'secret-of-the-audit-store',
};

/** Of a network elsewhere, with these settings alone. */
const operatorWith = (environment: Record<string, string>): DaemonOperator => ({
	configuration: loadConfiguration({ environment }),
	deployment: { kind: 'remote' } as Deployment,
	validatorUid: 7,
	secretKey: 'unused',
	fromWindow: undefined,
});

test('a validator publishes under its own prefix where the settings have all of the access, and an aggregator must', async () => {
	const whole = {
		endpoint: 'https://store.example',
		bucket: 'audit',
		accessKeyId: 'AKID',
		secretAccessKey: 'secret-of-the-audit-store',
		prefix: 'validator-7/',
	};
	assert.deepEqual(await auditAccess(operatorWith(ACCESS)), whole);
	assert.deepEqual(await requireAuditAccess(operatorWith(ACCESS)), whole);
	for (const name of Object.keys(ACCESS)) {
		const operator = operatorWith({ ...ACCESS, [name]: '' });
		assert.equal(await auditAccess(operator), undefined, `without ${name}`);
		await assert.rejects(requireAuditAccess(operator), (error: { code?: string; message: string }) => {
			assert.equal(error.code, 'BAD_CONFIGURATION');
			assert.ok(error.message.includes(name), error.message);
			return true;
		});
	}
});
