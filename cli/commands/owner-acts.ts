import { type ActFlags, act } from '#cli/commands/act.ts';
import { mistOf, type Operator, walletFor } from '#cli/commands/operator.ts';
import type { Role } from '#clients/chain/calls.ts';
import { VramhubError } from '#core/errors.ts';

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

export const prune = (flags: ActFlags & { readonly window: bigint }) => act(flags, async () => ({ kind: 'pruneWindow', window: flags.window }));

export interface OperatorFlags extends StakeFlags {
	/** An address. */
	readonly operator: string;
}

export const setOperator = (flags: OperatorFlags) =>
	act(flags, async () => ({ kind: 'setOperator', role: flags.role, uid: flags.uid, operator: flags.operator }));

export interface ReplaceFlags extends ActFlags {
	/** SUI; the network's least when absent. */
	readonly stake?: string;
}

export const replaceMiner = (flags: ReplaceFlags) => replace(flags, 'miner');
export const replaceValidator = (flags: ReplaceFlags) => replace(flags, 'validator');

const replace = (flags: ReplaceFlags, role: Role) =>
	act(flags, async (operator) => {
		const { values } = await operator.chain.hparamsAt(await operator.currentWindow());
		const stakeMist = flags.stake === undefined ? values[`min_${role}_stake_mist`] : mistOf(flags.stake);
		return { kind: 'replace', role, stakeMist, feeMist: values.registration_fee_mist, operator: (await walletFor(operator)).toSuiAddress() };
	});

async function generationOf({ chain }: Operator, { role, uid }: StakeFlags): Promise<number> {
	const registered = await (role === 'miner' ? chain.miner(uid) : chain.validator(uid));
	if (registered === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `${role} ${uid} is not registered`);
	return registered.generation;
}
