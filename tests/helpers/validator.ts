import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import type { ChainWriter } from '#clients/chain/port.ts';
import { rowConsensus, selectGradients } from '#core/gradient/consensus.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import { type EnclaveKey, enclaveKey, payloadFor, rowsFor, signPayload } from '#tests/helpers/payload.ts';
import { TEST_PCRS, type TestChain } from '#tests/helpers/test-chain.ts';

/** A validator whose enclave is a key in this process: signs whatever rows a test asks for, chained to what it signed before. */
export interface TestValidator {
	readonly uid: number;
	readonly generation: number;
	/** Owner and operator. */
	readonly signer: Ed25519Keypair;
	readonly writer: ChainWriter;
	/** Submits for a sealed window and settles it. */
	submit(window: bigint, change?: (row: MinerRow) => MinerRow): Promise<void>;
}

export async function registerTestValidator(
	chain: TestChain,
	seed: number,
	stakeMist = chain.parameters.values.min_validator_stake_mist,
): Promise<TestValidator> {
	const signer = await chain.fundedSigner();
	const writer = chain.writerOf(signer);
	const key = await enclaveKey(seed);
	const { uid, generation } = await writer.registerValidator({ stakeMist, operator: writer.address });
	await registerEnclave(chain, writer, { uid, generation, key });
	let previous: { readonly window: bigint; readonly payload: Uint8Array } | undefined;
	return {
		uid,
		generation,
		signer,
		writer,
		async submit(window, change = (row) => row) {
			const { reader, objects } = chain;
			const [record, roster, commitments] = await Promise.all([reader.windowRecord(window), reader.roster(window), reader.commitments(window)]);
			const payload = payloadFor({
				network: objects.network,
				validatorUid: uid,
				validatorGeneration: generation,
				key,
				record: record!,
				miners: rowsFor(roster, commitments).map(change),
				...(previous !== undefined && { previous }),
			});
			await writer.submitScores({ validatorUid: uid, window, payload, signature: await signPayload(payload, key) });
			previous = { window, payload };
		},
	};
}

async function registerEnclave(
	chain: TestChain,
	writer: ChainWriter,
	validator: { readonly uid: number; readonly generation: number; readonly key: EnclaveKey },
) {
	const attestationDocument = await chain.minter.mint({
		timestampMs: await chain.reader.clockMs(),
		pcrs: new Map(TEST_PCRS.map((pcr, index) => [index, pcr])),
		publicKey: validator.key.publicKey,
		userData: enclaveUserData({
			network: chain.objects.network,
			validatorUid: validator.uid,
			validatorGeneration: validator.generation,
			owner: writer.address,
		}),
		nonce: undefined,
	});
	await writer.registerEnclave({ validatorUid: validator.uid, attestationDocument });
}

/** What core makes of the settled columns of a window: the claims that the contract has to accept, and no others. */
export async function consensusOf({ reader }: TestChain, window: bigint) {
	const [record, roster, { values }] = await Promise.all([reader.windowRecord(window), reader.roster(window), reader.hparamsAt(window)]);
	const validators = [];
	for (const { uid, stake } of record!.validators) {
		const settled = await reader.settledScores(window, uid);
		if (settled !== undefined) validators.push({ uid, stake, rows: settled.miners });
	}
	const rows = rowConsensus(validators, roster.length);
	const medians = rows.map(({ own, random, weight }) => ({ own, random, weight }));
	return { rows, medians, selected: selectGradients(roster, rows, Number(values.top_g)), commitmentsHash: record!.commitmentsHash };
}
