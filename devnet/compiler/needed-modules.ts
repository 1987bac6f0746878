/**
 * The part of a framework that a package can need. The compiler reads all sources that it is given, which for a small package is most of its time; what no
 * word of the package leads to changes nothing in its bytecode.
 */
import type { FrameworkSources, MoveFiles } from '#devnet/compiler/compile.ts';

/** Modules that Move text uses without naming them: default imports, and those whose functions are methods of built-in types. */
const IMPLICIT = ['vector', 'option', 'object', 'tx_context', 'transfer', 'address', 'bool', 'u8', 'u16', 'u32', 'u64', 'u128', 'u256', 'ascii', 'string'];

interface Source {
	readonly modules: readonly string[];
	readonly words: ReadonlySet<string>;
}

/** Rather too much than too little: a module is needed when its name is anywhere in the text of the package, or of a module that is needed. */
export function neededModules(framework: FrameworkSources, packages: readonly MoveFiles[]): FrameworkSources {
	const sources = new Map<string, Source>();
	const texts = [framework.moveStdlib, framework.suiFramework].flatMap((files) => Object.entries(files).filter(([path]) => path.endsWith('.move')));
	for (const [, text] of texts) sources.set(text, { modules: modulesOf(text), words: wordsOf(text) });
	const needed = new Set(IMPLICIT);
	for (const files of packages) for (const text of Object.values(files)) for (const word of wordsOf(text)) needed.add(word);
	const chosen = new Set<string>();
	for (let before = -1; before !== chosen.size; ) {
		before = chosen.size;
		for (const [text, { modules, words }] of sources) {
			if (chosen.has(text) || !modules.some((name) => needed.has(name))) continue;
			chosen.add(text);
			for (const word of words) needed.add(word);
		}
	}
	const part = (files: MoveFiles) => Object.fromEntries(Object.entries(files).filter(([path, text]) => !path.endsWith('.move') || chosen.has(text)));
	return { moveStdlib: part(framework.moveStdlib), suiFramework: part(framework.suiFramework) };
}

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ' ');

const wordsOf = (text: string): Set<string> => new Set(withoutComments(text).match(/\w+/g));

/** Declared in a file. */
const modulesOf = (text: string): string[] => [...withoutComments(text).matchAll(/\bmodule\s+\w+::(\w+)/g)].map(([, name]) => name!);
