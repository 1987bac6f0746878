"""Writes merge.json from the protocol's text, with Python's standard library alone: gradients as bytes, and what they merge into. The transform is
written as the sum of its definition over math.cos, each sum exact (math.fsum), so it shares neither code nor order with the TypeScript one.
`python3 tests/vectors/make_merge.py` rewrites it; `--check` compares."""
import hashlib, json, math, pathlib, struct, sys

HERE = pathlib.Path(__file__).parent
N = 64
PARAMETERS = [{"name": "a", "shape": [3, 50]}, {"name": "b", "shape": [64, 65]}]
ELEMENTS = [150, 4160]
TOP_K, RATE_PPM = 32, 2_000_000
CHECKPOINT, MANIFEST = (hashlib.sha256(text).digest() for text in (b"checkpoint", b"manifest"))
COS = [[math.cos(math.pi * (2 * n + 1) * u / (2 * N)) * math.sqrt((1 if u == 0 else 2) / N) for n in range(N)] for u in range(N)]
# Windows in order, uids in the order of arrival, each with a magnitude: the median must clip some, the uids must be sorted. One window selected nobody.
WINDOWS = {7: {9: 0.5, 2: 8.0, 4: 1.0, 11: 0.25}, 8: {}, 9: {4: 1.0, 3: 64.0}, 10: {300: 0.125}}


def be(n, v): return v.to_bytes(n, "big")
def f32(x): return struct.unpack(">f", struct.pack(">f", x))[0]


def numbers(seed):
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        yield seed >> 33


def gradient(uid, window, magnitude):
    random = numbers(uid * 1000 + window)
    chunks = []
    for c in range(sum(-(-n // 4096) for n in ELEMENTS)):
        count = 0 if (c + uid) % 5 == 0 else 1 + next(random) % TOP_K
        indices = sorted({next(random) % 4096 for _ in range(count)})
        values = [(next(random) % 127 + 1) * (1 if next(random) % 2 else -1) for _ in indices]
        # The largest value of a chunk is 127 in every encoding.
        if values: values[len(values) // 2] = 127 if values[0] > 0 else -127
        chunks.append((f32(magnitude * (1 + next(random) % 1000 / 1000) / 127) if indices else 0.0, indices, values))
    body = b""
    for scale, indices, values in chunks:
        deltas = [b - a for a, b in zip([0] + indices, indices)]
        body += be(2, len(indices)) + struct.pack(">f", scale) + b"".join(be(2, d) for d in deltas) + struct.pack(f">{len(values)}b", *values)
    head = b"VRMG" + be(1, 1) + be(1, 1) + be(2, uid) + be(8, window) + CHECKPOINT + MANIFEST + be(4, len(PARAMETERS)) + be(4, 4096) + be(4, TOP_K) + be(4, len(chunks))
    return head + body, [(c, i, scale * v) for c, (scale, indices, values) in enumerate(chunks) for i, v in zip(indices, values)]


def inverse(block):
    half = [[math.fsum(x * COS[v][j] for v, x in row) for j in range(N)] if row else None for row in block]
    return [math.fsum(COS[u][i] * half[u][j] for u in range(N) if half[u]) for i in range(N) for j in range(N)]


def merge():
    selected, total, count = [], {}, 0
    for window, miners in sorted(WINDOWS.items()):
        made = {uid: gradient(uid, window, magnitude) for uid, magnitude in miners.items()}
        norms = {uid: math.sqrt(math.fsum(v * v for _, _, v in coefficients)) for uid, (_, coefficients) in made.items()}
        median = sorted(norms.values())[(len(norms) - 1) // 2] if norms else None
        for uid in sorted(made):
            for c, i, v in made[uid][1]: total[c, i] = total.get((c, i), 0.0) + v * min(1.0, median / norms[uid])
        count += len(made)
        selected.append({"window": window, "gradients": [made[uid][0].hex() for uid in miners]})
    out, chunk, k = [], 0, 0
    for elements in ELEMENTS:
        samples = []
        for _ in range(-(-elements // 4096)):
            block = [[(v, total[chunk, u * N + v]) for v in range(N) if (chunk, u * N + v) in total] for u in range(N)]
            samples += inverse(block)
            chunk += 1
        for a in samples[:elements]:
            out.append(f32(theta(k) - RATE_PPM / 1e6 * a / count))
            k += 1
    file = struct.pack(f"<{len(out)}f", *out)
    return {"parameters": PARAMETERS, "topK": TOP_K, "checkpointHash": CHECKPOINT.hex(), "manifestHash": MANIFEST.hex(), "outerLearningRatePpm": RATE_PPM,
            "theta": "theta[k] = ((k * 7919) mod 10007 - 5003) / 4096", "windows": selected, "count": count, "first": out[:4], "sha256": hashlib.sha256(file).hexdigest()}


def theta(k): return (k * 7919 % 10007 - 5003) / 4096


text = json.dumps(merge(), indent=1) + "\n"
path = HERE / "merge.json"
if "--check" not in sys.argv: path.write_text(text)
elif not path.exists() or path.read_text() != text: sys.exit("stale vectors: merge.json")
