import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileFramework } from '#devnet/compiler/compile.ts';
import { type CompiledModule, entry, readModule } from '#devnet/move/bytecode.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import { declarationsOf } from '#tests/framework/declarations.ts';
import { MissingToolError, suiSandbox } from '../../scripts/python-tools.mjs';

/** The first bytes of every Move module. */
const MAGIC = Buffer.from('a11ceb0b', 'hex');

/**
 * Modules inside a file that embeds packages as BCS: each stands behind its length. Sui's own bytecode of 0x1, 0x2 and 0x3 is compiled into
 * the sandbox's library, since that runs packages against it.
 */
function* embeddedModules(file: Buffer): Generator<{ readonly module: CompiledModule; readonly bytes: Uint8Array }> {
	for (let at = file.indexOf(MAGIC); at !== -1; at = file.indexOf(MAGIC, at + 1)) {
		for (const prefix of [1, 2, 3]) {
			// ULEB128, its lowest part first
			const length = [...file.subarray(at - prefix, at)].reduce((sum, byte, i) => sum + (byte & 0x7f) * 2 ** (7 * i), 0);
			const bytes = file.subarray(at, at + length);
			try {
				yield { module: readModule('embedded', bytes), bytes };
				break;
			} catch {
				// another length of prefix
			}
		}
	}
}

test('every type and every public function of the subset is declared as in Sui’s own bytecode', async (t) => {
	let library: Buffer;
	try {
		const folder = join((await suiSandbox()).path, 'sui_sandbox');
		const name = (await readdir(folder)).find((file) => file.endsWith('.so'));
		assert.ok(name !== undefined, 'the sandbox has no library');
		library = await readFile(join(folder, name));
	} catch (error) {
		if (!(error instanceof MissingToolError)) throw error;
		t.skip(`SUI’S BYTECODE WAS NOT THERE, nothing was compared: ${error.message}`);
		return;
	}
	const real = new Map<string, Map<string, string>>();
	for (const { module, bytes } of embeddedModules(library)) {
		const handle = entry(module.module_handles, module.self_module_handle_idx, 'module handle');
		const address = normalizeAddress(`0x${entry(module.address_identifiers, handle.address, 'address')}`);
		real.set(`${address}::${entry(module.identifiers, handle.name, 'identifier')}`, declarationsOf(bytes));
	}
	let compared = 0;
	for (const { address, modules } of (await compileFramework()).packages) {
		for (const [name, bytes] of modules) {
			const expected = real.get(`${address}::${name}`);
			assert.ok(expected !== undefined, `${address}::${name} is not Sui's`);
			for (const [declared, text] of declarationsOf(bytes)) {
				assert.equal(text, expected.get(declared), `${name}::${declared}`);
				compared++;
			}
		}
	}
	assert.ok(compared > 650, `only ${compared} declarations`);
	t.diagnostic(`${compared} declarations`);
});
