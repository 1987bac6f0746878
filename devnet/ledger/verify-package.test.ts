import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFramework } from '#devnet/compiler/compile.ts';
import { genesisObjects } from '#devnet/genesis.ts';
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import { verifyPackage } from '#devnet/ledger/verify-package.ts';
import type { Address } from '#devnet/move/api.ts';
import { compileVictims, ModuleEditor } from '#devnet/move/verifier/verify.fixture.ts';

test("a package is verified against the packages that it links to; effects tell Sui's rules from Move's", async () => {
	const objects = genesisObjects((await compileFramework()).packages);
	const linked = (address: Address) => {
		const found = objects.find(({ id }) => id === address);
		return found?.kind === 'package' ? found : undefined;
	};
	const { modules } = await compileVictims();
	verifyPackage(modules, linked);

	const refusal = (edit: (victim: ModuleEditor) => void) => {
		const editors = modules.map((module) => new ModuleEditor(module));
		for (const editor of editors) if (editor.name === 'victim') edit(editor);
		try {
			verifyPackage(
				editors.map(({ module }) => module),
				linked,
			);
		} catch (error) {
			assert.ok(error instanceof ExecutionFailure);
			return [error.status.$kind, error.detail];
		}
		return undefined;
	};
	const victim = `0x${'0'.repeat(64)}::victim`;
	assert.deepEqual(
		refusal((editor) => editor.body('add', [{ MoveLoc: 0 }, { MoveLoc: 0 }, 'Add', 'Ret'])),
		['VMVerificationOrDeserializationError', `MOVELOC_UNAVAILABLE_ERROR in ${victim}::add at 1: local 0 may hold nothing`],
	);
	assert.deepEqual(
		refusal((editor) => Object.assign(editor.function('init'), { is_entry: true })),
		['SuiMoveVerificationError', `SUI_INIT in ${victim}::init: init cannot be an entry`],
	);
	assert.throws(() => verifyPackage(modules, () => undefined), /MISSING_DEPENDENCY/);
});
