import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact, registerSecret } from '#runtime/redact.ts';

test('known shapes of secrets are replaced, the rest stays', () => {
	const key = `suiprivkey1${'qz'.repeat(29)}`;
	assert.equal(redact(`key ${key} end`), 'key [redacted] end');
	assert.equal(redact('{"accessKeyId":"id","secretAccessKey":"abc/def+gh"}'), '{"accessKeyId":"id","secretAccessKey":"[redacted]"}');
	assert.equal(redact('{"mnemonic":"one two three"}').includes('two'), false);
	assert.equal(redact('GET /o?X-Amz-Signature=ffee&x=1'), 'GET /o?X-Amz-Signature=[redacted]&x=1');
	assert.equal(redact('Starting window window=2957300'), 'Starting window window=2957300');
});

test('a registered secret is replaced everywhere; short texts are not registered', () => {
	registerSecret('correct horse');
	registerSecret('a');
	assert.equal(redact('is correct horse, correct horse a'), 'is [redacted], [redacted] a');
});
