import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorLine } from '#cli/demo/command.ts';
import type { ObservedCheckpoint, ObservedWindow, ValidatorWindow } from '#cli/demo/observe.ts';
import { checkpointLine, type DemoReport, finalReport, reportJson, windowTable } from '#cli/demo/render.ts';
import type { MinerKind } from '#runtime/miner-kind.ts';

const scored: ValidatorWindow = {
	uid: 0,
	transaction: 'tx0',
	miners: [
		{ uid: 3, generation: 1, code: 0, codeName: 'scored', score: 142857, random: -12, weight: 65535 },
		{ uid: 12, generation: 1, code: 64, codeName: 'missing', score: 0, random: 0, weight: 0 },
	],
	ratings: new Map([
		[3, { mu: 27_635_389_493n, sigma: 8_065_901_414n, proofOfWork: 50_000 }],
		[12, { mu: 22_364_610_507n, sigma: 8_065_901_414n, proofOfWork: 0 }],
	]),
};
const failed: ValidatorWindow = { uid: 1, transaction: null, miners: [], ratings: new Map(), failure: 'the workflow ended: failed; see logs/validator-1.log' };
const window: ObservedWindow = { window: 59_146_000n, state: 'final', validators: [scored, failed] };
const checkpoint: ObservedCheckpoint = { boundary: 59_146_002n, outcome: 'new', hash: 'ab', heldOutLoss: 2.85, transaction: 'txc' };
const report: DemoReport = {
	genesis: { heldOutLoss: 3 },
	windows: [window],
	checkpoints: [checkpoint, { boundary: 59_146_005n, outcome: 'keep', hash: null, heldOutLoss: 2.85, transaction: null }],
	kinds: new Map<number, MinerKind>([
		[12, 'copycat'],
		[3, 'honest'],
	]),
	uiUrl: 'http://127.0.0.1:8233/namespaces/vramhub/workflows',
};

test('the table of a window: a row a miner, and a validator without scores says where to read why', () => {
	assert.equal(
		windowTable(window, false),
		[
			'window 59146000 · validator 0 · tx tx0 · final',
			'miner     own  random  proof of work  rating  weight  code',
			'    3  142857     -12          0.050   3.438  1.0000  scored',
			'   12       -       -          0.000  -1.833  0.0000  missing',
			'',
			'window 59146000 · validator 1 · the workflow ended: failed; see logs/validator-1.log · final',
			'',
		].join('\n'),
	);
	assert.ok(windowTable(window, true).includes('\u001b[1m'));
});

test('a rating that a later payload has replaced is a dash', () => {
	assert.match(windowTable({ ...window, validators: [{ ...scored, ratings: new Map() }] }, false), /^ {4}3 {2}142857 {5}-12 {14}- {7}- {2}1\.0000 {2}scored$/m);
});

test('the line of a checkpoint says what the held-out loss was and is', () => {
	assert.equal(checkpointLine(checkpoint, 3), 'checkpoint 59146002 · new · sha256 ab · held-out loss 3.0000 at genesis, now 2.8500 (−5.00 %)\n');
	assert.equal(checkpointLine({ ...checkpoint, outcome: 'expired', hash: null, heldOutLoss: null }, 3), 'checkpoint 59146002 · expired\n');
	assert.match(checkpointLine({ ...checkpoint, outcome: 'keep', hash: null, heldOutLoss: 3.03 }, 3), /· keep · held-out loss .* \(\+1\.00 %\)/);
});

test('the report at the end is the one place that tells kinds', () => {
	assert.equal(
		finalReport(report, false),
		[
			'miners, and what they were',
			'miner  rating by 0  weight by 0  rating by 1  weight by 1  kind',
			'    3        3.438       1.0000            -            -  honest',
			'   12       -1.833       0.0000            -            -  copycat',
			'',
		].join('\n'),
	);
	for (const text of [windowTable(window, false), checkpointLine(checkpoint, 3)]) assert.doesNotMatch(text, /honest|copycat/);
});

test('the line of --json', () => {
	assert.equal(
		reportJson(report),
		JSON.stringify({
			genesis: { heldOutLoss: 3 },
			windows: [
				{
					window: 59146000,
					state: 'final',
					validators: [
						{ uid: 0, tx: 'tx0', scores: { 3: 142857 }, codes: { 3: 0, 12: 64 } },
						{ uid: 1, tx: null, scores: {}, codes: {} },
					],
				},
			],
			checkpoints: [
				{ window: 59146002, outcome: 'new', hash: 'ab', heldOutLoss: 2.85 },
				{ window: 59146005, outcome: 'keep', hash: null, heldOutLoss: 2.85 },
			],
			ratings: {
				0: {
					3: { mu: 27.635389493, sigma: 8.065901414, proofOfWork: 0.05, weight: 1, kind: 'honest' },
					12: { mu: 22.364610507, sigma: 8.065901414, proofOfWork: 0, weight: 0, kind: 'copycat' },
				},
				1: {},
			},
			webUi: 'http://127.0.0.1:8233/namespaces/vramhub/workflows',
		}),
	);
});

test("an operator's line stays as it is at its start, and says whose it is when there are several", () => {
	const line = 'INFO vramhub_validator: Starting window window=2957300';
	assert.equal(operatorLine(line, 0, 1), line);
	assert.equal(operatorLine(line, 1, 2), `${line} uid=1`);
	assert.equal(operatorLine('INFO vramhub_validator: Validator starting uid=0', 0, 2), 'INFO vramhub_validator: Validator starting uid=0');
	assert.equal(operatorLine('INFO x: y miner_uid=3', 0, 2), 'INFO x: y miner_uid=3 uid=0');
});
