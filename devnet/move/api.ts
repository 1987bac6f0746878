/**
 * The boundary between the Move virtual machine (`devnet/move`) and the ledger (`devnet/ledger`).
 * The machine knows bytecode, values, natives and the object runtime of one transaction; the ledger knows
 * transactions, versions, owners, gas coins and effects.
 */
import type { ExecutionTracer } from '#devnet/move/tracer.ts';

/** `0x` and 64 lower-case hexadecimal digits. */
export type Address = string;

export type IntegerKind = 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256';

/** A fully instantiated type unless it stands in a signature, where `typeParameter` may occur. */
export type MoveType =
	| { readonly kind: 'bool' | IntegerKind | 'address' | 'signer' }
	| { readonly kind: 'vector'; readonly element: MoveType }
	| {
			readonly kind: 'datatype';
			/** Defining package (the one that introduced the type), never a later version of it. */
			readonly address: Address;
			readonly module: string;
			readonly name: string;
			readonly typeArguments: readonly MoveType[];
	  }
	| { readonly kind: 'reference'; readonly mutable: boolean; readonly to: MoveType }
	| { readonly kind: 'typeParameter'; readonly index: number };

export interface AbilitySet {
	readonly copy: boolean;
	readonly drop: boolean;
	readonly store: boolean;
	readonly key: boolean;
}

/** A runtime value. Opaque outside this folder: the ledger goes through BCS or through {@link Cell}. */
export type MoveValue = unknown;

/** A mutable place that holds a value and can be borrowed: what a transaction's inputs and results live in. */
export interface Cell {
	value: MoveValue;
}

export interface FunctionSignature {
	readonly visibility: 'public' | 'friend' | 'private';
	readonly isEntry: boolean;
	readonly typeParameters: readonly AbilitySet[];
	readonly parameters: readonly MoveType[];
	readonly returns: readonly MoveType[];
}

export interface FieldLayout {
	readonly name: string;
	readonly type: MoveType;
}

export type Owner =
	| { readonly kind: 'address'; readonly address: Address }
	/** Child of a dynamic field's parent, or of an object wrapper. */
	| { readonly kind: 'object'; readonly parent: Address }
	| { readonly kind: 'shared'; readonly initialVersion: bigint }
	/** A party object: one address may use it, ordered by consensus as shared objects are. `startVersion` is when that address got it. */
	| { readonly kind: 'consensusAddress'; readonly address: Address; readonly startVersion: bigint }
	| { readonly kind: 'immutable' };

/** An object as the ledger stores it. */
export interface StoredObject {
	readonly id: Address;
	readonly version: bigint;
	readonly type: MoveType;
	readonly owner: Owner;
	readonly contents: Uint8Array;
}

/** What the machine reads of the ledger while it runs: children of dynamic fields, nothing else. */
export interface ChildObjectResolver {
	/** The object as of before this transaction, or undefined. */
	read(id: Address): StoredObject | undefined;
}

/** What `TxContext` answers. `digest` seeds fresh ids: blake2b256(0xf1 ‖ digest ‖ u64le counter). */
export interface TransactionContext {
	readonly sender: Address;
	readonly sponsor: Address | undefined;
	readonly digest: Uint8Array;
	readonly epoch: bigint;
	readonly epochTimestampMs: bigint;
	readonly gasPrice: bigint;
	readonly gasBudget: bigint;
	/** The epoch's reference price; `gasPrice` when left out. */
	readonly referenceGasPrice?: bigint;
}

/** Verified Nitro document fields, as `sui::nitro_attestation` exposes them. PCRs keep their index; all-zero ones are dropped. */
export interface NitroDocument {
	readonly moduleId: Uint8Array;
	readonly timestampMs: bigint;
	readonly digest: Uint8Array;
	readonly pcrs: readonly { readonly index: number; readonly value: Uint8Array }[];
	readonly publicKey: Uint8Array | undefined;
	readonly userData: Uint8Array | undefined;
	readonly nonce: Uint8Array | undefined;
}

