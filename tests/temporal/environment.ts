import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { type CheckpointDeps, createCheckpointActivities } from '#activities/checkpoint/all.ts';
import { createGradientActivities } from '#activities/gradient/all.ts';
import { checkpointWorkflowId, driverWorkflowId, SEARCH_ATTRIBUTES, validatorTaskQueue, windowWorkflowId } from '#core/gradient/names.ts';
import { loadTemporalSettings, type TemporalSettings } from '#runtime/temporal-settings.ts';
import { workflowBundle } from '#workers/bundle.ts';
import type { gradientCheckpoint } from '#workflows/gradient/checkpoint.ts';
import type { gradientDriver } from '#workflows/gradient/driver.ts';
import { searchAttributes } from '#workflows/gradient/search-attributes.ts';
import type { GradientSettings } from '#workflows/gradient/settings.ts';
import type { gradientWindow } from '#workflows/gradient/window.ts';
import { temporalBinary } from '../../scripts/python-tools.mjs';
import { CHECKPOINT_NETWORK } from './fake-interval.ts';
import { type FakeWorld, NETWORK, VALIDATOR_UID } from './fake-world.ts';

/** Tests provoke what Temporal warns of. */
export function onlyErrors(): void {
	Runtime.install({
		logger: new DefaultLogger('ERROR'),
		telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
	});
}

/** A real development server, and workers over a {@link FakeWorld}. */
export class TemporalTest {
	readonly env: TestWorkflowEnvironment;
	readonly settings: TemporalSettings;
	readonly #bundle: { readonly codePath: string };

	private constructor(env: TestWorkflowEnvironment, settings: TemporalSettings, bundle: { readonly codePath: string }) {
		this.env = env;
		this.settings = settings;
		this.#bundle = bundle;
	}

	static async start(): Promise<TemporalTest> {
		onlyErrors();
		const [path, settings, bundle] = await Promise.all([temporalBinary(), loadTemporalSettings(), workflowBundle()]);
		const env = await TestWorkflowEnvironment.createLocal({
			server: {
				executable: { type: 'existing-path', path },
				searchAttributes: [
					defineSearchAttributeKey(SEARCH_ATTRIBUTES.window, 'INT'),
					defineSearchAttributeKey(SEARCH_ATTRIBUTES.validatorUid, 'INT'),
					defineSearchAttributeKey(SEARCH_ATTRIBUTES.family, 'KEYWORD'),
					defineSearchAttributeKey(SEARCH_ATTRIBUTES.network, 'KEYWORD'),
				],
			},
		});
		return new TemporalTest(env, settings, bundle);
	}

	/** The project's own settings, with the waits between retries and for lost workers shortened. */
	get gradientSettings(): GradientSettings {
		const { activityProfiles, fanOut } = this.settings;
		const fast = Object.entries(activityProfiles).map(([name, profile]) => [
			name,
			{ ...profile, heartbeatTimeout: '5s', retry: { ...profile.retry, initialInterval: '20ms' } },
		]);
		return { activityProfiles: Object.fromEntries(fast) as GradientSettings['activityProfiles'], fanOut };
	}

	/** A worker of this world while `work` runs. Each test has a task queue of its own. */
	async withWorker<T>(world: FakeWorld, taskQueue: string, work: () => Promise<T>): Promise<T> {
		const worker = await this.worker(world, taskQueue);
		return worker.runUntil(work);
	}

	async worker(world: FakeWorld, taskQueue: string): Promise<Worker> {
		return Worker.create({
			connection: this.env.nativeConnection as NativeConnection,
			namespace: this.env.namespace ?? 'default',
			taskQueue,
			workflowBundle: this.#bundle,
			activities: createGradientActivities(world.deps()),
			shutdownForceTime: '5s',
		});
	}

	/** As {@link withWorker}, of a validator's aggregator. */
	async withAggregator<T>(deps: CheckpointDeps, taskQueue: string, work: () => Promise<T>): Promise<T> {
		return (await this.aggregator(deps, taskQueue)).runUntil(work);
	}

	async aggregator(deps: CheckpointDeps, taskQueue: string): Promise<Worker> {
		return Worker.create({
			connection: this.env.nativeConnection as NativeConnection,
			namespace: this.env.namespace ?? 'default',
			taskQueue,
			workflowBundle: this.#bundle,
			activities: createCheckpointActivities(deps),
			shutdownForceTime: '5s',
		});
	}

	startCheckpoint(taskQueue: string, boundary: bigint, validatorUid = 0): Promise<WorkflowHandleWithFirstExecutionRunId<typeof gradientCheckpoint>> {
		const of = { network: CHECKPOINT_NETWORK, validatorUid };
		return this.client.workflow.start<typeof gradientCheckpoint>('gradientCheckpoint', {
			taskQueue,
			workflowId: checkpointWorkflowId(taskQueue, boundary, validatorUid),
			typedSearchAttributes: searchAttributes({ ...of, window: boundary.toString() }),
			args: [{ ...of, boundary: boundary.toString(), settings: this.gradientSettings }],
		});
	}

	get client(): Client {
		return this.env.client;
	}

	startWindow(
		taskQueue: string,
		window: bigint,
		settings: GradientSettings = this.gradientSettings,
	): Promise<WorkflowHandleWithFirstExecutionRunId<typeof gradientWindow>> {
		const of = { network: NETWORK, validatorUid: VALIDATOR_UID, window: window.toString() };
		return this.client.workflow.start<typeof gradientWindow>('gradientWindow', {
			taskQueue,
			workflowId: windowWorkflowId(taskQueue, window, VALIDATOR_UID),
			typedSearchAttributes: searchAttributes(of),
			args: [{ ...of, settings }],
		});
	}

	startDriver(
		network: string,
		taskQueue: string,
		fromWindow: bigint,
		windowsPerRun: number,
	): Promise<WorkflowHandleWithFirstExecutionRunId<typeof gradientDriver>> {
		const of = { network, validatorUid: VALIDATOR_UID };
		return this.client.workflow.start<typeof gradientDriver>('gradientDriver', {
			taskQueue,
			workflowId: driverWorkflowId(network, VALIDATOR_UID),
			typedSearchAttributes: searchAttributes(of),
			args: [{ ...of, fromWindow: fromWindow.toString(), windowsPerRun, settings: this.gradientSettings }],
		});
	}

	async stop(): Promise<void> {
		await this.env.teardown();
	}
}

export const queueFor = (test: string) => `${validatorTaskQueue(NETWORK, VALIDATOR_UID)}-${test}`;
