/** One network with three validators and some miners, for attacks that come one after the other. */
import type { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { sha256 } from '@noble/hashes/sha2.js';
import type { ChainWriter } from '#clients/chain/port.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';
import type { MinerRow } from '#core/gradient/payload.ts';
import { enclaveUserData } from '#core/gradient/records.ts';
import { windowStartMs } from '#core/window.ts';
import { type EnclaveKey, enclaveKey, payloadFor, rowsFor, signPayload } from '#tests/helpers/payload.ts';
import { startTestChain, type TestChain, type TestChainOptions } from '#tests/helpers/test-chain.ts';

export interface Member {
	readonly uid: number;
	readonly generation: number;
	readonly signer: Ed25519Keypair;
	readonly writer: ChainWriter;
}

export interface ValidatorMember extends Member {
	/** What its registered enclave signs with. */
	key: EnclaveKey;
	/** The last payload that was recorded. */
	previous: { readonly window: bigint; readonly payload: Uint8Array } | undefined;
}

export interface AttackWorld {
	readonly chain: TestChain;
	readonly miners: readonly Member[];
	readonly validators: readonly ValidatorMember[];
	startOf(window: bigint): bigint;
	/** Moves the clock to one second after a window's start. */
	enter(window: bigint): Promise<void>;
	/** Registers; the stake counts from the next window on. */
	addMiner(): Promise<Member>;
	addValidator(key: EnclaveKey, options?: { readonly stakeMist?: bigint; readonly isAttested?: boolean }): Promise<ValidatorMember>;
	/** What the development module vouches for: by default the allowed image, now, bound to the validator and its key. */
	document(validator: ValidatorMember, changes?: DocumentChanges): Promise<Uint8Array>;
	/** Gives the validator's enclave another key, as a restart does. */
	attest(validator: ValidatorMember, key: EnclaveKey): Promise<void>;
	/** Everybody commits, except those left out; then the window is sealed. */
	play(window: bigint, leftOut?: readonly number[]): Promise<void>;
	/** What the validator's enclave would sign for a sealed window. */
	payload(validator: ValidatorMember, window: bigint, changes?: PayloadChanges): Promise<Uint8Array>;
	/** Submits what an honest enclave signs, and settles it. */
	submit(validator: ValidatorMember, window: bigint, row?: (row: MinerRow) => MinerRow): Promise<Uint8Array>;
}

export interface DocumentChanges {
	readonly network?: string;
	readonly pcrs?: readonly Uint8Array[];
	readonly publicKey?: Uint8Array;
	readonly validatorUid?: number;
	readonly validatorGeneration?: number;
	readonly owner?: string;
	/** Positive: older than now. */
	readonly ageMs?: bigint;
}

export interface PayloadChanges {
	readonly header?: Parameters<typeof payloadFor>[0]['header'];
	readonly row?: (row: MinerRow) => MinerRow;
}

export const WINDOW_SECONDS = 600;

export async function startAttackWorld(
	hparams: Partial<HparamValues> = {},
	counts = { miners: 3, validators: 3 },
	options: Partial<TestChainOptions> = {},
): Promise<AttackWorld> {
	const chain = await startTestChain({ windowSeconds: WINDOW_SECONDS, hparams, ...options });
	const { reader, objects, parameters } = chain;
	const { values, windowDurationMs } = parameters;
	const miners: Member[] = [];
	const validators: ValidatorMember[] = [];
	const world: AttackWorld = {
		chain,
		miners,
		validators,
		startOf: (window) => windowStartMs(window, windowDurationMs),
		enter: (window) => chain.advanceTo(windowStartMs(window, windowDurationMs) + 1_000n),
		async addMiner() {
			const signer = await chain.fundedSigner();
			const writer = chain.writerOf(signer);
			const registered = await writer.registerMiner({ stakeMist: values.min_miner_stake_mist, operator: writer.address });
			const member = { ...registered, signer, writer };
			await writer.setCredentials({ uid: member.uid, credVersion: 1, ciphertext: new Uint8Array(200).fill(member.uid) });
			miners.push(member);
			return member;
		},
		async addValidator(key, { stakeMist = values.min_validator_stake_mist, isAttested = true } = {}) {
			const signer = await chain.fundedSigner();
			const writer = chain.writerOf(signer);
			const registered = await writer.registerValidator({ stakeMist, operator: writer.address });
			const member: ValidatorMember = { ...registered, signer, writer, key, previous: undefined };
			if (isAttested) await world.attest(member, key);
			validators.push(member);
			return member;
		},
		async document({ uid, generation, writer, key }, { pcrs = parameters.pcrs, publicKey = key.publicKey, ageMs = 0n, ...binding } = {}) {
			const bound = { network: objects.network, validatorUid: uid, validatorGeneration: generation, owner: writer.address, ...binding };
			const timestampMs = (await reader.clockMs()) - ageMs;
			return chain.minter.mint({ timestampMs, pcrs: new Map(pcrs.entries()), publicKey, userData: enclaveUserData(bound), nonce: undefined });
		},
		async attest(validator, key) {
			const attestationDocument = await world.document(validator, { publicKey: key.publicKey });
			await validator.writer.registerEnclave({ validatorUid: validator.uid, attestationDocument });
			validator.key = key;
		},
		async play(window, leftOut = []) {
			await world.enter(window);
			for (const { uid, writer } of miners) {
				if (leftOut.includes(uid)) continue;
				await writer.commitGradient({ uid, window, sha256: sha256(Uint8Array.of(uid)), size: 1_000n, credVersion: 1 });
			}
			await chain.advanceTo(world.startOf(window) + values.put_window_open_ms);
			await validators[0]!.writer.sealWindow(window);
		},
		async payload({ uid, generation, key, previous }, window, { header, row = (same: MinerRow) => same }: PayloadChanges = {}) {
			const [record, roster, commitments] = await Promise.all([reader.windowRecord(window), reader.roster(window), reader.commitments(window)]);
			return payloadFor({
				network: objects.network,
				validatorUid: uid,
				validatorGeneration: generation,
				key,
				record: record!,
				miners: rowsFor(roster, commitments).map(row),
				...(header !== undefined && { header }),
				...(previous !== undefined && { previous }),
			});
		},
		async submit(validator, window, row) {
			const payload = await world.payload(validator, window, row === undefined ? {} : { row });
			const signature = await signPayload(payload, validator.key);
			await validator.writer.submitScores({ validatorUid: validator.uid, window, payload, signature });
			validator.previous = { window, payload };
			return payload;
		},
	};
	for (let i = 0; i < counts.validators; i++) await world.addValidator(await enclaveKey(0x20 + i));
	for (let i = 0; i < counts.miners; i++) await world.addMiner();
	return world;
}
