/// Facts of types.
module sui::types;

/// Whether the value is the one that a module's `init` got at publication.
public native fun is_one_time_witness<T: drop>(_: &T): bool;
