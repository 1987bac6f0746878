import { type KeyObject, sign, X509Certificate } from 'node:crypto';
import { VramhubError } from '#core/errors.ts';
import { contextTag, type DerNode, derChildren, derInteger, derObjectIdentifier, derTime, readDer, TAG, writeDer } from './der.ts';

const OID = { keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', ecdsaWithSha384: '1.2.840.10045.4.3.3', commonName: '2.5.4.3' } as const;

/** What the chain rules of a Nitro document look at. Signature and validity are node:crypto's work. */
export interface Certificate {
	readonly x509: X509Certificate;
	/** DER of the names, compared byte by byte. */
	readonly issuer: Uint8Array;
	readonly subject: Uint8Array;
	/** Undefined when the extension is absent or repeated. */
	readonly keyUsage: { readonly digitalSignature: boolean; readonly keyCertSign: boolean } | undefined;
	readonly basicConstraints: { readonly critical: boolean; readonly ca: boolean; readonly pathLength: number | undefined } | undefined;
}

/** @throws ATTESTATION_INVALID */
export function parseCertificate(der: Uint8Array): Certificate {
	const x509 = openX509(der);
	const fields = derChildren(readDer(readDer(x509.raw).content));
	// TBSCertificate (RFC 5280 §4.1): version [0], serial, algorithm, issuer, validity, subject, key, …, extensions [3].
	const [version, , , issuer, , subject] = fields;
	if (version?.tag !== contextTag(0) || issuer === undefined || subject === undefined)
		throw new VramhubError('ATTESTATION_INVALID', 'a certificate is not version 3');
	const wrapper = fields.find(({ tag }) => tag === contextTag(3));
	const extensions = wrapper === undefined ? [] : derChildren(readDer(wrapper.content));
	return {
		x509,
		issuer: issuer.raw,
		subject: subject.raw,
		keyUsage: readKeyUsage(findExtension(extensions, OID.keyUsage)),
		basicConstraints: readBasicConstraints(findExtension(extensions, OID.basicConstraints)),
	};
}

function openX509(der: Uint8Array): X509Certificate {
	try {
		const x509 = new X509Certificate(der);
		// Read here, because OpenSSL decodes the key only now and throws errors of its own.
		x509.publicKey;
		return x509;
	} catch {
		throw new VramhubError('ATTESTATION_INVALID', 'a certificate is not X.509');
	}
}

interface Extension {
	readonly critical: boolean;
	readonly value: DerNode;
}

function findExtension(extensions: readonly DerNode[], oid: string): Extension | undefined {
	const identifier = Buffer.from(derObjectIdentifier(oid));
	const found = extensions.map(derChildren).filter((parts) => parts[0] !== undefined && identifier.equals(parts[0].raw));
	const [parts] = found;
	if (parts === undefined || found.length > 1) return undefined;
	const flag = parts.find(({ tag }) => tag === TAG.boolean);
	return { critical: flag !== undefined && flag.content[0] !== 0, value: readDer(parts.at(-1)!.content) };
}

function readKeyUsage(extension: Extension | undefined): Certificate['keyUsage'] {
	if (extension?.value.tag !== TAG.bitString) return undefined;
	// The first octet counts unused bits; bit 0 of the string is the highest of the next octet (RFC 5280 §4.2.1.3).
	const bits = extension.value.content[1] ?? 0;
	return { digitalSignature: (bits & 0x80) !== 0, keyCertSign: (bits & 0x04) !== 0 };
}

function readBasicConstraints(extension: Extension | undefined): Certificate['basicConstraints'] {
	if (extension?.value.tag !== TAG.sequence) return undefined;
	const parts = derChildren(extension.value);
	const ca = parts.find(({ tag }) => tag === TAG.boolean);
	const pathLength = parts.find(({ tag }) => tag === TAG.integer);
	return {
		critical: extension.critical,
		ca: ca !== undefined && ca.content[0] !== 0,
		pathLength: pathLength?.content.reduce((value, byte) => value * 256 + byte, 0),
	};
}

export interface CertificateRequest {
	readonly serial: Uint8Array;
	readonly issuer: { readonly commonName: string; readonly privateKey: KeyObject };
	readonly subject: { readonly commonName: string; readonly publicKey: KeyObject };
	readonly notBefore: Date;
	readonly notAfter: Date;
	/** Undefined: an end entity, which signs but certifies nothing. */
	readonly ca: { readonly pathLength: number | undefined } | undefined;
}

/** A version 3 certificate signed with ECDSA and SHA-384, with the two critical extensions of AWS's chain. DER. */
export function issueCertificate({ serial, issuer, subject, notBefore, notAfter, ca }: CertificateRequest): Uint8Array {
	const algorithm = writeDer(TAG.sequence, derObjectIdentifier(OID.ecdsaWithSha384));
	const constraints =
		ca === undefined
			? writeDer(TAG.sequence)
			: writeDer(
					TAG.sequence,
					writeDer(TAG.boolean, Uint8Array.of(0xff)),
					ca.pathLength === undefined ? new Uint8Array() : derInteger(Uint8Array.of(ca.pathLength)),
				);
	// digitalSignature for the leaf; with keyCertSign and cRLSign for an authority.
	const usage = writeDer(TAG.bitString, ca === undefined ? Uint8Array.of(7, 0x80) : Uint8Array.of(1, 0x86));
	const tbs = writeDer(
		TAG.sequence,
		writeDer(contextTag(0), derInteger(Uint8Array.of(2))),
		derInteger(serial),
		algorithm,
		nameOf(issuer.commonName),
		writeDer(TAG.sequence, derTime(notBefore), derTime(notAfter)),
		nameOf(subject.commonName),
		subject.publicKey.export({ type: 'spki', format: 'der' }),
		writeDer(contextTag(3), writeDer(TAG.sequence, criticalExtension(OID.basicConstraints, constraints), criticalExtension(OID.keyUsage, usage))),
	);
	const signature = sign('sha384', tbs, issuer.privateKey);
	return writeDer(TAG.sequence, tbs, algorithm, writeDer(TAG.bitString, Uint8Array.of(0), signature));
}

function criticalExtension(oid: string, value: Uint8Array): Uint8Array {
	return writeDer(TAG.sequence, derObjectIdentifier(oid), writeDer(TAG.boolean, Uint8Array.of(0xff)), writeDer(TAG.octetString, value));
}

function nameOf(commonName: string): Uint8Array {
	const attribute = writeDer(TAG.sequence, derObjectIdentifier(OID.commonName), writeDer(TAG.utf8String, new TextEncoder().encode(commonName)));
	return writeDer(TAG.sequence, writeDer(TAG.set, attribute));
}
