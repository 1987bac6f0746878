/** sui.rpc.v2.SignatureVerificationService (sui-rpc-api `signature_verification_service.rs`): every scheme but zkLogin, whose keys come from oracles. */
import { toBase64 } from '@mysten/bcs';
import { bcs } from '@mysten/sui/bcs';
import type { GrpcTypes } from '@mysten/sui/grpc';
import { addressOf, readArgument } from '#devnet/rpc/arguments.ts';
import { invalidArgument, unimplemented } from '#devnet/rpc/rpc-error.ts';
import { type Handlers, unary } from '#devnet/rpc/server.ts';

/** First byte of a serialised zkLogin signature. */
const ZK_LOGIN_FLAG = 5;

type Verify = (signature: string) => Promise<{ toSuiAddress(): string }>;

export function signatureVerificationService(): Handlers {
	return {
		'sui.rpc.v2.SignatureVerificationService/VerifySignature': unary(
			async ({ message, signature, address }: GrpcTypes.VerifySignatureRequest): Promise<GrpcTypes.VerifySignatureResponse> => {
				const bytes = signature?.bcs?.value;
				if (bytes === undefined || bytes.length === 0) throw invalidArgument('signature: only serialised signatures (bcs) are read');
				if (message?.value === undefined) throw invalidArgument('missing message');
				const expected = address === undefined ? undefined : addressOf(address, 'address');
				const verify = await verifierOf(message.name, message.value);
				if (bytes[0] === ZK_LOGIN_FLAG) throw unimplemented('zkLogin signatures are not verified by this devnet');
				try {
					const derived = (await verify(toBase64(bytes))).toSuiAddress();
					if (expected === undefined || expected === derived) return { isValid: true };
					return { isValid: false, reason: `provided address \`${expected}\` does not match derived address \`${derived}\`` };
				} catch (error) {
					return { isValid: false, reason: error instanceof Error ? error.message : String(error) };
				}
			},
		),
	};
}

/** `name`: what the message is the BCS of. Without one it is tried as a personal message first, then as a transaction. */
async function verifierOf(name: string | undefined, value: Uint8Array): Promise<Verify> {
	// Loaded when it is needed: it brings all schemes of signature along, which a start would wait for.
	const { verifyPersonalMessageSignature, verifyTransactionSignature } = await import('@mysten/sui/verify');
	const transaction = (): Verify => {
		readArgument('message', () => bcs.TransactionData.parse(value));
		return (signature) => verifyTransactionSignature(value, signature);
	};
	const personal = (): Verify => {
		const message = Uint8Array.from(readArgument('message', () => bcs.byteVector().parse(value)));
		return (signature) => verifyPersonalMessageSignature(message, signature);
	};
	switch (name) {
		case 'TransactionData':
			return transaction();
		case 'PersonalMessage':
			return personal();
		default:
			try {
				return personal();
			} catch {
				return transaction();
			}
	}
}
