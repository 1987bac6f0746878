/** Reads Sui's transactional tests: tasks in comments of a Move file, and what was recorded of each (`sui-transactional-test-runner`). */

export interface Task {
	readonly index: number;
	readonly name: string;
	/** What stands before the first option. */
	readonly words: readonly string[];
	readonly options: Readonly<Record<string, readonly string[]>>;
	/** Move text of a publication, or the lines of a programmable transaction. */
	readonly body: string;
}

export function readTasks(text: string): Task[] {
	return text
		.split(/^\/\/# /m)
		.slice(1)
		.map((part, index) => {
			const end = part.indexOf('\n');
			const [name = '', ...words] = tokens(end === -1 ? part : part.slice(0, end));
			const options: Record<string, string[]> = {};
			const plain: string[] = [];
			let current = plain;
			for (const word of words) {
				if (word.startsWith('--')) {
					current = [];
					options[word.slice(2)] = current;
				} else current.push(word);
			}
			const body = end === -1 ? '' : part.slice(end + 1);
			const steps = [...body.matchAll(/^\/\/>(.*)$/gm)].map(([, line]) => line).join(' ');
			return { index, name, words: plain, options, body: name === 'programmable' ? steps : body };
		});
}

/** Words apart by spaces, where those stand in no brackets or quotes. */
export function tokens(text: string, separator = ' '): string[] {
	const found: string[] = [];
	let depth = 0;
	let quoted = false;
	let word = '';
	for (const character of text) {
		if (character === '"') quoted = !quoted;
		if (!quoted && '([<{'.includes(character)) depth++;
		if (!quoted && ')]>}'.includes(character)) depth--;
		if (character === separator && depth === 0 && !quoted) {
			if (word.trim() !== '') found.push(word.trim());
			word = '';
		} else word += character;
	}
	if (word.trim() !== '') found.push(word.trim());
	return found;
}

/** By task: `ok`, or the failure's name with the argument and command that it has. Tasks that print nothing are left out. */
export function readOutcomes(snapshot: string): Map<number, string> {
	const outcomes = new Map<number, string>();
	for (const part of snapshot.split(/^task /m).slice(1)) outcomes.set(Number.parseInt(part, 10), recordedOutcome(part));
	return outcomes;
}

function recordedOutcome(part: string): string {
	if (!/^(?:Error|Execution Error):/m.test(part)) return 'ok';
	if (part.includes('Error checking transaction input')) return 'rejected';
	const command = /command: Some\((\d+)\)|(?:at|in) command (?:Some\()?(\d+)/.exec(part);
	const place = command === null ? '' : ` in ${command[1] ?? command[2]}`;
	const argument = /CommandArgumentError \{ arg_idx: (\d+), kind: (\w+)/.exec(part);
	if (argument !== null) return `${argument[2]} at ${argument[1]}${place}`;
	if (part.includes('MoveAbort')) return 'MoveAbort';
	if (part.includes('Unused result without the drop ability')) return `UnusedValueWithoutDrop${place}`;
	const kind = /kind: (\w+)/.exec(part);
	if (kind !== null) return `${kind[1]}${place}`;
	return /SharedObjectOperationNotAllowed/.test(part)
		? 'SharedObjectOperationNotAllowed'
		: `unread: ${part
				.split('\n')
				.find((line) => /Error/.test(line))
				?.slice(0, 200)}`;
}
