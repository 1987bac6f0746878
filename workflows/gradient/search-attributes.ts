import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { networkLabel, SEARCH_ATTRIBUTES } from '#core/gradient/names.ts';

const WINDOW = defineSearchAttributeKey(SEARCH_ATTRIBUTES.window, 'INT');
const VALIDATOR_UID = defineSearchAttributeKey(SEARCH_ATTRIBUTES.validatorUid, 'INT');
const FAMILY = defineSearchAttributeKey(SEARCH_ATTRIBUTES.family, 'KEYWORD');
const NETWORK = defineSearchAttributeKey(SEARCH_ATTRIBUTES.network, 'KEYWORD');

/** What operators filter by in the Web UI: `Window = 2957300 AND ValidatorUid = 0`. Whoever starts a workflow sets them. */
export function searchAttributes(of: { readonly network: string; readonly validatorUid: number; readonly window?: string }): SearchAttributePair[] {
	const pairs: SearchAttributePair[] = [
		{ key: VALIDATOR_UID, value: of.validatorUid },
		{ key: FAMILY, value: 'gradient' },
		{ key: NETWORK, value: networkLabel(of.network) },
	];
	if (of.window !== undefined) pairs.push({ key: WINDOW, value: Number(of.window) });
	return pairs;
}
