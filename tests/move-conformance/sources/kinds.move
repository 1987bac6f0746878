/// One type of every kind that an instruction can take: what other modules here work on. No constant is folded, because
/// every value passes through a function.
module conformance::kinds;

/// A struct that can be copied and dropped.
public struct Inner has copy, drop, store { n: u64, list: vector<u8> }

/// An enum that can be copied and dropped.
public enum Kind has copy, drop, store { Empty, Number(u64), Named { list: vector<u8>, flag: bool } }

public(package) fun a_bool(x: bool): bool { x }

public(package) fun a_u8(x: u8): u8 { x }

public(package) fun a_u16(x: u16): u16 { x }

public(package) fun a_u32(x: u32): u32 { x }

public(package) fun a_u64(x: u64): u64 { x }

public(package) fun a_u128(x: u128): u128 { x }

public(package) fun a_u256(x: u256): u256 { x }

public(package) fun a_address(x: address): address { x }

public(package) fun a_list(x: vector<u16>): vector<u16> { x }

public(package) fun a_inner(x: Inner): Inner { x }

public(package) fun a_kind(x: Kind): Kind { x }

/// Two values that differ.
public(package) fun some_inner(n: u64): Inner { Inner { n, list: vector[n as u8, 7] } }

public(package) fun some_kind(n: u64): Kind { if (n == 0) Kind::Empty else Kind::Named { list: vector[n as u8], flag: true } }

public(package) fun is_named(kind: &Kind): bool {
    match (kind) {
        Kind::Named { .. } => true,
        _ => false,
    }
}

public(package) fun number(n: u64): Kind { Kind::Number(n) }
