"""Writes the vectors in this folder from the protocol's text, with Python's standard library alone: a second implementation
that shares no code with the TypeScript or the Move one. `python3 tests/vectors/make_vectors.py` rewrites them; `--check` compares."""
import hashlib, json, pathlib, random, struct, sys
from fractions import Fraction

HERE = pathlib.Path(__file__).parent
NETWORK = bytes(range(32))


def sha(b): return hashlib.sha256(b).digest()
def blake(b): return hashlib.blake2b(b, digest_size=32).digest()
def be(n, v): return v.to_bytes(n, "big", signed=v < 0)
def le(n, v): return v.to_bytes(n, "little")
def bcs_bytes(b): return uleb(len(b)) + b


def uleb(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128]); n >>= 7
    return out + bytes([n])


def cbor_head(major, n):
    if n < 24: return bytes([major << 5 | n])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * size: return bytes([major << 5 | extra]) + n.to_bytes(size, "big")
    raise ValueError(n)


def cbor_int(n): return cbor_head(0, n) if n >= 0 else cbor_head(1, -1 - n)
def cbor_bytes(b): return cbor_head(2, len(b)) + b


def words(seed):
    j = 0
    while True:
        digest = sha(seed + be(4, j))
        for k in range(8): yield int.from_bytes(digest[4 * k:4 * k + 4], "big")
        j += 1


def draw(seed, count, population, excluded=()):
    limit, out = 2 ** 32 // population * population, []
    for w in words(seed):
        if len(out) == count: return out
        i = w % population
        if w < limit and i not in excluded and i not in out: out.append(i)


def seal_identity():
    cases = []
    for uid, generation, version in ((0, 1, 1), (255, 4294967295, 7), (513, 65536, 4294967295)):
        b = be(1, 1) + NETWORK + be(1, 1) + be(2, uid) + be(4, generation) + be(4, version)
        assert len(b) == 44
        cases.append({"network": "0x" + NETWORK.hex(), "uid": uid, "generation": generation, "credVersion": version, "identity": b.hex()})
    return {"cases": cases}


def commitments():
    h, out = bytes(32), []
    for seq in range(3):
        c = {"seq": seq, "uid": 7 - seq, "generation": 1 + seq, "sha256": sha(be(1, seq)).hex(), "size": 1000 + seq * 70000, "credVersion": 1 + seq, "ms": 1774380000000 + seq}
        encoded = le(4, c["seq"]) + le(2, c["uid"]) + le(4, c["generation"]) + bcs_bytes(bytes.fromhex(c["sha256"])) + le(8, c["size"]) + le(4, c["credVersion"]) + le(8, c["ms"])
        h = blake(h + encoded)
        out.append({**c, "bcs": encoded.hex(), "hashAfter": h.hex()})
    roster = [(0, 1), (3, 2), (255, 9)]
    encoded = uleb(len(roster)) + b"".join(le(2, u) + le(4, g) for u, g in roster)
    data = {"domain": "vramhub-enclave-1", "network": "0x" + NETWORK.hex(), "validatorUid": 258, "validatorGeneration": 3, "owner": "0x" + "ab" * 32}
    user = bcs_bytes(data["domain"].encode()) + NETWORK + le(2, 258) + le(4, 3) + bytes.fromhex("ab" * 32)
    return {"empty": bytes(32).hex(), "commitments": out, "roster": [{"uid": u, "generation": g} for u, g in roster], "rosterBcs": encoded.hex(),
            "rosterHash": blake(encoded).hex(), "enclaveUserData": {**data, "bcs": user.hex()}}


def sampling():
    own = [{"uid": u, "window": w, "seed": sha(be(8, u) + be(8, w)).hex(), "count": n, "population": p, "indices": draw(sha(be(8, u) + be(8, w)), n, p)}
           for u, w, n, p in ((0, 2957300, 16, 9000), (3, 2957300, 16, 9000), (255, 1, 5, 5))]
    randomness, window = sha(b"randomness"), 2957300
    seed = sha(b"vramhub/random" + NETWORK + be(8, window) + randomness)
    union = set(own[0]["indices"]) | set(own[1]["indices"])
    indices = draw(seed, 16, 9000, union)
    digest_input = b"".join(be(2, o["uid"]) + be(4, len(o["indices"])) + b"".join(be(4, i) for i in o["indices"]) for o in own[:2])
    return {"own": own, "random": {"network": "0x" + NETWORK.hex(), "window": window, "randomness": randomness.hex(), "seed": seed.hex(), "indices": indices,
            "ownDataDigest": sha(digest_input).hex(), "randomDataDigest": sha(be(4, len(indices)) + b"".join(be(4, i) for i in indices)).hex()}}


