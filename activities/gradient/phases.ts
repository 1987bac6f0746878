import type { ChainReader } from '#clients/chain/port.ts';
import type { WindowPhases } from '#core/window.ts';

/** Deadlines of a window under the parameters in force in it. */
export async function readPhases(chain: Pick<ChainReader, 'network' | 'hparamsAt'>, window: bigint): Promise<WindowPhases> {
	const [network, hparams] = await Promise.all([chain.network(), chain.hparamsAt(window)]);
	return {
		windowDurationMs: network.windowDurationMs,
		putOpenMs: hparams.values.put_window_open_ms,
		putCloseMs: hparams.values.put_window_close_ms,
	};
}
