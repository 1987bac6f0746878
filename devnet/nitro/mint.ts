import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto';
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Encoder } from 'cbor-x';
import { VramhubError } from '#core/errors.ts';
import { writeFileAtomic } from '#runtime/files.ts';
import { issueCertificate } from './certificate.ts';

/**
 * Attestation documents that only a devnet trusts: the same COSE_Sign1 (ES384) over the same CBOR map, under a chain of the same shape
 * as AWS's (root, region, zone, instance, leaf), from a root that is made on this machine.
 */
export interface DevelopmentRoot {
	/** DER; what {@link import('./verify.ts').createNitroVerifier} takes as a root. */
	readonly certificate: Uint8Array;
	readonly privateKey: KeyObject;
}

const ROOT_NAME = 'vramhub.development.nitro-enclaves';
/** The devnet's clock may stand anywhere, so what does not belong to one document is valid for as long as X.509 can say without GeneralizedTime. */
const ALWAYS = { notBefore: new Date('2000-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T23:59:59Z') };
/** As AWS's leaf certificates: three hours around the document. */
const LEAF_MARGIN_MS = 3 * 3_600_000;

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-384' });
const newSerial = () => Uint8Array.of(0x40 | (randomBytes(1)[0]! & 0x3f), ...randomBytes(15));

export function createDevelopmentRoot(): DevelopmentRoot {
	const { publicKey, privateKey } = newKey();
	const subject = { commonName: ROOT_NAME, publicKey };
	const certificate = issueCertificate({
		serial: newSerial(),
		issuer: { commonName: ROOT_NAME, privateKey },
		subject,
		...ALWAYS,
		ca: { pathLength: undefined },
	});
	return { certificate, privateKey };
}

/** Reads the root of a network from `file` (a secret, mode 0600), making it first when there is none. Safe when several processes do so at once. */
export async function loadDevelopmentRoot(file: string): Promise<DevelopmentRoot> {
	const existing = await readRoot(file);
	if (existing !== undefined) return existing;
	const { certificate, privateKey } = createDevelopmentRoot();
	const draft = `${file}.${randomUUID()}.draft`;
	await mkdir(dirname(file), { recursive: true });
	const key = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'der' })).toString('base64');
	await writeFileAtomic(draft, `${JSON.stringify({ format: 1, certificate: Buffer.from(certificate).toString('base64'), key })}\n`, 0o600);
	// Unlike a rename, a link never replaces what another process has made meanwhile.
	await link(draft, file).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'EEXIST') throw error;
	});
	await rm(draft);
	return (await readRoot(file))!;
}

async function readRoot(file: string): Promise<DevelopmentRoot | undefined> {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	try {
		const { certificate, key } = JSON.parse(text) as Record<string, string>;
		return {
			certificate: new Uint8Array(Buffer.from(certificate!, 'base64')),
			privateKey: createPrivateKey({ key: Buffer.from(key!, 'base64'), type: 'pkcs8', format: 'der' }),
		};
	} catch {
		throw new VramhubError('BAD_CONFIGURATION', `${file} is not a development root`);
	}
}

export interface DocumentRequest {
	readonly timestampMs: bigint;
	/** Index → 48 bytes. Those of 0 to 15 that are missing are zero, as on a real module. */
	readonly pcrs: ReadonlyMap<number, Uint8Array>;
	readonly publicKey: Uint8Array | undefined;
	readonly userData: Uint8Array | undefined;
	readonly nonce: Uint8Array | undefined;
}

/** One enclave's module: its part of the chain is made once, its leaf certificates with each document. */
export interface DocumentMinter {
	readonly moduleId: string;
	mint(request: DocumentRequest): Uint8Array;
}

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
/** {1: -35}: ES384. */
const PROTECTED_HEADER = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);
const PCR_COUNT = 16;

export function createDocumentMinter(root: DevelopmentRoot): DocumentMinter {
	const instance = `i-${randomBytes(8).toString('hex')}${randomBytes(1).toString('hex').slice(1)}`;
	const moduleId = `${instance}-enc${randomBytes(8).toString('hex')}`;
	const names = [`development.${ROOT_NAME}`, `zonal.development.${ROOT_NAME}`, `${instance}.development.${ROOT_NAME}`];
	let issuer = { commonName: ROOT_NAME, privateKey: root.privateKey };
	const authorities = names.map((commonName, position) => {
		const { publicKey, privateKey } = newKey();
		const certificate = issueCertificate({
			serial: newSerial(),
			issuer,
			subject: { commonName, publicKey },
			...ALWAYS,
			ca: { pathLength: names.length - 1 - position },
		});
		issuer = { commonName, privateKey };
		return certificate;
	});
	return {
		moduleId,
		mint({ timestampMs, pcrs, publicKey, userData, nonce }) {
			const leaf = newKey();
			const certificate = issueCertificate({
				serial: newSerial(),
				issuer,
				subject: { commonName: moduleId, publicKey: leaf.publicKey },
				notBefore: new Date(Number(timestampMs) - LEAF_MARGIN_MS),
				notAfter: new Date(Number(timestampMs) + LEAF_MARGIN_MS),
				ca: undefined,
			});
			const payload = encoder.encode(
				new Map<string, unknown>([
					['module_id', moduleId],
					['digest', 'SHA384'],
					['timestamp', timestampMs],
					['pcrs', new Map(Array.from({ length: PCR_COUNT }, (_, index) => [index, pcrs.get(index) ?? new Uint8Array(48)]))],
					['certificate', certificate],
					['cabundle', [root.certificate, ...authorities]],
					['public_key', publicKey ?? null],
					['user_data', userData ?? null],
					['nonce', nonce ?? null],
				]),
			);
			return signDocument(payload, leaf.privateKey);
		},
	};
}

/** COSE_Sign1 without a tag, as AWS sends it (RFC 9052 §4.2). */
export function signDocument(payload: Uint8Array, privateKey: KeyObject): Uint8Array {
	const message = encoder.encode(['Signature1', PROTECTED_HEADER, new Uint8Array(), payload]);
	const signature = sign('sha384', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
	return new Uint8Array(encoder.encode([PROTECTED_HEADER, new Map(), new Uint8Array(payload), new Uint8Array(signature)]));
}
