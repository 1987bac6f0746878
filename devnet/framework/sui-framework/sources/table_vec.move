/// A sequence too long for a vector: each element is an entry of a table under its index.
module sui::table_vec;

use sui::table::{Self, Table};

const EIndexOutOfBound: u64 = 0;
const ETableNonEmpty: u64 = 1;

public struct TableVec<phantom Element: store> has store {
    contents: Table<u64, Element>,
}

public fun empty<Element: store>(ctx: &mut TxContext): TableVec<Element> {
    TableVec { contents: table::new(ctx) }
}

public fun singleton<Element: store>(e: Element, ctx: &mut TxContext): TableVec<Element> {
    let mut made = empty(ctx);
    made.push_back(e);
    made
}

public fun length<Element: store>(t: &TableVec<Element>): u64 {
    t.contents.length()
}

public fun is_empty<Element: store>(t: &TableVec<Element>): bool {
    t.contents.is_empty()
}

#[syntax(index)]
public fun borrow<Element: store>(t: &TableVec<Element>, i: u64): &Element {
    assert!(i < t.length(), EIndexOutOfBound);
    &t.contents[i]
}

#[syntax(index)]
public fun borrow_mut<Element: store>(t: &mut TableVec<Element>, i: u64): &mut Element {
    assert!(i < t.length(), EIndexOutOfBound);
    &mut t.contents[i]
}

public fun push_back<Element: store>(t: &mut TableVec<Element>, e: Element) {
    let end = t.length();
    t.contents.add(end, e)
}

public fun pop_back<Element: store>(t: &mut TableVec<Element>): Element {
    let n = t.length();
    assert!(n > 0, EIndexOutOfBound);
    t.contents.remove(n - 1)
}

public fun swap<Element: store>(t: &mut TableVec<Element>, i: u64, j: u64) {
    let n = t.length();
    assert!(i < n && j < n, EIndexOutOfBound);
    if (i == j) return;
    let at_i = t.contents.remove(i);
    let at_j = t.contents.remove(j);
    t.contents.add(j, at_i);
    t.contents.add(i, at_j)
}

/// The last element takes the place of the one that is taken out.
public fun swap_remove<Element: store>(t: &mut TableVec<Element>, i: u64): Element {
    let n = t.length();
    assert!(i < n, EIndexOutOfBound);
    t.swap(i, n - 1);
    t.pop_back()
}

public fun destroy_empty<Element: store>(t: TableVec<Element>) {
    let TableVec { contents } = t;
    assert!(contents.is_empty(), ETableNonEmpty);
    contents.destroy_empty()
}

/// Elements that remain can never be reached again.
public fun drop<Element: drop + store>(t: TableVec<Element>) {
    let TableVec { contents } = t;
    contents.drop()
}
