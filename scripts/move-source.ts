/** What a reader of a Move module wants to know, from its source text as this repository writes it. */

export interface MoveModule {
	readonly name: string;
	readonly doc: string;
	readonly errors: readonly MoveError[];
	/** In the order of the source, tests apart. */
	readonly structs: readonly MoveItem[];
	/** What other packages and transactions can call. */
	readonly functions: readonly MoveItem[];
}

export interface MoveError {
	readonly name: string;
	readonly message: string;
	readonly doc: string;
}

export interface MoveItem {
	readonly name: string;
	/** The heading above it: `// === Events ===`. */
	readonly section: string;
	readonly doc: string;
	/** A struct whole, of a function the signature. */
	readonly text: string;
}

const ITEM = /^(?:public |entry )*(?<kind>struct|fun) (?<name>\w+)/;
const ERROR = /^const (\w+): vector<u8> = b"(.*)";$/;

/** Throws TypeError when the text is none that this repository would write. */
export function readMoveModule(source: string): MoveModule {
	const lines = source.split('\n');
	const [errors, structs, functions]: [MoveError[], MoveItem[], MoveItem[]] = [[], [], []];
	let [name, moduleDoc, section] = ['', '', ''];
	let doc: string[] = [];
	let attributes: string[] = [];
	for (let at = 0; at < lines.length; at++) {
		const line = lines[at]!;
		const above = { doc: doc.join(' '), attributes: attributes.join(' ') };
		if (line.startsWith('///')) doc.push(line.slice(3).trim());
		else if (line.startsWith('#[')) attributes.push(line);
		else [doc, attributes] = [[], []];

		section = /^\/\/ === (.+) ===$/.exec(line)?.[1] ?? section;
		const module = /^module \w+::(\w+);$/.exec(line);
		if (module !== null) [name, moduleDoc] = [module[1]!, above.doc];
		const error = ERROR.exec(line);
		if (error !== null && above.attributes.includes('#[error]')) errors.push({ name: error[1]!, message: error[2]!, doc: above.doc });
		const item = ITEM.exec(line)?.groups;
		if (item === undefined || above.attributes.includes('test_only') || (item.kind === 'fun' && line.startsWith('fun '))) continue;
		const text = textFrom(lines, at, item.kind === 'struct');
		const read = { name: item.name!, section, doc: above.doc, text };
		(item.kind === 'struct' ? structs : functions).push(read);
	}
	if (name === '') throw new TypeError('the text has no line `module package::name;`');
	return { name, doc: moduleDoc, errors, structs, functions };
}

/** To the brace that ends a struct, or up to the one that begins a body. */
function textFrom(lines: readonly string[], from: number, whole: boolean): string {
	const last = lines.findIndex((line, at) => at >= from && (whole ? /^[^ /].*[})];?$|^}$/.test(line) : / \{(.* })?$/.test(line)));
	if (last < 0) throw new TypeError(`the item in line ${from + 1} does not end`);
	const text = lines.slice(from, last + 1).join('\n');
	return whole ? text : text.replace(/ \{(.* })?$/, '');
}