def header(fields): return b"".join(fields)


def payload():
    window, checkpoint = 2957300, sha(b"checkpoint")
    miners = [dict(uid=0, generation=1, code=0, score=142857, random=90000, proofOfWork=50000, mu=25000000000, sigma=8333333333, weight=0, missed=0),
              dict(uid=3, generation=2, code=0, score=-5, random=-700000, proofOfWork=-50000, mu=-1, sigma=1, weight=65535, missed=0),
              dict(uid=24, generation=1, code=64, score=None, random=0, proofOfWork=0, mu=24000000000, sigma=8000000000, weight=0, missed=3),
              dict(uid=1023, generation=4294967295, code=0, score=-2147483648, random=2147483647, proofOfWork=-1000000, mu=9223372036854775807, sigma=18446744073709551615, weight=1, missed=255)]
    spec = [("uid", 2), ("generation", 4), ("code", 1), ("random", 4), ("proofOfWork", 4), ("mu", 8), ("sigma", 8), ("weight", 2), ("missed", 1)]
    results = b"".join(be(size, m[name]) for name, size in spec for m in miners)
    h = dict(network="0x" + NETWORK.hex(), validatorUid=1, validatorGeneration=2, enclaveKey=sha(b"key").hex(), window=window, checkpointHash=checkpoint.hex(),
             prevPayload=sha(b"previous").hex(), prevWindow=window - 1, hparamsHash=sha(b"hparams").hex(), commitmentsHash=sha(b"commitments").hex(), commitmentsCount=3,
             rosterHash=sha(b"roster").hex(), rosterCount=4, randomness=sha(b"randomness").hex(), ownDataDigest=sha(b"own").hex(), randomDataDigest=sha(b"random").hex(),
             medianNorm=1.5, baselineLoss=2500000, stateAfter=sha(b"state").hex(), runtimeHash=sha(b"runtime").hex(), cpuClass=2, flags=0, resultsLength=len(results))
    x = bytes.fromhex
    head = header([be(1, 1), be(1, 1), NETWORK, be(2, 1), be(4, 2), x(h["enclaveKey"]), be(8, window), checkpoint, x(h["prevPayload"]), be(8, window - 1), x(h["hparamsHash"]),
                   x(h["commitmentsHash"]), be(2, 3), x(h["rosterHash"]), be(2, 4), x(h["randomness"]), x(h["ownDataDigest"]), x(h["randomDataDigest"]),
                   struct.pack(">d", 1.5), be(8, 2500000), x(h["stateAfter"]), x(h["runtimeHash"]), be(1, 2), be(1, 0), be(2, len(results))])
    assert len(head) == 432 and len(results) == 34 * len(miners)
    scored = [m for m in miners if m["code"] == 0]
    scores = cbor_head(5, len(scored)) + b"".join(cbor_int(m["uid"]) + cbor_int(m["score"]) for m in scored)
    signed = cbor_head(4, 4) + cbor_int(window) + cbor_bytes(checkpoint) + scores + cbor_head(4, 2) + cbor_bytes(results) + cbor_bytes(head)
    offsets, o = {}, 0
    for name, size in HEADER: offsets[name] = o; o += size
    numbers = [0, 1, 23, 24, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 2 ** 63, 2 ** 64 - 1, -1, -24, -25, -256, -257, -2 ** 31, -2 ** 32, -2 ** 63]
    return {"headerLength": 432, "headerOffsets": offsets, "header": {**h, "bytes": head.hex()}, "miners": miners, "results": results.hex(), "payload": signed.hex(),
            "payloadSha256": sha(signed).hex(), "cborIntegers": [{"value": str(n), "cbor": cbor_int(n).hex()} for n in numbers]}


HEADER = [("format", 1), ("family", 1), ("network", 32), ("validator_uid", 2), ("validator_generation", 4), ("enclave_key", 32), ("window", 8), ("checkpoint_hash", 32), ("prev_payload", 32),
          ("prev_window", 8), ("hparams_hash", 32), ("commitments_hash", 32), ("commitments_count", 2), ("roster_hash", 32), ("roster_count", 2), ("randomness", 32), ("own_data_digest", 32),
          ("random_data_digest", 32), ("median_norm", 8), ("baseline_loss", 8), ("state_after", 32), ("runtime_hash", 32), ("cpu_class", 1), ("flags", 1), ("results_len", 2)]


