/// Names of types: the address without 0x and with all 64 digits, module and name, as `0…02::sui::SUI`.
module std::type_name;

use std::address;
use std::ascii::{Self, String};

/// The type is a primitive one, so it has no module.
const ENonModuleType: u64 = 0;

public struct TypeName has copy, drop, store {
    name: String,
}

public native fun with_defining_ids<T>(): TypeName;
public native fun with_original_ids<T>(): TypeName;
public native fun defining_id<T>(): address;
public native fun original_id<T>(): address;

/// A name of a module's type has `::` after the 64 digits of its address; nothing else has.
public fun is_primitive(self: &TypeName): bool {
    let bytes = self.name.as_bytes();
    let digits = address::length() * 2;
    if (bytes.length() <= digits || bytes[digits] != 58) return true;
    let mut i = 0;
    while (i < digits) {
        let c = bytes[i];
        if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 102))) return true;
        i = i + 1;
    };
    false
}

public fun as_string(self: &TypeName): &String {
    &self.name
}

public fun into_string(self: TypeName): String {
    self.name
}

public fun address_string(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    self.name.substring(0, address::length() * 2)
}

public fun module_string(self: &TypeName): String {
    assert!(!self.is_primitive(), ENonModuleType);
    let bytes = self.name.as_bytes();
    let mut i = address::length() * 2 + 2;
    let mut module_name = vector[];
    while (bytes[i] != 58) {
        module_name.push_back(bytes[i]);
        i = i + 1;
    };
    ascii::string(module_name)
}

// === Deprecated ===

#[deprecated(note = b"Use `with_defining_ids`.")]
public fun get<T>(): TypeName {
    with_defining_ids<T>()
}

#[deprecated(note = b"Use `with_original_ids`.")]
public fun get_with_original_ids<T>(): TypeName {
    with_original_ids<T>()
}

#[deprecated(note = b"Use `as_string`.")]
public fun borrow_string(self: &TypeName): &String {
    self.as_string()
}

#[deprecated(note = b"Use `address_string`.")]
public fun get_address(self: &TypeName): String {
    self.address_string()
}

#[deprecated(note = b"Use `module_string`.")]
public fun get_module(self: &TypeName): String {
    self.module_string()
}
