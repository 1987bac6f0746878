/** The attestation documents of AWS that stand in Sui's own tests, with the clock values there. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsNitroRoot } from '#devnet/nitro/aws-root.ts';
import { readCbor } from '#devnet/nitro/cbor-reader.ts';
import { createNitroVerifier } from '#devnet/nitro/verify.ts';

export interface RealDocument {
	readonly name: string;
	/** Milliseconds since the epoch. */
	readonly nowMs: bigint;
	readonly bytes: Uint8Array;
}

export const REAL_DOCUMENTS: readonly RealDocument[] = ['aws-document', 'aws-document-pcr16', 'aws-document-nautilus'].map((name) => {
	const vector = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'vectors', 'nitro', `${name}.json`), 'utf8')) as { nowMs: string; document: string };
	return { name, nowMs: BigInt(vector.nowMs), bytes: new Uint8Array(Buffer.from(vector.document, 'hex')) };
});

export const verifyUnderAwsRoot = createNitroVerifier({ roots: [awsNitroRoot()] });

/** First and last millisecond at which all of the document's certificates are valid; X.509 counts in whole seconds, both included. */
export function validityOf(document: Uint8Array): { first: bigint; last: bigint } {
	const envelope = readCbor(document);
	if (envelope.kind !== 'array' || envelope.items[2]?.kind !== 'bytes') throw new TypeError('no COSE_Sign1');
	const payload = readCbor(envelope.items[2].value);
	if (payload.kind !== 'map') throw new TypeError('no payload');
	const certificates = payload.entries.flatMap(([key, value]) => {
		if (key.kind !== 'text') return [];
		if (key.value === 'certificate') return [value];
		return key.value === 'cabundle' && value.kind === 'array' ? value.items : [];
	});
	const validity = certificates.map((item) => {
		if (item.kind !== 'bytes') throw new TypeError('no certificate');
		const { validFromDate, validToDate } = new X509Certificate(item.value);
		return { from: validFromDate.getTime(), to: validToDate.getTime() };
	});
	if (validity.length !== 5) throw new TypeError(`${validity.length} certificates`);
	return { first: BigInt(Math.max(...validity.map(({ from }) => from))), last: BigInt(Math.min(...validity.map(({ to }) => to))) + 999n };
}

/** The document with one byte changed. */
export function mutated(document: Uint8Array, position: number, difference: number): Uint8Array {
	const copy = document.slice();
	copy[position] = (copy[position] ?? 0) ^ difference;
	return copy;
}

/** Positions whose byte, changed by `difference`, is not refused. */
export function* accepted({ bytes, nowMs }: RealDocument, positions: Iterable<number>, differences: readonly number[]): Generator<string> {
	for (const position of positions) {
		for (const difference of differences) {
			try {
				verifyUnderAwsRoot(mutated(bytes, position, difference), nowMs);
			} catch (error) {
				if ((error as { code?: unknown }).code === 'ATTESTATION_INVALID') continue;
				throw error;
			}
			yield `byte ${position} ^ ${difference}`;
		}
	}
}

export function* positionsOf(document: Uint8Array, step: number, from = 0): Generator<number> {
	for (let position = from; position < document.length; position += step) yield position;
}
