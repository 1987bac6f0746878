import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { CheckpointActivities } from '#activities/checkpoint/all.ts';
import type { GradientActivities } from '#activities/gradient/all.ts';
import type { CheckpointInput, DriverInput, WindowInput } from '#core/gradient/messages.ts';

/**
 * What `temporal.yaml` says, as far as workflows need it. Workflow code may read no file, and a constant in the bundle would make a replay
 * depend on the file of the day. So the settings travel by value in the workflow's input (about 1 KB): history records what
 * was in force, a replay uses exactly that, and a restarted validator gives a running driver its new settings by a signal.
 */
export interface GradientSettings {
	readonly activityProfiles: Readonly<Record<ProfileName, ActivityOptions>>;
	readonly fanOut: {
		readonly fetchConcurrency: number;
		readonly enclaveConcurrency: number;
		readonly perMinerUpTo: number;
		readonly chunkSize: number;
		readonly sessionAttempts: number;
	};
}

export type ProfileName = 'chainRead' | 'chainWait' | 'chainWrite' | 'fetch' | 'enclave' | 'merge';

export interface GradientDriverInput extends DriverInput {
	readonly settings: GradientSettings;
	/** Of a driver that continues: boundaries up to this window are dealt with, decimal. Else its first window: what lies before was not ours. */
	readonly lastBoundary?: string;
}

export interface GradientWindowInput extends WindowInput {
	readonly settings: GradientSettings;
}

export interface GradientCheckpointInput extends CheckpointInput {
	readonly settings: GradientSettings;
}

const PROFILE_OF = {
	awaitWindowOpen: 'chainWait',
	awaitWindowSealable: 'chainWait',
	sealWindow: 'chainWrite',
	readSealedWindow: 'chainWait',
	fetchGradients: 'fetch',
	ensureEnclaveRegistered: 'chainWrite',
	awaitTurn: 'chainWait',
	openSession: 'enclave',
	measureGradients: 'enclave',
	freezeSession: 'enclave',
	processGradients: 'enclave',
	closeSession: 'enclave',
	submitScores: 'chainWrite',
	readWindowResult: 'chainRead',
	finalizeWindow: 'chainWait',
} as const satisfies Profiles<GradientActivities>;

const CHECKPOINT_PROFILE_OF = {
	awaitBoundary: 'chainWait',
	planMerge: 'merge',
	collectGradients: 'merge',
	mergeCheckpoint: 'merge',
	publishCheckpoint: 'merge',
	attestCheckpoint: 'chainWrite',
	awaitAnchor: 'chainWait',
} as const satisfies Profiles<CheckpointActivities>;

type Profiles<Activities> = Readonly<Record<keyof Activities, ProfileName>>;

/** Each activity of a validator under the profile that its kind of side effect has. */
export function activitiesUnder(settings: GradientSettings): GradientActivities {
	return proxies<GradientActivities>(settings, PROFILE_OF);
}

/** Each activity of an aggregator, as {@link activitiesUnder}. */
export function checkpointActivitiesUnder(settings: GradientSettings): CheckpointActivities {
	return proxies<CheckpointActivities>(settings, CHECKPOINT_PROFILE_OF);
}

function proxies<Activities>(settings: GradientSettings, profiles: Profiles<Activities>): Activities {
	const verbs = Object.entries<ProfileName>(profiles).map(([name, profile]) => [name, proxyActivities(settings.activityProfiles[profile])[name]]);
	return Object.fromEntries(verbs) as Activities;
}
