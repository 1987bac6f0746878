/** Contracts with one defect each, and the property that must see it. */
import assert from 'node:assert/strict';
import type { MoveFiles } from '#devnet/compiler/compile.ts';

export interface Mutant {
	readonly defect: string;
	/** Of `contracts/sources`. */
	readonly module: string;
	/** Text in it that is there once, and what takes its place; several must all change for the defect to show. */
	readonly edits: readonly (readonly [string, string])[];
	/** What is found, among others. */
	readonly seen: RegExp;
}

const drop = (line: string): readonly [string, string] => [line, ''];

export const MUTANTS: readonly Mutant[] = [
	// Amounts.
	{
		defect: 'stake is released a window early',
		module: 'vault',
		edits: [['release_window <= window', 'release_window <= window + 1']],
		seen: /what unbonds|SUI of/,
	},
	{
		defect: 'what unbonds is out of reach of a slash',
		module: 'vault',
		edits: [['while (slashed.value() < amount) {', 'while (slashed.value() > amount) {']],
		seen: /what unbonds|failed without a name/,
	},
	{
		defect: 'the fee is lost in the stake',
		module: 'vault',
		edits: [
			['self.treasury.join(fee.into_balance());', ''],
			['stake: stake.into_balance(), unbonding', 'stake: { let mut all = stake.into_balance(); all.join(fee.into_balance()); all }, unbonding'],
		],
		seen: /treasury|stake/,
	},
	{
		defect: 'a shorter delay overtakes what unbonds',
		module: 'vault',
		edits: [['release_window.max(entries[n - 1].release_window)', 'release_window']],
		seen: /what unbonds of/,
	},
	{
		defect: 'rewards can be claimed again',
		module: 'reward_distributor',
		edits: [['let amount = self.owed.remove(owner);', 'let amount = self.owed[owner];']],
		seen: /owed|owners with rewards/,
	},
	{
		defect: 'emission is never halved',
		module: 'reward_distributor',
		edits: [['(emission >> halvings(self.max_supply, left)).min(left)', 'emission.min(left)']],
		seen: /pool's minted/,
	},
	{
		defect: 'more than the greatest supply is minted',
		module: 'reward_distributor',
		edits: [
			['(emission >> halvings(self.max_supply, left)).min(left)', 'emission'],
			['self.max_supply - self.treasury_cap.total_supply()', 'self.max_supply.max(self.treasury_cap.total_supply()) - self.treasury_cap.total_supply()'],
			['if (left == 0) return 0;', ''],
		],
		seen: /minted|at most/,
	},
	{
		defect: 'a window pays twice',
		module: 'reward_distributor',
		edits: [drop('assert!(!self.distributions.contains(window), EAlreadyDistributed);')],
		seen: /failed without a name/,
	},
	{ defect: 'rewards go by stake alone', module: 'reward_distributor', edits: [['* (validator.agreement() as u256)', '']], seen: /is owed to/ },
	{
		defect: 'the bounty is taken beside the slash',
		module: 'slashing',
		edits: [
			['let bounty = slashed.split(part(amount, params.evidence_bounty_bps()));', 'let bounty = slashed.split(part(amount, params.equivocation_slash_bps()));'],
		],
		seen: /treasury|SUI of/,
	},
	// Who may.
	{
		defect: 'anybody adds to and takes from a stake',
		module: 'validator_registry',
		edits: [
			[
				'let validator = self.validator(uid);\n    assert!(ctx.sender() == validator.owner, ENotOwner);\n    assert!(validator.until_window == uid_pool::forever(), EDeactivated);\n    (network',
				'let validator = self.validator(uid);\n    assert!(validator.until_window == uid_pool::forever() && ctx.epoch() == 0, EDeactivated);\n    (network',
			],
		],
		seen: /not the owner/,
	},
	{
		defect: 'anybody commits',
		module: 'gradient_registry',
		edits: [
			drop('assert!(ctx.sender() == miner.operator(), ENotOperator);'),
			['let ms = clock.timestamp_ms();', 'let ms = clock.timestamp_ms() + ctx.epoch();'],
		],
		seen: /not the operator/,
	},
	{ defect: 'a slashed validator scores', module: 'score_ledger', edits: [drop('assert!(!validator.slashed(), ESlashed);')], seen: /validator was slashed/ },
	{
		defect: 'a slashed validator is in standing',
		module: 'validator_registry',
		edits: [['window < self.until_window && !self.slashed &&', 'window < self.until_window &&']],
		seen: /not in standing|in standing|another one should have left/,
	},
	{
		defect: 'who was slashed is slashed again',
		module: 'validator_registry',
		edits: [
			drop('assert!(!self.was_slashed(uid, generation), EAlreadySlashed);'),
			[
				'self.slashed.add(Registration { uid, generation }, window);',
				'if (!self.was_slashed(uid, generation)) self.slashed.add(Registration { uid, generation }, window);',
			],
		],
		seen: /it was slashed/,
	},
	{
		defect: 'objects of another network are taken',
		module: 'network',
		edits: [['assert!(object::id(self) == network, ENetworkMismatch);', 'assert!(network == network, ENetworkMismatch);']],
		seen: /another network|other network/,
	},
	{
		defect: 'an old capability counts',
		module: 'network',
		edits: [
			[
				'self.assert_version();\n    assert!(object::id(cap) == self.admin_cap, ENotAdmin);',
				'self.assert_version();\n    assert!(cap.network == cap.network, ENotAdmin);',
			],
		],
		seen: /administrator|capability|other network/,
	},
	{
		defect: 'a pause stops nothing',
		module: 'network',
		edits: [['clock.timestamp_ms() >= self.paused_until_ms, EPaused', 'clock.timestamp_ms() > 0, EPaused']],
		seen: /network was paused/,
	},
	{
		defect: 'a pause keeps stake in',
		module: 'vault',
		edits: [
			[
				'let window = network.current_window(clock);\n    let escrow',
				'network.assert_running(clock);\n    let window = network.current_window(clock);\n    let escrow',
			],
		],
		seen: /stake is released/,
	},
	{ defect: 'the strongest miner is replaced', module: 'registration', edits: [['own < weight ||', 'own > weight ||']], seen: /another one should have left/ },
	{
		defect: 'a replacement takes a place that is free',
		module: 'validator_registry',
		edits: [['assert!(places >= params.max_validators(), ENotFull);', '']],
		seen: /places were taken/,
	},
	// Records.
	{
		defect: 'parameters come into force at once',
		module: 'hparams',
		edits: [['let from_window = window + 1;', 'let from_window = window;']],
		seen: /came into force too early/,
	},
	{ defect: 'who leaves stays in the roster', module: 'peer_registry', edits: [drop('roster.remove(place);')], seen: /newest roster|failed without a name/ },
	{ defect: 'who leaves keeps the place', module: 'uid_pool', edits: [drop('self.active = self.active - 1;')], seen: /said to be active/ },
	{
		defect: 'uids do not rest',
		module: 'uid_pool',
		edits: [['const REUSE_DELAY_WINDOWS: u64 = 8;', 'const REUSE_DELAY_WINDOWS: u64 = 0;']],
		seen: /did not rest/,
	},
	{
		defect: 'a reused uid keeps its generation',
		module: 'peer_registry',
		edits: [['(uid, generation + 1)', '(uid, generation)']],
		seen: /failed without a name|generation|owner or registration/,
	},
	{
		defect: 'stake counts at once',
		module: 'validator_registry',
		edits: [['let from_window = window + 1;\n    let stakes', 'let from_window = window;\n    let stakes']],
		seen: /stake is not counted/,
	},
	{
		defect: "an operator's term ends before its last window",
		module: 'validator_registry',
		edits: [['self.end_term(uid, generation, before, window + 1);', 'self.end_term(uid, generation, before, window);']],
		seen: /term ended/,
	},
	{
		defect: 'a window is sealed twice',
		module: 'round_state',
		edits: [drop('assert!(!self.windows.contains(window), EAlreadySealed);')],
		seen: /failed without a name/,
	},
	{
		defect: 'a window is sealed late',
		module: 'round_state',
		edits: [['const SEALING_WINDOWS: u64 = 2;', 'const SEALING_WINDOWS: u64 = 3;']],
		seen: /too early or too late/,
	},
	{
		defect: 'a window is sealed while it takes commitments',
		module: 'round_state',
		edits: [['assert!(sealed_at_ms >= network.window_start_ms(window) + params.put_window_open_ms(), ETooEarly);', '']],
		seen: /too early or too late/,
	},
	{
		defect: 'a miner commits twice',
		module: 'gradient_registry',
		edits: [drop('assert!(!has_bit(&self.mask, uid), EAlreadyCommitted);')],
		seen: /had committed|committed twice/,
	},
	{
		defect: 'payloads come in any order',
		module: 'score_ledger',
		edits: [drop('assert!(window > chain.last_window, EWindowNotLater);'), ['assert!(window != chain.last_window, EAlreadySubmitted);', '']],
		seen: /window is not later|two payloads|earlier window/,
	},
	{ defect: 'scores are taken too late', module: 'score_ledger', edits: [drop('assert!(now < deadline_ms(network, window), ETooLate);')], seen: /too late/ },
	{
		defect: 'who did not commit is scored',
		module: 'score_ledger',
		edits: [
			drop('assert!((committed >> (row as u8)) & 1 == 1, EScoredWithoutCommitment);'),
			['let (roster, committed) = rounds.roster(window);', 'let (roster, _) = rounds.roster(window);'],
		],
		seen: /did not commit/,
	},
	{
		defect: 'weights count after a reset',
		module: 'score_ledger',
		edits: [
			[
				'if (counts) score_payload::u16_at(payload, weights + 2 * row) else 0',
				'if (counts || !counts) score_payload::u16_at(payload, weights + 2 * row) else 0',
			],
		],
		seen: /other columns/,
	},
	{ defect: 'any claim is a median', module: 'consensus', edits: [['above <= half && above + at > half', 'above + at + half >= 0']], seen: /other medians/ },
	{
		defect: 'medians are claimed while scores may come',
		module: 'consensus',
		edits: [['validators.length() == n || now', 'validators.length() <= n || now']],
		seen: /scores may still come/,
	},
	{
		defect: 'a minority ends a window',
		module: 'consensus',
		edits: [['let is_final = (submitted_stake as u128) * 10_000 >', 'let is_final = (submitted_stake as u128) * 20_000 >']],
		seen: /its status is not/,
	},
	{
		defect: 'a window ends twice',
		module: 'consensus',
		edits: [drop('assert!(!entry.finalized, EAlreadyFinal);')],
		seen: /had ended|after its end|after it had ended/,
	},
	{
		defect: 'everybody always came',
		module: 'consensus',
		edits: [['attendance.note(entry.window, came);', 'attendance.note(entry.window, true);']],
		seen: /bps, expected/,
	},
	{
		defect: 'another selection is stored',
		module: 'consensus',
		edits: [
			['assert!(i == 0 || rank < last, EOutOfOrder);', ''],
			['assert!(n == eligible || count_from(&ranks, last) == n, EBetterLeftOut);', ''],
		],
		seen: /other gradients/,
	},
	{
		defect: 'a validator votes twice',
		module: 'checkpoints',
		edits: [drop('assert!(self.vote_of(validator_uid, validator_generation).is_none(), EAlreadyAttested);')],
		seen: /voted twice/,
	},
	{
		defect: 'a decided boundary takes votes',
		module: 'checkpoints',
		edits: [drop('assert!(self.is_open(), EAlreadyAnchored);')],
		seen: /it was decided|after it was decided/,
	},
	{
		defect: 'a checkpoint is in force from its base on',
		module: 'round_state',
		edits: [['activation = current + 1 + params.checkpoint_activation_delay();', 'activation = entry.parent_boundary();']],
		seen: /activations do not ascend/,
	},
	{
		defect: 'any digest is merged',
		module: 'checkpoints',
		edits: [drop('assert!(merge_digest == self.merge_digest, EWrongMergeDigest);')],
		seen: /other parent or digest/,
	},
	{
		defect: 'old evidence counts',
		module: 'slashing',
		edits: [drop('assert!(window - boundary <= params.evidence_windows(), EEvidenceTooOld);')],
		seen: /evidence is too old/,
	},
	{
		defect: 'unpaid windows are pruned',
		module: 'retention',
		edits: [['assert!(is_paid, ENotDistributed);', 'assert!(is_paid || !is_paid, ENotDistributed);']],
		seen: /not distributed/,
	},
	{
		defect: 'anybody prunes first',
		module: 'retention',
		edits: [['let is_anybodys = current - window >= kept + two_intervals;', 'let is_anybodys = current - window >= kept;']],
		seen: /validators come first/,
	},
	{
		defect: 'the latest final window is pruned',
		module: 'retention',
		edits: [drop('assert!(consensus.latest_final() != option::some(window), ELatestFinal);')],
		seen: /who is weakest/,
	},
	{
		defect: 'a slashed validator gets keys',
		module: 'seal_policy',
		edits: [
			[
				'assert!(validators.validator(*uid.borrow()).is_in_standing(window, params), ENotInStanding);',
				'assert!(validators.validator(*uid.borrow()).stake_at(window) >= 0, ENotInStanding);',
			],
		],
		seen: /nobody in standing/,
	},
	{
		defect: 'documents need not be later',
		module: 'enclave_registry',
		edits: [['assert!(document_ms > last.document_ms, EDocumentNotLater);', '']],
		seen: /document is not later/,
	},
];

/** The sources with the defect. Fails when they are no longer as the mutant expects them. */
export function mutated(files: MoveFiles, { module, edits, defect }: Mutant): MoveFiles {
	const path = `sources/${module}.move`;
	let text = files[path] ?? assert.fail(`no module ${module}`);
	for (const [from, to] of edits) {
		assert.equal(text.split(from).length, 2, `${defect}: the text is there once: ${from}`);
		text = text.replace(from, () => to);
	}
	return { ...files, [path]: text };
}
