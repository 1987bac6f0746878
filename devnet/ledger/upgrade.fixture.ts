/** A library that is upgraded, packages that use it, and the transactions that publish and upgrade them. */
import { bcs } from '@mysten/sui/bcs';
import { Transaction } from '@mysten/sui/transactions';
import { type CompiledPackage, compilePackage, type MoveFiles } from '#devnet/compiler/compile.ts';
import { UPGRADE_POLICY } from '#devnet/publish/publish.ts';
import { attempt, type Playground, run } from '#devnet/rpc/playground.fixture.ts';

/** `ids` of a package that is published: its first version, and the one that others shall link to. */
export interface PublishedIds {
	readonly original: string;
	readonly at: string;
}

export function manifest(name: string, options: { readonly published?: PublishedIds; readonly uses?: readonly string[] } = {}): string {
	const { published, uses = [] } = options;
	const dependencies = uses.map((used) => `${used} = { local = "../${used}" }\n`).join('');
	const place = published === undefined ? '' : `published-at = "${published.at}"\n`;
	return `[package]\nname = "${name}"\nedition = "2024"\n${place}\n[dependencies]\n${dependencies}\n[addresses]\n${name} = "${published?.original ?? '0x0'}"\n`;
}

/** One module named as its package. */
export function sources(name: string, text: string, options: Parameters<typeof manifest>[1] = {}): MoveFiles {
	return { 'Move.toml': manifest(name, options), [`sources/${name}.move`]: `module ${name}::${name};\n${text}` };
}

export async function publishCompiled(playground: Playground, { modules, dependencies }: CompiledPackage) {
	const { effects, objectTypes } = await run(playground, (transaction) => {
		const cap = transaction.publish({ modules: [...modules.values()].map((bytes) => [...bytes]), dependencies: [...dependencies] });
		transaction.transferObjects([cap], playground.address);
	});
	const created = effects.changedObjects.filter(({ idOperation }) => idOperation === 'Created');
	const packageId = created.find(({ outputState }) => outputState === 'PackageWrite')?.objectId ?? '';
	const upgradeCap = created.find(({ objectId }) => objectTypes[objectId]?.endsWith('::package::UpgradeCap'))?.objectId ?? '';
	return { packageId, upgradeCap };
}

export async function publishSources(playground: Playground, files: MoveFiles, local: Readonly<Record<string, MoveFiles>> = {}) {
	return publishCompiled(playground, await compilePackage({ files, local }));
}

export interface UpgradeAttempt {
	readonly packageId: string;
	readonly upgradeCap: string;
	readonly policy?: number;
	/** As the ticket has them, where they differ from the compiled package's. */
	readonly digest?: string;
	/** Named by the Upgrade command, where it is not the capability's package. */
	readonly commandPackage?: string;
	readonly dependencies?: readonly string[];
}

export function buildUpgrade(transaction: Transaction, compiled: CompiledPackage, attempted: UpgradeAttempt): void {
	const { packageId, upgradeCap, policy = UPGRADE_POLICY.compatible, digest = compiled.digest } = attempted;
	const cap = transaction.object(upgradeCap);
	const ticket = transaction.moveCall({
		target: '0x2::package::authorize_upgrade',
		arguments: [cap, transaction.pure.u8(policy), transaction.pure.vector('u8', [...Buffer.from(digest, 'hex')])],
	});
	const receipt = transaction.upgrade({
		modules: [...compiled.modules.values()].map((bytes) => [...bytes]),
		dependencies: [...(attempted.dependencies ?? compiled.dependencies)],
		package: attempted.commandPackage ?? packageId,
		ticket,
	});
	transaction.moveCall({ target: '0x2::package::commit_upgrade', arguments: [cap, receipt] });
}

/** The effects of the transaction, failed or not. */
export async function attemptUpgrade(playground: Playground, compiled: CompiledPackage, attempted: UpgradeAttempt) {
	return outcomeOf(await attempt(playground, (transaction) => buildUpgrade(transaction, compiled, attempted), 2_000_000_000));
}

/** With the failure as the BCS of the effects has it: the client's own reading names the kinds of upgrade errors by another table. */
export function outcomeOf(result: Awaited<ReturnType<typeof attempt>>) {
	const { effects, status } = result.FailedTransaction ?? result.Transaction;
	const failure = bcs.TransactionEffects.parse(effects.bcs ?? new Uint8Array()).V2?.status.Failure;
	const upgradeError = failure?.error.$kind === 'PackageUpgradeError' ? failure.error.PackageUpgradeError.upgradeError.$kind : undefined;
	return {
		effects,
		error: status.error,
		failure,
		upgradeError,
		packageId: effects.changedObjects.find(({ outputState }) => outputState === 'PackageWrite')?.objectId,
	};
}

/** Upgrades and gives the new version's id. Throws when the chain refuses it. */
export async function upgradeSources(playground: Playground, files: MoveFiles, attempted: UpgradeAttempt, local: Readonly<Record<string, MoveFiles>> = {}) {
	const { error, packageId } = await attemptUpgrade(playground, await compilePackage({ files, local }), attempted);
	if (packageId === undefined) throw new Error(JSON.stringify(error));
	return packageId;
}

/** What a call returns, by simulation: one BCS value a return. */
export async function returnsOf(
	playground: Playground,
	target: string,
	build: (transaction: Transaction) => Partial<Parameters<Transaction['moveCall']>[0]> = () => ({}),
) {
	const transaction = new Transaction();
	transaction.setSender(playground.address);
	transaction.moveCall({ target, ...build(transaction) } as Parameters<Transaction['moveCall']>[0]);
	const result = await playground.client.simulateTransaction({ transaction, include: { commandResults: true } });
	if (result.$kind === 'FailedTransaction') throw new Error(JSON.stringify(result.FailedTransaction.status.error));
	return (result.commandResults?.at(-1)?.returnValues ?? []).map((value) => value.bcs);
}
