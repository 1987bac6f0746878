#[test_only]
module vramhub::uid_pool_tests;

use std::unit_test::{assert_eq, destroy};
use vramhub::uid_pool;

#[test]
fun uids_count_from_0() {
    let mut pool = uid_pool::new();
    3u16.do!(|uid| {
        let (given, reused) = pool.take(10, 3);
        assert_eq!(given, uid);
        assert!(!reused);
    });
    assert_eq!(pool.active(), 3);
    assert_eq!(pool.next_uid(), 3);
    destroy(pool)
}

#[test, expected_failure(abort_code = uid_pool::ERegistryFull)]
fun there_are_so_many_places() {
    let mut pool = uid_pool::new();
    4u64.do!(|_| { pool.take(10, 3); });
    destroy(pool)
}

#[test]
fun who_rests_longest_comes_first_once_its_rest_is_over() {
    let mut pool = uid_pool::new();
    3u64.do!(|_| { pool.take(10, 3); });
    pool.give_back(2, 12);
    pool.give_back(0, 13);
    assert_eq!(pool.active(), 1);
    // The rest of 2 is over in window 20: before, a new uid.
    let (uid, reused) = pool.take(19, 3);
    assert!(uid == 3 && !reused);
    let (uid, reused) = pool.take(20, 3);
    assert!(uid == 2 && reused);
    pool.give_back(3, 21);
    let (uid, reused) = pool.take(20, 3);
    assert!(uid == 4 && !reused);
    pool.give_back(4, 21);
    let (uid, reused) = pool.take(21, 3);
    assert!(uid == 0 && reused);
    destroy(pool)
}

/// Coming and going at once, with no limit on registrations, takes no more than four uids a place.
#[test, expected_failure(abort_code = uid_pool::EUidsResting)]
fun uids_are_bounded() {
    let mut pool = uid_pool::new();
    13u64.do!(|_| {
        let (uid, _) = pool.take(10, 3);
        assert!(uid < 12);
        pool.give_back(uid, 11);
    });
    destroy(pool)
}

#[test]
fun rested_uids_go_round() {
    let mut pool = uid_pool::new();
    let mut greatest = 0u16;
    1_000u64.do!(|window| {
        let (uid, _) = pool.take(window, 3);
        greatest = greatest.max(uid);
        pool.give_back(uid, window + 1);
    });
    // One a window, each back after 9 windows.
    assert_eq!(greatest, 8);
    destroy(pool)
}

#[test]
fun registrations_are_counted_by_window() {
    let mut pool = uid_pool::new();
    2u64.do!(|_| pool.count_registration(10, 2));
    2u64.do!(|_| pool.count_registration(11, 2));
    destroy(pool)
}

#[test, expected_failure(abort_code = uid_pool::ETooManyRegistrations)]
fun so_many_registrations_a_window() {
    let mut pool = uid_pool::new();
    3u64.do!(|_| pool.count_registration(10, 2));
    destroy(pool)
}
