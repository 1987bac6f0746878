/** What other packages can see of a compiled module, as text that can be compared. */
import { type CompiledModule, entry, readModule, type SignatureToken } from '#devnet/move/bytecode.ts';

/** `struct X`, `enum X`, and `fun x` of functions that are public, entries or natives → their declaration. Private ones are nobody else's business. */
export function declarationsOf(bytes: Uint8Array): Map<string, string> {
	const module = readModule('compared', bytes);
	const declared = new Map<string, string>();
	const nameOf = (index: number) => entry(module.identifiers, index, 'identifier');
	const fields = (all: readonly { readonly name: number; readonly signature: SignatureToken }[]) =>
		all.map(({ name, signature }) => `${nameOf(name)}: ${typeText(module, signature)}`).join(', ');
	const head = (handleIndex: number) => {
		const { name, abilities, type_parameters } = entry(module.datatype_handles, handleIndex, 'datatype handle');
		const parameters = type_parameters.map(({ constraints, is_phantom }) => `${is_phantom ? 'phantom ' : ''}${constraints}`);
		return { name: nameOf(name), text: `<${parameters.join(', ')}> abilities ${abilities}` };
	};
	for (const { struct_handle, field_information } of module.struct_defs) {
		const { name, text } = head(struct_handle);
		declared.set(`struct ${name}`, `${text} { ${field_information === 'Native' ? 'native' : fields(field_information.Declared)} }`);
	}
	for (const { enum_handle, variants } of module.enum_defs ?? []) {
		const { name, text } = head(enum_handle);
		declared.set(`enum ${name}`, `${text} { ${variants.map((variant) => `${nameOf(variant.variant_name)}(${fields(variant.fields)})`).join(', ')} }`);
	}
	for (const { function: handle, visibility, is_entry, code } of module.function_defs) {
		const native = code === null || code === undefined;
		if (visibility !== 'Public' && !is_entry && !native) continue;
		const { name, parameters, return_, type_parameters } = entry(module.function_handles, handle, 'function handle');
		const list = (signature: number) =>
			entry(module.signatures, signature, 'signature')
				.map((token) => typeText(module, token))
				.join(', ');
		declared.set(
			`fun ${nameOf(name)}`,
			`${visibility}${is_entry ? ' entry' : ''}${native ? ' native' : ''}<${type_parameters.join(', ')}>(${list(parameters)}): (${list(return_)})`,
		);
	}
	return declared;
}

function typeText(module: CompiledModule, token: SignatureToken): string {
	if (typeof token === 'string') return token;
	if ('Vector' in token) return `vector<${typeText(module, token.Vector)}>`;
	if ('Reference' in token) return `&${typeText(module, token.Reference)}`;
	if ('MutableReference' in token) return `&mut ${typeText(module, token.MutableReference)}`;
	if ('TypeParameter' in token) return `T${token.TypeParameter}`;
	const [index, typeArguments] = 'Datatype' in token ? [token.Datatype, []] : token.DatatypeInstantiation;
	const handle = entry(module.datatype_handles, index, 'datatype handle');
	const owner = entry(module.module_handles, handle.module, 'module handle');
	const path = [
		entry(module.address_identifiers, owner.address, 'address'),
		entry(module.identifiers, owner.name, 'identifier'),
		entry(module.identifiers, handle.name, 'identifier'),
	];
	return `${path.join('::')}<${typeArguments.map((argument) => typeText(module, argument)).join(', ')}>`;
}
