import { VramhubError } from '#core/errors.ts';
import type { HparamValues } from '#core/gradient/hparams.ts';

/** The values with those of `name=value,…` changed. Throws BAD_ARGUMENT on anything else and on names that there are not; bounds are not looked at. */
export function changedParameters(values: HparamValues, list: string): HparamValues {
	const result: Record<string, bigint> = { ...values };
	for (const change of list.split(',')) {
		const match = /^([a-z_]+)=(\d{1,20})$/.exec(change.trim());
		if (match === null) throw new VramhubError('BAD_ARGUMENT', `--set: ${change} is not name=value`);
		const [, name, value] = match;
		if (!Object.hasOwn(result, name!)) throw new VramhubError('BAD_ARGUMENT', `--set: there is no parameter ${name}`);
		result[name!] = BigInt(value!);
	}
	return result as HparamValues;
}
