/** The explorer's pages, each from the data that `--json` gives. */
import { html } from 'hono/html';
import { addressLink, grid, type Html, linked, objectLink, rows, sui, time, transactionLink } from '#devnet/explorer/html.ts';
import type { ModuleView } from '#devnet/explorer/module-view.ts';
import {
	type AddressView,
	type DynamicFieldsView,
	type FieldView,
	MAX_LISTED,
	type ObjectView,
	type PackageView,
	type ParentView,
} from '#devnet/explorer/object-view.ts';
import { traceTable } from '#devnet/explorer/trace-page.ts';
import type { ChainView, ChangeView, DryRunView, FailureView, TransactionView } from '#devnet/explorer/transaction-view.ts';
import type { TransactionTrace } from '#devnet/trace/trace.ts';

const status = (success: boolean): Html => (success ? html`<span class="badge good">success</span>` : html`<span class="badge bad">failure</span>`);

export function chainPage(chain: ChainView): Html {
	return html`<h1>Chain <small>${chain.chainId}</small></h1>
${rows([
	['chain time', `${time(chain.clockMs)} UTC`],
	['genesis', `${time(chain.genesisTimeMs)} UTC`],
	['transactions', String(chain.transactions)],
])}
<h2>Latest transactions</h2>
${grid(
	['transaction', 'status', 'commands', 'sender', 'time', '#gas'],
	chain.latest.map((it) => [
		transactionLink(it.digest),
		status(it.success),
		html`<span class="mono">${it.summary}</span>`,
		addressLink(it.sender),
		html`<span class="nowrap">${time(it.timestampMs)}</span>`,
		sui(it.gasMist),
	]),
	'No transaction yet: publish a package, or ask the faucet for SUI.',
)}
<h2>Dry runs that failed <small>what a client gave up before it was executed; kept until the devnet ends, the last 20</small></h2>
${grid(
	['dry run', 'commands', 'sender', 'time'],
	chain.failedDryRuns.map((it) => [
		transactionLink(it.digest),
		html`<span class="mono">${it.summary}</span>`,
		addressLink(it.sender),
		html`<span class="nowrap">${time(it.timestampMs)}</span>`,
	]),
	'None.',
)}`;
}

// ---- a transaction -----------------------------------------------------------------------------------------------

/** `trace` undefined when the transaction cannot be executed again; then `why` says why. */
export function transactionPage(it: TransactionView, trace: TransactionTrace | undefined, why: string): Html {
	return html`<h1>Transaction <small class="mono">${it.digest}</small> ${status(it.success)}</h1>
${it.failure === undefined ? '' : failureCard(it.failure)}
${rows([
	['sender', addressLink(it.sender)],
	...(it.gasOwner === it.sender ? [] : ([['gas paid by', addressLink(it.gasOwner)]] as const)),
	['time', `${time(it.timestampMs)} UTC`],
	['checkpoint', String(it.checkpoint)],
	[
		'gas',
		`${sui(it.gasMist)} = computation ${sui(it.gas.computationMist)} + storage ${sui(it.gas.storageMist)} − rebate ${sui(it.gas.rebateMist)}; budget ${sui(it.gas.budgetMist)} at ${it.gas.priceMist} MIST a unit`,
	],
])}
${commandsPart(it)}
<h2>Changed objects</h2>
${grid(['change', 'object', 'type', '#version', 'owner'], it.changes.map(changeLine), 'None.')}
<h2>Events</h2>
${grid(
	['event', 'contents'],
	it.events.map((event) => [html`<span class="mono">${linked(event.type)}</span>`, fieldsTable(event.fields)]),
	'None.',
)}
<h2>Balances</h2>
${grid(
	['address', 'coin', '#change'],
	it.balanceChanges.map((change) => [
		addressLink(change.address),
		html`<span class="mono">${linked(change.coinType)}</span>`,
		change.coinType === '0x2::sui::SUI' ? sui(change.amountMist) : String(change.amountMist),
	]),
	'Unchanged.',
)}
${tracePart(it.digest, trace, why)}`;
}

