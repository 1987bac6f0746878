/// A heap: the entry of the highest priority comes out first.
module sui::priority_queue;

const EPopFromEmptyHeap: u64 = 0;
/// Priorities and values are not as many.
const ELengthMismatch: u64 = 1;

/// The children of entry i stand at 2i + 1 and 2i + 2, and none has a higher priority than it.
public struct PriorityQueue<T: drop> has drop, store {
    entries: vector<Entry<T>>,
}

public struct Entry<T: drop> has drop, store {
    priority: u64,
    value: T,
}

public fun new<T: drop>(mut entries: vector<Entry<T>>): PriorityQueue<T> {
    let mut i = entries.length() / 2;
    while (i > 0) {
        i = i - 1;
        sink(&mut entries, i);
    };
    PriorityQueue { entries }
}

public fun new_entry<T: drop>(priority: u64, value: T): Entry<T> {
    Entry { priority, value }
}

public fun create_entries<T: drop>(p: vector<u64>, v: vector<T>): vector<Entry<T>> {
    assert!(p.length() == v.length(), ELengthMismatch);
    p.zip_map!(v, |priority, value| Entry { priority, value })
}

public fun insert<T: drop>(pq: &mut PriorityQueue<T>, priority: u64, value: T) {
    let entries = &mut pq.entries;
    let mut i = entries.length();
    entries.push_back(Entry { priority, value });
    while (i > 0) {
        let parent = (i - 1) / 2;
        if (entries[i].priority <= entries[parent].priority) break;
        entries.swap(i, parent);
        i = parent;
    }
}

public fun pop_max<T: drop>(pq: &mut PriorityQueue<T>): (u64, T) {
    assert!(!pq.entries.is_empty(), EPopFromEmptyHeap);
    let Entry { priority, value } = pq.entries.swap_remove(0);
    sink(&mut pq.entries, 0);
    (priority, value)
}

public fun priorities<T: drop>(pq: &PriorityQueue<T>): vector<u64> {
    pq.entries.map_ref!(|entry| entry.priority)
}

/// Moves entry `i` down until no child has a higher priority.
fun sink<T: drop>(entries: &mut vector<Entry<T>>, mut i: u64) {
    let n = entries.length();
    loop {
        let left = 2 * i + 1;
        let right = left + 1;
        let mut highest = i;
        if (left < n && entries[left].priority > entries[highest].priority) highest = left;
        if (right < n && entries[right].priority > entries[highest].priority) highest = right;
        if (highest == i) return;
        entries.swap(i, highest);
        i = highest;
    }
}
