/// The macro whose text is not Sui's: bytes differ, results do not.
module subset::sorting;

public struct Entry has copy, drop {
    key: u64,
    place: u64,
}

/// Places of the keys in rising order of keys; equal ones keep their order.
public fun order(keys: vector<u64>): vector<u64> {
    let mut place = 0;
    let mut entries = keys.map!(|key| {
        place = place + 1;
        Entry { key, place: place - 1 }
    });
    entries.merge_sort_by!(|a, b| a.key <= b.key);
    entries.map!(|entry| entry.place)
}
