/** Of a boundary: attestations by transaction and relayed, and proofs that somebody said two things. */
import { Ed25519Keypair } from '@mysten/sui/keypairs/ed25519';
import { signAttestation } from '#clients/chain/sign-attestation.ts';
import { mergeDigest } from '#core/gradient/consensus.ts';
import type { Boundary, OperatorTerm, RoundStateRoot, Validator } from './layouts.ts';
import { actorOf, type MakeCall, type Scene, slips } from './moves.ts';
import type { View } from './view.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const KEEP = new Uint8Array(0);
const CANDIDATES = [0x61, 0x62].map((byte) => new Uint8Array(32).fill(byte));

export interface Statement {
	readonly boundary: bigint;
	readonly parent: bigint;
	readonly digest: Uint8Array;
	/** Gradients that are merged. */
	readonly selected: number;
}

/** Of the latest boundary, as an honest validator computes it. */
export function expectedStatement(view: View): Statement | undefined {
	const frequency = view.hparam('checkpoint_frequency');
	const boundary = view.window - (view.window % frequency);
	const known = view.state.table<Boundary>('round_state.boundaries').get(String(boundary));
	if (known !== undefined) return { boundary, parent: known.parent_boundary, digest: hex(known.merge_digest), selected: Number(known.selected_count) };
	const { checkpoints, interval_start } = view.state.root<RoundStateRoot>('round_state');
	const parent = checkpoints.at(-1)!;
	const from = [parent.activation, interval_start, boundary - view.hparam('max_merge_windows', boundary)].toSorted((a, b) => Number(b - a))[0]!;
	const hashes: Uint8Array[] = [];
	let selected = 0;
	for (let window = from; window < boundary; window++) {
		const entry = view.entry(window);
		if (entry === undefined ? view.window < window + 2n : entry.record.status === 1) return undefined;
		if (entry?.record.status !== 2) continue;
		hashes.push(hex(entry.selection_hash));
		selected += entry.selected.length;
	}
	return { boundary, parent: parent.boundary, digest: mergeDigest(hashes), selected };
}

const attest: MakeCall = async (scene) => {
	const { view, random, world } = scene;
	const statement = expectedStatement(view);
	if (statement === undefined) return undefined;
	const recorded = view.state.table<Boundary>('round_state.boundaries').get(String(statement.boundary));
	if (recorded !== undefined && recorded.outcome !== 0 && !slips(scene, 10)) return undefined;
	const hasVoted = ({ uid, generation }: Validator) =>
		recorded?.votes.some((vote) => vote.validator_uid === uid && vote.validator_generation === generation) === true;
	const mayVote = (validator: Validator) =>
		!validator.slashed && validator.stakes[0]!.from_window <= statement.boundary && statement.boundary < validator.until_window && !hasVoted(validator);
	const validator = random.of(view.validators().filter((one) => mayVote(one) || slips(scene, 8)));
	if (validator === undefined) return undefined;
	const hash = statement.selected === 0 && !slips(scene, 8) ? KEEP : random.of([CANDIDATES[0]!, CANDIDATES[0]!, CANDIDATES[0]!, CANDIDATES[1]!, KEEP])!;
	const said = [validator.uid, statement.boundary, statement.parent, hash, statement.digest];
	if (random.chance(55)) return { target: 'round_state::attest_checkpoint', sender: actorOf(scene, validator.operator), pure: said };
	const { signature } = await signed(scene, validator, statement, hash);
	return { target: 'round_state::relay_attestation', sender: random.below(world.actors.length), pure: [...said, signature] };
};

function signed(
	scene: Scene,
	{ uid, generation, operator }: Pick<Validator, 'uid' | 'generation' | 'operator'>,
	{ boundary, parent, digest }: Omit<Statement, 'selected'>,
	hash: Uint8Array,
) {
	const attestation = { validatorUid: uid, boundary, parentBoundary: parent, hash: hash.length === 0 ? undefined : hash, mergeDigest: digest };
	const { secretKey } = scene.world.actors[actorOf(scene, operator)]!;
	return signAttestation(Ed25519Keypair.fromSecretKey(secretKey), attestation, { network: scene.view.network.id, validatorGeneration: generation });
}

/** Somebody who was operator at some time, also of a registration that is gone. */
function someTerm({ view, random }: Scene) {
	const terms = [...view.state.table<OperatorTerm>('validator_registry.operators')].sort();
	const chosen = random.of(terms);
	if (chosen === undefined) return undefined;
	const [key, term] = chosen;
	const [uid, generation, operator] = key.split('/') as [string, string, string];
	return { uid: Number(uid), generation: Number(generation), operator, term };
}

const proveEquivocation: MakeCall = async (scene) => {
	const { view, random, world } = scene;
	const accused = someTerm(scene);
	if (accused === undefined) return undefined;
	const latest = accused.term.until_window > view.window ? view.window : accused.term.until_window - 1n;
	const boundary = latest - BigInt(random.below(8));
	const one = { boundary, parent: 0n, digest: new Uint8Array(32).fill(random.below(3)) };
	const other = { boundary, parent: BigInt(random.below(2)), digest: new Uint8Array(32).fill(random.below(3)) };
	const [hash, otherHash] = [random.of(CANDIDATES)!, random.of([...CANDIDATES, KEEP])!];
	const [signature, otherSignature] = [await signed(scene, accused, one, hash), await signed(scene, accused, other, otherHash)];
	return {
		target: 'slashing::prove_equivocation',
		sender: random.below(world.actors.length),
		pure: [
			accused.uid,
			accused.generation,
			boundary,
			one.parent,
			hash,
			one.digest,
			signature.signature,
			other.parent,
			otherHash,
			other.digest,
			otherSignature.signature,
		],
	};
};

const proveContradiction: MakeCall = async (scene) => {
	const { view, random, world } = scene;
	const boundaries = [...view.state.table<Boundary>('round_state.boundaries')].filter(([, { votes }]) => votes.length > 0).sort();
	const chosen = random.of(boundaries.slice(-2));
	if (chosen === undefined) return undefined;
	const [boundary, { votes, parent_boundary, merge_digest }] = chosen;
	const vote = random.of(votes)!;
	const terms = [...view.state.table<OperatorTerm>('validator_registry.operators').keys()]
		.filter((key) => key.startsWith(`${vote.validator_uid}/${vote.validator_generation}/`))
		.sort();
	const operator = random.of(terms)!.split('/')[2]!;
	const statement = { boundary: BigInt(boundary), parent: parent_boundary, digest: hex(merge_digest) };
	const hash = random.chance(70) ? (vote.hash === Buffer.from(CANDIDATES[0]!).toString('hex') ? CANDIDATES[1]! : CANDIDATES[0]!) : hex(vote.hash);
	const { signature } = await signed(scene, { uid: vote.validator_uid, generation: vote.validator_generation, operator }, statement, hash);
	return {
		target: 'slashing::prove_contradiction',
		sender: random.below(world.actors.length),
		pure: [vote.validator_uid, vote.validator_generation, statement.boundary, statement.parent, hash, statement.digest, signature],
	};
};

export const attestMoves: readonly (readonly [number, MakeCall])[] = [
	[16, attest],
	[3, proveEquivocation],
	[3, proveContradiction],
];
