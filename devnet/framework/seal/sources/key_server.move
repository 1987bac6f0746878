/// Registered key servers of Seal, as Seal's client reads them: a `KeyServer` object whose dynamic fields, named by version (u64),
/// hold what that version of the client understands. The client takes version 2 when `first_version ≤ 2 ≤ last_version`, else 1.
module seal::key_server;

use std::string::String;
use sui::bls12381::{G2, g2_from_bytes};
use sui::dynamic_field as field;
use sui::group_ops::Element;

/// Boneh-Franklin identity-based encryption over BLS12-381.
const KEY_TYPE_BONEH_FRANKLIN_BLS12381: u8 = 0;

/// Only this key type is known.
const EInvalidKeyType: u64 = 1;
/// The server has no record of this version.
const EInvalidVersion: u64 = 2;

public struct KeyServer has key, store {
    id: UID,
    first_version: u64,
    last_version: u64,
}

public struct KeyServerV1 has store {
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
}

public struct KeyServerV2 has store {
    name: String,
    key_type: u8,
    pk: vector<u8>,
    server_type: ServerType,
}

/// The tag is part of the format: 0. Seal's tag 1, a committee that holds one key together, is not made here.
public enum ServerType has drop, store {
    Independent { url: String },
}

/// A server with one key and one URL, owned by the sender. `pk` is a compressed element of G2.
public fun create_and_transfer_v2_independent_server(
    name: String,
    url: String,
    key_type: u8,
    pk: vector<u8>,
    ctx: &mut TxContext,
) {
    assert!(key_type == KEY_TYPE_BONEH_FRANKLIN_BLS12381, EInvalidKeyType);
    let _: Element<G2> = g2_from_bytes(&pk);
    let mut server = KeyServer { id: object::new(ctx), first_version: 2, last_version: 2 };
    field::add(&mut server.id, 2u64, KeyServerV2 { name, key_type, pk, server_type: ServerType::Independent { url } });
    transfer::transfer(server, ctx.sender())
}

/// By the server's owner, when it moves.
public fun update(self: &mut KeyServer, new_url: String) {
    self.v2_mut().server_type = ServerType::Independent { url: new_url }
}

// === Reads ===

public fun id(self: &KeyServer): &UID {
    &self.id
}

public fun name(self: &KeyServer): String {
    self.v2().name
}

public fun url(self: &KeyServer): String {
    match (&self.v2().server_type) {
        ServerType::Independent { url } => *url,
    }
}

public fun key_type(self: &KeyServer): u8 {
    self.v2().key_type
}

public fun pk(self: &KeyServer): &vector<u8> {
    &self.v2().pk
}

fun v2(self: &KeyServer): &KeyServerV2 {
    assert!(field::exists_(&self.id, 2u64), EInvalidVersion);
    field::borrow(&self.id, 2u64)
}

fun v2_mut(self: &mut KeyServer): &mut KeyServerV2 {
    assert!(field::exists_(&self.id, 2u64), EInvalidVersion);
    field::borrow_mut(&mut self.id, 2u64)
}
