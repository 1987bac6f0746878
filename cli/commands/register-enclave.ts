import { type EnclaveFlags, operatorOf, walletFor } from '#cli/commands/operator.ts';
import { type Answer, runCommand } from '#cli/commands/run.ts';
import { EnclaveClient } from '#clients/enclave/client.ts';
import { equalBytes, fromHex } from '#core/bytes.ts';
import { isVramhubError, VramhubError } from '#core/errors.ts';

/** Brings an enclave's attestation document, bound to the validator, to the chain, which verifies it. A key that is registered already is success. */
export const registerEnclave = (flags: EnclaveFlags) =>
	runCommand(flags, async ({ log, signal }) => {
		const operator = await operatorOf(flags);
		const { configuration, deployment, chain } = operator;
		const uid = configuration.require('VRAMHUB_VALIDATOR_UID');
		const url = flags.enclaveUrl ?? deployment.book.validators.find((validator) => validator.uid === uid)?.enclaveUrl;
		if (url === undefined) throw new VramhubError('BAD_ARGUMENT', `--enclave-url is missing: the network's address book has no validator ${uid}`);
		const [validator, { id: network }] = await Promise.all([chain.validator(uid), chain.network()]);
		if (validator === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `validator ${uid} is not registered`);
		const { generation, owner } = validator;
		const query = { network, validator_uid: uid, validator_generation: generation, owner };
		const { attestation_document, public_key: publicKey } = await new EnclaveClient({ url, timeoutMs: 30_000 }).attestation(query, signal);
		const isRegistered = async () => {
			const record = await chain.enclave(uid);
			return record?.validatorGeneration === generation && equalBytes(record.publicKey, fromHex(publicKey));
		};
		const done = (tx: string | null): Answer => {
			log.info(tx === null ? 'Enclave is registered already' : 'Enclave registered', { validator_uid: uid, public_key: publicKey, tx: tx ?? undefined });
			return { json: { validatorUid: uid, publicKey, tx, alreadyRegistered: tx === null }, text: `${publicKey}\n` };
		};
		if (await isRegistered()) return done(null);
		const writer = operator.writerOf(await walletFor(operator, uid));
		try {
			return done((await writer.registerEnclave({ validatorUid: uid, attestationDocument: fromHex(attestation_document) })).digest);
		} catch (error) {
			// The validator's own worker registers too; a key is taken once.
			if (isVramhubError(error) && error.code === 'CHAIN_REJECTED' && (await isRegistered())) return done(null);
			throw error;
		}
	});
