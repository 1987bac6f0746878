// Writes docs/contracts/, a page a module, from the Move sources and their bytecode: `npm run docs`. A test compares.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compilePackage, readContracts } from '#devnet/compiler/compile.ts';
import { effectsOf, type MoveEffects } from './move-effects.ts';
import { type MoveItem, type MoveModule, readMoveModule } from './move-source.ts';

export const CONTRACT_DOCS = join(import.meta.dirname, '..', 'docs', 'contracts');

/** File name → text. */
export async function contractDocuments(): Promise<ReadonlyMap<string, string>> {
	const files = await readContracts();
	const { modules: compiled } = await compilePackage({ files });
	const effects = effectsOf(compiled);
	const modules = Object.entries(files)
		.filter(([path]) => path.startsWith('sources/'))
		.map(([, text]) => readMoveModule(text));
	return new Map([['README.md', index(modules)], ...modules.map((module) => [`${module.name}.md`, page(module, effects)] as const)]);
}

function index(modules: readonly MoveModule[]): string {
	return joined([
		'# The contracts, module by module',
		'Made from the Move sources by `npm run docs`. What a function may abort with and emit is read from the bytecode, through everything that it calls in the package.',
		modules.map(({ name, doc }) => `- [${name}](${name}.md): ${doc}`).join('\n'),
	]);
}

function page({ name, doc, errors, structs, functions }: MoveModule, effects: ReadonlyMap<string, MoveEffects>): string {
	const isEvent = ({ section }: MoveItem) => section === 'Events';
	const state = structs.filter((it) => !isEvent(it));
	const events = structs.filter(isEvent);
	const sections = Map.groupBy(functions, ({ section }) => section);
	return joined([
		`# ${name}`,
		doc,
		`Source: [contracts/sources/${name}.move](../../contracts/sources/${name}.move)`,
		...(state.length > 0 ? ['## State', ...state.flatMap(item)] : []),
		...[...sections].flatMap(([section, items]) => [
			`## ${section === '' ? 'Functions' : section}`,
			...items.filter(changes).flatMap((it) => [...item(it), effectsText(name, effects.get(`${name}::${it.name}`))]),
			block(items.filter((it) => !changes(it)).map(({ doc, text }) => (doc === '' ? text : `/// ${doc}\n${text}`))),
		]),
		...(errors.length > 0 ? ['## Errors', table(errors.map((error) => [`\`${error.name}\``, error.message, error.doc]))] : []),
		...(events.length > 0 ? ['## Events', ...events.flatMap(item)] : []),
	]);
}

/** Whether a transaction calls it for its own sake. */
const changes = ({ text }: MoveItem) => text.includes('&mut ') || text.startsWith('entry ');

const item = ({ name, doc, text }: MoveItem): string[] => [`### ${name}`, doc, block([text])];
const block = (texts: readonly string[]) => (texts.length === 0 ? '' : `\`\`\`move\n${texts.join('\n\n')}\n\`\`\``);

function effectsText(module: string, { aborts, events }: MoveEffects = { aborts: [], events: [] }): string {
	const list = (names: readonly string[]) => names.map((name) => linked(module, name)).join(', ');
	const lines = [...(aborts.length > 0 ? [`Aborts: ${list(aborts)}.`] : []), ...(events.length > 0 ? [`Emits: ${list(events)}.`] : [])];
	return lines.join('\n\n');
}

/** Constants of other modules by module and name, with a link to their page. */
function linked(module: string, qualified: string): string {
	const [of, name] = qualified.split('::');
	return of === module ? `\`${name}\`` : `[\`${of}::${name}\`](${of}.md#errors)`;
}

function table(rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(['name', 'text on chain', 'when']), '|---|---|---|', ...rows.map(line)].join('\n');
}

const joined = (blocks: readonly string[]) => `${blocks.filter((block) => block !== '').join('\n\n')}\n`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
	await mkdir(CONTRACT_DOCS, { recursive: true });
	for (const [file, text] of await contractDocuments()) await writeFile(join(CONTRACT_DOCS, file), text);
}
