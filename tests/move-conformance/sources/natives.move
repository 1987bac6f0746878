/// Natives of the standard library and of the framework that need no object.
module conformance::natives;

use std::ascii;
use std::bcs;
use std::hash;
use std::string;
use std::type_name;
use sui::address;
use sui::ed25519;
use sui::hmac;

public struct Record has copy, drop { a: u8, b: u64, c: vector<u16>, d: address, e: Option<bool>, f: u256 }

public struct Wrapper<phantom T> has drop {}

public enum Kind has drop { One, Two(u8, vector<u8>) }

#[test]
fun bcs_of_primitives() {
    assert!(bcs::to_bytes(&true) == x"01");
    assert!(bcs::to_bytes(&0x12u8) == x"12");
    assert!(bcs::to_bytes(&0x1234u16) == x"3412");
    assert!(bcs::to_bytes(&0x12345678u32) == x"78563412");
    assert!(bcs::to_bytes(&1u64) == x"0100000000000000");
    assert!(bcs::to_bytes(&(1u128 << 127)) == x"00000000000000000000000000000080");
    assert!(bcs::to_bytes(&258u256) == x"0201000000000000000000000000000000000000000000000000000000000000");
    assert!(bcs::to_bytes(&@0xab) == x"00000000000000000000000000000000000000000000000000000000000000ab");
}

#[test]
fun bcs_of_composites() {
    let record = Record { a: 1, b: 2, c: vector[3, 4], d: @0x5, e: option::some(true), f: 6 };
    assert!(
        bcs::to_bytes(&record) == x"0102000000000000000203000400000000000000000000000000000000000000000000000000000000000000000501010600000000000000000000000000000000000000000000000000000000000000",
    );
    assert!(bcs::to_bytes(&Kind::One) == x"00");
    assert!(bcs::to_bytes(&Kind::Two(7, b"hi")) == x"0107026869");
    let mut long = vector<u8>[];
    300u64.do!(|_| long.push_back(1));
    let bytes = bcs::to_bytes(&long);
    assert!(bytes[0] == 0xac && bytes[1] == 0x02 && bytes.length() == 302);
}

#[test]
fun hashes() {
    assert!(hash::sha2_256(b"abc") == x"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!(hash::sha3_256(b"abc") == x"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532");
    assert!(sui::hash::blake2b256(&b"abc") == x"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    assert!(sui::hash::keccak256(&b"abc") == x"4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert!(hmac::hmac_sha3_256(&b"key", &b"message").length() == 32);
    assert!(hmac::hmac_sha3_256(&b"key", &b"message") != hmac::hmac_sha3_256(&b"kez", &b"message"));
}

#[test]
fun ed25519_accepts() {
    // RFC 8032, 7.1, test 3
    let signature = x"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    let key = x"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    assert!(ed25519::ed25519_verify(&signature, &key, &x"af82"));
    assert!(!ed25519::ed25519_verify(&signature, &key, &x"af83"));
    assert!(!ed25519::ed25519_verify(&x"00", &key, &x"af82"));
    assert!(!ed25519::ed25519_verify(&signature, &x"00", &x"af82"));
}

#[test]
fun addresses() {
    let bytes = x"00000000000000000000000000000000000000000000000000000000000001ff";
    assert!(address::from_bytes(bytes) == @0x1ff);
    assert!(address::to_u256(@0x1ff) == 511);
    assert!(address::from_u256(511) == @0x1ff);
    assert!(address::to_bytes(@0x1ff) == bytes);
    assert!(address::to_u256(@0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff) == std::u256::max_value!());
}

#[test, expected_failure]
fun address_from_too_few_bytes() { address::from_bytes(x"01"); }

#[test]
fun strings() {
    let s = string::utf8(b"gr\xc3\xbcn");
    assert!(s.length() == 5);
    assert!(s.substring(0, 2) == string::utf8(b"gr"));
    assert!(s.index_of(&string::utf8(b"n")) == 4);
    assert!(s.index_of(&string::utf8(b"zz")) == 5);
    assert!(string::try_utf8(x"ff").is_none());
    assert!(string::try_utf8(x"c328").is_none());
    let mut t = string::utf8(b"ab");
    t.append(string::utf8(b"cd"));
    assert!(t == string::utf8(b"abcd"));
}

#[test, expected_failure]
fun string_cut_inside_a_letter() { string::utf8(b"gr\xc3\xbcn").substring(0, 3); }

#[test, expected_failure]
fun string_of_bad_bytes() { string::utf8(x"c328"); }

#[test]
fun ascii_strings() {
    let s = ascii::string(b"Hello");
    assert!(s.length() == 5 && s.into_bytes() == b"Hello");
    assert!(ascii::try_string(x"80").is_none());
}

#[test]
fun type_names() {
    assert!(type_name::with_defining_ids<u64>().into_string() == ascii::string(b"u64"));
    assert!(type_name::with_defining_ids<vector<address>>().into_string() == ascii::string(b"vector<address>"));
    let name = type_name::with_original_ids<Wrapper<vector<u8>>>().into_string().into_bytes();
    let mut tail = vector<u8>[];
    let mut i = 64;
    while (i < name.length()) {
        tail.push_back(name[i]);
        i = i + 1;
    };
    assert!(tail == b"::natives::Wrapper<vector<u8>>");
    assert!(type_name::with_defining_ids<Wrapper<u8>>() != type_name::with_defining_ids<Wrapper<u16>>());
}

#[test]
fun options() {
    let mut o = option::none<u64>();
    assert!(o.is_none());
    o.fill(5);
    assert!(o.contains(&5) && *o.borrow() == 5);
    assert!(o.swap(6) == 5 && o.extract() == 6);
    assert!(o.get_with_default(77) == 77);
}

#[test, expected_failure]
fun option_extract_none() { option::none<u8>().extract(); }
