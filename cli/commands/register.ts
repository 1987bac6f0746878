import { mistOf, type NetworkFlags, type Operator, operatorOf, suiText, walletFor } from '#cli/commands/operator.ts';
import { type Answer, runCommand } from '#cli/commands/run.ts';
import type { ChainReader, Validator } from '#clients/chain/port.ts';

export interface RegisterFlags extends NetworkFlags {
	/** SUI; the network's least when absent. */
	readonly stake?: string;
}

/** Stakes, and prints the uid. A wallet that owns an active miner keeps it: nothing is staked twice by a repeated command. */
export const registerMiner = (flags: RegisterFlags) =>
	runCommand(flags, async ({ log }) => {
		const stakeMist = flags.stake === undefined ? undefined : mistOf(flags.stake);
		const operator = await operatorOf(flags);
		const wallet = await walletFor(operator);
		const writer = operator.writerOf(wallet);
		const existing = (await operator.chain.miners()).find(({ active, owner }) => active && owner === writer.address);
		if (existing !== undefined) {
			log.info('This wallet has a miner already', { miner_uid: existing.uid, address: writer.address });
			return registered(existing.uid, existing.generation, existing.stake, null);
		}
		const stake = stakeMist ?? (await parameters(operator)).min_miner_stake_mist;
		const { uid, generation, digest } = await writer.registerMiner({ stakeMist: stake, operator: writer.address });
		log.info('Miner registered', { miner_uid: uid, stake: suiText(stake), tx: digest });
		return registered(uid, generation, stake, digest);
	});

/** As {@link registerMiner}, for a validator. */
export const registerValidator = (flags: RegisterFlags) =>
	runCommand(flags, async ({ log }) => {
		const stakeMist = flags.stake === undefined ? undefined : mistOf(flags.stake);
		const operator = await operatorOf(flags);
		const wallet = await walletFor(operator);
		const writer = operator.writerOf(wallet);
		const existing = await validatorOf(operator.chain, writer.address);
		if (existing !== undefined) {
			log.info('This wallet has a validator already', { validator_uid: existing.uid, address: writer.address });
			return registered(existing.uid, existing.generation, existing.stake, null);
		}
		const stake = stakeMist ?? (await parameters(operator)).min_validator_stake_mist;
		const { uid, generation, digest } = await writer.registerValidator({ stakeMist: stake, operator: writer.address });
		log.info('Validator registered', { validator_uid: uid, stake: suiText(stake), tx: digest });
		return registered(uid, generation, stake, digest);
	});

function registered(uid: number, generation: number, stakeMist: bigint, tx: string | null): Answer {
	return { json: { uid, generation, stakeMist, tx }, text: `${uid}\n` };
}

async function parameters({ chain, currentWindow }: Operator) {
	return (await chain.hparamsAt(await currentWindow())).values;
}

/** Uids count from 0 without gaps. */
async function validatorOf(chain: Pick<ChainReader, 'validator'>, owner: string): Promise<Validator | undefined> {
	for (let uid = 0; ; uid++) {
		const validator = await chain.validator(uid);
		if (validator === undefined || (validator.active && validator.owner === owner)) return validator;
	}
}
