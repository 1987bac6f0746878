#[test_only]
module subset::texts_tests;

use std::type_name;
use std::unit_test::assert_eq;
use subset::texts;
use sui::bcs;

#[test]
fun strings() {
    assert_eq!(texts::joined(), b"grü-n!".to_string());
    assert_eq!(texts::shouted(b"a1{z"), b">A1{Z".to_ascii_string());
    let (ascii, utf8) = texts::found(b"xABCx", b"bc");
    assert_eq!(ascii, 2);
    assert_eq!(utf8, 5);
    let (ascii, utf8) = texts::found(b"abc", b"");
    assert_eq!(ascii + utf8, 0);
    let (ascii, utf8) = texts::found(b"b", b"bc");
    assert_eq!(vector[ascii, utf8], vector[1, 1]);
    assert!(b"a~ ".to_ascii_string().all_characters_printable() && !b"a\n".to_ascii_string().all_characters_printable());
}

#[test, expected_failure(abort_code = std::string::EInvalidIndex)]
fun between_the_bytes_of_a_character() {
    b"grün".to_string().insert(3, b"-".to_string());
}

#[test, expected_failure(abort_code = std::ascii::EInvalidIndex)]
fun past_the_end_of_a_string() {
    b"a".to_ascii_string().insert(2, b"-".to_ascii_string());
}

#[test]
fun names_of_types() {
    let (name, primitive) = texts::names<vector<u8>>();
    assert_eq!(name, b"vector<u8>".to_ascii_string());
    assert!(primitive);
    let (name, primitive) = texts::names<sui::coin::Coin<sui::sui::SUI>>();
    assert_eq!(
        name,
        b"0000000000000000000000000000000000000000000000000000000000000002::coin::Coin<0000000000000000000000000000000000000000000000000000000000000002::sui::SUI>".to_ascii_string(),
    );
    assert!(!primitive);
    assert_eq!(texts::module_of<sui::coin::Coin<u8>>(), b"coin".to_ascii_string());
    assert_eq!(type_name::with_defining_ids<address>().as_string().length(), 7);
}

#[test, expected_failure(abort_code = type_name::ENonModuleType)]
fun a_primitive_type_has_no_module() {
    texts::module_of<u64>();
}

#[test]
fun addresses() {
    let text = b"00000000000000000000000000000000000000000000000000000000000aBcDe";
    assert_eq!(texts::parsed_address(text), @0xabcde);
}

#[test, expected_failure(abort_code = sui::address::EAddressParseError)]
fun no_address() {
    texts::parsed_address(b"0000000000000000000000000000000000000000000000000000000000000g00");
}

#[test]
fun bcs_of_collections() {
    let mut bytes = bcs::to_bytes(&vector[1u64, 2]);
    bytes.append(bcs::to_bytes(&option::some(3u64)));
    bytes.append(bcs::to_bytes(&vector[b"a", b""]));
    bytes.append(x"8001");
    bytes.append(bcs::to_bytes(&vector[@0x1]));
    bytes.append(bcs::to_bytes(&vector[true, false]));
    let (numbers, maybe, texts, tag, addresses, flags) = texts::read_all(bytes);
    assert_eq!(numbers, vector[1, 2]);
    assert_eq!(maybe, option::some(3));
    assert_eq!(texts, vector[b"a", b""]);
    assert_eq!(tag, 128);
    assert_eq!(addresses, vector[@0x1]);
    assert_eq!(flags, vector[true, false]);
}

#[test]
fun bcs_of_integers() {
    let mut bytes = bcs::to_bytes(&1u8);
    bytes.append(bcs::to_bytes(&0x203u16));
    bytes.append(bcs::to_bytes(&0x4050607u32));
    bytes.append(bcs::to_bytes(&0x8090a0b0c0d0e0fu64));
    bytes.append(bcs::to_bytes(&std::u128::max_value!()));
    bytes.append(bcs::to_bytes(&(std::u256::max_value!() - 5)));
    bytes.append(bcs::to_bytes(&true));
    bytes.append(bcs::to_bytes(&@0xcafe));
    let (a, b, c, d, e, f, g, h) = texts::read_integers(bytes);
    assert!(a == 1 && b == 0x203 && c == 0x4050607 && d == 0x8090a0b0c0d0e0f && g && h == @0xcafe);
    assert_eq!(e, std::u128::max_value!());
    assert_eq!(f, std::u256::max_value!() - 5);
}

#[test, expected_failure(abort_code = bcs::EOutOfRange)]
fun an_integer_cut_short() {
    texts::read_integers(x"0102");
}

#[test, expected_failure(abort_code = bcs::ENotBool)]
fun a_boolean_of_two() {
    bcs::new(x"02").peel_bool();
}

#[test, expected_failure(abort_code = bcs::ELenOutOfRange)]
fun a_length_of_six_bytes() {
    bcs::new(x"808080808001").peel_vec_length();
}

#[test, expected_failure(vector_error, minor_status = 2, location = sui::bcs)]
fun a_length_cut_short() {
    bcs::new(x"80").peel_vec_length();
}
