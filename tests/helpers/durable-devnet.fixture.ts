/** `node tests/helpers/durable-devnet.fixture.ts FOLDER SEGMENT_BYTES`: a devnet that writes snapshots often, to be killed. Ends with its parent. */
import { startDevnet } from '#devnet/start-devnet.ts';

const [, , dataDir = '', segmentBytes] = process.argv;
const { url } = await startDevnet({ dataDir, log: { segmentBytes: Number(segmentBytes) }, randomSeed: 'durability' });
process.stdout.write(`${url}\n`);
process.stdin.on('end', () => process.exit(0)).resume();
