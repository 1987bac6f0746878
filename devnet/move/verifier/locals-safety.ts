/** Locals are read only while they hold a value, and no value without `drop` is lost with its local (pass `locals_safety`). */
import { DROP } from '#devnet/move/bytecode.ts';
import { analyze } from '#devnet/move/verifier/abstract-interpreter.ts';
import type { ControlFlow } from '#devnet/move/verifier/control-flow.ts';
import type { Refuse } from '#devnet/move/verifier/failure.ts';
import type { Meter } from '#devnet/move/verifier/limits.ts';
import { at, type FunctionView, type ModuleView } from '#devnet/move/verifier/view.ts';

const UNAVAILABLE = 0;
const AVAILABLE = 1;
/** On some ways to here and not on others. */
const MAYBE = 2;

const TICKS_PER_STEP = 1;
const TICKS_PER_JOIN = 10;

export function checkLocalsSafety(view: ModuleView, fn: FunctionView, flow: ControlFlow, meter: Meter, refuse: (instruction?: number) => Refuse): void {
	const canDrop = fn.locals.map((type) => (view.abilities(type, fn.typeParameters) & DROP) !== 0);
	const initial = Uint8Array.from(fn.locals, (_, local) => (local < fn.parameters.length ? AVAILABLE : UNAVAILABLE));
	analyze(flow, initial, {
		run: ({ start, end }, before) => {
			const locals = before.slice();
			meter.add(TICKS_PER_STEP * (end - start + 1));
			for (let offset = start; offset <= end; offset++) {
				const { op, index } = at(flow.code, offset);
				switch (op) {
					case 'StLoc':
						if (locals[index] !== UNAVAILABLE && canDrop[index] !== true) {
							refuse(offset)('STLOC_UNSAFE_TO_DESTROY_ERROR', `local ${index} may hold a value that cannot be dropped`);
						}
						locals[index] = AVAILABLE;
						break;
					case 'MoveLoc':
						if (locals[index] !== AVAILABLE) refuse(offset)('MOVELOC_UNAVAILABLE_ERROR', `local ${index} may hold nothing`);
						locals[index] = UNAVAILABLE;
						break;
					case 'CopyLoc':
						if (locals[index] !== AVAILABLE) refuse(offset)('COPYLOC_UNAVAILABLE_ERROR', `local ${index} may hold nothing`);
						break;
					case 'MutBorrowLoc':
					case 'ImmBorrowLoc':
						if (locals[index] !== AVAILABLE) refuse(offset)('BORROWLOC_UNAVAILABLE_ERROR', `local ${index} may hold nothing`);
						break;
					case 'Ret': {
						const lost = locals.findIndex((state, local) => state !== UNAVAILABLE && canDrop[local] !== true);
						if (lost >= 0) refuse(offset)('UNSAFE_RET_UNUSED_VALUES_WITHOUT_DROP', `local ${lost} may hold a value that cannot be dropped`);
						break;
					}
					default:
						break;
				}
			}
			return locals;
		},
		join: (into, other) => {
			meter.add(TICKS_PER_JOIN);
			const joined = into.map((state, local) => (state === other[local] ? state : MAYBE));
			return joined.every((state, local) => state === into[local]) ? undefined : joined;
		},
	});
}
