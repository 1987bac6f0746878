import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ActFlags, act } from '#cli/commands/act.ts';
import { configurationOf, type Operator, operatorOf, type ValidatorFlags, walletFor } from '#cli/commands/operator.ts';
import { runCommand } from '#cli/commands/run.ts';
import { assertDecided, mergeDigestOf, readInterval } from '#clients/chain/interval.ts';
import { type SignedAttestation, signAttestationOnce } from '#clients/chain/sign-attestation.ts';
import { fromHex, toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';
import type { CheckpointAttestation } from '#core/gradient/checkpoint-attestation.ts';
import { attestationsFolder } from '#runtime/state-folder.ts';

interface OutcomeFlags {
	readonly boundary: bigint;
	/** Hexadecimal. */
	readonly hash?: string;
	readonly keep: boolean;
}

export type AttestFlags = ActFlags & ValidatorFlags & OutcomeFlags;

export const attestCheckpoint = (flags: AttestFlags) =>
	act(
		flags,
		async (operator) => ({ kind: 'attestCheckpoint', attestation: await attestationOf(operator, flags) }),
		configurationOf(flags).get('VRAMHUB_VALIDATOR_UID'),
	);

/** Prints what {@link relayAttestation} takes; nothing is sent. One of a boundary, and only when nothing can change it any more. */
export const signAttestation = (flags: ValidatorFlags & OutcomeFlags) =>
	runCommand(flags, async () => {
		const operator = await operatorOf(flags);
		const { from } = await readInterval(operator.chain, flags.boundary);
		await assertDecided(operator.chain, from, flags.boundary, await operator.currentWindow());
		const attestation = await attestationOf(operator, flags);
		const validator = await operator.chain.validator(attestation.validatorUid);
		if (validator === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `validator ${attestation.validatorUid} is not registered`);
		const of = { network: operator.deployment.book.objects.network, validatorGeneration: validator.generation };
		const signing = {
			signer: await walletFor(operator, attestation.validatorUid),
			reader: operator.chain,
			journal: attestationsFolder(operator.deployment.data, attestation.validatorUid),
		};
		const json = writeSigned(await signAttestationOnce(signing, attestation, of));
		return { json, text: `${JSON.stringify(json)}\n` };
	});

export interface RelayFlags extends ActFlags {
	/** A file. */
	readonly signed: string;
}

export const relayAttestation = (flags: RelayFlags) => act(flags, async () => ({ kind: 'relayAttestation', signed: await readSigned(flags.signed) }));

export interface ProofFlags extends RelayFlags {
	/** A file; the vote that the chain recorded when absent. */
	readonly other?: string;
}

export const proveEquivocation = (flags: ProofFlags) =>
	act(flags, async () => {
		const [signed, other] = await Promise.all([readSigned(flags.signed), flags.other === undefined ? undefined : readSigned(flags.other)]);
		return { kind: 'proveEquivocation', signed, other };
	});

/** Parent and digest of what is merged come from the chain; what the validator computed comes from its operator. */
async function attestationOf({ chain, configuration }: Operator, { boundary, hash, keep }: OutcomeFlags): Promise<CheckpointAttestation> {
	if ((hash === undefined) !== keep) throw new VramhubError('BAD_ARGUMENT', 'either --hash HEX or --keep');
	if (hash !== undefined && !/^[0-9a-f]{64}$/.test(hash)) throw new VramhubError('BAD_ARGUMENT', '--hash: 32 bytes in hexadecimal');
	const { parent, from } = await readInterval(chain, boundary);
	return {
		validatorUid: configuration.require('VRAMHUB_VALIDATOR_UID'),
		boundary,
		parentBoundary: parent.boundary,
		hash: hash === undefined ? undefined : fromHex(hash),
		mergeDigest: await mergeDigestOf(chain, from, boundary),
	};
}

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Window = z.string().regex(/^\d{1,15}$/);
const Signed = z.object({
	validatorUid: z.int().min(0).max(0xffff),
	validatorGeneration: z.int().min(1).max(0xffff_ffff),
	boundary: Window,
	parentBoundary: Window,
	/** Null: the parent is kept. */
	hash: Digest.nullable(),
	mergeDigest: Digest,
	signature: z.base64(),
});

function writeSigned({ attestation, validatorGeneration, signature }: SignedAttestation): z.infer<typeof Signed> {
	const { validatorUid, boundary, parentBoundary, hash, mergeDigest } = attestation;
	return {
		validatorUid,
		validatorGeneration,
		boundary: String(boundary),
		parentBoundary: String(parentBoundary),
		hash: hash === undefined ? null : toHex(hash),
		mergeDigest: toHex(mergeDigest),
		signature: Buffer.from(signature).toString('base64'),
	};
}

async function readSigned(file: string): Promise<SignedAttestation> {
	let value: unknown;
	try {
		value = JSON.parse(await readFile(file, 'utf8'));
	} catch (cause) {
		throw new VramhubError('BAD_ARGUMENT', `${file} cannot be read as JSON`, { cause });
	}
	const parsed = Signed.safeParse(value);
	if (!parsed.success) throw new VramhubError('BAD_ARGUMENT', `${file} is no signed attestation: ${z.prettifyError(parsed.error)}`);
	const { validatorUid, validatorGeneration, boundary, parentBoundary, hash, mergeDigest, signature } = parsed.data;
	return {
		attestation: {
			validatorUid,
			boundary: BigInt(boundary),
			parentBoundary: BigInt(parentBoundary),
			hash: hash === null ? undefined : fromHex(hash),
			mergeDigest: fromHex(mergeDigest),
		},
		validatorGeneration,
		signature: Buffer.from(signature, 'base64'),
	};
}
