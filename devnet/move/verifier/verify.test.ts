/** What the compiler makes is accepted; for each rule a module that breaks it is refused for that reason, at that place. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it, test } from 'node:test';
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { compileFramework, compilePackage, readContracts, readSealPackage } from '#devnet/compiler/compile.ts';
import type { CompiledModule } from '#devnet/move/bytecode.ts';
import { BROKEN_RULES, type BrokenRule } from '#devnet/move/verifier/broken-rules.fixture.ts';
import { VerificationFailure } from '#devnet/move/verifier/failure.ts';
import { compileVictims, linkedFramework, ModuleEditor, type Victims } from '#devnet/move/verifier/verify.fixture.ts';
import { verifyModules } from '#devnet/move/verifier/verify.ts';

describe('the bytecode verifier', () => {
	let victims: Victims;
	before(async () => {
		victims = await compileVictims();
	});

	it('accepts the contracts, the Seal package and the package that is broken below', async () => {
		const linked = await linkedFramework();
		for (const files of [await readContracts(), await readSealPackage()]) {
			const { modules } = await compilePackage({ files });
			verifyModules(
				[...modules.values()].map((bytes) => deserialize(bytes) as CompiledModule),
				linked,
			);
		}
		verifyModules(victims.modules, victims.linked);
	});

	it('accepts the framework, but for objects that it makes at fixed addresses', async () => {
		const linked = await linkedFramework();
		const { packages } = await compileFramework();
		for (const { name, modules } of packages) {
			const decoded = [...modules.values()].map((bytes) => deserialize(bytes) as CompiledModule);
			const verify = () => verifyModules(decoded, { ...linked, hasNative: () => true });
			if (name === 'MoveStdlib') verify();
			else assert.throws(verify, (error) => error instanceof VerificationFailure && error.status === 'SUI_ID_LEAK' && error.location.function === 'create');
		}
	});

	for (const rule of BROKEN_RULES) {
		it(`${rule.status}: ${rule.breaks}`, () => {
			const { edited, failure } = breakRule(rule, victims);
			assert.ok(failure !== undefined, 'accepted');
			assert.equal(failure.status, rule.status, failure.message);
			assert.equal(failure.location.function, rule.in);
			if (rule.at !== undefined) assert.equal(failure.location.instruction, rule.at, failure.message);
			assert.equal(decodes(edited), rule.undecodable !== true, 'whether bytes can say it at all');
		});
	}
});

function breakRule(rule: BrokenRule, { modules, linked }: Victims): { edited: readonly CompiledModule[]; failure: VerificationFailure | undefined } {
	const editors = modules.map((module) => new ModuleEditor(module));
	const [victim, neighbour] = ['victim', 'neighbour'].map((name) => editors.find((editor) => editor.name === name));
	assert.ok(victim !== undefined && neighbour !== undefined);
	rule.edit(victim, neighbour);
	const edited: CompiledModule[] = [victim.module, neighbour.module];
	try {
		verifyModules(rule.also === undefined ? edited : [...edited, rule.also(victim).module], linked);
		return { edited, failure: undefined };
	} catch (error) {
		if (!(error instanceof VerificationFailure)) throw error;
		return { edited, failure: error };
	}
}

function decodes(modules: readonly CompiledModule[]): boolean {
	try {
		for (const module of modules) deserialize(serialize(module));
		return true;
	} catch {
		return false;
	}
}

test('every reason has a module that is refused for it', async () => {
	const text = await readFile(join(import.meta.dirname, 'failure.ts'), 'utf8');
	const statuses = new Set([...text.matchAll(/[|=] '([A-Z_]+)'/g)].map(([, status]) => status));
	for (const { status } of BROKEN_RULES) statuses.delete(status);
	assert.deepEqual([...statuses], []);
});