export function dryRunPage(it: DryRunView, trace: TransactionTrace | undefined, why: string): Html {
	return html`<h1>Dry run <small class="mono">${it.digest}</small> ${status(false)}</h1>
<p class="dim">It was not executed. The trace is of the same dry run on the chain's newest state${trace?.success === true ? ', where it succeeds' : ''}.</p>
${rows([
	['sender', addressLink(it.sender)],
	['time', `${time(it.timestampMs)} UTC`],
])}
${commandsPart(it)}
${tracePart(it.digest, trace, why)}`;
}

function commandsPart(it: Pick<TransactionView, 'commands' | 'inputs'>): Html {
	return html`<h2>Commands</h2>
${grid(
	['#', 'command'],
	it.commands.map((command, i) => [String(i), html`<span class="mono">${linked(command)}</span>`]),
	'No commands.',
)}
<h2>Inputs</h2>
${grid(
	['#', 'input'],
	it.inputs.map((input, i) => [String(i), html`<span class="mono">${linked(input.text)}</span>`]),
	'No inputs.',
)}`;
}

function tracePart(digest: string, trace: TransactionTrace | undefined, why: string): Html {
	return html`<h2 id="trace">Trace <small>${traceLinks(digest, trace)}</small></h2>
${trace === undefined ? html`<div class="card"><div class="empty">${why}</div></div>` : traceTable(trace)}`;
}

function traceLinks(digest: string, trace: TransactionTrace | undefined): Html {
	if (trace === undefined) return html``;
	const page = `/transaction/${encodeURIComponent(digest)}`;
	return trace.detail === 'calls'
		? html`calls · <a href="${page}?instructions=1#trace">with every instruction</a> · the last column is gas so far, 1000 to a unit`
		: html`every instruction, its operands and results · <a href="${page}#trace">calls alone</a> · the last column is gas so far, 1000 to a unit`;
}

function failureCard(failure: FailureView): Html {
	const place =
		failure.function === undefined
			? ''
			: html`<div class="mono">${linked(failure.function)} at instruction ${failure.pc}${failure.instruction === undefined ? '' : html`: ${linked(failure.instruction)}`}</div>`;
	return html`<div class="card failure"><p>${failure.message}</p>${place}<div class="dim">${failure.status}${failure.command === undefined ? '' : ` in command ${failure.command}`}</div></div><br>`;
}

function changeLine(it: ChangeView): readonly (Html | string)[] {
	const gone = it.change === 'deleted' || it.change === 'wrapped';
	return [
		html`<span class="badge ${gone ? 'bad' : it.change === 'mutated' ? 'plain' : 'good'}">${it.change}</span>`,
		objectLink(it.id),
		html`<span class="mono">${linked(it.type)}</span>`,
		it.version === undefined ? '' : String(it.version),
		it.owner === undefined ? '' : html`<span class="mono">${linked(it.owner)}</span>`,
	];
}

// ---- objects -----------------------------------------------------------------------------------------------------

function fieldsTable(fields: readonly FieldView[]): Html {
	return html`<table class="mono"><tbody>${fields.map(({ name, type, value }) => html`<tr><th title="${type}">${name}</th><td>${linked(value)}</td></tr>`)}</tbody></table>`;
}

export function objectPage(it: ObjectView): Html {
	return html`<h1>Object <small class="mono">${it.id}</small></h1>
${rows([
	['type', html`<span class="mono">${linked(it.type)}</span>`],
	[
		'owner',
		it.ownerId === undefined ? it.owner : html`${it.owner.split(' ')[0]} ${it.owner.startsWith('object') ? objectLink(it.ownerId) : addressLink(it.ownerId)}`,
	],
	['version', String(it.version)],
	['digest', html`<span class="mono">${it.digest}</span>`],
	['written by', transactionLink(it.previousTransaction)],
	['storage rebate', sui(it.storageRebateMist)],
])}
<h2>Contents</h2>
${grid(
	['field', 'type', 'value'],
	it.fields.map((field) => [
		html`<span class="mono">${field.name}</span>`,
		html`<span class="mono dim">${linked(field.type)}</span>`,
		html`<span class="mono">${linked(field.value)}</span>`,
	]),
	'Empty.',
)}
${dynamicFieldsPart(it.dynamicFields)}
<h2>Versions <small>those still remembered</small></h2>
${grid(
	['#version', 'transaction'],
	it.versions.map(({ version, transaction }) => [String(version), transactionLink(transaction)]),
	'None.',
)}`;
}

