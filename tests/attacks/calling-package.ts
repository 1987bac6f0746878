/** A thief's package around sealing, made as its compiler would not: against contracts in which sealing is public. */
import assert from 'node:assert/strict';
import type { Signer } from '@mysten/sui/cryptography';
import { compilePackage } from '#devnet/compiler/compile.ts';
import { publishPackage } from '#devnet/publish/publish.ts';
import type { TestChain } from '#tests/helpers/test-chain.ts';

/** What a compiler believes when it is told that sealing is public; the published bytecode says otherwise. */
const DECEIVED = `0x${'f00d'.padStart(64, '0')}`;
const MODULES = {
	network: 'Network',
	hparams: 'Hparams',
	gradient_registry: 'GradientRegistry',
	peer_registry: 'PeerRegistry',
	validator_registry: 'ValidatorRegistry',
};
const manifest = (name: string, address: string, rest = '') => `[package]\nname = "${name}"\nedition = "2024"\n${rest}\n[addresses]\n${name} = "${address}"\n`;
const SEAL_PARAMETERS = `rounds: &mut RoundState, network: &Network, hparams: &Hparams, gradients: &GradientRegistry, peers: &PeerRegistry,
    validators: &ValidatorRegistry, random: &Random, window: u64, clock: &Clock, ctx: &mut TxContext`;
const SEAL_USES = `use sui::clock::Clock;\nuse sui::random::Random;\n${Object.entries(MODULES)
	.map(([module, type]) => `use vramhub::${module}::${type};\n`)
	.join('')}`;
const BELIEVED = {
	'Move.toml': manifest('vramhub', DECEIVED, `published-at = "${DECEIVED}"\n`),
	...Object.fromEntries(
		Object.entries(MODULES).map(([module, type]) => [`sources/${module}.move`, `module vramhub::${module};\npublic struct ${type} has key { id: UID }\n`]),
	),
	'sources/round_state.move': `module vramhub::round_state;\n${SEAL_USES}public struct RoundState has key { id: UID }
public fun seal_window(${SEAL_PARAMETERS}) { abort window }
public fun is_sealed(_: &RoundState, window: u64): bool { abort window }\n`,
};
/** A package that calls sealing in the middle of its own function, or for comparison what is truly public. */
const callerOf = (call: string) => ({
	'Move.toml': manifest('thief', '0x0', '\n[dependencies]\nvramhub = { local = "../vramhub" }\n'),
	'sources/thief.move': `module thief::thief;\n${SEAL_USES}use vramhub::round_state::{Self, RoundState};
public fun if_it_suits(${SEAL_PARAMETERS}) {
    ${call};
    // Here the thief would look at what was drawn, and abort.
}\n`,
});

/** Publishes a package whose bytecode calls the contracts, whatever their visibility is. Throws CHAIN_REJECTED when the chain's linker forbids it. */
export async function publishCaller({ client, packageId }: TestChain, signer: Signer, call: string): Promise<void> {
	const compiled = await compilePackage({ files: callerOf(call), local: { vramhub: BELIEVED } });
	const [believed, target] = [DECEIVED, packageId].map((id) => Buffer.from(id.slice(2), 'hex'));
	const modules = new Map(
		[...compiled.modules].map(([name, bytes]) => {
			const patched = Buffer.from(bytes);
			target!.copy(patched, patched.indexOf(believed!));
			assert.equal(patched.indexOf(believed!), -1);
			return [name, new Uint8Array(patched)];
		}),
	);
	const dependencies = compiled.dependencies.map((id) => (id === DECEIVED ? packageId : id));
	await publishPackage({ client, signer }, { ...compiled, modules, dependencies }, 'a thief');
}
