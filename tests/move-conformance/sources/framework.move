/// Every abort of the framework that a package can cause, and what the functions around it return.
module conformance::framework;

use std::ascii;
use std::string;
use std::type_name;
use sui::address;
use sui::bag;
use sui::balance;
use sui::bcs;
use sui::bls12381;
use sui::coin;
use sui::hex;
use sui::package;
use sui::table;
use sui::url;
use sui::vec_map;
use sui::vec_set;
use sui::versioned;

public struct FRAMEWORK has drop {}

public struct Coin has drop {}

public struct Old has store { n: u64 }

public struct New has store { n: u64, m: u64 }

// === std::string ===

#[test]
fun string_pieces() {
    let mut s = string::utf8(b"gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x98\x80");
    assert!(s.length() == 14 && !s.is_empty());
    assert!(s.substring(2, 4) == string::utf8(b"\xc3\xbc") && s.substring(6, 9).into_bytes() == b"\xe2\x82\xac");
    assert!(s.substring(14, 14).is_empty() && s.substring(0, 14) == s);
    assert!(s.index_of(&string::utf8(b"")) == 0 && s.index_of(&string::utf8(b"\xf0\x9f\x98\x80")) == 10);
    s.append_utf8(b"!");
    assert!(*s.as_bytes() == b"gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x98\x80!");
    assert!(string::utf8(b"abc").to_ascii() == ascii::string(b"abc") && string::from_ascii(ascii::string(b"x")) == string::utf8(b"x"));
}

#[test]
fun utf8_is_checked_strictly() {
    assert!(string::try_utf8(b"").is_some() && string::try_utf8(x"efbbbf").is_some());
    assert!(string::try_utf8(x"f48fbfbf").is_some() && string::try_utf8(x"f4908080").is_none());
    assert!(string::try_utf8(x"eda080").is_none() && string::try_utf8(x"c080").is_none() && string::try_utf8(x"e08080").is_none());
    assert!(string::try_utf8(x"80").is_none() && string::try_utf8(x"e282").is_none() && string::try_utf8(x"f09f98").is_none());
    assert!(string::try_utf8(x"ee8080").is_some() && string::try_utf8(x"7f").is_some() && string::try_utf8(x"00").is_some());
}

