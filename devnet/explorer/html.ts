/** Parts of pages. `html` escapes whatever is put into it. */
import { html, raw } from 'hono/html';
import { STYLE } from '#devnet/explorer/style.ts';

export type Html = ReturnType<typeof html>;

export function layout(title: string, chainId: string, body: Html): Html {
	return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · vramhub devnet</title>
<link rel="icon" href="data:,">
<style>${raw(STYLE)}</style>
</head>
<body>
<header><div>
<strong><a href="/">vramhub devnet</a></strong>
<span class="dim">chain <code title="${chainId}">${shortened(chainId)}</code></span>
<form action="/search"><input name="q" aria-label="search" placeholder="transaction digest, object id or address"><button>Find</button></form>
</div></header>
<main>${body}</main>
</body>
</html>`;
}

/** `0x1234abcd…9f3e`, `8Kq3fT…`: the whole stands in the title. */
export function shortened(text: string): string {
	if (/^0x[0-9a-f]{17,}$/.test(text)) return `${text.slice(0, 10)}…${text.slice(-4)}`;
	return text.length > 20 && !text.includes(' ') ? `${text.slice(0, 8)}…${text.slice(-4)}` : text;
}

export const objectLink = (id: string): Html => html`<a class="mono" href="/object/${encodeURIComponent(id)}" title="${id}">${shortened(id)}</a>`;
export const addressLink = (id: string): Html => html`<a class="mono" href="/address/${encodeURIComponent(id)}" title="${id}">${shortened(id)}</a>`;
export const transactionLink = (digest: string): Html =>
	html`<a class="mono" href="/transaction/${encodeURIComponent(digest)}" title="${digest}">${shortened(digest)}</a>`;

/** Not one that was cut short. */
const ID = /(0x[0-9a-f]{40,64})(?![0-9a-f…])/;

/** Text of values and types: long ids in it are shortened and lead to their object. */
export function linked(text: string): Html {
	const parts = text.split(ID);
	return html`${parts.map((part, i) => (i % 2 === 0 ? part : objectLink(part)))}`;
}

export function rows(entries: readonly (readonly [name: string, value: Html | string])[]): Html {
	return html`<div class="card"><table><tbody>${entries.map(([name, value]) => html`<tr><th>${name}</th><td>${value}</td></tr>`)}</tbody></table></div>`;
}

/** Columns named with a leading `#` are numbers. */
export function grid(columns: readonly string[], lines: readonly (readonly (Html | string)[])[], none: string): Html {
	if (lines.length === 0) return html`<div class="card"><div class="empty">${none}</div></div>`;
	const isNumber = columns.map((column) => column.startsWith('#'));
	const cell = (value: Html | string, i: number) => (isNumber[i] ? html`<td class="number mono">${value}</td>` : html`<td>${value}</td>`);
	return html`<div class="card"><table>
<thead><tr>${columns.map((column, i) => (isNumber[i] ? html`<th class="number">${column.slice(1)}</th>` : html`<th>${column}</th>`))}</tr></thead>
<tbody>${lines.map((line) => html`<tr>${line.map(cell)}</tr>`)}</tbody></table></div>`;
}

const MIST_PER_SUI = 1_000_000_000n;

/** SUI with all its decimals that are not zero. */
export function sui(mist: bigint): string {
	const sign = mist < 0n ? '−' : '';
	const amount = mist < 0n ? -mist : mist;
	const decimals = (amount % MIST_PER_SUI).toString().padStart(9, '0').replace(/0+$/, '');
	return `${sign}${amount / MIST_PER_SUI}${decimals === '' ? '' : `.${decimals}`} SUI`;
}

export const time = (ms: bigint | number): string => new Date(Number(ms)).toISOString().replace('T', ' ').replace('Z', '');
