import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize } from '@mysten/move-bytecode-template';
import * as bindings from '#clients/chain/bindings.ts';
import { compilePackage, readContracts } from '#devnet/compiler/compile.ts';

type Token = string | { readonly Vector?: Token; readonly Datatype?: number; readonly DatatypeInstantiation?: readonly [number, readonly Token[]] };

/** The parts of a deserialised module that say what its structs are. */
interface Module {
	readonly identifiers: readonly string[];
	readonly datatype_handles: readonly { readonly name: number }[];
	readonly struct_defs: readonly {
		readonly struct_handle: number;
		readonly field_information: { readonly Declared?: readonly { readonly name: number; readonly signature: Token }[] };
	}[];
}

/** A field's type as the bindings name it: ids and addresses are 32 bytes, a table is its own struct whatever it holds, an option what it may hold. */
function typeName(module: Module, token: Token): string {
	const datatype = (index: number) => {
		const name = module.identifiers[module.datatype_handles[index]!.name]!;
		return name === 'UID' || name === 'ID' ? 'bytes[32]' : name;
	};
	if (typeof token === 'string') return token === 'Address' ? 'bytes[32]' : token.toLowerCase();
	if (token.Vector !== undefined) return `vector<${typeName(module, token.Vector)}>`;
	if (token.Datatype !== undefined) return datatype(token.Datatype);
	if (token.DatatypeInstantiation !== undefined) {
		const [handle, [argument]] = token.DatatypeInstantiation;
		const name = datatype(handle);
		return name === 'Option' ? `Option<${typeName(module, argument!)}>` : name;
	}
	throw new Error(`unknown type ${JSON.stringify(token)}`);
}

test('each binding has the fields of the compiled struct, by name, type and order', async () => {
	const { modules } = await compilePackage({ files: await readContracts() });
	const structs = new Map<string, { name: string; type: string }[]>();
	for (const [name, bytes] of modules) {
		const module = deserialize(bytes) as unknown as Module;
		for (const { struct_handle, field_information } of module.struct_defs) {
			const fields = (field_information.Declared ?? []).map((field) => ({ name: module.identifiers[field.name]!, type: typeName(module, field.signature) }));
			structs.set(`${name}::${module.identifiers[module.datatype_handles[struct_handle]!.name]}`, fields);
		}
	}
	let compared = 0;
	for (const binding of Object.values(bindings)) {
		if (binding.module === 'clock') continue;
		assert.deepEqual(binding.fields, structs.get(`${binding.module}::${binding.name}`), `${binding.module}::${binding.name}`);
		compared++;
	}
	assert.ok(compared > 20);
});
