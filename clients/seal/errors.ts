import { DecryptionError, InvalidCiphertextError, NoAccessError, SealError } from '@mysten/seal';
import { isVramhubError, VramhubError } from '#core/errors.ts';

/**
 * What Seal's client throws, as one of our errors. Without `cause`, since its errors may hold requests.
 * Undefined counts too: the client throws it when every server was cut off before it could fail.
 */
export function translateSealError(error: unknown): VramhubError {
	if (isVramhubError(error)) return error;
	if (error instanceof NoAccessError) return new VramhubError('SEAL_NO_ACCESS', 'the key servers refused: the policy does not approve of this address');
	if (error instanceof InvalidCiphertextError || error instanceof DecryptionError)
		return new VramhubError('SEAL_BAD_CIPHERTEXT', 'the registered ciphertext does not decrypt to one thing for everybody');
	const label = error instanceof SealError || error instanceof Error ? error.constructor.name : 'no answer';
	return new VramhubError('SEAL_UNAVAILABLE', `fewer key servers answered than the threshold needs (${label})`);
}
