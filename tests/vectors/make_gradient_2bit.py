"""Writes gradient-2bit.json from docs/gradient-format.md, with Python's standard library alone: one gradient of codec 2 with chunks of many sizes, and changes
of it that a decoder must refuse, each with its code. `python3 tests/vectors/make_gradient_2bit.py` rewrites it; `--check` compares."""
import hashlib, json, pathlib, struct, sys

HERE = pathlib.Path(__file__).parent
PARAMETERS = [{"name": "a", "shape": [5, 4096]}, {"name": "b", "shape": [100]}, {"name": "c", "shape": [1]}]
ELEMENTS = [20480, 100, 1]
UID, WINDOW, TOP_K = 3, 2957300, 4096
CHECKPOINT, MANIFEST = (hashlib.sha256(text).digest() for text in (b"checkpoint", b"manifest"))


def be(n, v): return v.to_bytes(n, "big")
def f32(x): return struct.unpack(">f", struct.pack(">f", x))[0]


def chunk(low, high, entries):
    """entries: (index, sign, large), ascending. The bits are a string of characters, so that nothing depends on shifts."""
    count = len(entries)
    if count == 0: return be(2, 0)
    # ceil(log2 count) is how often 1 must be doubled to reach count.
    doublings, power = 0, 1
    while power < count: doublings, power = doublings + 1, power * 2
    k = 12 - doublings
    buckets = ["0"] * 2 ** doublings
    for i, _, _ in entries: buckets[i // 2 ** k] = "1" + buckets[i // 2 ** k]
    upper = "".join(buckets)
    lower = "".join(format(i % 2 ** k, "b").zfill(k) if k else "" for i, _, _ in entries)
    values = "".join(("1" if sign < 0 else "0") + ("1" if large else "0") for _, sign, large in entries)
    bits = upper + lower + values
    bits += "0" * (-len(bits) % 8)
    return be(2, count) + struct.pack(">ff", low, high) + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


def numbers(seed):
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        yield seed >> 33


def entries(seed, count, universe):
    random, order = numbers(seed), list(range(universe))
    for i in range(count):  # the first `count` of a shuffle
        j = i + next(random) % (universe - i)
        order[i], order[j] = order[j], order[i]
    return [(i, -1 if next(random) % 2 else 1, bool(next(random) % 3 == 0)) for i in sorted(order[:count])]


CHUNKS = [(0.5, 1.25, entries(1, 64, 4096)), (f32(1e-3), f32(3e-3), entries(2, 65, 4096)), (0.0, 0.0, []),
          (2.0, 0.0, [(i, s, False) for i, s, _ in entries(3, 4096, 4096)]), (f32(2.0 ** -126), f32(3e38), entries(4, 1500, 4096)),
          (0.25, 4.0, [(0, 1, False), (98, -1, True), (99, -1, False)]), (7.0, 0.0, [(0, -1, False)])]
BODY = [chunk(*c) for c in CHUNKS]
HEAD = b"VRMG" + be(1, 1) + be(1, 2) + be(2, UID) + be(8, WINDOW) + CHECKPOINT + MANIFEST + be(4, len(PARAMETERS)) + be(4, 4096) + be(4, TOP_K) + be(4, len(CHUNKS))


def with_chunk(n, body): return HEAD + b"".join(BODY[:n] + [body] + BODY[n + 1:])


def refused():
    short = [(0, 1, False), (98, -1, True), (99, -1, False)]
    raw = lambda at, replacement: BODY[5][:at] + replacement + BODY[5][at + len(replacement):]
    yield "a low level that is infinite", with_chunk(5, raw(2, struct.pack(">f", float("inf")))), "not_finite"
    yield "a high level that is no number", with_chunk(5, raw(6, struct.pack(">f", float("nan")))), "not_finite"
    yield "a low level of 0", with_chunk(5, raw(2, struct.pack(">f", 0.0))), "malformed"
    yield "a negative low level", with_chunk(5, raw(2, struct.pack(">f", -0.25))), "malformed"
    yield "a low level below the normal numbers", with_chunk(5, raw(2, be(4, 1))), "malformed"
    yield "a high level of -0", with_chunk(6, BODY[6][:6] + be(4, 1 << 31) + BODY[6][10:]), "malformed"
    yield "a high level equal to the low one", with_chunk(5, raw(6, struct.pack(">f", 0.25))), "malformed"
    yield "a high level below the low one", with_chunk(5, raw(6, struct.pack(">f", 0.125))), "malformed"
    yield "a high level that no element has", with_chunk(5, chunk(0.25, 4.0, [(i, s, False) for i, s, _ in short])), "malformed"
    yield "a low level that no element has", with_chunk(5, chunk(0.25, 4.0, [(i, s, True) for i, s, _ in short])), "malformed"
    yield "a large element without a high level", with_chunk(5, chunk(0.25, 0.0, short)), "malformed"
    yield "an index in the padding", with_chunk(5, chunk(0.25, 4.0, short[:2] + [(100, -1, False)])), "malformed"
    yield "an index far in the padding", with_chunk(6, chunk(7.0, 0.0, [(4095, -1, False)])), "malformed"
    yield "an index twice", with_chunk(5, chunk(0.25, 4.0, [short[0], short[2], short[1]][:2] + [(99, 1, True)])), "malformed"
    yield "indices that do not ascend in their bucket", with_chunk(5, chunk(0.25, 4.0, [short[0], short[2], short[1]])), "malformed"
    # Bits of the indices: 3 ones and 4 zeros; the first byte of bits is 1 0, 0, 0 ... by the buckets of 1024.
    yield "a one too many", with_chunk(5, raw(10, bytes([0b11110000 | BODY[5][10] & 1]))), "malformed"
    yield "a one too few", with_chunk(5, raw(10, bytes([0b11000000 | BODY[5][10] & 1]))), "malformed"
    yield "a one after the last bucket", with_chunk(5, raw(10, bytes([0b11000010 | BODY[5][10] & 1]))), "malformed"
    yield "padding that is not 0", with_chunk(6, BODY[6][:-1] + bytes([BODY[6][-1] | 1])), "malformed"
    yield "codec 1 in the header", HEAD[:5] + be(1, 1) + HEAD[6:] + b"".join(BODY), "malformed"
    yield "a byte more", HEAD + b"".join(BODY) + b"\0", "malformed"
    yield "a byte less", (HEAD + b"".join(BODY))[:-1], "malformed"
    yield "no coefficients", HEAD + be(2, 0) * len(CHUNKS), "zero_norm"


def gradient():
    whole = HEAD + b"".join(BODY)
    chunks = [{"low": low, "high": high, "indices": [i for i, _, _ in es], "values": [s * (high if large else low) for _, s, large in es]} for low, high, es in CHUNKS]
    # The long chunks are told by their digest: SHA-256 of u16 index and f64 value, big-endian, one after the other.
    for c in chunks:
        c["digest"] = hashlib.sha256(b"".join(struct.pack(">Hd", i, v) for i, v in zip(c["indices"], c["values"]))).hexdigest()
        c["count"] = len(c["indices"])
        if c["count"] > 8: del c["indices"], c["values"]
    return {"parameters": PARAMETERS, "codec": 2, "topK": TOP_K, "uid": UID, "window": WINDOW, "checkpointHash": CHECKPOINT.hex(), "manifestHash": MANIFEST.hex(),
            "chunks": chunks, "bytes": whole.hex(), "sha256": hashlib.sha256(whole).hexdigest(),
            "refused": [patch(name, whole, bad, code) for name, bad, code in refused()]}


def patch(name, whole, bad, code):
    """What is cut out of the good bytes, and what stands there instead: shorter than the whole."""
    start = next((i for i, (a, b) in enumerate(zip(whole, bad)) if a != b), min(len(whole), len(bad)))
    end = 0
    while end < min(len(whole), len(bad)) - start and whole[len(whole) - 1 - end] == bad[len(bad) - 1 - end]: end += 1
    return {"name": name, "offset": start, "removed": len(whole) - end - start, "inserted": bad[start:len(bad) - end].hex(), "code": code}


text = json.dumps(gradient(), indent=1) + "\n"
path = HERE / "gradient-2bit.json"
if "--check" not in sys.argv: path.write_text(text)
elif not path.exists() or path.read_text() != text: sys.exit("stale vectors: gradient-2bit.json")
