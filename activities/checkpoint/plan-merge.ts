import { beating } from '#activities/heartbeat.ts';
import { readInterval } from '#clients/chain/interval.ts';
import type { ChainReader } from '#clients/chain/port.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import { mergeDigest } from '#core/gradient/consensus.ts';
import type { CommittedMiner, MergePlan } from '#core/gradient/messages.ts';

type PlanChain = Pick<ChainReader, 'checkpoints' | 'intervalStart' | 'hparamsAt' | 'windowRecord' | 'selection' | 'commitments'>;

/** What the boundary merges, read from the chain alone. */
export function createPlanMerge({ chain }: { readonly chain: PlanChain }) {
	return async function planMerge({ boundary }: { readonly boundary: string }): Promise<MergePlan> {
		const number = BigInt(boundary);
		let window = number;
		return beating(
			() => ({ window: window.toString() }),
			async (signal) => {
				const { parent, from } = await readInterval(chain, number);
				const windows: MergePlan['windows'][number][] = [];
				const hashes: Uint8Array[] = [];
				for (window = from; window < number; window++) {
					signal.throwIfAborted();
					if ((await chain.windowRecord(window))?.status !== 'final') continue;
					const selection = await chain.selection(window);
					if (selection === undefined) throw new VramhubError('CHAIN_UNAVAILABLE', `the selection of window ${window} cannot be read yet`);
					hashes.push(selection.selectionHash);
					windows.push({ window: window.toString(), gradients: await selectedGradients(chain, window, selection.selected) });
				}
				return {
					boundary,
					parentBoundary: parent.boundary.toString(),
					parentHash: toHex(parent.hash),
					windows,
					mergeDigest: toHex(mergeDigest(hashes)),
				};
			},
		);
	};
}

async function selectedGradients(
	chain: PlanChain,
	window: bigint,
	selected: readonly { readonly uid: number; readonly generation: number }[],
): Promise<CommittedMiner[]> {
	if (selected.length === 0) return [];
	const commitments = new Map((await chain.commitments(window)).map((commitment) => [`${commitment.uid}/${commitment.generation}`, commitment]));
	return selected
		.map(({ uid, generation }) => {
			const commitment = commitments.get(`${uid}/${generation}`);
			if (commitment === undefined) throw new VramhubError('INVARIANT', `miner ${uid} is selected in window ${window} without a commitment`);
			return { uid, generation, credVersion: commitment.credVersion, sha256: toHex(commitment.sha256), size: Number(commitment.size) };
		})
		.sort((a, b) => a.uid - b.uid);
}
