import { type ActFlags, act } from '#cli/commands/act.ts';
import { fromHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { compilePackage, readContracts } from '#devnet/compiler/compile.ts';

export interface ProposeFlags extends ActFlags {
	/** Hexadecimal; of the contracts of this checkout when absent. */
	readonly digest?: string;
}

const ofThisCheckout = async () => compilePackage({ files: await readContracts() });

export const proposeUpgrade = (flags: ProposeFlags) =>
	act(flags, async () => {
		const hex = flags.digest?.replace(/^0x/, '') ?? (await ofThisCheckout()).digest;
		if (!/^[0-9a-f]{64}$/i.test(hex)) throw new VramhubError('BAD_ARGUMENT', '--digest: 32 bytes in hexadecimal');
		return { kind: 'proposeUpgrade', digest: fromHex(hex.toLowerCase()) };
	});

export const cancelUpgrade = (flags: ActFlags) => act(flags, async () => ({ kind: 'cancelUpgrade' }));

export const authorizeUpgrade = (flags: ActFlags) =>
	act(flags, async () => {
		const { modules, dependencies } = await ofThisCheckout();
		return { kind: 'upgrade', modules: [...modules.values()], dependencies };
	});

export const migrate = (flags: ActFlags) => act(flags, async () => ({ kind: 'migrate' }));
