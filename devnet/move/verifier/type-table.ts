/** Types of one module, each made once: equal types are the same object, so passes compare with `===`. */
import type { SignatureToken } from '#devnet/move/bytecode.ts';

export type PrimitiveKind = 'bool' | 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'u256' | 'address' | 'signer';

/** `id` is the type's place in its table. */
export type Type =
	| { readonly id: number; readonly kind: PrimitiveKind }
	| { readonly id: number; readonly kind: 'vector'; readonly element: Type }
	| { readonly id: number; readonly kind: 'reference'; readonly mutable: boolean; readonly to: Type }
	/** `handle` is an index into the module's datatype handles; the verifier refuses two handles of one datatype. */
	| { readonly id: number; readonly kind: 'datatype'; readonly handle: number; readonly args: readonly Type[] }
	| { readonly id: number; readonly kind: 'parameter'; readonly index: number };

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

export const INTEGERS: ReadonlySet<Type['kind']> = new Set(['u8', 'u16', 'u32', 'u64', 'u128', 'u256']);

export class TypeTable {
	readonly #known = new Map<string, Type>();
	readonly #substitutions = new Map<string, Type>();
	readonly bool = this.primitive('bool');
	readonly u8 = this.primitive('u8');
	readonly u16 = this.primitive('u16');
	readonly u32 = this.primitive('u32');
	readonly u64 = this.primitive('u64');
	readonly u128 = this.primitive('u128');
	readonly u256 = this.primitive('u256');

	#make(key: string, type: WithoutId<Type>): Type {
		const known = this.#known.get(key);
		if (known !== undefined) return known;
		const made: Type = { id: this.#known.size, ...type };
		this.#known.set(key, made);
		return made;
	}

	primitive(kind: PrimitiveKind): Type {
		return this.#make(kind, { kind });
	}

	vector(element: Type): Type {
		return this.#make(`v${element.id}`, { kind: 'vector', element });
	}

	reference(to: Type, mutable: boolean): Type {
		return this.#make(`${mutable ? 'm' : 'r'}${to.id}`, { kind: 'reference', mutable, to });
	}

	datatype(handle: number, args: readonly Type[]): Type {
		return this.#make(`d${handle}<${args.map(({ id }) => id).join()}>`, { kind: 'datatype', handle, args });
	}

	read(token: SignatureToken): Type {
		if (typeof token === 'string') return this.primitive(token.toLowerCase() as PrimitiveKind);
		if ('Vector' in token) return this.vector(this.read(token.Vector));
		if ('Reference' in token) return this.reference(this.read(token.Reference), false);
		if ('MutableReference' in token) return this.reference(this.read(token.MutableReference), true);
		if ('TypeParameter' in token) return this.#make(`p${token.TypeParameter}`, { kind: 'parameter', index: token.TypeParameter });
		if ('Datatype' in token) return this.datatype(token.Datatype, []);
		const [handle, args] = token.DatatypeInstantiation;
		return this.datatype(
			handle,
			args.map((argument) => this.read(argument)),
		);
	}

	/** Puts `args` for type parameters. */
	substitute(type: Type, args: readonly Type[]): Type {
		if (args.length === 0) return type;
		switch (type.kind) {
			case 'parameter':
				return args[type.index] ?? type;
			case 'vector':
				return this.vector(this.substitute(type.element, args));
			case 'reference':
				return this.reference(this.substitute(type.to, args), type.mutable);
			case 'datatype': {
				if (type.args.length === 0) return type;
				const key = `${type.id}<${args.map(({ id }) => id).join()}>`;
				let done = this.#substitutions.get(key);
				if (done === undefined) {
					done = this.datatype(
						type.handle,
						type.args.map((argument) => this.substitute(argument, args)),
					);
					this.#substitutions.set(key, done);
				}
				return done;
			}
			default:
				return type;
		}
	}
}
