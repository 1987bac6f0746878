/** A program for the tests: asks the module that started it for a document, says on standard output what it got, and waits for its end. */
import { endWithParent } from '#runtime/lifecycle.ts';
import { requestAttestation } from '#runtime/nsm-protocol.ts';

endWithParent(() => process.exit(0));
const document = await requestAttestation({ publicKey: new Uint8Array(32).fill(5), userData: new TextEncoder().encode('bound') });
process.stdout.write(`${JSON.stringify({ document: Buffer.from(document).toString('hex'), environment: process.env, args: process.argv.slice(2) })}\n`);
setInterval(() => {}, 60_000);
