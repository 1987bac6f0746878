"""Writes checkpoint-attestation.json from the protocol's text and RFC 8032, with Python's standard library alone: a second implementation
that shares no code with the TypeScript or the Move one. `python3 tests/vectors/make_checkpoint_attestation.py` rewrites it; `--check` compares."""
import hashlib, json, pathlib, sys

PATH = pathlib.Path(__file__).parent / "checkpoint-attestation.json"
# Of the first network that the Move tests make.
NETWORK = bytes.fromhex("034401905bebdf8c04f3cd5f04f442a39372c8dc321c29edfb4f9cb30b23ab96")
P, ORDER = 2 ** 255 - 19, 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def sha(b): return hashlib.sha256(b).digest()
def blake(b): return hashlib.blake2b(b, digest_size=32).digest()
def le(n, v): return v.to_bytes(n, "little")
def bcs_bytes(b): return uleb(len(b)) + b


def uleb(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])


def add(p, q):
    """Points as (x, y) of -x^2 + y^2 = 1 + D x^2 y^2."""
    k = D * p[0] * q[0] * p[1] * q[1] % P
    return (p[0] * q[1] + p[1] * q[0]) * pow(1 + k, -1, P) % P, (p[1] * q[1] + p[0] * q[0]) * pow(1 - k, -1, P) % P


def times(n, point):
    total = (0, 1)
    while n:
        if n & 1: total = add(total, point)
        point, n = add(point, point), n >> 1
    return total


def base_point():
    y = 4 * pow(5, -1, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square: x = x * pow(2, (P - 1) // 4, P) % P
    return (x if x % 2 == 0 else P - x), y


BASE = base_point()
def encode(point): return le(32, point[1] | (point[0] & 1) << 255)
def number(b): return int.from_bytes(hashlib.sha512(b).digest(), "little") % ORDER


def key_pair(seed):
    h = hashlib.sha512(seed).digest()
    secret = int.from_bytes(h[:32], "little") & (1 << 254) - 8 | 1 << 254
    return secret, h[32:], encode(times(secret, BASE))


def sign(seed, message):
    secret, prefix, public = key_pair(seed)
    r = number(prefix + message)
    start = encode(times(r, BASE))
    return start + le(32, (r + number(start + public + message) * secret) % ORDER)


# RFC 8032, 7.1, test 1.
assert key_pair(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))[2].hex().startswith("d75a980182b10ab7d54bfed3c964073a")
assert sign(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"), b"").hex().startswith("e5564300c360ac729086e2cc806e828a")

NAMES = ["operator 0", "operator 1", "operator 2"]
SEEDS = [sha(name.encode()) for name in NAMES]
# Of a merge over windows 11, 13 and 14, in each of which miner 0 is selected and nobody committed; and of one over nothing.
MERGED = blake(b"".join(blake(le(8, w) + bcs_bytes(bytes(32)) + uleb(1) + le(2, 0) + le(4, 1)) for w in (11, 13, 14)))
NOTHING = blake(b"")


def attestation(name, key, uid=0, generation=1, boundary=15, parent=0, hash=bytes([9]) * 32, digest=MERGED, network=NETWORK):
    message = bcs_bytes(b"vramhub-checkpoint-1") + network + le(2, uid) + le(4, generation) + le(8, boundary) + le(8, parent) + bcs_bytes(hash) + bcs_bytes(digest)
    public = key_pair(SEEDS[key])[2]
    # Sui's personal message: intent (scope 3, version 0, application 0), then the BCS of the bytes; a wallet signs its BLAKE2b.
    signed = blake(bytes([3, 0, 0]) + bcs_bytes(message))
    return {"name": name, "operator": key, "network": "0x" + network.hex(), "validatorUid": uid, "validatorGeneration": generation, "boundary": boundary,
            "parentBoundary": parent, "hash": hash.hex(), "mergeDigest": digest.hex(), "message": message.hex(),
            "signature": (bytes([0]) + sign(SEEDS[key], signed) + public).hex()}


def make():
    other = bytes([8]) * 32
    return {"operators": [{"seed": n, "address": "0x" + blake(bytes([0]) + key_pair(s)[2]).hex()} for n, s in zip(NAMES, SEEDS)],
            "attestations": [attestation("a checkpoint", 0), attestation("another checkpoint", 0, hash=other), attestation("kept", 0, hash=b""),
                             attestation("another parent", 0, parent=10), attestation("another digest", 0, digest=NOTHING),
                             attestation("the second validator", 1, uid=1), attestation("the second validator, another", 1, uid=1, hash=other),
                             attestation("the second operator", 2), attestation("the second operator, another", 2, hash=other),
                             attestation("the next boundary", 0, boundary=20), attestation("the next boundary, another", 0, boundary=20, hash=other),
                             attestation("the next generation", 0, generation=2), attestation("the next generation, another", 0, generation=2, hash=other),
                             attestation("another network", 0, network=bytes(range(32))), attestation("another network, another", 0, hash=other, network=bytes(range(32)))]}


text = json.dumps(make(), indent=1) + "\n"
if "--check" not in sys.argv: PATH.write_text(text)
elif not PATH.exists() or PATH.read_text() != text: sys.exit("stale vectors: checkpoint-attestation.json")