export function parentPage(it: ParentView): Html {
	return html`<h1>Parent of dynamic fields <small class="mono">${it.id}</small></h1>
<p class="dim">An id inside an object, such as a table's: no object by itself.</p>
${dynamicFieldsPart(it.dynamicFields)}`;
}

function dynamicFieldsPart(it: DynamicFieldsView): Html {
	return html`<h2>Dynamic fields <small>${it.total}${it.total > MAX_LISTED ? `, the first ${MAX_LISTED}` : ''}</small></h2>
${grid(
	['field object', 'name', 'value'],
	it.listed.map((field) => [
		objectLink(field.id),
		html`<span class="mono">${linked(valueNamed(field.fields, 'name'))}</span>`,
		html`<span class="mono">${linked(valueNamed(field.fields, 'value'))}</span>`,
	]),
	'None.',
)}`;
}

const valueNamed = (fields: readonly FieldView[], name: string): string => fields.find((field) => field.name === name)?.value ?? '';

export function packagePage(it: PackageView): Html {
	return html`<h1>Package <small class="mono">${it.id}</small></h1>
${rows([
	['version', String(it.version)],
	['digest', html`<span class="mono">${it.digest}</span>`],
	['published by', transactionLink(it.previousTransaction)],
	['linked to', html`${it.dependencies.map((id) => html`${objectLink(id)} `)}`],
])}
<h2>Modules</h2>
${grid(
	['module', '#bytes', 'functions'],
	it.modules.map(({ name, bytes, functions }) => [
		html`<a class="mono" href="/object/${it.id}/${name}">${name}</a>`,
		String(bytes),
		html`<span class="mono">${functions.join(' · ')}</span>`,
	]),
	'None.',
)}`;
}

export function modulePage(it: ModuleView): Html {
	return html`<h1>Module <small class="mono">${linked(it.packageId)}::${it.name}</small></h1>
<h2>Types</h2>
${grid(
	['type', 'fields'],
	it.datatypes.map(({ signature, fields }) => [html`<span class="mono">${signature}</span>`, html`<span class="mono">${linked(fields)}</span>`]),
	'None.',
)}
<h2>Functions</h2>
<div class="card">${it.functions.map(
		({ signature, instructions }) =>
			html`<details><summary class="mono">${linked(signature)} <span class="dim">${instructions.length === 0 ? 'native' : `${instructions.length} instructions`}</span></summary><pre class="mono">${instructions.map((text, pc) => `${String(pc).padStart(4)}  ${text}\n`)}</pre></details>`,
	)}</div>`;
}

export function addressPage(it: AddressView): Html {
	return html`<h1>Address <small class="mono">${it.address}</small></h1>
<h2>Objects <small>${it.total}${it.total > MAX_LISTED ? `, the first ${MAX_LISTED}` : ''}</small></h2>
${grid(
	['object', 'type', '#version', '#balance'],
	it.objects.map((object) => [objectLink(object.id), html`<span class="mono">${linked(object.type)}</span>`, String(object.version), balanceText(object)]),
	'It owns nothing.',
)}`;
}

function balanceText({ balanceMist, type }: AddressView['objects'][number]): string {
	if (balanceMist === undefined) return '';
	return type === '0x2::coin::Coin<0x2::sui::SUI>' ? sui(balanceMist) : String(balanceMist);
}

export function errorPage(code: string, message: string): Html {
	return html`<h1>${code === 'CHAIN_OBJECT_MISSING' ? 'Not found' : 'Not possible'}</h1><div class="card"><div class="empty">${message}</div></div>`;
}