#[test, expected_failure(abort_code = std::string::EInvalidUTF8)]
fun string_append_bad_bytes() {
    let mut s = string::utf8(b"a");
    s.append_utf8(x"ff");
}

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun string_substring_backwards() { string::utf8(b"abc").substring(2, 1); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun string_substring_too_long() { string::utf8(b"abc").substring(0, 4); }

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun string_substring_from_inside_a_letter() { string::utf8(b"\xc3\xbc").substring(1, 2); }

// === std::ascii ===

#[test]
fun ascii_pieces() {
    let mut s = ascii::string(b"abc");
    s.push_char(ascii::char(100));
    assert!(s.pop_char().byte() == 100 && s.length() == 3 && !s.is_empty());
    s.append(ascii::string(b"de"));
    assert!(s.substring(1, 3).into_bytes() == b"bc" && *s.as_bytes() == b"abcde");
    assert!(ascii::is_valid_char(127) && !ascii::is_valid_char(128) && ascii::is_printable_char(126) && !ascii::is_printable_char(127));
    assert!(s.to_string() == string::utf8(b"abcde"));
}

#[test, expected_failure(abort_code = std::ascii::EInvalidASCIICharacter)]
fun ascii_bad_char() { ascii::char(128); }

#[test, expected_failure(abort_code = std::ascii::EInvalidASCIICharacter)]
fun ascii_bad_string() { ascii::string(x"6180"); }

#[test, expected_failure(abort_code = std::ascii::EInvalidIndex)]
fun ascii_substring_too_long() { ascii::string(b"abc").substring(1, 4); }

#[test, expected_failure(vector_error, minor_status = 2, location = std::ascii)]
fun ascii_pop_of_nothing() {
    let mut s = ascii::string(b"");
    s.pop_char();
}

// === std::option ===

#[test]
fun option_pieces() {
    let mut o = option::some(5u64);
    assert!(o.swap_or_fill(6) == option::some(5) && *o.borrow_with_default(&1) == 6);
    *o.borrow_mut() = 7;
    assert!(o.to_vec() == vector[7] && o.destroy_with_default(1) == 7);
    let mut none = option::none<u64>();
    assert!(none.swap_or_fill(1) == option::none() && none.destroy_some() == 1);
    option::none<Old>().destroy_none();
    let Old { n } = option::some(Old { n: 3 }).destroy_some();
    assert!(n == 3 && option::none<u64>().destroy_with_default(4) == 4 && *option::none().borrow_with_default(&2u64) == 2);
    assert!(option::some(3u64).is_some_and!(|x| *x == 3));
    let mut seen = 0u64;
    option::some(3u64).do!(|x| seen = seen + x);
    option::some(4u64).do_ref!(|x| seen = seen + *x);
    assert!(seen == 7);
}

#[test, expected_failure(abort_code = std::option::EOPTION_IS_SET)]
fun option_filled_twice() {
    let mut o = option::some(1u64);
    o.fill(2);
}

#[test, expected_failure(abort_code = std::option::EOPTION_IS_SET)]
fun option_destroyed_as_none() { option::some(1u64).destroy_none() }

#[test, expected_failure(abort_code = std::option::EOPTION_NOT_SET)]
fun option_borrowed_when_none() { option::none<u64>().borrow(); }

#[test, expected_failure(abort_code = std::option::EOPTION_NOT_SET)]
fun option_borrowed_mutably_when_none() {
    let mut o = option::none<u64>();
    *o.borrow_mut() = 1;
}

#[test, expected_failure(abort_code = std::option::EOPTION_NOT_SET)]
fun option_swapped_when_none() {
    let mut o = option::none<u64>();
    o.swap(1);
}

#[test, expected_failure(abort_code = std::option::EOPTION_NOT_SET)]
fun option_destroyed_as_some() { option::none<u64>().destroy_some(); }

// === std::vector ===

#[test]
fun vector_pieces() {
    let mut v = vector[1u64, 2, 3, 4];
    assert!(v.skip(1) == vector[2, 3, 4] && v.take(2) == vector[1, 2] && vector[vector[1u8], vector[], vector[2, 3]].flatten() == vector[1, 2, 3]);
    v.insert(9, 4);
    assert!(v.remove(4) == 9 && v.swap_remove(0) == 1 && v == vector[4, 2, 3] && vector::singleton(1u8) == vector[1]);
    let (found, at) = v.index_of(&77);
    assert!(!found && at == 0);
}

#[test, expected_failure(abort_code = std::vector::EINDEX_OUT_OF_BOUNDS)]
fun vector_remove_past_the_end() { vector[1u64].remove(1); }

#[test, expected_failure(abort_code = std::vector::EINDEX_OUT_OF_BOUNDS)]
fun vector_insert_past_the_end() { vector[1u64].insert(1, 2); }

#[test, expected_failure(abort_code = std::vector::EINDEX_OUT_OF_BOUNDS)]
fun vector_swap_remove_of_nothing() { vector<u64>[].swap_remove(0); }

#[test, expected_failure(vector_error, minor_status = 1, location = std::vector)]
fun vector_swap_remove_past_the_end() { vector[1u64].swap_remove(1); }

#[test, expected_failure]
fun vector_take_too_many() { vector[1u64].take(2); }

// === std::type_name ===

#[test]
fun type_name_pieces() {
    let name = type_name::with_defining_ids<Coin>();
    assert!(!name.is_primitive() && name.module_string() == ascii::string(b"framework") && name.address_string().length() == 64);
    assert!(*type_name::get<bool>().as_string() == ascii::string(b"bool") && type_name::get<vector<Coin>>().is_primitive());
    assert!(type_name::defining_id<Coin>() == type_name::original_id<Old>() && type_name::defining_id<coin::Coin<Coin>>() == @0x2);
    assert!(type_name::original_id<option::Option<u8>>() == @0x1);
}

#[test, expected_failure(abort_code = std::type_name::ENonModuleType)]
fun type_name_address_of_a_primitive() { type_name::get<u64>().address_string(); }

#[test, expected_failure(abort_code = std::type_name::ENonModuleType)]
fun type_name_module_of_a_vector() { type_name::get<vector<Coin>>().module_string(); }

#[test, expected_failure(abort_code = std::type_name::ENonModuleType)]
fun type_name_defining_id_of_a_primitive() { type_name::defining_id<u64>(); }

#[test, expected_failure(abort_code = std::type_name::ENonModuleType)]
fun type_name_original_id_of_a_vector() { type_name::original_id<vector<Coin>>(); }

// === std::debug and std::unit_test ===

#[test]
fun debug_prints() {
    std::debug::print(&Old { n: 1 }.keep());
    std::debug::print_stack_trace();
    std::unit_test::poison();
    std::unit_test::destroy(Old { n: 2 });
    std::unit_test::assert_eq!(1u64, 1);
}

fun keep(self: Old): u64 {
    let Old { n } = self;
    n
}

// === sui::address and sui::hex ===

#[test]
fun address_pieces() {
    assert!(address::length() == 32 && address::max() == address::to_u256(address::from_u256(address::max())));
    assert!(@0xab.to_string() == string::utf8(b"00000000000000000000000000000000000000000000000000000000000000ab"));
    assert!(address::from_u256(1 << 255) == @0x8000000000000000000000000000000000000000000000000000000000000000);
    assert!(@0x7.to_id().to_address() == @0x7);
}

#[test, expected_failure(abort_code = sui::address::EAddressParseError)]
fun address_from_too_many_bytes() {
    address::from_bytes(x"000000000000000000000000000000000000000000000000000000000000000000");
}

#[test]
fun hex_pieces() {
    assert!(hex::encode(x"00ff1a") == b"00ff1a" && hex::decode(b"00FF1a") == x"00ff1a" && hex::decode(b"").is_empty());
}

#[test, expected_failure(abort_code = sui::hex::EInvalidHexLength)]
fun hex_of_odd_length() { hex::decode(b"abc"); }

#[test, expected_failure(abort_code = sui::hex::ENotValidHexCharacter)]
fun hex_of_a_bad_character() { hex::decode(b"0g"); }

// === sui::bcs ===

#[test]
fun bcs_pieces() {
    let mut b = bcs::new(x"0102000300000004000000000000000500000000000000000000000000000001acff");
    assert!(b.peel_u8() == 1 && b.peel_u16() == 2 && b.peel_u32() == 3 && b.peel_u64() == 4 && b.peel_u128() == 5 && b.peel_bool());
    assert!(b.into_remainder_bytes() == x"acff");
    let mut long = vector<u8>[];
    300u64.do!(|i| long.push_back((i % 256) as u8));
    assert!(bcs::new(bcs::to_bytes(&long)).peel_vec_u8() == long);
    let mut c = bcs::new(bcs::to_bytes(&std::u256::max_value!()));
    assert!(c.peel_u256() == std::u256::max_value!());
    assert!(bcs::new(bcs::to_bytes(&@0x9)).peel_address() == @0x9);
}

#[test, expected_failure(abort_code = sui::bcs::EOutOfRange)]
fun bcs_ends_early() { bcs::new(x"01").peel_u16(); }

#[test, expected_failure(abort_code = sui::bcs::EOutOfRange)]
fun bcs_has_no_byte() { bcs::new(vector[]).peel_u8(); }

#[test, expected_failure(abort_code = sui::bcs::EOutOfRange)]
fun bcs_address_ends_early() { bcs::new(x"0102").peel_address(); }

#[test, expected_failure(abort_code = sui::bcs::ENotBool)]
fun bcs_bad_bool() { bcs::new(x"02").peel_bool(); }

#[test, expected_failure(abort_code = sui::bcs::ELenOutOfRange)]
fun bcs_bad_length() { bcs::new(x"ffffffffffff01").peel_vec_length(); }

// === sui::vec_map and sui::vec_set ===

#[test]
fun map_pieces() {
    let mut m = vec_map::empty<u64, vector<u8>>();
    m.insert(1, b"a");
    m.insert(2, b"b");
    m.get_mut(&2).push_back(33);
    assert!(*m.get(&2) == b"b!" && m.try_get(&3).is_none() && m.try_get(&1) == option::some(b"a") && m.get_idx(&2) == 1);
    let (key, value) = m.get_entry_by_idx(0);
    assert!(*key == 1 && *value == b"a" && !m.is_empty());
    m.remove(&1);
    m.remove(&2);
    m.destroy_empty();
}

#[test, expected_failure(abort_code = sui::vec_map::EKeyAlreadyExists)]
fun map_key_twice() {
    let mut m = vec_map::empty<u64, bool>();
    m.insert(1, true);
    m.insert(1, false);
}

#[test, expected_failure(abort_code = sui::vec_map::EKeyDoesNotExist)]
fun map_key_missing() { vec_map::empty<u64, bool>().get(&1); }

#[test, expected_failure(abort_code = sui::vec_map::EKeyDoesNotExist)]
fun map_remove_missing() {
    let mut m = vec_map::empty<u64, bool>();
    m.remove(&1);
}

#[test, expected_failure(abort_code = sui::vec_map::EMapNotEmpty)]
fun map_destroyed_full() {
    let mut m = vec_map::empty<u64, bool>();
    m.insert(1, true);
    m.destroy_empty();
}

#[test]
fun set_pieces() {
    let mut s = vec_set::singleton(5u64);
    s.insert(6);
    s.remove(&5);
    assert!(s.length() == 1 && !s.is_empty() && *s.keys() == vector[6] && s.into_keys() == vector[6]);
}

#[test, expected_failure(abort_code = sui::vec_set::EKeyAlreadyExists)]
fun set_key_twice() {
    let mut s = vec_set::singleton(5u64);
    s.insert(5);
}

#[test, expected_failure(abort_code = sui::vec_set::EKeyDoesNotExist)]
fun set_key_missing() {
    let mut s = vec_set::singleton(5u64);
    s.remove(&6);
}

// === sui::table, sui::bag, sui::versioned ===

#[test]
fun table_and_bag_pieces() {
    let ctx = &mut tx_context::dummy();
    let mut t = table::new<u64, u64>(ctx);
    assert!(t.is_empty());
    t.add(1, 10);
    *&mut t[1] = 11;
    assert!(*t.borrow(1) == 11 && !t.contains(2));
    t.drop();
    let mut b = bag::new(ctx);
    assert!(b.is_empty());
    b.add(1u64, 10u64);
    *b.borrow_mut<u64, u64>(1) = 11;
    assert!(b.contains_with_type<u64, u64>(1) && !b.contains_with_type<u64, bool>(1) && b.contains(1u64) && !b.contains(1u8));
    assert!(b.remove<u64, u64>(1) == 11);
    b.destroy_empty();
}

#[test, expected_failure(abort_code = sui::table::ETableNotEmpty)]
fun table_destroyed_full() {
    let mut t = table::new<u64, u64>(&mut tx_context::dummy());
    t.add(1, 10);
    t.destroy_empty();
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldAlreadyExists)]
fun table_key_twice() {
    let mut t = table::new<u64, u64>(&mut tx_context::dummy());
    t.add(1, 10);
    t.add(1, 11);
    t.drop();
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldDoesNotExist)]
fun table_key_missing() {
    let t = table::new<u64, u64>(&mut tx_context::dummy());
    t.borrow(1);
    t.drop();
}

