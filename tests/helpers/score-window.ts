import type { SessionRequest } from '#core/gradient/enclave-api.ts';
import { FileStore } from '#enclave/files.ts';
import { createSigningKey } from '#enclave/keys.ts';
import { Sessions } from '#enclave/sessions.ts';
import { cpuClass } from '#model/runtime-digest.ts';

export interface WindowToScore {
	readonly request: SessionRequest;
	/** By SHA-256. */
	readonly files: ReadonlyMap<string, Uint8Array>;
	/** In the order in which the enclave is given them. */
	readonly gradients: readonly { readonly uid: number; readonly bytes: Uint8Array }[];
	readonly threads: number;
}

export interface ScoredWindow {
	readonly medianNorm: number;
	readonly baseline: string;
	/** uid, own, random in micro-nats; ascending uid. */
	readonly scores: readonly (readonly [number, number, number])[];
	/** Hexadecimal, without the key that signed it. */
	readonly miners: string;
}

/** The whole evaluation of a window by the enclave's own code. */
export async function scoreWindow({ request, files, gradients, threads }: WindowToScore): Promise<ScoredWindow> {
	const store = new FileStore(2 ** 28);
	for (const [sha256, bytes] of files) await store.put(sha256, parts(bytes));
	await using sessions = new Sessions({ key: createSigningKey(), files: store, cpuClass: cpuClass(), threads });
	const { session: id } = await sessions.open(request);
	const session = sessions.get(id);
	for (const { uid, bytes } of gradients) session.measure(uid, bytes);
	const { median_norm: medianNorm, baseline_loss: baseline } = await session.freeze(new Map());
	const scores: [number, number, number][] = [];
	for (const { uid, bytes } of gradients) {
		const { score, random } = await session.process(uid, bytes);
		scores.push([uid, score, random]);
	}
	const { payload, public_key } = await session.close();
	return { medianNorm, baseline, scores: scores.sort(([a], [b]) => a - b), miners: payload.replace(public_key, '') };
}

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
	yield bytes;
}

// As a process of its own: one window in, what it came to out.
if (process.send !== undefined && import.meta.filename === process.argv[1]) {
	process.once('message', async (window: WindowToScore) => {
		process.send!(await scoreWindow(window), () => process.disconnect());
	});
}
