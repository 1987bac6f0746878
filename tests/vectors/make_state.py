"""Writes state.json from docs/protocol.md, with Python's standard library alone: sketches of positions, how far they overlap, and a state file with its digest.
`python3 tests/vectors/make_state.py` rewrites it; `--check` compares."""
import hashlib, json, math, pathlib, sys

PATH = pathlib.Path(__file__).parent / "state.json"
NETWORK = bytes(range(32))
WINDOW, RANDOMNESS = 2957300, hashlib.sha256(b"randomness").digest()
CHECKPOINT, RESULTS = (hashlib.sha256(text).digest() for text in (b"checkpoint", b"results"))
MASK = 2 ** 32 - 1


def sha(b): return hashlib.sha256(b).digest()
def be(n, v): return v.to_bytes(n, "big")


def mix(h):
    """The 32-bit finaliser of MurmurHash3."""
    h ^= h >> 16
    h = h * 0x85EBCA6B & MASK
    h ^= h >> 13
    h = h * 0xC2B2AE35 & MASK
    return h ^ h >> 16


WINDOW_SEED = sha(b"vramhub/sketch-window" + NETWORK + be(8, WINDOW) + RANDOMNESS)
INTERVAL_SEED = sha(b"vramhub/sketch" + NETWORK + CHECKPOINT)


def sketch(positions, seed, size):
    first, second = int.from_bytes(seed[:4], "big"), int.from_bytes(seed[4:8], "big")
    hashes = sorted({mix(mix(p ^ first) ^ second) for p in positions})
    assert len(hashes) == len(set(positions))
    return len(hashes), hashes[:size]


def overlap(a, b):
    """Of the hashes below both thresholds, less three standard deviations, beyond chance; ppm. Fewer than 16 of the smaller set say nothing unless they are all."""
    threshold = min(MASK if len(s) == n else s[-1] for n, s in (a, b))
    (least, sampled, sample), (_, _, other) = sorted(((n, len(x), x) for n, x in ((n, {h for h in s if h <= threshold}) for n, s in (a, b))), key=lambda entry: entry[:2])
    if not sampled or sampled < 16 and sampled < least: return 0
    ppm = min(1000000, len(sample & other) * 1000000 * (a[0] + b[0]) // ((sampled + len(other)) * least))
    if not all(len(s) == n for n, s in (a, b)): ppm -= 3 * math.isqrt(ppm * (1000000 - ppm) // sampled)
    chance = max(a[0], b[0]) * 1000000 // (CHUNKS * 4096)
    return max(0, ppm - chance) * 1000000 // (1000000 - chance)


def numbers(seed):
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        yield seed >> 33


def positions(seed, count, chunks, keep=()):
    """`count` positions of which the first come from `keep`."""
    random, chosen = numbers(seed), set(keep)
    while len(chosen) < count: chosen.add(next(random) % (chunks * 4096))
    return sorted(chosen)


CHUNKS = 20
BASE = positions(1, 6000, CHUNKS)
SETS = [("a", BASE), ("the same", BASE), ("half of it and others", positions(2, 6000, CHUNKS, BASE[:3000])), ("others", positions(3, 5000, CHUNKS)),
        ("few of it", BASE[::20]), ("few others", positions(4, 90, CHUNKS)), ("one", BASE[7:8])]


def state_file():
    overlaps = [(3, 1000000, 1, 2, WINDOW), (1023, 412345, 0, 4294967295, WINDOW - 2)]
    sketches = [(WINDOW - 2, 0, 4294967295, sketch(SETS[3][1], INTERVAL_SEED, 256)), (WINDOW - 2, 1, 2, sketch(SETS[4][1], INTERVAL_SEED, 256)),
                (WINDOW, 1, 2, sketch(SETS[0][1], INTERVAL_SEED, 256)), (WINDOW, 1023, 1, sketch(SETS[6][1], INTERVAL_SEED, 256))]
    out = b"vramhub/state" + be(1, 1) + RESULTS + NETWORK + be(8, WINDOW) + CHECKPOINT + be(2, len(overlaps))
    for uid, ppm, other, generation, window in overlaps: out += be(2, uid) + be(4, ppm) + be(2, other) + be(4, generation) + be(8, window)
    out += be(4, len(sketches))
    for window, uid, generation, (count, hashes) in sketches:
        out += be(8, window) + be(2, uid) + be(4, generation) + be(4, count) + b"".join(be(4, h) for h in hashes)
    return {"overlaps": [dict(zip(("uid", "ppm", "otherUid", "otherGeneration", "otherWindow"), o)) for o in overlaps],
            "sketches": [{"window": w, "uid": u, "generation": g, "count": n, "hashes": h} for w, u, g, (n, h) in sketches],
            "bytes": out.hex(), "sha256": sha(out).hex()}


def vector():
    sets = []
    for name, of in SETS:
        whole = sketch(of, WINDOW_SEED, 4096)
        sets.append({"name": name, "positions": of, "inWindow": hashlib.sha256(b"".join(be(4, h) for h in whole[1])).hexdigest(),
                     "inInterval": sketch(of, INTERVAL_SEED, 256)[1]})
    pairs = []
    for i, (_, a) in enumerate(SETS):
        for j, (_, b) in enumerate(SETS[:i]):
            exact = len(set(a) & set(b)) * 1000000 // min(len(a), len(b))
            pairs.append({"of": [i, j], "exactPpm": exact, "inWindowPpm": overlap(sketch(a, WINDOW_SEED, 4096), sketch(b, WINDOW_SEED, 4096)),
                          "inIntervalPpm": overlap(sketch(a, INTERVAL_SEED, 256), sketch(b, INTERVAL_SEED, 256))})
    return {"network": "0x" + NETWORK.hex(), "window": WINDOW, "randomness": RANDOMNESS.hex(), "checkpointHash": CHECKPOINT.hex(), "resultsSha256": RESULTS.hex(),
            "windowSeed": WINDOW_SEED.hex(), "intervalSeed": INTERVAL_SEED.hex(), "chunks": CHUNKS, "sets": sets, "pairs": pairs, "stateFile": state_file()}


TEXT = json.dumps(vector(), separators=(",", ":")) + "\n"
if "--check" in sys.argv: sys.exit(0 if PATH.read_text() == TEXT else "state.json is not what make_state.py writes")
PATH.write_text(TEXT)
