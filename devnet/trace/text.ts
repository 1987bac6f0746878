/** A trace for a terminal. */
import type { EventList, TraceEvent } from '#devnet/trace/events.ts';

/** Lines, each ended. Long ids are shortened; `--json` has them whole. */
export function traceText({ events, omitted }: EventList): string {
	const lines = events.flatMap((event, i) => (omitted?.at === i ? [`   … ${omitted.count} events are left out here …`, ...textOf(event)] : textOf(event)));
	return lines.map((line) => `${shortened(line)}\n`).join('');
}

function textOf(event: TraceEvent): string[] {
	const indent = '  '.repeat(event.depth + 1);
	switch (event.kind) {
		case 'command':
			return [`${event.index}  ${event.text}`];
		case 'commandDone':
			return [];
		case 'call': {
			const types = event.typeArguments.length === 0 ? '' : `<${event.typeArguments.join(', ')}>`;
			return [`${indent}→ ${event.function}${types}(${event.arguments.join(', ')})${event.native ? '  native' : ''}`];
		}
		case 'return':
			return event.results.length === 0 ? [] : [`${indent}← ${event.results.join(', ')}`];
		case 'instruction': {
			const left = event.local === undefined ? (event.pushes ?? []).join(', ') : `local ${event.local.index} = ${event.local.value}`;
			const moved = [event.pops.length === 0 ? '' : `[${event.pops.join(', ')}]`, left === '' ? '' : `⇒ ${left}`].filter((text) => text !== '').join(' ');
			const place = `${event.function.split('::').slice(-2).join('::')}:${event.pc}`;
			return [`${indent}${place}  ${event.text}${moved === '' ? '' : `   ${moved}`}`];
		}
		case 'failure': {
			const place = event.function === undefined ? [] : [`${indent}  at ${event.function}:${event.pc}${event.text === undefined ? '' : ` ${event.text}`}`];
			return [`${indent}✗ ${event.message}`, ...place];
		}
		default:
			return [JSON.stringify(event satisfies never)];
	}
}

export function shortened(text: string): string {
	return text.replace(/0x([0-9a-f]{6})[0-9a-f]{30,54}([0-9a-f]{4})\b/g, '0x$1…$2');
}