#[test, expected_failure(abort_code = sui::bag::EBagNotEmpty)]
fun bag_destroyed_full() {
    let mut b = bag::new(&mut tx_context::dummy());
    b.add(1u64, 10u64);
    b.destroy_empty();
}

#[test, expected_failure(arithmetic_error, location = sui::bag)]
fun bag_remove_from_nothing() {
    let mut b = bag::new(&mut tx_context::dummy());
    b.remove<u64, u64>(1);
    b.destroy_empty();
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun bag_value_of_another_type() {
    let mut b = bag::new(&mut tx_context::dummy());
    b.add(1u64, 10u64);
    b.remove<u64, bool>(1);
    b.destroy_empty();
}

#[test]
fun versions_follow_each_other() {
    let mut v = versioned::create(1, Old { n: 5 }, &mut tx_context::dummy());
    v.load_value_mut<Old>().n = 6;
    assert!(v.version() == 1 && v.load_value<Old>().n == 6);
    let (Old { n }, cap) = v.remove_value_for_upgrade();
    v.upgrade(2, New { n, m: 1 }, cap);
    assert!(v.version() == 2);
    let New { n, m } = v.destroy();
    assert!(n == 6 && m == 1);
}

#[test, expected_failure(abort_code = sui::versioned::EInvalidUpgrade)]
fun version_does_not_grow() {
    let mut v = versioned::create(2, Old { n: 5 }, &mut tx_context::dummy());
    let (Old { n }, cap) = v.remove_value_for_upgrade();
    v.upgrade(2, New { n, m: 1 }, cap);
    transfer::public_share_object(v);
}

#[test, expected_failure(abort_code = sui::dynamic_field::EFieldTypeMismatch)]
fun version_loaded_as_another_type() {
    let v = versioned::create(2, Old { n: 5 }, &mut tx_context::dummy());
    v.load_value<New>();
    transfer::public_share_object(v);
}

// === sui::balance and sui::coin ===

fun currency(ctx: &mut TxContext): (coin::TreasuryCap<FRAMEWORK>, coin::CoinMetadata<FRAMEWORK>) {
    let witness = sui::test_utils::create_one_time_witness<FRAMEWORK>();
    coin::create_currency(witness, 6, b"FW", b"Framework \xc3\xbc", b"for tests", option::some(url::new_unsafe_from_bytes(b"https://x")), ctx)
}

#[test]
fun currency_pieces() {
    let ctx = &mut tx_context::dummy();
    let (mut cap, meta) = currency(ctx);
    assert!(meta.get_decimals() == 6 && meta.get_symbol() == ascii::string(b"FW") && meta.get_description() == string::utf8(b"for tests"));
    assert!(meta.get_name() == string::utf8(b"Framework \xc3\xbc") && meta.get_icon_url().destroy_some().inner_url() == ascii::string(b"https://x"));
    let mut c = cap.mint(100, ctx);
    let b = cap.mint_balance(50);
    c.balance_mut().join(b);
    assert!(cap.total_supply() == 150 && c.value() == 150 && c.balance().value() == 150 && cap.supply_immut().value() == 150);
    let taken = coin::take(c.balance_mut(), 30, ctx);
    coin::put(c.balance_mut(), taken);
    let part = c.split(20, ctx);
    cap.burn(part);
    cap.mint_and_transfer(7, @0x7, ctx);
    assert!(cap.total_supply() == 137 && cap.supply_mut().value() == 137);
    coin::zero<FRAMEWORK>(ctx).destroy_zero();
    let mut all = c.into_balance();
    let everything = all.withdraw_all();
    all.destroy_zero();
    let mut supply = cap.into_supply();
    supply.decrease_supply(everything);
    assert!(supply.value() == 7);
    sui::test_utils::destroy(supply);
    transfer::public_freeze_object(meta);
}

#[test, expected_failure(abort_code = sui::coin::EBadWitness)]
fun currency_without_a_witness() {
    let (cap, meta) = coin::create_currency(Coin {}, 6, b"", b"", b"", option::none(), &mut tx_context::dummy());
    transfer::public_freeze_object(cap);
    transfer::public_freeze_object(meta);
}

#[test, expected_failure(abort_code = sui::balance::ENonZero)]
fun balance_destroyed_full() { balance::create_for_testing<Coin>(1).destroy_zero() }

#[test, expected_failure(abort_code = sui::balance::ENotEnough)]
fun balance_split_too_much() {
    let mut b = balance::create_for_testing<Coin>(1);
    b.split(2).destroy_zero();
    b.destroy_zero();
}

#[test, expected_failure(abort_code = sui::balance::EOverflow)]
fun supply_overflows() {
    let mut s = balance::create_supply(Coin {});
    s.increase_supply(1).destroy_for_testing();
    s.increase_supply(18446744073709551614).destroy_for_testing();
    sui::test_utils::destroy(s);
}

#[test, expected_failure(abort_code = sui::balance::EOverflow)]
fun supply_underflows() {
    let mut s = balance::create_supply(Coin {});
    s.decrease_supply(balance::create_for_testing(1));
    sui::test_utils::destroy(s);
}

#[test, expected_failure(arithmetic_error, location = sui::balance)]
fun balances_overflow() {
    let mut b = balance::create_for_testing<Coin>(18446744073709551615);
    b.join(balance::create_for_testing(1));
    b.destroy_zero();
}

// === sui::package and witnesses ===

#[test]
fun publisher_pieces() {
    let ctx = &mut tx_context::dummy();
    let p = package::claim(sui::test_utils::create_one_time_witness<FRAMEWORK>(), ctx);
    assert!(p.from_package<Old>() && p.from_module<Old>() && !p.from_package<coin::Coin<Coin>>() && !p.from_module<coin::Coin<Coin>>());
    assert!(*p.module_() == ascii::string(b"framework") && p.package().length() == 64);
    p.burn();
    package::claim_and_keep(sui::test_utils::create_one_time_witness<FRAMEWORK>(), ctx);
}

#[test, expected_failure(abort_code = sui::package::ENotOneTimeWitness)]
fun publisher_without_a_witness() { package::claim_and_keep(Coin {}, &mut tx_context::dummy()) }

#[test, expected_failure]
fun a_witness_of_a_plain_struct() { sui::test_utils::create_one_time_witness<Coin>(); }

#[test, expected_failure]
fun a_witness_of_a_primitive() { sui::test_utils::create_one_time_witness<u64>(); }

// === sui::random ===

#[test, expected_failure(abort_code = sui::random::EInvalidRange)]
fun random_of_an_empty_range() {
    let ctx = &mut tx_context::dummy();
    let r = sui::random::create_by_value_for_testing(b"seed", ctx);
    r.new_generator(ctx).generate_u64_in_range(2, 1);
    sui::test_utils::destroy(r);
}

// === sui::group_ops ===

#[test]
fun group_elements() {
    // the generators
    let g1 = x"97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";
    let g2 = x"93e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8";
    let a = bls12381::g1_from_bytes(&g1);
    assert!(sui::group_ops::equal(&a, &a) && *sui::group_ops::bytes(&a) == g1);
    assert!(*sui::group_ops::bytes(&bls12381::g2_from_bytes(&g2)) == g2);
}

#[test, expected_failure(abort_code = sui::group_ops::EInvalidInput)]
fun group_element_of_a_wrong_length() { bls12381::g2_from_bytes(&x"00"); }

// === sui::tx_context and sui::object ===

#[test]
fun context_pieces() {
    let mut ctx = tx_context::new_from_hint(@0xa, 7, 3, 99, 0);
    assert!(ctx.sender() == @0xa && ctx.epoch() == 3 && ctx.epoch_timestamp_ms() == 99 && ctx.get_ids_created() == 0);
    let id = object::new(&mut ctx);
    assert!(ctx.get_ids_created() == 1 && ctx.last_created_object_id() == id.to_address() && object::last_created(&ctx) == id.to_inner());
    assert!(id.as_inner().to_bytes() == id.to_bytes() && id.to_bytes().length() == 32);
    assert!(object::id_from_bytes(id.to_bytes()) == id.to_inner() && object::id_from_address(id.to_address()) == id.to_inner());
    id.delete();
    assert!(ctx.digest().length() == 32 && tx_context::dummy_tx_hash_with_hint(7)[0] == 7);
    assert!(ctx.sponsor().is_none());
}

/// The code tells what both machines think of prices.
#[test, expected_failure]
fun prices_of_a_test() {
    let ctx = tx_context::dummy();
    abort ctx.gas_price() * 1_000_000 + ctx.reference_gas_price()
}

#[test, expected_failure]
fun no_id_was_created() { tx_context::dummy().last_created_object_id(); }

#[test, expected_failure(abort_code = sui::address::EAddressParseError)]
fun id_from_too_few_bytes() { object::id_from_bytes(x"01"); }
