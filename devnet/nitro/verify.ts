import { verify } from 'node:crypto';
import { Encoder } from 'cbor-x';
import { VramhubError } from '#core/errors.ts';
import type { NitroDocument } from '#devnet/move/api.ts';
import { type CborItem, readCbor } from './cbor-reader.ts';
import { type Certificate, parseCertificate } from './certificate.ts';

/**
 * The checks of Sui's `0x2::nitro_attestation` native (sui-types `nitro_attestation.rs`, upgraded parsing with all non-zero PCRs), in
 * its order. As there, the document's own timestamp and its nonce are not judged: a contract does that.
 * Formats: AWS "Verifying the root of trust", RFC 9052 (COSE_Sign1), RFC 5280 (path validation as far as the native goes).
 */
const LIMITS = { payload: 16_383, signature: 96, certificate: 1024, cabundle: 10, pcrs: 32, publicKey: 1024, userData: 512, nonce: 512 } as const;
const COSE_SIGN1_TAG = 18n;
const ES384 = -35n;
const PCR_LENGTHS = [32, 48, 64];

export type NitroVerifier = (document: Uint8Array, nowMs: bigint) => NitroDocument;

/**
 * @param roots DER of the certificates that a chain may end in. The verifier throws ATTESTATION_INVALID with the reason; the error's name is
 * `NitroParseError` when the bytes are no document at all.
 */
export function createNitroVerifier({ roots }: { readonly roots: readonly Uint8Array[] }): NitroVerifier {
	const trusted = roots.map(parseCertificate);
	return (document, nowMs) => {
		const { signedMessage, signature, certificate, cabundle, ...fields } = parseDocument(document);
		const leaf = parseCertificate(certificate);
		checkSignature(leaf, signedMessage, signature);
		checkChain([leaf, ...cabundle.toReversed().map(parseCertificate)], trusted, nowMs);
		return fields;
	};
}

/** The document is not one, whatever the time and the roots: the native aborts with another code than when one does not verify. */
class NitroParseError extends VramhubError {
	constructor(cause: VramhubError) {
		super('ATTESTATION_INVALID', cause.message, { cause });
		this.name = 'NitroParseError';
	}
}

function parseDocument(document: Uint8Array) {
	try {
		const { signedMessage, signature, payload } = parseCoseSign1(document);
		return { signedMessage, signature, ...parsePayload(payload) };
	} catch (error) {
		throw error instanceof VramhubError ? new NitroParseError(error) : error;
	}
}

function refuse(reason: string): never {
	throw new VramhubError('ATTESTATION_INVALID', reason);
}

const encoder = new Encoder({ useRecords: false, tagUint8Array: false });

function parseCoseSign1(document: Uint8Array): { signedMessage: Uint8Array; signature: Uint8Array; payload: Uint8Array } {
	let outer = readCbor(document);
	if (outer.kind === 'tag') {
		if (outer.tag !== COSE_SIGN1_TAG) refuse('the document has another tag than COSE_Sign1');
		outer = outer.item;
	}
	if (outer.kind !== 'array' || outer.items.length !== 4) refuse('the document is not COSE_Sign1');
	const [protectedHeader, unprotectedHeader, payload, signature] = outer.items;
	if (protectedHeader?.kind !== 'bytes' || payload?.kind !== 'bytes' || signature?.kind !== 'bytes') refuse('the document is not COSE_Sign1');
	if (unprotectedHeader?.kind !== 'map') refuse('the unprotected header is not a map');
	uniqueKeys(unprotectedHeader.entries);
	const header = readCbor(protectedHeader.value);
	const [algorithm] = header.kind === 'map' && header.entries.length === 1 ? header.entries : [];
	const isEs384 = algorithm?.[0].kind === 'integer' && algorithm[0].value === 1n && algorithm[1].kind === 'integer' && algorithm[1].value === ES384;
	if (!isEs384) refuse('the protected header is not exactly {1: -35}');
	if (payload.value.length === 0 || payload.value.length > LIMITS.payload) refuse('the payload has a wrong length');
	if (signature.value.length !== LIMITS.signature) refuse('the signature has a wrong length');
	// Sig_structure of RFC 9052 §4.4, without external data.
	const signedMessage = encoder.encode(['Signature1', protectedHeader.value, new Uint8Array(), payload.value]);
	return { signedMessage, signature: signature.value, payload: payload.value };
}

function uniqueKeys(entries: readonly (readonly [CborItem, CborItem])[]): void {
	const keys = entries.map(([key]) => JSON.stringify(key, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)));
	if (new Set(keys).size !== keys.length) refuse('a map has a repeated key');
}

type Payload = NitroDocument & { readonly certificate: Uint8Array; readonly cabundle: readonly Uint8Array[] };

