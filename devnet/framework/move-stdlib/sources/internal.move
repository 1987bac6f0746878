/// Proof that the module of a type agrees: only that module can make its `Permit`, which the verifier of bytecode ensures.
module std::internal;

public struct Permit<phantom T>() has drop;

public fun permit<T>(): Permit<T> {
    Permit()
}
