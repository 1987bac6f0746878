import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { GradientActivities } from '#activities/gradient/all.ts';
import type { DriverInput, WindowInput } from '#core/gradient/messages.ts';

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

export type ProfileName = 'chainRead' | 'chainWait' | 'chainWrite' | 'fetch' | 'enclave';

export interface GradientDriverInput extends DriverInput {
	readonly settings: GradientSettings;
}

export interface GradientWindowInput extends WindowInput {
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
} as const satisfies Readonly<Record<keyof GradientActivities, ProfileName>>;

/** Each activity under the profile that its kind of side effect has. */
export function activitiesUnder(settings: GradientSettings): GradientActivities {
	const verbs = Object.entries(PROFILE_OF).map(([name, profile]) => [name, proxyActivities(settings.activityProfiles[profile])[name]]);
	return Object.fromEntries(verbs) as GradientActivities;
}
