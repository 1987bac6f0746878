import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { VramhubError } from '#core/errors.ts';
import { checkoutRoot } from '#runtime/state-folder.ts';

/** `20s`, `500ms`, `10m`, `2h`: the part of Temporal's duration strings that this project uses. */
type DurationText = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;
const Duration = z
	.string()
	.regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'not a duration such as 500ms, 20s, 10m or 2h')
	.transform((text) => text as DurationText);
const Count = z.int().min(1);

const Retry = z.strictObject({
	initialInterval: Duration,
	backoffCoefficient: z.number().min(1),
	maximumInterval: Duration,
	/** Without it an activity is repeated until its scheduleToClose runs out, or for ever. */
	maximumAttempts: Count.optional(),
});

const ActivityProfile = z.strictObject({
	startToCloseTimeout: Duration,
	scheduleToCloseTimeout: Duration.optional(),
	/** Without it the activities of a killed worker wait out startToClose. */
	heartbeatTimeout: Duration.optional(),
	retry: Retry,
});

export const TemporalSettingsSchema = z.strictObject({
	namespace: z.string().min(1),
	searchAttributes: z.record(z.string(), z.enum(['Int', 'Keyword', 'Text', 'Bool', 'Double', 'Datetime', 'KeywordList'])),
	activityProfiles: z.strictObject({
		chainRead: ActivityProfile,
		chainWait: ActivityProfile,
		chainWrite: ActivityProfile,
		fetch: ActivityProfile,
		enclave: ActivityProfile,
		merge: ActivityProfile,
	}),
	workers: z.record(
		z.string(),
		z.strictObject({
			maxConcurrentActivityTaskExecutions: Count,
			maxConcurrentWorkflowTaskExecutions: Count.min(2),
			maxCachedWorkflows: Count,
			shutdownGraceTime: Duration,
			shutdownForceTime: Duration,
		}),
	),
	fanOut: z.strictObject({ fetchConcurrency: Count, enclaveConcurrency: Count, perMinerUpTo: Count, chunkSize: Count, sessionAttempts: Count }),
	driver: z.strictObject({ windowsPerRun: Count }),
	devServer: z.strictObject({ sqlitePragmas: z.record(z.string(), z.string()) }),
});

export type TemporalSettings = z.infer<typeof TemporalSettingsSchema>;
export type WorkerLimits = TemporalSettings['workers'][string];

/** The checkout's `temporal.yaml`, or another file. Throws BAD_CONFIGURATION that names every wrong key. */
export async function loadTemporalSettings(file = join(checkoutRoot, 'temporal.yaml')): Promise<TemporalSettings> {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (cause) {
		throw new VramhubError('BAD_CONFIGURATION', `cannot read ${file}`, { cause });
	}
	return parseTemporalSettings(text, file);
}

export function parseTemporalSettings(text: string, name = 'temporal.yaml'): TemporalSettings {
	let value: unknown;
	try {
		value = parse(text);
	} catch (cause) {
		throw new VramhubError('BAD_CONFIGURATION', `${name} is not YAML: ${(cause as Error).message}`);
	}
	const parsed = TemporalSettingsSchema.safeParse(value);
	if (!parsed.success) throw new VramhubError('BAD_CONFIGURATION', `${name}: ${z.prettifyError(parsed.error)}`);
	return parsed.data;
}

/** Throws BAD_CONFIGURATION when `temporal.yaml` has no limits for that worker. */
export function workerLimits(settings: TemporalSettings, worker: string): WorkerLimits {
	const limits = settings.workers[worker];
	if (limits === undefined) throw new VramhubError('BAD_CONFIGURATION', `temporal.yaml: workers.${worker} is missing`);
	return limits;
}