def gradient():
    # Two tensors: [64, 64] (one full chunk) and [3] (one padded chunk).
    manifest_hash, checkpoint = sha(b"manifest"), sha(b"checkpoint")
    chunks = [dict(scale=0.5, indices=[0, 1, 63, 4095], values=[1, -127, 127, -1]), dict(scale=0.0, indices=[], values=[])]
    body = b""
    for c in chunks:
        deltas = [i - (c["indices"][k - 1] if k else 0) for k, i in enumerate(c["indices"])]
        body += be(2, len(deltas)) + struct.pack(">f", c["scale"]) + b"".join(be(2, d) for d in deltas) + b"".join(struct.pack(">b", v) for v in c["values"])
    head = b"VRMG" + be(1, 1) + be(1, 1) + be(2, 3) + be(8, 2957300) + checkpoint + manifest_hash + be(4, 2) + be(4, 4096) + be(4, 32) + be(4, 2)
    assert len(head) == 96
    squares = sum((c["scale"] * v) ** 2 for c in chunks for v in c["values"])
    return {"parameters": [{"name": "a", "shape": [64, 64]}, {"name": "b", "shape": [3]}], "topK": 32, "uid": 3, "window": 2957300, "checkpointHash": checkpoint.hex(),
            "manifestHash": manifest_hash.hex(), "chunks": chunks, "bytes": (head + body).hex(), "sha256": sha(head + body).hex(), "squaredNorm": squares}


def greatest_supported(values, stakes):
    """Med: tries every value from above until more than half of the stake is on values that are at least as great."""
    for c in sorted(set(values), reverse=True):
        if 2 * sum(s for v, s in zip(values, stakes) if v >= c) > sum(stakes): return c
    return 0


def consensus_case(name, stakes, columns, top_g, window=12, commitments_hash=bytes(32), generations=None):
    """`columns`: for each validator codes, own, random, weights."""
    rows = range(len(columns[0][0]) if columns else 3)
    med = {k: [greatest_supported([c[i][r] for c in columns], stakes) for r in rows] for k, i in (("own", 1), ("random", 2), ("weight", 3))}
    accepted = [2 * sum(s for c, s in zip(columns, stakes) if c[0][r] == 0) > sum(stakes) for r in rows]
    good = [r for r in rows if accepted[r] and all(med[k][r] > 0 for k in med)]
    chosen = sorted(good, key=lambda r: (-med["weight"][r], -med["random"][r], r))[:top_g]
    generations = generations or [1 for _ in rows]
    encoded = le(8, window) + bcs_bytes(commitments_hash) + uleb(len(chosen)) + b"".join(le(2, r) + le(4, generations[r]) for r in chosen)
    agreement = [sum(min(c[3][r], med["weight"][r]) for r in rows) for c in columns]
    agreed = [sum((c[0][r] == 0) == accepted[r] for r in rows) for c in columns]
    validators = [{"stake": str(s), "codes": c[0], "own": c[1], "random": c[2], "weight": c[3], "agreement": a, "agreedCodes": g}
                  for s, c, a, g in zip(stakes, columns, agreement, agreed)]
    return {"name": name, "window": window, "commitmentsHash": commitments_hash.hex(), "generations": generations, "topG": top_g, "validators": validators,
            **med, "accepted": accepted, "selected": chosen, "selectionHash": blake(encoded).hex()}