/** Checks of the outside that a native needs. */
export interface NativeEnvironment {
	/** Throws any Error when the document does not verify at `nowMs`, one of the name `NitroParseError` when it is none; the native turns that into its abort. */
	verifyNitroDocument(document: Uint8Array, nowMs: bigint): NitroDocument;
}

export interface MoveEvent {
	readonly packageId: Address;
	readonly module: string;
	readonly type: MoveType;
	readonly contents: Uint8Array;
}

/** Where the objects that a transaction touched through Move ended up. Read once, after the last command. */
export interface ObjectRuntimeResults {
	/** Transfers, shares and freezes of this transaction, last one wins. `initialVersion` and `startVersion` are 0 here when the transaction is to set them. */
	readonly writes: readonly { readonly id: Address; readonly type: MoveType; readonly owner: Owner; readonly contents: Uint8Array }[];
	/** Ids made by `object::new` in this transaction and not deleted in it. */
	readonly createdIds: ReadonlySet<Address>;
	/** Ids passed to `object::delete` that were not made in this transaction. */
	readonly deletedIds: ReadonlySet<Address>;
	/** Children read through dynamic fields (their version enters the new version's maximum). */
	readonly loadedChildren: ReadonlyMap<Address, StoredObject>;
	readonly events: readonly MoveEvent[];
}

/** One a transaction. Made by the machine, kept by the ledger across the commands of a programmable transaction. */
export interface ObjectRuntime {
	readonly context: TransactionContext;
	/** An id as `tx_context::fresh_object_address` makes it. */
	freshId(): Address;
	/** Tells the runtime of an object that enters as an input, so that it can be transferred, wrapped or deleted. */
	addInput(object: StoredObject): void;
	/** As `transfer::transfer` and its kin do; also used by the ledger for TransferObjects. */
	transfer(value: MoveValue, type: MoveType, owner: Owner): void;
	finish(): ObjectRuntimeResults;
}

/** Sui's tiered computation meter (sui-types gas_model/tables.rs, schedule v5). Throws {@link MoveFailure} `OUT_OF_GAS`. */
export interface GasMeter {
	readonly instructionsExecuted: bigint;
	readonly stackSizeBytes: bigint;
	readonly stackHeight: bigint;
	/** Internal units used so far; a gas unit is 1000 of them. */
	readonly internalUnits: bigint;
	charge(internalUnits: bigint): void;
}

export interface ModuleId {
	readonly address: Address;
	readonly module: string;
}

/** Why execution stopped. `location` is where, as Sui's effects report it. */
export type MoveFailureReason =
	| {
			readonly kind: 'abort';
			readonly code: bigint;
			readonly location: { readonly module: ModuleId; readonly functionIndex: number; readonly functionName: string; readonly instruction: number };
			/** Of an `#[error]` constant: its name and text. */
			readonly cleverError: { readonly line: number; readonly constantName: string; readonly message: string | undefined } | undefined;
	  }
	| {
			readonly kind: 'primitiveRuntimeError';
			readonly message: string;
			/** As the Move VM names it: `ARITHMETIC_ERROR`, `VECTOR_OPERATION_ERROR` with its sub-status. */
			readonly status?: string;
			readonly subStatus?: number;
			readonly location: { readonly module: ModuleId; readonly functionIndex: number; readonly functionName: string; readonly instruction: number } | undefined;
	  }
	| { readonly kind: 'outOfGas' }
	/** Something Sui can do and this devnet does not: named, never guessed. */
	| { readonly kind: 'unsupported'; readonly feature: string }
	| { readonly kind: 'invariant'; readonly message: string };

export class MoveFailure extends Error {
	readonly reason: MoveFailureReason;
	constructor(reason: MoveFailureReason) {
		super(
			reason.kind === 'abort'
				? `abort ${reason.code} in ${reason.location.module.module}::${reason.location.functionName}`
				: JSON.stringify(reason, (_, v) => (typeof v === 'bigint' ? v.toString() : v)),
		);
		this.name = 'MoveFailure';
		this.reason = reason;
	}
}

