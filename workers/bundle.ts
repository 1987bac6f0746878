import { createHash } from 'node:crypto';
import { access, glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { writeFileAtomic } from '#runtime/files.ts';
import { cacheFolder, checkoutRoot } from '#runtime/state-folder.ts';

/** Everything that can reach the bundle: our workflows and core, and the versions of what they are bundled with. */
const SOURCES = ['workflows/**/*.ts', 'core/**/*.ts', 'package-lock.json'];

/**
 * The workflow bundle's file: made once for these sources (2-5 s), then found in the cache, which workers of one machine share. A bundle is
 * found by the content of its sources, so an edited workflow is never run from an old bundle.
 */
export async function workflowBundle(cache = cacheFolder()): Promise<{ readonly codePath: string }> {
	const codePath = join(cache, `workflows-${await sourcesDigest()}.js`);
	if (await exists(codePath)) return { codePath };
	const { code } = await bundleWorkflowCode({ workflowsPath: join(checkoutRoot, 'workflows/gradient/workflows.ts'), logger: quiet });
	await writeFileAtomic(codePath, code);
	return { codePath };
}

async function sourcesDigest(): Promise<string> {
	const files: string[] = [];
	for (const pattern of SOURCES) for await (const file of glob(pattern, { cwd: checkoutRoot })) if (!file.endsWith('.test.ts')) files.push(file);
	const hash = createHash('sha256');
	for (const file of files.sort()) {
		const content = await readFile(join(checkoutRoot, file));
		hash.update(`${file}\0${content.length}\0`).update(content);
	}
	return hash.digest('hex').slice(0, 16);
}

async function exists(file: string): Promise<boolean> {
	try {
		await access(file);
		return true;
	} catch {
		return false;
	}
}

/** Webpack's progress is nobody's business; what fails is thrown. */
const nothing = () => {};
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
