/** `POST /advance-clock {"ms": N}`: lets chain time jump ahead, so that a development network need not wait for a window to open. */
import { z } from 'zod';
import type { PlainHandler } from '#devnet/rpc/server.ts';

const RequestSchema = z.object({
	/** At most a year a call. */
	ms: z
		.int()
		.min(0)
		.max(366 * 86_400_000),
});

export function clockHttp(clock: { advanceClock(ms: number): void; now(): bigint }): PlainHandler {
	return async (request, response, body) => {
		if (request.method !== 'POST' || new URL(request.url ?? '/', 'http://devnet').pathname !== '/advance-clock') return false;
		const parsed = RequestSchema.safeParse(parseJson(await body()));
		if (parsed.success) clock.advanceClock(parsed.data.ms);
		response.writeHead(parsed.success ? 200 : 400, { 'content-type': 'application/json' });
		response.end(`${JSON.stringify(parsed.success ? { clockMs: clock.now().toString() } : { error: z.prettifyError(parsed.error) })}\n`);
		return true;
	};
}

function parseJson(bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString('utf8'));
	} catch {
		return undefined;
	}
}
