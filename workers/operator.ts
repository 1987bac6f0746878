import { parseArgs } from 'node:util';
import { findObjects } from '#clients/chain/find-objects.ts';
import { walletOf } from '#clients/chain/wallet.ts';
import { VramhubError } from '#core/errors.ts';
import { type Configuration, loadConfiguration } from '#runtime/configuration.ts';
import { type Deployment, deploymentOf, requireComplete } from '#runtime/deployment.ts';
import { readValidatorSecrets } from '#runtime/validator-secrets.ts';

/** Who runs a daemon, and of which network. */
export interface DaemonOperator {
	readonly configuration: Configuration;
	readonly deployment: Deployment;
	readonly validatorUid: number;
	/** `suiprivkey1…` */
	readonly secretKey: string;
	/** A driver that does not run yet begins at this window, which may be one to come. */
	readonly fromWindow: bigint | undefined;
}

/**
 * From a daemon's command line, `[--data DIR] [--validator-uid N] [--settings FILE] [--from-window N]`, and the settings behind it. A local network's folder has the key
 * of each of its validators; elsewhere it is VRAMHUB_WALLET_MNEMONIC. Throws BAD_ARGUMENT, BAD_CONFIGURATION.
 */
export async function daemonOperator(program: string, args = process.argv.slice(2)): Promise<DaemonOperator> {
	const usage = `usage: ${program} [--data DIR] [--validator-uid N] [--settings FILE] [--from-window N]`;
	let values: { data?: string; 'validator-uid'?: string; settings?: string; 'from-window'?: string };
	try {
		({ values } = parseArgs({
			args,
			options: { data: { type: 'string' }, 'validator-uid': { type: 'string' }, settings: { type: 'string' }, 'from-window': { type: 'string' } },
		}));
	} catch (error) {
		throw new VramhubError('BAD_ARGUMENT', `${(error as Error).message}; ${usage}`);
	}
	const from = values['from-window'];
	if (from !== undefined && !/^\d{1,18}$/.test(from)) throw new VramhubError('BAD_ARGUMENT', `--from-window: ${from} is no window; ${usage}`);
	const flags = { VRAMHUB_DATA: values.data, VRAMHUB_VALIDATOR_UID: values['validator-uid'] };
	const configuration = loadConfiguration({ flags, ...(values.settings !== undefined && { envFile: values.settings }) });
	const validatorUid = configuration.require('VRAMHUB_VALIDATOR_UID');
	const deployment = await deploymentOf(configuration, findObjects);
	requireComplete(deployment);
	const isOurs = deployment.kind === 'local' && deployment.book.validators.some(({ uid }) => uid === validatorUid);
	const secretKey = isOurs
		? (await readValidatorSecrets(deployment.data, validatorUid)).secretKey
		: walletOf(configuration.require('VRAMHUB_WALLET_MNEMONIC')).getSecretKey();
	return { configuration, deployment, validatorUid, secretKey, fromWindow: from === undefined ? undefined : BigInt(from) };
}
