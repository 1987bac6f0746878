"""Writes the vectors in this folder from the protocol's text, with Python's standard library alone: a second implementation
that shares no code with the TypeScript or the Move one. `python3 tests/vectors/make_vectors.py` rewrites them; `--check` compares."""
import hashlib, json, pathlib, struct, sys

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
              dict(uid=255, generation=4294967295, code=0, score=-2147483648, random=2147483647, proofOfWork=-1000000, mu=9223372036854775807, sigma=18446744073709551615, weight=1, missed=255)]
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


FILES = {"seal-identity.json": seal_identity, "commitments.json": commitments, "sampling.json": sampling, "payload.json": payload, "gradient.json": gradient}
stale = []
for name, make in FILES.items():
    text = json.dumps(make(), indent=1) + "\n"
    path = HERE / name
    if "--check" in sys.argv:
        if not path.exists() or path.read_text() != text: stale.append(name)
    else:
        path.write_text(text)
if stale: sys.exit(f"stale vectors: {', '.join(stale)}")
