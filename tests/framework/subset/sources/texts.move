/// Strings, type names, addresses and BCS.
module subset::texts;

use std::ascii;
use std::string::String;
use std::type_name;
use sui::address;
use sui::bcs;

public fun joined(): String {
    let mut text = b"grün".to_string();
    text.insert(4, b"-".to_string());
    text.append(b"!".to_string());
    text
}

public fun shouted(text: vector<u8>): ascii::String {
    let mut text = text.to_ascii_string().to_uppercase();
    text.insert(0, b">".to_ascii_string());
    text
}

public fun found(text: vector<u8>, part: vector<u8>): (u64, u64) {
    let (whole, piece) = (text.to_ascii_string(), part.to_ascii_string());
    (whole.to_lowercase().index_of(&piece), whole.to_string().index_of(&piece.to_string()))
}

public fun names<T>(): (ascii::String, bool) {
    let name = type_name::with_defining_ids<T>();
    (name.into_string(), name.is_primitive())
}

public fun module_of<T>(): ascii::String {
    type_name::with_original_ids<T>().module_string()
}

public fun parsed_address(text: vector<u8>): address {
    address::from_ascii_bytes(&text)
}

public fun read_all(bytes: vector<u8>): (vector<u64>, Option<u64>, vector<vector<u8>>, u32, vector<address>, vector<bool>) {
    let mut reader = bcs::new(bytes);
    (
        reader.peel_vec_u64(),
        reader.peel_option_u64(),
        reader.peel_vec_vec_u8(),
        reader.peel_enum_tag(),
        reader.peel_vec_address(),
        reader.peel_vec_bool(),
    )
}

public fun read_integers(bytes: vector<u8>): (u8, u16, u32, u64, u128, u256, bool, address) {
    let mut reader = bcs::new(bytes);
    (
        reader.peel_u8(),
        reader.peel_u16(),
        reader.peel_u32(),
        reader.peel_u64(),
        reader.peel_u128(),
        reader.peel_u256(),
        reader.peel_bool(),
        reader.peel_address(),
    )
}
