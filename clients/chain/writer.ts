import type { ClientWithCoreApi } from '@mysten/sui/client';
import type { Signer } from '@mysten/sui/cryptography';
import type { Transaction } from '@mysten/sui/transactions';
import { sha256 } from '@noble/hashes/sha2.js';
import { MinerRegistered, ValidatorRegistered } from '#clients/chain/bindings.ts';
import * as calls from '#clients/chain/calls.ts';
import { type ExecutedTransaction, eventOf, execute } from '#clients/chain/execute.ts';
import { parse } from '#clients/chain/objects.ts';
import { type ChainWriter, type Executed, SETTLE_SLICE_ROWS } from '#clients/chain/port.ts';
import { createChainReader } from '#clients/chain/reader.ts';
import { NO_REWARD_POOL, readDistribution } from '#clients/chain/rewards.ts';
import { createServing } from '#clients/chain/serving.ts';
import { equalBytes } from '#core/bytes.ts';
import { isVramhubError } from '#core/errors.ts';
import { decodeHeader, HEADER_LENGTH } from '#core/gradient/header.ts';
import { windowAt } from '#core/window.ts';
import type { NetworkObjects } from '#runtime/address-book.ts';

export interface ChainWriterOptions {
	readonly client: ClientWithCoreApi;
	readonly packageId: string;
	readonly objects: NetworkObjects;
	readonly signer: Signer;
}

/** Fills a transaction with calls of the package that serves the network. */
type Build = (transaction: Transaction, target: calls.Target) => void;

/**
 * Transactions of one key. They wait for each other (gas), are built again after a conflict, and are simulated before they are signed, so that a refusal of
 * the contract costs nothing. Errors: CHAIN_REJECTED with `details.abort`, CHAIN_CONFLICT, CHAIN_UNAVAILABLE.
 */
