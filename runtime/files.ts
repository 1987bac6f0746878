import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes beside the target, syncs, then renames over it: a reader sees the old bytes or the new ones. `mode` 0o600 for secrets. */
export async function writeFileAtomic(file: string, contents: string | Uint8Array, mode = 0o644): Promise<void> {
	await rename(await writeBeside(file, contents, mode), file);
}

/** Writes a file that nothing has written before, whole and synced with its folder, whoever else tries at the same time. Returns false when there is one. */
export async function writeFileOnce(file: string, contents: string | Uint8Array): Promise<boolean> {
	const temporary = await writeBeside(file, contents, 0o644);
	try {
		await link(temporary, file);
		const folder = await open(dirname(file));
		await folder.sync().finally(() => folder.close());
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	} finally {
		await rm(temporary);
	}
}

/** Returns the synced file's name. */
async function writeBeside(file: string, contents: string | Uint8Array, mode: number): Promise<string> {
	await mkdir(dirname(file), { recursive: true });
	const temporary = `${file}.${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`;
	const handle = await open(temporary, 'wx', mode);
	try {
		await handle.writeFile(contents);
		await handle.sync();
	} finally {
		await handle.close();
	}
	return temporary;
}

/** Names in a folder; none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
		throw error;
	}
}
