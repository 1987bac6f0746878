/// Structs, references, generics and enums.
module conformance::structures;

use conformance::helper::{Self, Counter};

public struct Point has copy, drop, store { x: u64, y: u64 }

public struct Line has copy, drop, store { from: Point, to: Point, tags: vector<Point> }

public struct Pair<A, B> has copy, drop, store { first: A, second: B }

public struct Phantom<phantom T> has copy, drop { n: u8 }

public struct Empty has copy, drop {}

public struct Positional(u8, bool) has copy, drop;

public enum Shape has copy, drop, store {
    Nothing,
    Circle { radius: u64 },
    Box(u64, u64),
    Many(vector<Point>),
}

public enum Maybe<T> has copy, drop { None, Some(T) }

fun area(shape: &Shape): u64 {
    match (shape) {
        Shape::Nothing => 0,
        Shape::Circle { radius } => *radius * *radius * 3,
        Shape::Box(w, h) => *w * *h,
        Shape::Many(points) => points.length(),
    }
}

fun grow(shape: &mut Shape) {
    match (shape) {
        Shape::Nothing => (),
        Shape::Circle { radius } => *radius = *radius + 1,
        Shape::Box(w, _) => *w = *w * 2,
        Shape::Many(points) => points.push_back(Point { x: 0, y: 0 }),
    }
}

fun or_else<T: drop>(maybe: Maybe<T>, otherwise: T): T {
    match (maybe) {
        Maybe::Some(value) => value,
        Maybe::None => otherwise,
    }
}

fun swap<A, B>(pair: Pair<A, B>): Pair<B, A> {
    let Pair { first, second } = pair;
    Pair { first: second, second: first }
}

fun first_mut<A, B>(pair: &mut Pair<A, B>): &mut A { &mut pair.first }

fun many<T: copy + drop>(x: T, n: u64): vector<T> {
    let mut v = vector[];
    n.do!(|_| v.push_back(x));
    v
}

fun read<T: copy>(x: &T): T { *x }

#[test]
fun fields() {
    let mut line = Line { from: Point { x: 1, y: 2 }, to: Point { x: 3, y: 4 }, tags: vector[] };
    line.to.x = 30;
    let to = &mut line.to;
    to.y = to.y + to.x;
    let from = line.from;
    line.tags.push_back(from);
    line.tags[0].x = 100;
    assert!(line.from.x == 1 && line.to.y == 34 && line.tags[0].x == 100);
}

#[test]
fun equality() {
    let a = Line { from: Point { x: 1, y: 2 }, to: Point { x: 3, y: 4 }, tags: vector[Point { x: 0, y: 0 }] };
    let mut b = a;
    assert!(a == b && &a == &b);
    b.tags[0].y = 1;
    assert!(a != b && &a != &b);
    assert!(Empty {} == Empty {});
    assert!(Positional(1, true) != Positional(1, false));
}

#[test]
fun writes_through_references() {
    let mut x = 1u64;
    let r = &mut x;
    *r = *r + 5;
    assert!(x == 6);
    let mut p = Point { x, y: 0 };
    let q = &mut p;
    *q = Point { x: 9, y: 9 };
    assert!(p.x == 9 && x == 6);
    let frozen: &Point = &p;
    assert!(read(frozen) == p);
}

#[test]
fun generics() {
    let mut pair = swap(Pair { first: 1u8, second: vector[@0x1] });
    first_mut(&mut pair).push_back(@0x2);
    assert!(pair.first.length() == 2 && pair.second == 1);
    assert!(many(true, 3) == vector[true, true, true]);
    assert!(many(many(1u128, 2), 2) == vector[vector[1, 1], vector[1, 1]]);
    assert!(helper::identity(Pair { first: 1u64, second: 2u64 }).second == 2);
    assert!(Phantom<u64> { n: 1 }.n == 1);
}

#[test]
fun foreign_struct() {
    let mut c: Counter = helper::counter(5);
    let v = c.value_mut();
    *v = *v * 2;
    assert!(c.value() == 10);
}

#[test]
fun enums() {
    let mut shapes = vector[Shape::Nothing, Shape::Circle { radius: 2 }, Shape::Box(3, 4), Shape::Many(vector[])];
    let mut i = 0;
    let mut total = 0;
    while (i < 4) {
        grow(&mut shapes[i]);
        total = total + area(&shapes[i]);
        i = i + 1;
    };
    assert!(total == 27 + 24 + 1);
    assert!(shapes[1] == Shape::Circle { radius: 3 });
    assert!(shapes[1] != Shape::Nothing);
}

#[test]
fun generic_enums() {
    assert!(or_else(Maybe::Some(5u64), 1) == 5);
    assert!(or_else(Maybe::None, @0x7) == @0x7);
    assert!(or_else(Maybe::Some(vector[1u8]), vector[]) == vector[1]);
}

#[test]
fun assigning_an_enum_keeps_copies_apart() {
    let mut a = Shape::Many(vector[Point { x: 1, y: 1 }]);
    let b = a;
    grow(&mut a);
    assert!(area(&a) == 2 && area(&b) == 1);
    a = Shape::Nothing;
    assert!(area(&a) == 0);
}
