/// Facts of addresses.
module std::address;

/// In bytes.
public fun length(): u64 {
    32
}
