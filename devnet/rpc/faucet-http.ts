/** `POST /gas` and `/v2/gas` as Sui's faucet answers them (`requestSuiFromFaucetV2`), and `GET /health`. */
import { z } from 'zod';
import { DEFAULT_FAUCET_AMOUNT, type Faucet } from '#devnet/faucet.ts';
import { normalizeAddress } from '#devnet/move/types.ts';
import type { PlainHandler } from '#devnet/rpc/server.ts';

const RequestSchema = z.object({
	FixedAmountRequest: z.object({
		recipient: z.string().regex(/^0x[0-9a-fA-F]{1,64}$/),
		/** MIST; ours alone: Sui's faucet decides itself. */
		amount: z.union([z.int().positive(), z.string().regex(/^[1-9][0-9]*$/)]).optional(),
	}),
});

export function faucetHttp(faucet: Faucet): PlainHandler {
	return async (request, response, body) => {
		const path = new URL(request.url ?? '/', 'http://devnet').pathname;
		const json = (status: number, value: unknown) => response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
		if (request.method === 'GET' && path === '/health') {
			json(200, { status: 'ok' });
			return true;
		}
		if (request.method !== 'POST' || (path !== '/gas' && path !== '/v2/gas')) return false;
		const fail = (status: number, internal: string) => json(status, { status: { Failure: { internal } } });
		const parsed = RequestSchema.safeParse(parseJson(await body()));
		if (!parsed.success) {
			fail(400, z.prettifyError(parsed.error));
			return true;
		}
		const { recipient, amount } = parsed.data.FixedAmountRequest;
		try {
			const coin = await faucet.give(normalizeAddress(recipient), amount === undefined ? DEFAULT_FAUCET_AMOUNT : BigInt(amount));
			json(200, { status: 'Success', coins_sent: [{ amount: Number(coin.amount), id: coin.id, transferTxDigest: coin.transferTxDigest }] });
		} catch (error) {
			fail(500, error instanceof Error ? error.message : String(error));
		}
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
