import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, lineSplitter } from '#runtime/log.ts';

function recorder(format: 'human' | 'json') {
	const lines: string[] = [];
	return { lines, log: createLogger({ target: 'vramhub_validator', format, level: 'info', write: (line) => lines.push(line) }) };
}

test('human lines are those of the documented log', () => {
	const { lines, log } = recorder('human');
	log.info('Starting window', { window: 2957300n });
	log.child('evaluator').info('Enclave score', { miner_uid: 3, score: 142857, window: '2957300' });
	log.warn('Miner not scored', { reason: 'no such object' });
	log.debug('unseen');
	assert.deepEqual(lines, [
		'INFO vramhub_validator: Starting window window=2957300\n',
		'INFO vramhub_validator::evaluator: Enclave score miner_uid=3 score=142857 window=2957300\n',
		'WARN vramhub_validator: Miner not scored reason="no such object"\n',
	]);
});

test('JSON lines carry the same facts', () => {
	const { lines, log } = recorder('json');
	log.info('Starting window', { window: 2957300n });
	const { time, ...rest } = JSON.parse(lines[0]!) as Record<string, unknown>;
	assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
	assert.deepEqual(rest, { level: 'info', target: 'vramhub_validator', msg: 'Starting window', window: '2957300' });
});

test('secrets do not reach either format', () => {
	for (const format of ['human', 'json'] as const) {
		const { lines, log } = recorder(format);
		log.error('failed', { detail: '{"secretAccessKey":"topsecretvalue"}' });
		assert.equal(lines[0]!.includes('topsecretvalue'), false, lines[0]);
	}
});

test('lines are cut wherever the chunks end', async () => {
	const lines: string[] = [];
	const stream = lineSplitter((line) => lines.push(line));
	for (const chunk of ['ab', 'c\nd', '\n\ne']) stream.write(chunk);
	await new Promise<void>((resolve) => stream.end(() => resolve()));
	assert.deepEqual(lines, ['abc', 'd', '', 'e']);
});