function parsePayload(bytes: Uint8Array): Payload {
	const map = readCbor(bytes);
	if (map.kind !== 'map') refuse('the payload is not a map');
	uniqueKeys(map.entries);
	const fields = new Map(map.entries.map(([key, value]) => [key.kind === 'text' ? key.value : refuse('a key of the payload is not text'), value]));

	const moduleId = fields.get('module_id');
	if (moduleId?.kind !== 'text' || moduleId.value === '') refuse('module_id is missing or not text');
	const digest = fields.get('digest');
	if (digest?.kind !== 'text' || digest.value !== 'SHA384') refuse('digest is not SHA384');
	const timestamp = fields.get('timestamp');
	if (timestamp?.kind !== 'integer' || timestamp.value < 0n) refuse('timestamp is missing or not a u64');
	const cabundle = fields.get('cabundle');
	if (cabundle?.kind !== 'array' || cabundle.items.length === 0 || cabundle.items.length > LIMITS.cabundle) refuse('cabundle has a wrong length');
	return {
		moduleId: new TextEncoder().encode(moduleId.value),
		timestampMs: timestamp.value,
		digest: new TextEncoder().encode(digest.value),
		pcrs: parsePcrs(fields.get('pcrs')),
		publicKey: optionalBytes(fields.get('public_key'), 'public_key', LIMITS.publicKey),
		userData: optionalBytes(fields.get('user_data'), 'user_data', LIMITS.userData),
		nonce: optionalBytes(fields.get('nonce'), 'nonce', LIMITS.nonce),
		certificate: certificateBytes(fields.get('certificate')),
		cabundle: cabundle.items.map(certificateBytes),
	};
}

/** Anything but a byte string counts as absent, as in the native. */
function optionalBytes(item: CborItem | undefined, name: string, limit: number): Uint8Array | undefined {
	if (item?.kind !== 'bytes') return undefined;
	if (item.value.length > limit) refuse(`${name} is too long`);
	return item.value;
}

function certificateBytes(item: CborItem | undefined): Uint8Array {
	if (item?.kind !== 'bytes' || item.value.length === 0 || item.value.length > LIMITS.certificate) refuse('a certificate has a wrong length');
	return item.value;
}

function parsePcrs(item: CborItem | undefined): NitroDocument['pcrs'] {
	if (item?.kind !== 'map' || item.entries.length > LIMITS.pcrs) refuse('pcrs is missing or too long');
	const pcrs = new Map<number, Uint8Array>();
	for (const [key, value] of item.entries) {
		if (key.kind !== 'integer' || key.value < 0n || key.value > 255n) refuse('the index of a PCR is not a u8');
		if (value.kind !== 'bytes' || !PCR_LENGTHS.includes(value.value.length)) refuse('a PCR has a wrong length');
		const index = Number(key.value);
		if (pcrs.has(index)) refuse('a PCR is repeated');
		// An all-zero PCR was never extended: the native leaves it out, and so the others keep their index, not their position.
		if (index < 32 && value.value.some((byte) => byte !== 0)) pcrs.set(index, value.value);
	}
	return [...pcrs].map(([index, value]) => ({ index, value })).sort((a, b) => a.index - b.index);
}

function checkSignature(leaf: Certificate, message: Uint8Array, signature: Uint8Array): void {
	const { publicKey } = leaf.x509;
	if (publicKey.asymmetricKeyDetails?.namedCurve !== 'secp384r1') refuse('the certificate has no P-384 key');
	if (!verify('sha384', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)) refuse('the signature does not verify');
}

/** @param chain from the leaf to the certificate that a root issued (or the root itself, as AWS sends it) */
function checkChain(chain: readonly Certificate[], roots: readonly Certificate[], nowMs: bigint): void {
	const nowSeconds = Number(nowMs / 1000n);
	for (const [position, certificate] of chain.entries()) {
		const { keyUsage, basicConstraints, x509 } = certificate;
		if (keyUsage === undefined) refuse('a certificate has no key usage');
		if (position === 0) {
			if (!keyUsage.digitalSignature) refuse('the leaf certificate may not sign');
			if (basicConstraints?.ca === true || basicConstraints?.pathLength !== undefined) refuse('the leaf certificate is an authority');
		} else {
			if (!keyUsage.keyCertSign) refuse('an authority may not sign certificates');
			if (basicConstraints?.critical !== true || !basicConstraints.ca) refuse('a certificate of the chain is not an authority');
			// How many authorities may stand between this one and the leaf.
			if (basicConstraints.pathLength !== undefined && position - 1 > basicConstraints.pathLength) refuse('the chain is longer than an authority allows');
		}
		if (nowSeconds < Date.parse(x509.validFrom) / 1000) refuse('a certificate is not valid yet');
		if (nowSeconds > Date.parse(x509.validTo) / 1000) refuse('a certificate has expired');
		const issuers = position + 1 < chain.length ? [chain[position + 1]!] : roots;
		const named = issuers.filter(({ subject }) => Buffer.compare(subject, certificate.issuer) === 0);
		if (named.length === 0) refuse('the chain does not lead to a trusted root');
		if (!named.some((issuer) => x509.verify(issuer.x509.publicKey))) refuse('a certificate does not verify');
	}
}
