import { type ActFlags, act } from '#cli/commands/act.ts';
import { mistOf } from '#cli/commands/operator.ts';
import { changedParameters } from '#cli/commands/parameters.ts';
import { fromHex } from '#core/bytes.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';

export interface PauseFlags extends ActFlags {
	readonly minutes: number;
}

export interface HparamsFlags extends ActFlags {
	/** `name=value,…` */
	readonly set: string;
}

export interface PcrFlags extends ActFlags {
	/** Hexadecimal. */
	readonly pcr0: string;
	readonly pcr1: string;
	readonly pcr2: string;
}

export interface PcrRowFlags extends ActFlags {
	readonly row: number;
}

export interface ExpireFlags extends PcrRowFlags {
	readonly window: bigint;
}

export interface SpendFlags extends ActFlags {
	readonly from: 'fees' | 'treasury';
	readonly amount: string;
}

export interface OfferFlags extends ActFlags {
	/** An address; without it, an offer is taken back. */
	readonly to?: string;
}

export const pause = (flags: PauseFlags) => act(flags, async () => ({ kind: 'pause', durationMs: BigInt(flags.minutes) * 60_000n }));

export const resume = (flags: ActFlags) => act(flags, async () => ({ kind: 'resume' }));

export const setHparams = (flags: HparamsFlags) =>
	act(flags, async ({ chain, currentWindow }) => {
		// Changes that were proposed for the next window already stay.
		const { values, modelManifestHash, datasetRoot } = await chain.hparamsAt((await currentWindow()) + 1n);
		return { kind: 'setHparams', hparams: { values: changedParameters(values, flags.set), modelManifestHash, datasetRoot } };
	});

export const allowPcr = (flags: PcrFlags) =>
	act(flags, async () => ({ kind: 'allowPcrs', pcrs: [measurement('pcr0', flags.pcr0), measurement('pcr1', flags.pcr1), measurement('pcr2', flags.pcr2)] }));

export const expirePcr = (flags: ExpireFlags) => act(flags, async () => ({ kind: 'expirePcrs', row: flags.row, untilWindow: flags.window }));

export const revokePcr = (flags: PcrRowFlags) => act(flags, async () => ({ kind: 'revokePcrs', row: flags.row }));

/** Fees are SUI, the treasury holds the smallest units of VRAM. */
export const spend = (flags: SpendFlags) =>
	act(flags, async () =>
		flags.from === 'fees' ? { kind: 'spendFees', amount: mistOf(flags.amount) } : { kind: 'spendTreasury', amount: unitsOf(flags.amount) },
	);

export const offerAdministration = (flags: OfferFlags) => act(flags, async () => ({ kind: 'offerAdministration', to: flags.to }));

export const acceptAdministration = (flags: ActFlags) => act(flags, async () => ({ kind: 'acceptAdministration' }));

function unitsOf(amount: string): bigint {
	if (!/^\d{1,20}$/.test(amount)) throw new VramhubError('BAD_ARGUMENT', `--amount: ${amount} is not a whole number`);
	return BigInt(amount);
}

function measurement(flag: string, hex: string): Uint8Array {
	try {
		return fromHex(hex.replace(/^0x/, ''));
	} catch (cause) {
		throw new VramhubError('BAD_ARGUMENT', `--${flag} is not hexadecimal${isVramhubError(cause) ? `: ${cause.message}` : ''}`, { cause });
	}
}
