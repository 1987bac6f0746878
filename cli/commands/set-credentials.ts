import { type ActFlags, act } from '#cli/commands/act.ts';
import { type MinerFlags, type Operator, operatorOf, walletFor } from '#cli/commands/operator.ts';
import { runCommand } from '#cli/commands/run.ts';
import { encryptCredentials } from '#clients/seal/encrypt-credentials.ts';
import { VramhubError } from '#core/errors.ts';

/** Encrypts the read credentials of VRAMHUB_R2_* for the network's validators and registers the ciphertext; repeated, it rotates them. */
export const setCredentials = (flags: MinerFlags) =>
	runCommand(flags, async ({ log }) => {
		const operator = await operatorOf(flags);
		const next = await nextCredentials(operator);
		const executed = await operator.writerOf(await walletFor(operator)).setCredentials(next);
		const { uid, credVersion, ciphertext } = next;
		log.info('Credentials set', { miner_uid: uid, cred_version: credVersion, tx: executed?.digest });
		return { json: { uid, credVersion, bytes: ciphertext.length, tx: executed?.digest ?? null }, text: `${credVersion}\n` };
	});

/** The same as an act: with a trial. */
export const rotateCredentials = (flags: ActFlags & MinerFlags) =>
	act(flags, async (operator) => ({ kind: 'setCredentials', ...(await nextCredentials(operator)) }));

async function nextCredentials(operator: Operator): Promise<{ readonly uid: number; readonly credVersion: number; readonly ciphertext: Uint8Array }> {
	const { configuration, deployment, client, chain } = operator;
	const credentials = {
		endpoint: configuration.require('VRAMHUB_R2_ENDPOINT'),
		bucket: configuration.require('VRAMHUB_R2_BUCKET'),
		accessKeyId: configuration.require('VRAMHUB_R2_ACCESS_KEY_ID'),
		secretAccessKey: configuration.require('VRAMHUB_R2_SECRET_ACCESS_KEY'),
		prefix: configuration.get('VRAMHUB_R2_PREFIX') ?? '',
	};
	const address = (await walletFor(operator)).toSuiAddress();
	const asked = configuration.get('VRAMHUB_MINER_UID');
	const miner = asked === undefined ? (await chain.miners()).find(({ active, owner }) => active && owner === address) : await chain.miner(asked);
	if (miner === undefined)
		throw new VramhubError('CHAIN_OBJECT_MISSING', asked === undefined ? 'this wallet has no active miner' : `miner ${asked} is not registered`);
	const { uid, generation } = miner;
	const credVersion = miner.credVersion + 1;
	const { seal, packageId, objects } = deployment.book;
	const ciphertext = await encryptCredentials({
		suiClient: client,
		packageId,
		threshold: seal.threshold,
		keyServers: seal.keyServers.map(({ objectId }) => objectId),
		network: objects.network,
		uid,
		generation,
		credVersion,
		credentials,
	});
	return { uid, credVersion, ciphertext };
}
