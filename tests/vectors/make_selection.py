"""Writes selection.json from docs/protocol.md, with Python's standard library alone: which of the miners that committed are evaluated.
`python3 tests/vectors/make_selection.py` rewrites it; `--check` compares."""
import hashlib, json, pathlib, sys

PATH = pathlib.Path(__file__).parent / "selection.json"
NETWORK, RANDOMNESS, WINDOW = bytes(range(32)), hashlib.sha256(b"randomness").digest(), 2957300
MU, SIGMA = 25000000000, 8333333333


def sha(b): return hashlib.sha256(b).digest()
def be(n, v): return v.to_bytes(n, "big")


def words(seed, count):
    stream = b"".join(sha(seed + be(4, block)) for block in range(count // 8 + 1))
    return [int.from_bytes(stream[4 * i:4 * i + 4], "big") for i in range(count)]


def draw(committed, previous, evaluations):
    """committed: (uid, generation); previous: uid -> (generation, mu, sigma, missed)."""
    if len(committed) <= evaluations: return sorted(uid for uid, _ in committed)
    entries = []
    for uid, generation in committed:
        known = previous.get(uid)
        if known is None or known[0] != generation: known = (generation, MU, SIGMA, 0)
        seed = sha(b"vramhub/select" + NETWORK + be(8, WINDOW) + RANDOMNESS + be(2, uid) + be(4, generation))
        entries.append({"uid": uid, "ordinal": known[1] - 3 * known[2], "ticket": min(words(seed, 1 + known[3]))})
    entries.sort(key=lambda e: (-e["ordinal"], e["uid"]))
    n, drawn, left = len(entries), [], []
    for b in range(5):
        members = sorted(entries[b * n // 5:(b + 1) * n // 5], key=lambda e: (e["ticket"], e["uid"]))
        share = (b + 1) * evaluations // 5 - b * evaluations // 5
        drawn += members[:share]
        left += members[share:]
    drawn += sorted(left, key=lambda e: (e["ticket"], e["uid"]))[:evaluations - len(drawn)]
    return sorted(e["uid"] for e in drawn)


def case(name, committed, previous, evaluations):
    return {"name": name, "committed": committed, "maxEvaluations": evaluations,
            "previous": [{"uid": u, "generation": g, "mu": str(m), "sigma": str(s), "missed": k} for u, (g, m, s, k) in sorted(previous.items())],
            "drawn": draw(committed, previous, evaluations)}


def cases():
    many = [(4 * i + i % 3, 1 + i % 2) for i in range(256)]
    rated = {u: (g, 20000000000 + 7919 * u * u % 30000000000, 1000000000 + 104729 * u % 7000000000, 31 * u % 256) for u, g in many}
    rated[many[5][0]] = (many[5][1] + 1, 90000000000, 1, 255)  # a predecessor's
    del rated[many[9][0]]
    yield case("all", many[:20], rated, 20)
    yield case("a quarter", many, rated, 64)
    yield case("one", many, rated, 1)
    yield case("all but one", many, rated, 255)
    yield case("a bin that has too few", many[:8], rated, 7)
    yield case("nobody is known", many[:50], {}, 10)


TEXT = json.dumps({"network": "0x" + NETWORK.hex(), "window": WINDOW, "randomness": RANDOMNESS.hex(), "cases": list(cases())}, separators=(",", ":")) + "\n"
if "--check" in sys.argv: sys.exit(0 if PATH.read_text() == TEXT else "selection.json is not what make_selection.py writes")
PATH.write_text(TEXT)
