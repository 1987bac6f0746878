/**
 * An object is made with a UID that comes straight from `object::new` or `derived_object::claim`, so that no id is ever used twice
 * (pass `id_leak_verifier.rs`).
 */
import { KEY } from '#devnet/move/bytecode.ts';
import { analyze } from '#devnet/move/verifier/abstract-interpreter.ts';
import type { Bytecode } from '#devnet/move/verifier/code.ts';
import type { ControlFlow } from '#devnet/move/verifier/control-flow.ts';
import { stackEffect } from '#devnet/move/verifier/stack-usage.ts';
import { at, type FunctionView, type ModuleView } from '#devnet/move/verifier/view.ts';

const SUI = `0x${'0'.repeat(63)}2`;
/** Test code has one more, of a module that no chain has. */
const MAKES_FRESH_ID: ReadonlySet<string> = new Set([`${SUI}::object::new`, `${SUI}::object::new_uid_from_hash`, `${SUI}::derived_object::claim`]);

/** Whether each local holds a UID that nothing has seen yet. */
type State = readonly boolean[];

export function checkIdLeaks(view: ModuleView, fn: FunctionView, flow: ControlFlow): void {
	const makesObject = (instruction: Bytecode) =>
		(instruction.op === 'Pack' || instruction.op === 'PackGeneric') && (view.datatypeHandle(view.struct(instruction).handle).abilities & KEY) !== 0;
	if (!flow.code.some(makesObject)) return;
	const makesFreshId = (instruction: Bytecode) =>
		(instruction.op === 'Call' || instruction.op === 'CallGeneric') && MAKES_FRESH_ID.has(view.functionName(view.callee(instruction).handle).key);
	analyze<State>(
		flow,
		fn.locals.map(() => false),
		{
			run: ({ start, end }, before) => {
				const locals = [...before];
				const stack: boolean[] = [];
				for (let offset = start; offset <= end; offset++) {
					const instruction = at(flow.code, offset);
					switch (instruction.op) {
						case 'MoveLoc':
							stack.push(locals[instruction.index] === true);
							locals[instruction.index] = false;
							break;
						case 'StLoc':
							locals[instruction.index] = stack.pop() === true;
							break;
						default: {
							const [pops, pushes] = stackEffect(view, fn, instruction);
							const taken = stack.splice(stack.length - pops);
							if (makesObject(instruction) && taken[0] !== true) {
								const { name } = view.datatypeName(view.struct(instruction).handle);
								view.refuseIn(fn.name, offset)('SUI_ID_LEAK', `${name} is made with a UID that is not new`);
							}
							const isFresh = makesFreshId(instruction);
							for (let i = 0; i < pushes; i++) stack.push(isFresh);
							break;
						}
					}
				}
				return locals;
			},
			join: (into, other) => {
				const joined = into.map((value, local) => value && other[local] === true);
				return joined.every((value, local) => value === into[local]) ? undefined : joined;
			},
		},
	);
}
