/** No table says one thing twice, and what a module declares as its own it defines (pass `check_duplication.rs`). */
import { identifier } from '#devnet/move/bytecode.ts';
import type { ModuleView } from '#devnet/move/verifier/view.ts';

export function checkDuplication(view: ModuleView): void {
	const { compiled: m, refuse } = view;
	const unique = (what: string, entries: Iterable<string | number>) => {
		const seen = new Set<string | number>();
		let index = 0;
		for (const entry of entries) {
			if (seen.has(entry)) refuse('DUPLICATE_ELEMENT', `${what} ${index} repeats an earlier one`);
			seen.add(entry);
			index++;
		}
		return seen;
	};
	const pairs = (what: string, entries: readonly (readonly [number, number])[]) =>
		unique(
			what,
			entries.map(([a, b]) => `${a},${b}`),
		);

	unique('identifier', m.identifiers);
	unique('address', m.address_identifiers);
	unique(
		'constant',
		m.constant_pool.map(({ type_, data }) => `${JSON.stringify(type_)}:${data.join()}`),
	);
	unique(
		'signature',
		m.signatures.map((_, index) =>
			view
				.signature(index)
				.map(({ id }) => id)
				.join(),
		),
	);
	for (const [what, handles] of [
		['module handle', m.module_handles],
		['friend', m.friend_decls],
	] as const) {
		pairs(
			what,
			handles.map(({ address, name }) => [address, name]),
		);
	}
	for (const [what, handles] of [
		['datatype handle', m.datatype_handles],
		['function handle', m.function_handles],
	] as const) {
		pairs(
			what,
			handles.map(({ module, name }) => [module, name]),
		);
	}
	const instantiations = (what: string, table: readonly { readonly def?: number; readonly handle?: number; readonly type_parameters: number }[]) =>
		pairs(
			what,
			table.map(({ def, handle, type_parameters }) => [def ?? handle ?? 0, type_parameters]),
		);
	instantiations('function instantiation', m.function_instantiations);
	instantiations('field instantiation', m.field_instantiations);
	instantiations('struct instantiation', m.struct_def_instantiations);
	instantiations('enum instantiation', m.enum_def_instantiations ?? []);
	pairs(
		'variant handle',
		(m.variant_handles ?? []).map(({ enum_def, variant }) => [enum_def, variant]),
	);
	pairs(
		'field handle',
		m.field_handles.map(({ owner, field }) => [owner, field]),
	);

	const functions = unique(
		'function definition',
		m.function_defs.map((def) => def.function),
	);
	const datatypes = unique('datatype definition', [...m.struct_defs.map((def) => def.struct_handle), ...(m.enum_defs ?? []).map((def) => def.enum_handle)]);
	for (const def of m.struct_defs) {
		const { name } = view.datatypeName(def.struct_handle);
		if (def.field_information === 'Native') refuse('MISSING_DEPENDENCY', `struct ${name} is native`);
		else if (def.field_information.Declared.length === 0) refuse('ZERO_SIZED_STRUCT', name);
		else
			unique(
				`field of ${name}`,
				def.field_information.Declared.map((field) => field.name),
			);
	}
	for (const def of m.enum_defs ?? []) {
		const { name } = view.datatypeName(def.enum_handle);
		if (def.variants.length === 0) refuse('ZERO_SIZED_ENUM', name);
		unique(
			`variant of ${name}`,
			def.variants.map(({ variant_name }) => variant_name),
		);
		for (const { variant_name, fields } of def.variants) {
			unique(
				`field of ${name}::${identifier(m, variant_name)}`,
				fields.map((field) => field.name),
			);
		}
	}
	checkOwnership(view, functions, datatypes);
}

function checkOwnership(view: ModuleView, functions: ReadonlySet<string | number>, datatypes: ReadonlySet<string | number>): void {
	const { compiled: m, refuse } = view;
	for (const [table, defined, what] of [
		[m.function_handles, functions, 'function'],
		[m.datatype_handles, datatypes, 'datatype'],
	] as const) {
		const own = (index: number) => table[index]?.module === m.self_module_handle_idx;
		const nameOf = (index: number) => identifier(m, table[index]?.name ?? -1);
		for (const index of defined) {
			if (typeof index === 'number' && !own(index)) refuse('INVALID_MODULE_HANDLE', `${what} ${nameOf(index)} is defined for another module`);
		}
		for (const index of table.keys()) {
			if (own(index) && !defined.has(index)) refuse('UNIMPLEMENTED_HANDLE', `${what} ${nameOf(index)} is declared and not defined`);
		}
	}
}
