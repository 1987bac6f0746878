/** A trace as a table: commands, calls under them, instructions under those. */
import { html } from 'hono/html';
import { type Html, linked } from '#devnet/explorer/html.ts';
import type { EventList, TraceEvent } from '#devnet/trace/events.ts';

export function traceTable({ events, omitted }: EventList): Html {
	const lines = events.flatMap((event, i) => (omitted?.at === i ? [cut(omitted.count), line(event)] : [line(event)]));
	return html`<div class="card"><table class="trace mono"><tbody>${lines}</tbody></table></div>`;
}

function cut(count: number): Html {
	return html`<tr class="cut"><td colspan="3">${count} events are left out here</td></tr>`;
}

const row = (kind: string, depth: number, what: Html, operands: Html | string, gas: number | undefined): Html =>
	html`<tr class="${kind}" style="--depth:${Math.min(depth, 40)}"><td>${what}</td><td>${operands}</td><td class="number dim">${gas ?? ''}</td></tr>`;

function line(event: TraceEvent): Html {
	switch (event.kind) {
		case 'command':
			return row('command', 0, html`${event.index} · ${linked(event.text)}`, '', event.gas);
		case 'commandDone':
			return row('step', 1, html`done`, '', event.gas);
		case 'call': {
			const types = event.typeArguments.length === 0 ? '' : `<${event.typeArguments.join(', ')}>`;
			return row(
				'call',
				event.depth,
				html`→ ${linked(`${event.function}${types}(${event.arguments.join(', ')})`)}${event.native ? ' native' : ''}`,
				'',
				event.gas,
			);
		}
		case 'return':
			return row('step', event.depth, html`← ${linked(event.results.length === 0 ? nameOf(event.function) : event.results.join(', '))}`, '', event.gas);
		case 'instruction': {
			const written = event.local === undefined ? '' : `local ${event.local.index} = ${event.local.value}`;
			const left = event.pushes === undefined ? '' : event.pushes.join(', ');
			const moved = `${event.pops.join(', ')}${left === '' ? '' : `${event.pops.length === 0 ? '' : ' '}⇒ ${left}`}`;
			return row(
				'step',
				event.depth,
				html`${nameOf(event.function)}:${event.pc} <b>${linked(event.text)}</b>`,
				linked(written === '' ? moved : written),
				event.gas,
			);
		}
		case 'failure': {
			const where = event.function === undefined ? '' : ` at ${event.function}:${event.pc}${event.text === undefined ? '' : ` ${event.text}`}`;
			return row('failed', event.depth, html`✗ ${linked(event.message)}${linked(where)}`, '', undefined);
		}
		default:
			return html`${JSON.stringify(event satisfies never)}`;
	}
}

/** `module::function` */
const nameOf = (name: string): string => name.split('::').slice(-2).join('::');
