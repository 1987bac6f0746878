/** Sui's own framework, when the machine has it: an oracle that a test must be given, since it is not part of this repository. */
import { type FrameworkSources, readFrameworkSources } from '#devnet/compiler/compile.ts';

const FOLDER = process.env.VRAMHUB_SUI_FRAMEWORK;

/** For `startDevnet`. */
export const realFrameworkFolder = FOLDER ?? '';

/** For `skip`: the reason, or false when the sources are there. */
export const withoutRealFramework: string | false =
	FOLDER === undefined || FOLDER === ''
		? 'set VRAMHUB_SUI_FRAMEWORK to the folder that holds Sui’s packages move-stdlib and sui-framework (crates/sui-framework/packages of its repository)'
		: false;

/** Throws BAD_CONFIGURATION when the folder does not hold them. */
export async function realFramework(): Promise<FrameworkSources> {
	if (FOLDER === undefined || withoutRealFramework !== false) throw new Error('the test is to be skipped');
	return readFrameworkSources(FOLDER);
}
