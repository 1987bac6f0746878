/**
 * Whether the next version of a package may follow the last under its upgrade policy (sui-adapter `check_compatibility`,
 * move-binary-format `compatibility.rs` and `inclusion_mode.rs`, Sui 1.63).
 */
import { ExecutionFailure } from '#devnet/ledger/failure.ts';
import {
	type CompiledModule,
	entry,
	identifier,
	moduleHandle,
	type RawInstruction,
	type SignatureToken,
	signatureTypes,
	typeOf,
} from '#devnet/move/bytecode.ts';
import { formatType } from '#devnet/move/types.ts';

/** `sui::package`: the least strict first. */
export const UPGRADE_POLICIES = { compatible: 0, additive: 128, depOnly: 192 } as const;

type Modules = ReadonlyMap<string, CompiledModule>;

/** Throws {@link ExecutionFailure} `PackageUpgradeError`. */
export function checkCompatibility(current: Modules, next: Modules, policy: number): void {
	switch (policy) {
		case UPGRADE_POLICIES.compatible:
			for (const [name, module] of current) checkLinks(describe(module), describe(present(next.get(name), `module ${name}`)));
			return;
		case UPGRADE_POLICIES.additive:
			for (const [name, module] of current) checkIncluded(module, present(next.get(name), `module ${name}`));
			return;
		case UPGRADE_POLICIES.depOnly:
			if (current.size !== next.size) throw incompatible(`${next.size} modules, and ${current.size} before`);
			for (const [name, module] of current) {
				const upgraded = present(next.get(name), `module ${name}`);
				checkIncluded(module, upgraded);
				checkIncluded(upgraded, module);
				if (module.friend_decls.length !== upgraded.friend_decls.length) throw incompatible(`module ${name} has other friends`);
			}
			return;
		default:
			throw new ExecutionFailure({ $kind: 'PackageUpgradeError', error: { $kind: 'UnknownUpgradePolicy', policy } });
	}
}

function incompatible(why: string): ExecutionFailure {
	return new ExecutionFailure({ $kind: 'PackageUpgradeError', error: { $kind: 'IncompatibleUpgrade' } }, why);
}

function present<T>(found: T | undefined, what: string): T {
	if (found === undefined) throw incompatible(`${what} is gone`);
	return found;
}

// ---- what others can link to -----------------------------------------------------------------------------------------

interface DescribedFunction {
	readonly visibility: 'Public' | 'Friend' | 'Private';
	readonly isEntry: boolean;
	/** Ability bits that each type parameter asks for. */
	readonly constraints: readonly number[];
	readonly signature: string;
	/** Instructions with what their indices mean; undefined for a native. */
	readonly code: readonly string[] | undefined;
}

/** A module without indices: texts that are equal when the parts are. */
interface Description {
	/** Structs and enums: kind, abilities, type parameters, fields or variants. */
	readonly datatypes: ReadonlyMap<string, string>;
	readonly functions: ReadonlyMap<string, () => DescribedFunction>;
}

/** Types as they were; public functions still callable as before. Anything else may change. */
function checkLinks(current: Description, next: Description): void {
	for (const [name, datatype] of current.datatypes) {
		if (present(next.datatypes.get(name), `type ${name}`) !== datatype) throw incompatible(`type ${name} is not what it was`);
	}
	for (const [name, describeFunction] of current.functions) {
		const before = describeFunction();
		if (before.visibility !== 'Public') continue;
		const after = present(next.functions.get(name), `public function ${name}`)();
		const weaker = after.constraints.every((bits, index) => (bits & ~(before.constraints[index] ?? 0)) === 0);
		if (after.visibility !== 'Public') throw incompatible(`function ${name} is public no more`);
		if (after.signature !== before.signature || after.constraints.length !== before.constraints.length || !weaker) {
			throw incompatible(`public function ${name} has another signature`);
		}
	}
}

/** Everything stands in the next version as it was, code included. */
function checkIncluded(current: CompiledModule, next: CompiledModule): void {
	if (next.version < current.version) throw incompatible(`bytecode version ${next.version} after ${current.version}`);
	const [before, after] = [describe(current), describe(next)];
	for (const [name, datatype] of before.datatypes) {
		if (present(after.datatypes.get(name), `type ${name}`) !== datatype) throw incompatible(`type ${name} is not what it was`);
	}
	for (const [name, describeFunction] of before.functions) {
		const same = JSON.stringify(present(after.functions.get(name), `function ${name}`)()) === JSON.stringify(describeFunction());
		if (!same) throw incompatible(`function ${name} is not what it was`);
	}
}

// ---- modules without indices -----------------------------------------------------------------------------------------