export function createChainWriter({ client, packageId, objects, signer }: ChainWriterOptions): ChainWriter {
	const reader = createChainReader({ client, packageId, objects });
	const serving = createServing(client, { packageId, objects });
	const send = (what: string, build: Build) => serving((target) => execute({ client, signer, what, build: (transaction) => build(transaction, target) }));

	/** Sends; when the contract refuses because the effect is there already, that is success without a transaction. */
	async function sendUnlessDone(what: string, isDone: () => Promise<boolean>, build: Build): Promise<Executed | undefined> {
		try {
			return outcome(await send(what, build));
		} catch (error) {
			if (isVramhubError(error) && error.code === 'CHAIN_REJECTED' && (await isDone())) return undefined;
			throw error;
		}
	}

	async function registrationFee(): Promise<bigint> {
		const [{ windowDurationMs }, now] = await Promise.all([reader.network(), reader.clockMs()]);
		return (await reader.hparamsAt(windowAt(now, windowDurationMs))).values.registration_fee_mist;
	}

	return {
		address: signer.toSuiAddress(),

		async registerMiner(request) {
			const feeMist = await registrationFee();
			const executed = await send('registering a miner', (transaction, target) => calls.registerMiner(transaction, target, { ...request, feeMist }));
			const { uid, generation } = parse(MinerRegistered, eventOf(executed, 'MinerRegistered'), 'the event MinerRegistered');
			return { ...outcome(executed), uid, generation };
		},

		async registerValidator(request) {
			const feeMist = await registrationFee();
			const executed = await send('registering a validator', (transaction, target) => calls.registerValidator(transaction, target, { ...request, feeMist }));
			const { uid, generation } = parse(ValidatorRegistered, eventOf(executed, 'ValidatorRegistered'), 'the event ValidatorRegistered');
			return { ...outcome(executed), uid, generation };
		},

		setCredentials(request) {
			const isDone = async () => {
				const miner = await reader.miner(request.uid);
				return miner?.credVersion === request.credVersion && equalBytes(miner.credentials, request.ciphertext);
			};
			return sendUnlessDone(`credentials of miner ${request.uid}`, isDone, (transaction, target) => calls.setCredentials(transaction, target, request));
		},

		async registerEnclave(request) {
			return outcome(await send(`enclave of validator ${request.validatorUid}`, (transaction, target) => calls.registerEnclave(transaction, target, request)));
		},

		commitGradient(request) {
			const isDone = async () => {
				const committed = (await reader.commitments(request.window)).find(({ uid }) => uid === request.uid);
				return committed !== undefined && committed.size === request.size && equalBytes(committed.sha256, request.sha256);
			};
			return sendUnlessDone(`commitment of miner ${request.uid} in window ${request.window}`, isDone, (transaction, target) =>
				calls.commitGradient(transaction, target, request),
			);
		},

		async sealWindow(window) {
			const isDone = async () => (await reader.windowRecord(window)) !== undefined;
			if (await isDone()) return undefined;
			return sendUnlessDone(`sealing window ${window}`, isDone, (transaction, target) => calls.sealWindow(transaction, target, window));
		},

		submitScores(request) {
			const { rosterCount } = decodeHeader(request.payload.subarray(-HEADER_LENGTH));
			const digest = sha256(request.payload);
			const isDone = async () => {
				const chain = await reader.payloadChain(request.validatorUid);
				if (chain !== undefined && chain.lastWindow === request.window) return equalBytes(chain.lastDigest, digest);
				const settled = await reader.settledScores(request.window, request.validatorUid);
				return settled !== undefined && equalBytes(settled.payloadSha256, digest);
			};
			return sendUnlessDone(`scores of validator ${request.validatorUid} in window ${request.window}`, isDone, (transaction, target) => {
				calls.submitScores(transaction, target, request);
				if (rosterCount > 0) calls.settleSlice(transaction, target, { ...request, fromRow: 0, rows: Math.min(rosterCount, SETTLE_SLICE_ROWS) });
			});
		},

		async settleSlice(request) {
			const what = `settling validator ${request.validatorUid} in window ${request.window}`;
			return outcome(await send(what, (transaction, target) => calls.settleSlice(transaction, target, { ...request, rows: SETTLE_SLICE_ROWS })));
		},

		async settleMedians(request) {
			return outcome(await send(`medians of window ${request.window}`, (transaction, target) => calls.settleMedians(transaction, target, request)));
		},

		async finalizeWindow(request) {
			const isDone = async () => {
				const record = await reader.windowRecord(request.window);
				return record !== undefined && record.status !== 'sealed';
			};
			if (await isDone()) return undefined;
			return sendUnlessDone(`finalizing window ${request.window}`, isDone, (transaction, target) => calls.finalizeWindow(transaction, target, request));
		},

		attestCheckpoint(request) {
			const hash = request.hash ?? new Uint8Array(0);
			const isDone = async () => {
				const boundary = await reader.boundary(request.boundary);
				const vote = boundary?.votes.find(({ validatorUid }) => validatorUid === request.validatorUid);
				if (boundary?.parentBoundary !== request.parentBoundary || vote === undefined) return false;
				return equalBytes(vote.hash, hash) && equalBytes(vote.mergeDigest, request.mergeDigest);
			};
			return sendUnlessDone(`checkpoint of validator ${request.validatorUid} at boundary ${request.boundary}`, isDone, (transaction, target) =>
				calls.attestCheckpoint(transaction, target, request),
			);
		},

		async distributeRewards(window) {
			if (objects.rewardPool === NO_REWARD_POOL) return undefined;
			const record = await reader.windowRecord(window);
			if (record !== undefined && record.status !== 'sealed' && record.emission === 0n) return undefined;
			const isDone = async () => (await readDistribution(client, objects, window)) !== undefined;
			return sendUnlessDone(`rewards of window ${window}`, isDone, (transaction, target) => calls.distributeRewards(transaction, target, window));
		},
	};
}

function outcome({ digest, gasUsedMist }: ExecutedTransaction): Executed {
	return { digest, gasUsedMist };
}
