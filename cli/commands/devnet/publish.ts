import { SuiGrpcClient } from '@mysten/sui/grpc';
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { ask, type DevnetUrlFlags } from '#cli/commands/devnet/client.ts';
import { listing, runCommand } from '#cli/commands/run.ts';
import { VramhubError } from '#core/errors.ts';
import { compilePackage, readFrameworkSources, readMovePackage } from '#devnet/compiler/compile.ts';
import { publishPackage } from '#devnet/publish/publish.ts';

export interface PublishFlags extends DevnetUrlFlags {
	readonly account: number;
	readonly withFramework?: string;
}

/** Compiles before it asks the chain for anything: what is wrong with the text is said even when no devnet runs. */
export const publish = (flags: PublishFlags, folder: string) =>
	runCommand(flags, async () => {
		const framework = flags.withFramework === undefined ? undefined : await readFrameworkSources(flags.withFramework);
		const compiled = await compilePackage({ files: await packageIn(folder), ...(framework !== undefined && { framework }) });
		const accounts = await ask<readonly { address: string; secretKey: string }[]>(flags.url, '/accounts');
		const account = accounts[flags.account];
		if (account === undefined) {
			throw new VramhubError('BAD_ARGUMENT', `--account: the devnet has ${accounts.length} accounts; vramhub devnet --accounts N makes more`);
		}
		const client = new SuiGrpcClient({ network: 'custom', baseUrl: flags.url });
		const published = await publishPackage({ client, signer: Ed25519Keypair.fromSecretKey(account.secretKey) }, compiled, folder);
		const { packageId, upgradeCap, created, digest } = published;
		return {
			json: { packageId, upgradeCap, created, digest, account: account.address, modules: [...compiled.modules.keys()] },
			text: listing([
				['package', packageId],
				['modules', [...compiled.modules.keys()].join(' ')],
				['UpgradeCap', `${upgradeCap} of ${account.address}`],
				...created.map(({ id, type }) => ['created', `${id} ${type}`] as const),
				['transaction', digest],
			]),
		};
	});

async function packageIn(folder: string): Promise<Readonly<Record<string, string>>> {
	try {
		return await readMovePackage(folder);
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
		throw new VramhubError('BAD_ARGUMENT', `${folder} holds no Move package: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
	}
}
