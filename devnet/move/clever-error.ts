/**
 * Abort codes that carry a line and constants (move-command-line-common `error_bitset.rs`). From the highest bit:
 * 4 bits version (8 or 12) · 4 reserved · 8 error code · 16 line · 16 constant with the name · 16 constant with the value.
 */
import type { ModuleId } from '#devnet/move/api.ts';
import { deserializeValue } from '#devnet/move/bcs.ts';
import { typeOf } from '#devnet/move/bytecode.ts';
import type { LoadedModule, Loader } from '#devnet/move/loader.ts';
import { MoveVector, type Value } from '#devnet/move/values.ts';

const ABSENT = 0xffff;

export interface CleverError {
	readonly line: number;
	/** Empty for an `abort` or `assert!` without a constant. */
	readonly constantName: string;
	readonly message: string | undefined;
}

export function decodeCleverError(code: bigint, module: ModuleId, loader: Loader): CleverError | undefined {
	const version = code >> 60n;
	if (version !== 8n && version !== 12n) return undefined;
	const loaded = loader.module(module.address, module.module);
	if (loaded === undefined) return undefined;
	const line = Number((code >> 32n) & 0xffffn);
	const name = Number((code >> 16n) & 0xffffn);
	const value = Number(code & 0xffffn);
	return { line, constantName: name === ABSENT ? '' : (constantText(loaded, name) ?? ''), message: value === ABSENT ? undefined : constantText(loaded, value) };
}

/** A constant as people read it: text when it is UTF-8 bytes, else its value. */
export function constantText(module: LoadedModule, index: number): string | undefined {
	const constant = module.compiled.constant_pool[index];
	if (constant === undefined) return undefined;
	const value = deserializeValue(typeOf(module.compiled, constant.type_), Uint8Array.from(constant.data), undefined);
	if (value instanceof MoveVector && value.width === 1) {
		try {
			return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(value.items as number[]));
		} catch {
			return plain(value);
		}
	}
	return plain(value);
}

function plain(value: Value): string {
	if (value instanceof MoveVector) return `[${value.items.map(plain).join(', ')}]`;
	return String(value);
}
