/** One module: its types, and its functions with their instructions. */
import { VramhubError } from '#core/errors.ts';
import { addressOf } from '#devnet/explorer/object-view.ts';
import type { Ledger } from '#devnet/ledger/ledger.ts';
import type { AbilitySet, Address, FunctionSignature, MoveVm } from '#devnet/move/api.ts';
import { datatype, formatType } from '#devnet/move/types.ts';
import { shortAddresses } from '#devnet/trace/format-value.ts';

export interface ModuleView {
	readonly packageId: Address;
	readonly name: string;
	readonly datatypes: readonly { readonly signature: string; readonly fields: string }[];
	readonly functions: readonly {
		readonly signature: string;
		/** Disassembled; empty for a native. */
		readonly instructions: readonly string[];
	}[];
}

/** Throws BAD_ARGUMENT, CHAIN_OBJECT_MISSING. */
export function moduleView(ledger: Ledger, id: string, name: string): ModuleView {
	const packageId = addressOf(id);
	const pkg = ledger.object(packageId);
	if (pkg?.kind !== 'package' || !pkg.modules.has(name))
		throw new VramhubError('CHAIN_OBJECT_MISSING', `no package ${packageId} with a module ${name.slice(0, 80)}`);
	const { vm } = ledger;
	const module = { address: packageId, module: name };
	return {
		packageId,
		name,
		datatypes: pkg.typeOrigins.filter((origin) => origin.module === name).map((origin) => datatypeView(vm, origin.packageId, name, origin.datatype)),
		functions: [...vm.functions(module)].map(([functionName, signature]) => ({
			signature: signatureText(functionName, signature),
			instructions: (vm.disassemble(module, functionName) ?? []).map(shortAddresses),
		})),
	};
}

function datatypeView(vm: MoveVm, address: Address, module: string, name: string): { signature: string; fields: string } {
	const fields = vm.fields(datatype(address, module, name));
	if (fields === undefined) return { signature: name, fields: 'enum, or not loaded' };
	return { signature: name, fields: fields.map((field) => `${field.name}: ${shortAddresses(formatType(field.type))}`).join(', ') };
}

function signatureText(name: string, signature: FunctionSignature): string {
	const visibility = signature.visibility === 'private' ? '' : signature.visibility === 'friend' ? 'public(package) ' : 'public ';
	const types = signature.typeParameters.map((constraints, i) => `T${i}${abilitiesText(constraints)}`).join(', ');
	const parameters = signature.parameters.map((type) => shortAddresses(formatType(type))).join(', ');
	const returns = signature.returns.map((type) => shortAddresses(formatType(type)));
	const result = returns.length === 0 ? '' : returns.length === 1 ? `: ${returns[0]}` : `: (${returns.join(', ')})`;
	return `${visibility}${signature.isEntry ? 'entry ' : ''}fun ${name}${types === '' ? '' : `<${types}>`}(${parameters})${result}`;
}

function abilitiesText(abilities: AbilitySet): string {
	const names = (['copy', 'drop', 'store', 'key'] as const).filter((ability) => abilities[ability]);
	return names.length === 0 ? '' : `: ${names.join(' + ')}`;
}
