/** Limits of Sui's protocol version of 1.63 (sui-protocol-config; passes `limits.rs`, `code_unit_verifier.rs`, `stack_usage_verifier.rs`). */
import { identifier, type SignatureToken } from '#devnet/move/bytecode.ts';
import type { ModuleView } from '#devnet/move/verifier/view.ts';

export const LIMITS = {
	loopDepth: 5,
	typeParameters: 32,
	functionParameters: 128,
	basicBlocks: 1024,
	valueStackHeight: 1024,
	typeNodes: 256,
	/** Values that one basic block may push. */
	pushesPerBlock: 10_000,
	datatypeDefinitions: 200,
	functionDefinitions: 1000,
	fields: 32,
	variants: 127,
	constantVectorLength: 256 * 1024,
	identifierLength: 128,
	vectorPackLength: 0xffff,
	/** What a validator spends on one module before it signs (`sui-verifier` `meter.rs`). */
	meterTicks: 16_000_000,
} as const;

/** A datatype or parameter may stand for any number of nodes, so they weigh more. */
const NAMED_TYPE_WEIGHT = 4;

export function checkLimits(view: ModuleView): void {
	const { compiled: m, refuse } = view;
	for (const handle of m.function_handles) {
		if (handle.type_parameters.length > LIMITS.typeParameters) refuse('TOO_MANY_TYPE_PARAMETERS', `function with ${handle.type_parameters.length}`);
		const parameters = view.signature(handle.parameters).length;
		if (parameters > LIMITS.functionParameters) refuse('TOO_MANY_PARAMETERS', `function with ${parameters}`);
	}
	for (const handle of m.datatype_handles) {
		if (handle.type_parameters.length > LIMITS.typeParameters) refuse('TOO_MANY_TYPE_PARAMETERS', `datatype with ${handle.type_parameters.length}`);
	}
	const checkNodes = (token: SignatureToken) => {
		const nodes = countNodes(token);
		if (nodes > LIMITS.typeNodes) refuse('TOO_MANY_TYPE_NODES', `a type with ${nodes} nodes`);
	};
	for (const signature of m.signatures) signature.forEach(checkNodes);
	for (const { type_ } of m.constant_pool) checkNodes(type_);
	m.identifiers.forEach((text) => {
		if (text.length > LIMITS.identifierLength) refuse('IDENTIFIER_TOO_LONG', `${text.slice(0, 20)}… has ${text.length} bytes`);
		if (!/^([a-zA-Z]\w*|_\w+)$/.test(text)) refuse('INVALID_IDENTIFIER', JSON.stringify(text));
	});
	if (m.function_defs.length > LIMITS.functionDefinitions) refuse('MAX_FUNCTION_DEFINITIONS_REACHED', `${m.function_defs.length}`);
	const datatypes = m.struct_defs.length + (m.enum_defs?.length ?? 0);
	if (datatypes > LIMITS.datatypeDefinitions) refuse('MAX_STRUCT_DEFINITIONS_REACHED', `${datatypes}`);
	const checkFields = (handle: number, fields: readonly { readonly signature: SignatureToken }[]) => {
		if (fields.length > LIMITS.fields) refuse('MAX_FIELD_DEFINITIONS_REACHED', `${view.datatypeName(handle).name} has ${fields.length} fields`);
		for (const { signature } of fields) checkNodes(signature);
	};
	for (const def of m.struct_defs) if (def.field_information !== 'Native') checkFields(def.struct_handle, def.field_information.Declared);
	for (const def of m.enum_defs ?? []) {
		const name = identifier(m, view.datatypeHandle(def.enum_handle).name);
		if (def.variants.length > LIMITS.variants) refuse('MAX_VARIANTS_REACHED', `${name} has ${def.variants.length} variants`);
		checkFields(
			def.enum_handle,
			def.variants.flatMap(({ fields }) => fields),
		);
	}
}

function countNodes(token: SignatureToken): number {
	if (typeof token === 'string') return 1;
	if ('Vector' in token) return 1 + countNodes(token.Vector);
	if ('Reference' in token) return 1 + countNodes(token.Reference);
	if ('MutableReference' in token) return 1 + countNodes(token.MutableReference);
	if ('DatatypeInstantiation' in token) return token.DatatypeInstantiation[1].reduce((sum, argument) => sum + countNodes(argument), NAMED_TYPE_WEIGHT);
	return NAMED_TYPE_WEIGHT;
}

/** Bounds the time that one module takes: hostile code can make the borrow analysis do far more than its size suggests. */
export class Meter {
	#left: number = LIMITS.meterTicks;
	readonly #view: ModuleView;

	constructor(view: ModuleView) {
		this.#view = view;
	}

	add(ticks: number): void {
		this.#left -= ticks;
		if (this.#left < 0) this.#view.refuse('PROGRAM_TOO_COMPLEX', `verification takes more than ${LIMITS.meterTicks} ticks`);
	}

	/** For work that grows with the square of `items` from `threshold` on. */
	addQuadratic(ticksPerItem: number, items: number, threshold: number): void {
		const size = Math.max(items, 1);
		this.add(ticksPerItem * Math.max(size, (size * size) / threshold));
	}
}
