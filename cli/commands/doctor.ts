import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { SealClient } from '@mysten/seal';
import { Connection } from '@temporalio/client';
import { governanceText } from '#cli/commands/governance.ts';
import { type EnclaveFlags, type Operator, operatorOf, suiText, walletFor } from '#cli/commands/operator.ts';
import { runCommand } from '#cli/commands/run.ts';
import { readGovernance } from '#clients/chain/upgrades.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { EXIT, VramhubError } from '#core/errors.ts';

interface Check {
	readonly name: string;
	readonly ok: boolean;
	readonly detail: string;
}

const TIMEOUT_MS = 8_000;
/** Its client tries again for as long as it may, even when nobody listens. */
const TEMPORAL_TIMEOUT_MS = 3_000;

/** Asks every part that a validator needs. Exit code 5 when one is down; configuration that is wrong altogether is 2, as everywhere. */
export const doctor = (flags: EnclaveFlags) =>
	runCommand(flags, async ({ log }) => {
		const operator = await operatorOf(flags);
		for (const name of operator.configuration.unknown) log.warn('The environment file sets a name that means nothing', { name });
		const checks = (
			await Promise.all([
				chainCheck(operator),
				contractsCheck(operator),
				walletCheck(operator, flags),
				sealChecks(operator),
				enclaveChecks(operator),
				temporalCheck(operator),
				modelCheck(operator),
			])
		).flat();
		return {
			json: { ok: checks.every(({ ok }) => ok), checks },
			text: checks.map(({ name, ok, detail }) => `${ok ? 'ok  ' : 'DOWN'}  ${name}: ${detail}\n`).join(''),
			exitCode: checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.unavailable,
		};
	});

async function check(name: string, work: () => Promise<string>): Promise<Check> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
	});
	try {
		return { name, ok: true, detail: await Promise.race([work(), late]) };
	} catch (error) {
		return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
	} finally {
		clearTimeout(timer);
	}
}

function chainCheck({ deployment, currentWindow }: Operator): Promise<Check> {
	return check('chain', async () => `${deployment.book.chain.rpcUrl}, window ${await currentWindow()}`);
}

function contractsCheck({ deployment, client, currentWindow }: Operator): Promise<Check> {
	return check('contracts', async () => {
		const [governance, window] = await Promise.all([readGovernance(client, deployment.book.objects.network), currentWindow()]);
		return governanceText(governance, window);
	});
}

function walletCheck(operator: Operator, { validatorUid }: EnclaveFlags): Promise<Check> {
	return check('wallet', async () => {
		const address = (await walletFor(operator, validatorUid ?? operator.configuration.get('VRAMHUB_VALIDATOR_UID'))).toSuiAddress();
		const { balance } = await operator.client.core.getBalance({ owner: address });
		if (BigInt(balance.balance) === 0n) throw new VramhubError('CHAIN_REJECTED', `${address} has no SUI to pay transactions with`);
		return `${address}, ${suiText(BigInt(balance.balance))}`;
	});
}

/** Each server's URL is in its object on chain. */
async function sealChecks({ deployment, client }: Operator): Promise<Check[]> {
	const serversOf = async () => {
		const { keyServers } = deployment.book.seal;
		const serverConfigs = keyServers.map(({ objectId }) => ({ objectId, weight: 1 }));
		return [...(await new SealClient({ suiClient: client, serverConfigs, verifyKeyServers: false, timeout: TIMEOUT_MS }).getKeyServers()).values()];
	};
	let servers: Awaited<ReturnType<typeof serversOf>>;
	try {
		servers = await serversOf();
	} catch (error) {
		return [{ name: 'key servers', ok: false, detail: error instanceof Error ? error.message : String(error) }];
	}
	return Promise.all(
		servers.map(({ objectId, url }) =>
			check(`key server ${objectId.slice(0, 12)}`, async () => {
				const response = await fetch(`${url}/v1/service?service_id=${objectId}`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error: unknown) => {
					throw new VramhubError('SEAL_UNAVAILABLE', `${url} does not answer`, { cause: error });
				});
				await response.body?.cancel();
				if (!response.ok) throw new VramhubError('SEAL_UNAVAILABLE', `${url} answers ${response.status}`);
				return url;
			}),
		),
	);
}

async function enclaveChecks({ deployment, configuration }: Operator): Promise<Check[]> {
	const uid = configuration.get('VRAMHUB_VALIDATOR_UID');
	const { book } = deployment;
	if (deployment.kind === 'remote' && uid === undefined) return [await check('enclave', () => probe(configuration.require('VRAMHUB_NAUTILUS_URL')))];
	const enclaves = book.validators.filter((validator) => uid === undefined || validator.uid === uid);
	return Promise.all(enclaves.map((validator) => check(`enclave of validator ${validator.uid}`, () => probe(validator.enclaveUrl))));
}

async function probe(url: string): Promise<string> {
	await new EnclaveClient({ url }).health();
	return url;
}

function temporalCheck({ deployment }: Operator): Promise<Check> {
	const { address, namespace } = deployment.book.temporal;
	return check('temporal', async () => {
		const connection = await Connection.connect({ address, connectTimeout: TEMPORAL_TIMEOUT_MS }).catch((error: unknown) => {
			throw new Error(`${address} does not answer: ${error instanceof Error ? error.message : String(error)}`);
		});
		try {
			await connection.workflowService.describeNamespace({ namespace });
		} finally {
			await connection.close();
		}
		return `${address}, namespace ${namespace}`;
	});
}

function modelCheck({ deployment }: Operator): Promise<Check> {
	const { modelRoot, book } = deployment;
	return check('model files', async () => {
		for (const file of Object.values(book.model)) await access(join(modelRoot, file));
		return modelRoot;
	});
}
