import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TOOLS = join(import.meta.dirname, '..', '..', '.vramhub', 'tools');
const BINARY = 'usr/bin/qemu-x86_64-static';

/**
 * QEMU's user-mode emulator of x86-64: `VRAMHUB_QEMU`, one on PATH, or the Debian package `qemu-user-static`, unpacked without being installed.
 * `undefined` where none of them can be had.
 */
export async function x86Emulator(): Promise<string | undefined> {
	const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
	const candidates = [process.env.VRAMHUB_QEMU, ...['qemu-x86_64', 'qemu-x86_64-static'].flatMap((name) => folders.map((folder) => join(folder, name)))];
	const unpacked = join(TOOLS, 'qemu-user-static');
	for (const candidate of [...candidates, join(unpacked, BINARY)]) if (candidate !== undefined && (await isExecutable(candidate))) return candidate;
	return (await unpack(unpacked)) ? join(unpacked, BINARY) : undefined;
}

async function unpack(target: string): Promise<boolean> {
	await mkdir(TOOLS, { recursive: true });
	const scratch = await mkdtemp(join(TOOLS, '.qemu-'));
	try {
		await run('apt-get', ['download', 'qemu-user-static'], { cwd: scratch });
		const archive = (await readdir(scratch)).find((name) => name.endsWith('.deb'));
		if (archive === undefined) return false;
		await run('dpkg', ['-x', archive, 'package'], { cwd: scratch });
		await rename(join(scratch, 'package'), target);
		return true;
	} catch {
		return false;
	} finally {
		await rm(scratch, { recursive: true });
	}
}

async function isExecutable(file: string): Promise<boolean> {
	return access(file, constants.X_OK).then(
		() => true,
		() => false,
	);
}
