import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes beside the target, syncs, then renames over it: a reader sees the old bytes or the new ones. `mode` 0o600 for secrets. */
export async function writeFileAtomic(file: string, contents: string | Uint8Array, mode = 0o644): Promise<void> {
	await mkdir(dirname(file), { recursive: true });
	const temporary = `${file}.${process.pid}.${crypto.randomUUID().slice(0, 8)}.tmp`;
	const handle = await open(temporary, 'wx', mode);
	try {
		await handle.writeFile(contents);
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(temporary, file);
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
