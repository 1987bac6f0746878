import type { EnclaveClient } from '#activities/gradient/ports.ts';
import { beating } from '#activities/heartbeat.ts';
import type { ChainReader, ChainWriter } from '#clients/chain/port.ts';
import { equalBytes, fromHex } from '#core/bytes.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';
import type { Logger } from '#runtime/log.ts';

/**
 * Registers the enclave's key when it is not the one that the chain holds: an enclave that restarted has another key, and without
 * this its operator would have to act before the next window. Answers the key in force, hexadecimal.
 */
export function createEnsureEnclaveRegistered(deps: {
	readonly chain: Pick<ChainReader, 'enclave' | 'validator' | 'network'>;
	readonly writer: Pick<ChainWriter, 'registerEnclave'>;
	readonly enclave: Pick<EnclaveClient, 'attestation'>;
	readonly validatorUid: number;
	readonly log: Logger;
}) {
	const { chain, writer, enclave, validatorUid, log } = deps;
	return async function ensureEnclaveRegistered(): Promise<{ readonly publicKey: string; readonly transaction: string | null }> {
		return beating(
			() => 'registering',
			async (signal) => {
				const [validator, network] = await Promise.all([chain.validator(validatorUid), chain.network()]);
				if (validator === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `validator ${validatorUid} is not registered`);
				const { uid, generation, owner } = validator;
				const answer = await enclave.attestation({ network: network.id, validator_uid: uid, validator_generation: generation, owner }, signal);
				const key = fromHex(answer.public_key);
				const isRegistered = async () => {
					const record = await chain.enclave(validatorUid);
					return record !== undefined && record.validatorGeneration === generation && equalBytes(record.publicKey, key);
				};
				if (await isRegistered()) return { publicKey: answer.public_key, transaction: null };
				try {
					const { digest } = await writer.registerEnclave({ validatorUid, attestationDocument: fromHex(answer.attestation_document) });
					log.info('Enclave registered', { validator_uid: validatorUid, public_key: answer.public_key, tx: digest });
					return { publicKey: answer.public_key, transaction: digest };
				} catch (error) {
					// A key is registered once: refused because an attempt before this one, whose answer was lost, had succeeded?
					if (isVramhubError(error) && error.code === 'CHAIN_REJECTED' && (await isRegistered())) return { publicKey: answer.public_key, transaction: null };
					if (!isVramhubError(error) || error.details.abort !== 'EKeyReused') throw error;
					// Nobody can register this key again. Retryable: the window is still scored when the enclave is started again in time.
					log.warn('The key of the enclave was replaced by another registration: restart the enclave', {
						validator_uid: validatorUid,
						public_key: answer.public_key,
					});
					throw new VramhubError('ENCLAVE_UNAVAILABLE', 'the enclave’s key was replaced and cannot be registered again; restart the enclave');
				}
			},
		);
	};
}
