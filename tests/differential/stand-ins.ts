/**
 * Framework modules that the second machine cannot run: its natives `hash::blake2b256` and `ed25519::ed25519_verify` take values where
 * Sui's take references, and `nitro_attestation` does not load without the native that it lacks. State files carry modules in their
 * place: BLAKE2b is computed in Move, a signature is taken for good, and the document of an attestation is given by ours.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from '@mysten/move-bytecode-template';
import { compileFramework } from '#devnet/compiler/compile.ts';
import { compileGenerated } from './compile-generated.ts';
import type { Json } from './second-machine.ts';

const FRAMEWORK = `0x${'0'.repeat(63)}2`;

/** As a package of a state file. */
export async function standIns(): Promise<Json> {
	const source = await readFile(join(import.meta.dirname, 'moves', 'hash.move'), 'utf8');
	const hash = (await compileGenerated(FRAMEWORK, [{ name: 'hash', source }])).modules.get('hash');
	const framework = (await compileFramework()).packages.find(({ name }) => name === 'Sui');
	const nitro = framework?.modules.get('nitro_attestation');
	const ed25519 = framework?.modules.get('ed25519');
	if (hash === undefined || nitro === undefined || ed25519 === undefined) throw new TypeError('a stand-in was not compiled');
	const modules = { hash, nitro_attestation: nativesAs(nitro, [{ LdU64: 0n }, 'Abort']), ed25519: nativesAs(ed25519, ['LdTrue', 'Ret']) };
	return {
		address: FRAMEWORK,
		version: 1,
		modules: Object.entries(modules).map(([name, bytes]) => ({ name, bytecode: Buffer.from(bytes).toString('base64') })),
	};
}

interface Function {
	readonly code: unknown;
}

/** Natives do this instead. */
function nativesAs(bytes: Uint8Array, instructions: readonly unknown[]): Uint8Array {
	const module = deserialize(bytes) as { readonly function_defs: readonly Function[]; readonly signatures: readonly (readonly unknown[])[] };
	const signatures = [...module.signatures];
	if (!signatures.some((types) => types.length === 0)) signatures.push([]);
	const locals = signatures.findIndex((types) => types.length === 0);
	const code = { locals, code: instructions, jump_tables: [] };
	const function_defs = module.function_defs.map((fn) => (fn.code === null || fn.code === undefined ? { ...fn, code } : fn));
	return serialize({ ...module, signatures, function_defs });
}
