import { readdirSync, readFileSync } from 'node:fs';

/** A process by id and start time, because ids are used again. */
export interface ProcessIdentity {
	readonly pid: number;
	/** Clock ticks since boot, from /proc/<pid>/stat. */
	readonly started: string;
	readonly command: string;
}

interface Row extends ProcessIdentity {
	readonly parent: number;
	readonly state: string;
}

/** proc(5): the command's name is in parentheses and may hold anything, so fields are counted after the last one. */
function readRow(pid: number): Row | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
		const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
		return { pid, parent: Number(fields[1]), state: fields[0]!, started: fields[19]!, command };
	} catch {
		return undefined;
	}
}

/** Everything that a process started, and what those started, as long as the parents live. */
export function descendants(root: number): ProcessIdentity[] {
	const rows = readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => readRow(Number(name)) ?? []);
	const found: Row[] = [];
	let parents = new Set([root]);
	while (parents.size > 0) {
		const children = rows.filter(({ parent }) => parents.has(parent));
		found.push(...children);
		parents = new Set(children.map(({ pid }) => pid));
	}
	return found.map(({ pid, started, command }) => ({ pid, started, command }));
}

/** Those that still run. A zombie has ended; who collects it is not our business. */
export function stillRunning(processes: readonly ProcessIdentity[]): ProcessIdentity[] {
	return processes.filter(({ pid, started }) => {
		const row = readRow(pid);
		return row !== undefined && row.started === started && row.state !== 'Z';
	});
}
