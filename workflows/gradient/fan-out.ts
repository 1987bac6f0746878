/** Groups of at most `size`, in order. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
	const chunks: T[][] = [];
	for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
	return chunks;
}

/** Results in the items' order, at most `limit` under way at once. After the first failure nothing more is begun, and it is thrown once what was begun has ended. */
export async function mapBounded<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	let next = 0;
	let failed = false;
	const lane = async () => {
		while (next < items.length && !failed) {
			const index = next++;
			try {
				results[index] = await work(items[index]!);
			} catch (error) {
				failed = true;
				throw error;
			}
		}
	};
	const lanes = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, lane));
	for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
	return results;
}
