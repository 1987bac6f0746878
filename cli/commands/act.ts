import { type NetworkFlags, type Operator, operatorOf, suiText, walletFor } from '#cli/commands/operator.ts';
import { type Answer, runCommand } from '#cli/commands/run.ts';
import { type Act, type ActEffect, performAct, tryAct } from '#clients/chain/acts.ts';
import { servingPackage } from '#clients/chain/serving.ts';

export interface ActFlags extends NetworkFlags {
	/** Says what would happen, and does nothing. */
	readonly dryRun: boolean;
}

/** The wallet must own what the act is about; that of a validator of a local network is in its data folder. */
export function act(flags: ActFlags, wanted: (operator: Operator) => Promise<Act>, validatorUid?: number) {
	return runCommand(flags, async ({ log }) => {
		const operator = await operatorOf(flags);
		const { client, deployment } = operator;
		const { packageId, objects } = deployment.book;
		const [serving, signer] = await Promise.all([servingPackage(client, packageId, objects.network), walletFor(operator, validatorUid)]);
		const effect = await (flags.dryRun ? tryAct : performAct)({ client, target: { packageId: serving, objects }, signer }, await wanted(operator));
		if (effect.digest !== undefined) log.info('Done', { tx: effect.digest });
		return answerOf(effect);
	});
}

function answerOf({ digest, gasMist, events }: ActEffect): Answer {
	const lines = events.map(({ name, fields }) => [name, ...Object.entries(fields).map(([field, value]) => `${field}=${shown(value)}`)].join(' '));
	const gas = gasMist < 0n ? `${suiText(-gasMist)} given back` : suiText(gasMist);
	const text = [...lines, `gas ${gas}`, ...(digest === undefined ? ['nothing was sent: a dry run'] : [])];
	return { json: { tx: digest ?? null, gasMist, events }, text: `${text.join('\n')}\n` };
}

const shown = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