export interface MovePackage {
	/** Where it is stored: each version of a package has an id of its own. */
	readonly id: Address;
	/** Id of its first version, which the bytecode of every version calls itself by; `id` when left out. */
	readonly originalId?: Address;
	/** Module name → bytecode whose self address is `originalId`. */
	readonly modules: ReadonlyMap<string, Uint8Array>;
	/** Original id → id of the version that is linked to, of all packages that it needs directly or through others. What is left out stands for itself. */
	readonly linkage?: ReadonlyMap<Address, Address>;
	/** `module::Type` → id of the version that first had the type; `id` where left out. */
	readonly typeOrigins?: ReadonlyMap<string, Address>;
	/** It was loaded before, or is the framework: each module is read when it is first needed. Left out: all are read, and refused, at once. */
	readonly wasChecked?: boolean;
}

export interface CallResult {
	/** One cell a declared return value; references come back as they are and may not outlive the command. */
	readonly returns: readonly { readonly type: MoveType; readonly cell: Cell }[];
}

/** `createMoveVm(environment)` in `devnet/move/vm.ts` makes one. Holds loaded packages; keeps no state of a transaction. */
export interface MoveVm {
	/** Deserialises, checks (refuses malformed or unsupported bytecode with a reason) and remembers. Throws {@link MoveFailure}. */
	load(pkg: MovePackage): void;
	unload(id: Address): void;
	/** A machine that has the same packages but these; what is loaded there is not loaded here. */
	fork(without: readonly Address[]): MoveVm;
	isLoaded(id: Address): boolean;
	moduleNames(id: Address): readonly string[];
	signature(module: ModuleId, functionName: string): FunctionSignature | undefined;
	/** Names of all functions of a module with their signatures, `init` among them. */
	functions(module: ModuleId): ReadonlyMap<string, FunctionSignature>;
	/** The function's instructions as text, one each; undefined for an unknown function, empty for a native. */
	disassemble(module: ModuleId, functionName: string): readonly string[] | undefined;
	/** Struct fields in order, instantiated; undefined for enums and unknown types. */
	fields(type: MoveType): readonly FieldLayout[] | undefined;
	abilities(type: MoveType): AbilitySet;
	/** The same type by defining ids, when it names packages by any of their versions. Undefined when one of its types is not there. */
	definingType(type: MoveType): MoveType | undefined;
	/** How a type instantiates its datatypes wrongly, if it does: with another number of type arguments, or with some that lack abilities. */
	instantiationFault(type: MoveType): 'arity' | 'constraint' | undefined;
	/** The module's one-time witness, if it has one. */
	oneTimeWitness(module: ModuleId): MoveType | undefined;
	/** `tracer` is told of all that the transaction executes. */
	createRuntime(context: TransactionContext, children: ChildObjectResolver, tracer?: ExecutionTracer): ObjectRuntime;
	/** `limitInternalUnits` undefined: metered but never out of gas. */
	createMeter(limitInternalUnits: bigint | undefined): GasMeter;
	deserialize(type: MoveType, bytes: Uint8Array): MoveValue;
	serialize(type: MoveType, value: MoveValue): Uint8Array;
	/** A reference value to a cell, to pass for a `&T` or `&mut T` parameter. */
	borrow(cell: Cell, mutable: boolean): MoveValue;
	/** A deep copy, as CopyLoc makes. */
	copy(value: MoveValue): MoveValue;
	/** Runs one function; `args` without TxContext (the machine supplies that when the last parameter is `&TxContext` or `&mut TxContext`). */
	call(
		target: ModuleId & { readonly function: string },
		typeArguments: readonly MoveType[],
		args: readonly MoveValue[],
		runtime: ObjectRuntime,
		meter: GasMeter,
	): CallResult;
}

/** Parses `0x2::coin::Coin<0x2::sui::SUI>`, `u64`, `vector<u8>`; prints the same canonical long form. In `devnet/move/types.ts`: `parseType`, `formatType`. */
export type TypeText = string;
