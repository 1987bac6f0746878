import { mistOf, type NetworkFlags, type Operator, operatorOf, suiText, walletFor } from '#cli/commands/operator.ts';
import { type Answer, runCommand } from '#cli/commands/run.ts';
import { type Act, type ActEffect, performAct, tryAct } from '#clients/chain/acts.ts';
import type { Role } from '#clients/chain/calls.ts';
import { VramhubError } from '#core/errors.ts';

export interface ActFlags extends NetworkFlags {
	/** Says what would happen, and does nothing. */
	readonly dryRun: boolean;
}

export interface StakeFlags extends ActFlags {
	readonly role: Role;
	readonly uid: number;
}

export interface AmountFlags extends StakeFlags {
	/** SUI. */
	readonly amount: string;
}

export interface WithdrawFlags extends StakeFlags {
	/** Of the registration; that which the uid has now when absent. */
	readonly generation?: number;
}

export const stake = (flags: AmountFlags) => act(flags, async () => ({ kind: 'addStake', role: flags.role, uid: flags.uid, amountMist: mistOf(flags.amount) }));

export const unbond = (flags: AmountFlags) =>
	act(flags, async () => ({ kind: 'unbondStake', role: flags.role, uid: flags.uid, amountMist: mistOf(flags.amount) }));

export const deactivate = (flags: StakeFlags) => act(flags, async () => ({ kind: 'deactivate', role: flags.role, uid: flags.uid }));

export const withdraw = (flags: WithdrawFlags) =>
	act(flags, async (operator) => ({
		kind: 'withdrawStake',
		role: flags.role,
		uid: flags.uid,
		generation: flags.generation ?? (await generationOf(operator, flags)),
	}));

export const claim = (flags: ActFlags) => act(flags, async () => ({ kind: 'claimRewards' }));

async function generationOf({ chain }: Operator, { role, uid }: StakeFlags): Promise<number> {
	const registered = await (role === 'miner' ? chain.miner(uid) : chain.validator(uid));
	if (registered === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `${role} ${uid} is not registered`);
	return registered.generation;
}

/** The wallet must own what the act is about. */
function act(flags: ActFlags, wanted: (operator: Operator) => Promise<Act>) {
	return runCommand(flags, async ({ log }) => {
		const operator = await operatorOf(flags);
		const { packageId, objects } = operator.deployment.book;
		const context = { client: operator.client, target: { packageId, objects }, signer: await walletFor(operator) };
		const effect = await (flags.dryRun ? tryAct : performAct)(context, await wanted(operator));
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
