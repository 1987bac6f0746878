/**
 * Sui's own tests of programmable transactions, when they can be had: `VRAMHUB_SUI_TRANSACTIONAL_TESTS` names the folder
 * `crates/sui-adapter-transactional-tests/tests` of a checkout of Sui 1.63. Every task that this runner understands must end as
 * Sui recorded it: success, or the same failure of the same argument of the same command.
 */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { Replay, Unsupported } from './sui-transactional/replay.ts';
import { readOutcomes, readTasks } from './sui-transactional/scenario.ts';

const folder = process.env.VRAMHUB_SUI_TRANSACTIONAL_TESTS;
const FOLDERS = ['programmable', 'entry_points', 'receive_object', 'shared', 'transfer_object'];
const EMIT_AUTHENTICATED = "the devnet's framework has no event::emit_authenticated";
/** `file task` → why it ends in another way here. */
const KNOWN: ReadonlyMap<string, string> = new Map([
	['programmable/cannot_call_emit_authenticated.move 2', EMIT_AUTHENTICATED],
	['programmable/cannot_call_emit_authenticated.move 3', EMIT_AUTHENTICATED],
]);
/** Tests of older protocol versions end so. */
const OLDER = /_v\d+\.move$/;

it("Sui's transactional tests end here as there", { skip: folder === undefined && 'VRAMHUB_SUI_TRANSACTIONAL_TESTS is not set' }, async (context) => {
	const disagreements: string[] = [];
	const unsupported = new Map<string, string>();
	let compared = 0;
	for (const group of FOLDERS) {
		const names = (await readdir(join(folder ?? '', group), { recursive: true })).filter((name) => name.endsWith('.move') && !OLDER.test(name)).sort();
		for (const name of names) {
			const file = join(folder ?? '', group, name);
			const recorded = readOutcomes(await readFile(file.replace(/\.move$/, '.snap'), 'utf8'));
			const replay = await Replay.start();
			try {
				for (const task of readTasks(await readFile(file, 'utf8'))) {
					const expected = recorded.get(task.index) ?? 'ok';
					const actual = await replay.run(task);
					if (actual === undefined) continue;
					compared++;
					if (actual === expected) continue;
					if (replay.ambiguous) throw new Unsupported(`task ${task.index} names one of several objects of a type by its order of ids`);
					if (!KNOWN.has(`${group}/${name} ${task.index}`)) disagreements.push(`${group}/${name} task ${task.index}: ${expected} there, ${actual} here`);
				}
			} catch (error) {
				if (!(error instanceof Unsupported)) disagreements.push(`${group}/${name}: ${error}`);
				else unsupported.set(`${group}/${name}`, error.message);
			} finally {
				await replay.stop();
			}
		}
	}
	context.diagnostic(`${compared} tasks compared; ${unsupported.size} tests not or not wholly understood`);
	for (const [name, why] of unsupported) context.diagnostic(`not compared from there on: ${name}: ${why}`);
	assert.deepEqual(disagreements, []);
	assert.ok(compared > 300);
});
