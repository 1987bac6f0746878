/**
 * Preloaded into every thread of a validator's process: the file that `VRAMHUB_TEST_KEYS` names is given the keys of its Seal sessions, so that a test can
 * search for them.
 */
import { appendFile } from 'node:fs/promises';
import { SessionKey } from '@mysten/seal';

const keysFile = process.env.VRAMHUB_TEST_KEYS;
if (keysFile !== undefined) {
	const create = SessionKey.create.bind(SessionKey);
	SessionKey.create = async (options) => {
		const session = await create(options);
		await appendFile(keysFile, `${String(session.export().sessionKey)}\n`);
		return session;
	};
}
