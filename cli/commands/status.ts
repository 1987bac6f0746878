import { governanceText } from '#cli/commands/governance.ts';
import { operatorOf, suiText, type ValidatorFlags } from '#cli/commands/operator.ts';
import { listing, runCommand } from '#cli/commands/run.ts';
import { readGovernance } from '#clients/chain/upgrades.ts';
import { toHex } from '#core/bytes.ts';
import { VramhubError } from '#core/errors.ts';

/** How the chain sees a validator. Throws CHAIN_OBJECT_MISSING (exit code 3) when it knows none of that uid. */
export const status = (flags: ValidatorFlags) =>
	runCommand(flags, async () => {
		const { configuration, chain, client, deployment, currentWindow } = await operatorOf(flags);
		const uid = configuration.require('VRAMHUB_VALIDATOR_UID');
		const [validator, enclave, payloads, current, governance] = await Promise.all([
			chain.validator(uid),
			chain.enclave(uid),
			chain.payloadChain(uid),
			currentWindow(),
			readGovernance(client, deployment.book.objects.network),
		]);
		if (validator === undefined) throw new VramhubError('CHAIN_OBJECT_MISSING', `validator ${uid} is not registered`);
		const inForce = enclave?.validatorGeneration === validator.generation ? enclave : undefined;
		// The window before the current one is the newest that can be scored in full.
		const behind = payloads === undefined ? undefined : clampToZero(current - 1n - payloads.lastWindow);
		const since = inForce === undefined ? undefined : new Date(Number(inForce.registeredMs)).toISOString();
		return {
			json: {
				uid,
				generation: validator.generation,
				owner: validator.owner,
				operator: validator.operator,
				active: validator.active,
				slashed: validator.slashed,
				stakeMist: validator.stake,
				registeredWindow: validator.registeredWindow,
				enclave: inForce === undefined ? null : { publicKey: toHex(inForce.publicKey), since, pcrRow: inForce.pcrRow },
				lastSubmission:
					payloads === undefined
						? null
						: { window: payloads.lastWindow, payloadSha256: toHex(payloads.lastDigest), settledRows: payloads.settledRows, totalRows: payloads.totalRows },
				currentWindow: current,
				windowsBehind: behind ?? null,
				contracts: {
					version: governance.version,
					upgradeVault: governance.upgrades?.vault ?? null,
					upgradeFromWindow: governance.upgrades?.proposal?.fromWindow ?? null,
				},
			},
			text: listing([
				['validator', `${uid} (generation ${validator.generation})`],
				['operator', validator.operator],
				['active', validator.slashed ? 'no: slashed' : validator.active ? 'yes' : 'no'],
				['stake', suiText(validator.stake)],
				['enclave', inForce === undefined ? 'none registered' : `${toHex(inForce.publicKey)} since ${since}`],
				['last submission', payloads === undefined ? 'none' : `window ${payloads.lastWindow}, payload ${toHex(payloads.lastDigest)}`],
				['settled', payloads === undefined ? '-' : `${payloads.settledRows} of ${payloads.totalRows} rows`],
				['current window', String(current)],
				['windows behind', behind === undefined ? '-' : String(behind)],
				['contracts', governanceText(governance, current)],
			]),
		};
	});

function clampToZero(value: bigint): bigint {
	return value < 0n ? 0n : value;
}