function describe(module: CompiledModule): Description {
	const datatypes = new Map<string, string>();
	const fieldsOf = (fields: readonly { readonly name: number; readonly signature: SignatureToken }[]) =>
		fields.map(({ name, signature }) => [identifier(module, name), formatType(typeOf(module, signature))]);
	for (const def of module.struct_defs) {
		const handle = entry(module.datatype_handles, def.struct_handle, 'datatype handle');
		const fields = def.field_information === 'Native' ? 'native' : fieldsOf(def.field_information.Declared);
		datatypes.set(identifier(module, handle.name), JSON.stringify(['struct', handle.abilities, handle.type_parameters, fields]));
	}
	for (const def of module.enum_defs ?? []) {
		const handle = entry(module.datatype_handles, def.enum_handle, 'datatype handle');
		const variants = def.variants.map((variant) => [identifier(module, variant.variant_name), fieldsOf(variant.fields)]);
		datatypes.set(identifier(module, handle.name), JSON.stringify(['enum', handle.abilities, handle.type_parameters, variants]));
	}
	const functions = new Map<string, () => DescribedFunction>();
	for (const def of module.function_defs) {
		const handle = entry(module.function_handles, def.function, 'function handle');
		functions.set(identifier(module, handle.name), () => ({
			visibility: def.visibility,
			isEntry: def.is_entry,
			constraints: handle.type_parameters,
			signature: `${signatureText(module, handle.parameters)} → ${signatureText(module, handle.return_)}`,
			code: def.code?.code.map((instruction) => describeInstruction(module, instruction, def.code?.jump_tables ?? [])),
		}));
	}
	return { datatypes, functions };
}

function signatureText(module: CompiledModule, index: number): string {
	return `(${signatureTypes(module, index).map(formatType).join(', ')})`;
}

type JumpTables = NonNullable<NonNullable<CompiledModule['function_defs'][number]['code']>['jump_tables']>;

/** Literals, locals and branch targets as they are; whatever points into a table of the module by what stands there. */
function describeInstruction(module: CompiledModule, instruction: RawInstruction, jumpTables: JumpTables): string {
	if (typeof instruction === 'string') return instruction;
	const [name, operand] = Object.entries(instruction)[0] ?? ['', undefined];
	return `${name} ${describeOperand(module, name, operand, jumpTables)}`;
}

function describeOperand(module: CompiledModule, name: string, operand: unknown, jumpTables: JumpTables): string {
	const index = Number(operand);
	switch (name) {
		case 'LdConst': {
			const { type_, data } = entry(module.constant_pool, index, 'constant');
			return `${formatType(typeOf(module, type_))} ${Buffer.from(data).toString('hex')}`;
		}
		case 'Call':
			return functionText(module, index);
		case 'CallGeneric': {
			const { handle, type_parameters } = entry(module.function_instantiations, index, 'function instantiation');
			return `${functionText(module, handle)}<${signatureText(module, type_parameters)}>`;
		}
		case 'Pack':
		case 'Unpack':
			return structText(module, index);
		case 'PackGeneric':
		case 'UnpackGeneric': {
			const { def, type_parameters } = entry(module.struct_def_instantiations, index, 'struct instantiation');
			return `${structText(module, def)}<${signatureText(module, type_parameters)}>`;
		}
		case 'MutBorrowField':
		case 'ImmBorrowField':
			return fieldText(module, index);
		case 'MutBorrowFieldGeneric':
		case 'ImmBorrowFieldGeneric': {
			const { handle, type_parameters } = entry(module.field_instantiations, index, 'field instantiation');
			return `${fieldText(module, handle)}<${signatureText(module, type_parameters)}>`;
		}
		case 'VecPack':
		case 'VecUnpack': {
			const [signature, length] = operand as readonly [number, bigint | number];
			return `${signatureText(module, signature)} ${length}`;
		}
		case 'VecLen':
		case 'VecImmBorrow':
		case 'VecMutBorrow':
		case 'VecPushBack':
		case 'VecPopBack':
		case 'VecSwap':
			return signatureText(module, index);
		case 'PackVariant':
		case 'UnpackVariant':
		case 'UnpackVariantImmRef':
		case 'UnpackVariantMutRef': {
			const { enum_def, variant } = entry(module.variant_handles, index, 'variant handle');
			return `${enumText(module, enum_def)} ${variant}`;
		}
		case 'PackVariantGeneric':
		case 'UnpackVariantGeneric':
		case 'UnpackVariantGenericImmRef':
		case 'UnpackVariantGenericMutRef': {
			const handle = entry(module.variant_instantiation_handles, index, 'variant instantiation');
			const { def, type_parameters } = entry(module.enum_def_instantiations, handle.enum_def, 'enum instantiation');
			return `${enumText(module, def)}<${signatureText(module, type_parameters)}> ${handle.variant}`;
		}
		case 'VariantSwitch': {
			const { head_enum, jump_table } = entry(jumpTables, index, 'jump table');
			return `${enumText(module, head_enum)} ${jump_table.Full}`;
		}
		default:
			return String(operand);
	}
}

function functionText(module: CompiledModule, index: number): string {
	const handle = entry(module.function_handles, index, 'function handle');
	const owner = moduleHandle(module, handle.module);
	return `${owner.address}::${owner.module}::${identifier(module, handle.name)}`;
}

function structText(module: CompiledModule, index: number): string {
	return datatypeText(module, entry(module.struct_defs, index, 'struct').struct_handle);
}

function enumText(module: CompiledModule, index: number): string {
	return datatypeText(module, entry(module.enum_defs, index, 'enum').enum_handle);
}

function datatypeText(module: CompiledModule, index: number): string {
	return identifier(module, entry(module.datatype_handles, index, 'datatype handle').name);
}

function fieldText(module: CompiledModule, index: number): string {
	const { owner, field } = entry(module.field_handles, index, 'field handle');
	return `${structText(module, owner)}.${field}`;
}
