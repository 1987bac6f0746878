import { ask, type DevnetUrlFlags } from '#cli/commands/devnet/client.ts';
import { listing, runCommand } from '#cli/commands/run.ts';
import type { FieldView, ObjectView, PackageView, ParentView } from '#devnet/explorer/object-view.ts';
import type { DryRunView, TransactionView } from '#devnet/explorer/transaction-view.ts';
import { shortened, traceText } from '#devnet/trace/text.ts';
import type { TransactionTrace } from '#devnet/trace/trace.ts';

/** As it comes over HTTP: integers that may exceed 2^53 are text. */
type Sent<T> = T extends bigint ? string : T extends object ? { readonly [K in keyof T]: Sent<T[K]> } : T;

type Line = readonly [string, string];

export const object = (flags: DevnetUrlFlags, id: string) =>
	runCommand(flags, async () => {
		const view = await ask<Sent<ObjectView | PackageView | ParentView>>(flags.url, `/object/${encodeURIComponent(id)}`);
		return { json: view, text: objectText(view) };
	});

function objectText(view: Sent<ObjectView | PackageView | ParentView>): string {
	switch (view.kind) {
		case 'object':
			return (
				listing([
					['object', view.id],
					['type', view.type],
					['owner', view.owner],
					['version', view.version],
					['digest', view.digest],
					['written by', view.previousTransaction],
				]) +
				section('contents', view.fields.map(fieldLine)) +
				dynamicFieldsText(view.dynamicFields)
			);
		case 'package':
			return (
				listing([
					['package', view.id],
					['version', view.version],
					['digest', view.digest],
					['published by', view.previousTransaction],
					['linked to', view.dependencies.join(' ')],
				]) +
				section(
					'modules',
					view.modules.map(({ name, functions }) => [name, functions.join(' ')]),
				)
			);
		case 'parent':
			return listing([['parent of dynamic fields', view.id]]) + dynamicFieldsText(view.dynamicFields);
		default:
			return view satisfies never;
	}
}

const fieldLine = ({ name, value }: FieldView): Line => [name, value];

function dynamicFieldsText({ total, listed }: ParentView['dynamicFields']): string {
	const part = (fields: readonly FieldView[], name: string) => fields.find((field) => field.name === name)?.value ?? '';
	return section(
		total > listed.length ? `dynamic fields, ${listed.length} of ${total}` : 'dynamic fields',
		listed.map(({ fields }) => [part(fields, 'name'), part(fields, 'value')]),
	);
}

function section(title: string, lines: readonly Line[]): string {
	return lines.length === 0 ? '' : `\n${title}\n${listing(lines.map(([name, value]) => [`  ${name}`, value]))}`;
}

export const transaction = (flags: DevnetUrlFlags, digest: string) =>
	runCommand(flags, async () => {
		const view = await ask<Sent<TransactionView | DryRunView>>(flags.url, `/transaction/${encodeURIComponent(digest)}`);
		return { json: view, text: 'gas' in view ? transactionText(view) : dryRunText(view) };
	});

function dryRunText(view: Sent<DryRunView>): string {
	return (
		listing([
			['dry run', view.digest],
			['status', 'failure'],
			['sender', view.sender],
			['time', new Date(view.timestampMs).toISOString()],
		]) + commandsText(view)
	);
}

function commandsText({ commands, inputs }: Pick<TransactionView, 'commands' | 'inputs'>): string {
	return (
		section(
			'commands',
			commands.map((command, i) => [String(i), shortened(command)]),
		) +
		section(
			'inputs',
			inputs.map(({ text }, i) => [String(i), text]),
		)
	);
}

function transactionText(view: Sent<TransactionView>): string {
	const { failure, gas } = view;
	const place = failure?.function === undefined ? [] : ([['at', `${failure.function}:${failure.pc} ${failure.instruction ?? ''}`.trimEnd()]] as const);
	return (
		listing([
			['transaction', view.digest],
			['status', failure === undefined ? 'success' : `failure${failure.command === undefined ? '' : ` in command ${failure.command}`}: ${failure.message}`],
			...place,
			['sender', view.sender],
			['time', new Date(view.timestampMs).toISOString()],
			['checkpoint', String(view.checkpoint)],
			['gas', `${view.gasMist} MIST = computation ${gas.computationMist} + storage ${gas.storageMist} - rebate ${gas.rebateMist}; budget ${gas.budgetMist}`],
		]) +
		commandsText(view) +
		section(
			'objects',
			view.changes.map(({ id, change, type }) => [change, `${id} ${shortened(type)}`]),
		) +
		section(
			'events',
			view.events.map(({ type, fields }) => [shortened(type), fields.map(({ name, value }) => `${name}: ${value}`).join(', ')]),
		)
	);
}

export interface TraceFlags extends DevnetUrlFlags {
	readonly instructions: boolean;
	readonly limit: number;
}

/** The exit code is 0 for a transaction that failed, too: the trace is what was asked for. */
export const trace = (flags: TraceFlags, digest: string) =>
	runCommand(flags, async () => {
		const query = `?limit=${flags.limit}${flags.instructions ? '&instructions=1' : ''}`;
		const traced = await ask<TransactionTrace>(flags.url, `/transaction/${encodeURIComponent(digest)}/trace${query}`);
		return {
			json: traced,
			text: `${traced.dryRun ? 'dry run' : 'transaction'} ${traced.digest}: ${traced.success ? 'success' : 'failure'}\n${traceText(traced)}`,
		};
	});