def consensus():
    low, high, sui = -2 ** 31, 2 ** 31 - 1, 10 ** 9
    three = [([0, 0, 0, 0, 64, 0, 0], [5, -7, 900, 40, 0, high, 3], [4, 2, 800, 40, 0, high, -1], [10, 20, 30, 40, 0, 50, 60]),
             ([0, 0, 64, 0, 64, 0, 0], [6, 7, 0, 40, 0, low, 3], [4, -2, 0, 40, 0, low, -2], [11, 19, 0, 40, 0, 65535, 60]),
             ([0, 1, 0, 0, 64, 0, 0], [-6, 0, 950, 41, 0, 8, 3], [5, 0, 850, 40, 0, 9, -3], [9, 0, 31, 40, 0, 49, 61])]
    two = [([0, 0, 64, 0], [10, 20, 0, 5], [30, -5, 0, 7], [100, 7, 0, 9]), ([0, 0, 0, 0], [12, 18, 70, 5], [29, 6, 60, 8], [90, 9, 50, 9])]
    cases = [consensus_case("three validators", [10 * sui, 20 * sui, 11 * sui], three, 3),
             consensus_case("two equal ones, neither lifts alone", [10 * sui, 10 * sui], two, 15),
             consensus_case("more than half decides alone", [10 * sui, 30 * sui], two, 15),
             consensus_case("equal weights: by random, then uid", [10 * sui], [([0] * 5, [1] * 5, [3, 9, 3, 9, 1], [8] * 5)], 3),
             consensus_case("no weights, no selection", [10 * sui], [([0] * 5, [1] * 5, [3, 9, 3, 9, 1], [0] * 5)], 3),
             consensus_case("nobody submitted", [], [], 15),
             consensus_case("another window and other generations", [10 * sui, 10 * sui], two, 1, 2957300, sha(b"commitments"), [1, 70000, 3, 2])]
    hashes = [c["selectionHash"] for c in cases]
    return {"cases": cases, "mergeDigests": [{"hashes": h, "digest": blake(bytes.fromhex("".join(h))).hex()} for h in ([], hashes[:1], hashes)]}


def attendance_case(name, notes):
    """`notes`: pairs of window and whether the scores came, in the order in which the windows ended."""
    newest = max(window for window, _ in notes)
    counted = sorted((window for window, _ in notes if newest - window < 256), reverse=True)[:100]
    came = dict(notes)
    submitted = sum(came[window] for window in counted)
    return {"name": name, "notes": [[window, int(yes)] for window, yes in notes], "expected": len(counted), "submitted": submitted,
            "completenessBps": 10_000 * submitted // len(counted)}


def rewards():
    order = random.Random(6)
    shuffled = [(w, order.random() < 0.8) for w in range(500, 700)]
    for at in range(0, 200, 5):
        block = shuffled[at:at + 5]
        order.shuffle(block)
        shuffled[at:at + 5] = block
    cases = [attendance_case("the first window", [(12, True)]),
             attendance_case("two of three", [(12, True), (13, False), (14, True)]),
             attendance_case("never", [(12, False), (13, False)]),
             attendance_case("every third is missing, and only a hundred count", [(w, w % 3 > 0) for w in range(1, 151)]),
             attendance_case("void windows are not noted", [(w, w % 14 > 0) for w in range(7, 1400, 7)]),
             attendance_case("windows end out of order", [(20, True), (18, False), (19, True), (17, True), (21, True), (16, False)]),
             attendance_case("one that is older than the hundred", [(w, True) for w in range(100, 200)] + [(99, False), (200, True)]),
             attendance_case("one among the hundred", [(w, True) for w in range(100, 202) if w != 150] + [(150, False)]),
             attendance_case("what is too old is forgotten", [(10, False), (11, False), (12, False), (267, True), (268, True)]),
             attendance_case("a long pause", [(10, False), (1000, True), (744, False), (745, False)]),
             attendance_case("many, in shuffled groups", shuffled)]
    halvings = []
    for greatest in (1, 2, 7, 1000, 21 * 10 ** 15, 2 ** 64 - 2):
        for k in range(0, 65):
            least = -(-greatest * (2 ** k - 1) // 2 ** k)
            for minted in {least - 1, least, least + 1}:
                if not 0 <= minted < greatest: continue
                most = max(i for i in range(65) if Fraction(minted) >= greatest * (1 - Fraction(1, 2 ** i)))
                if [str(greatest), str(minted), most] not in halvings and (k < 4 or k > 48): halvings.append([str(greatest), str(minted), most])
    return {"attendance": cases, "halvings": sorted(halvings, key=lambda it: (int(it[0]), int(it[1])))}


FILES = {"seal-identity.json": seal_identity, "commitments.json": commitments, "sampling.json": sampling, "payload.json": payload, "gradient.json": gradient,
         "consensus.json": consensus, "rewards.json": rewards}
stale = []
for name, make in FILES.items():
    text = json.dumps(make(), indent=1) + "\n"
    path = HERE / name
    if "--check" in sys.argv:
        if not path.exists() or path.read_text() != text: stale.append(name)
    else:
        path.write_text(text)
if stale: sys.exit(f"stale vectors: {', '.join(stale)}")
