"""Writes weights.json from docs/protocol.md, with Python's standard library alone: proof of work and weights of a window, from scores and the payload before.
`python3 tests/vectors/make_weights.py` rewrites it; `--check` compares."""
import json, pathlib, random, sys

PATH = pathlib.Path(__file__).parent / "weights.json"
PPM = 10**6


def toward_zero(a, b): return abs(a) // b if a >= 0 else -(abs(a) // b)


def usual_work(miners):
    scored = [m for m in miners if m["kind"] == "scored"]
    trusted = [m for m in scored if m["hadWeight"]] or scored
    differences = sorted(m["own"] - m["random"] for m in trusted)
    return differences[(len(differences) - 1) // 2] if differences else 0


def signal(m, usual, p):
    if m["kind"] == "failed": return -PPM
    difference = m["own"] - m["random"]
    excess = difference * PPM - abs(m["random"]) * p["margin"]
    if excess <= 0: return -PPM if excess < 0 else 0
    return PPM if usual <= 0 or difference >= usual else difference * PPM // usual


def proof_of_work(m, usual, p):
    before = m["proofOfWork"]
    if m["kind"] == "absent": return before * p["gamma"] // PPM if before > 0 else before
    if m["kind"] == "not_drawn": return before
    if m["kind"] == "failed" and m["excluded"]: return -PPM
    return toward_zero((PPM - p["alpha"]) * before + p["alpha"] * signal(m, usual, p), PPM)


def weights(miners, works, p):
    raw = []
    for m, work in zip(miners, works):
        excess = int(m["ordinal"]) - p["ordinalFloor"]
        counts = m["kind"] == "scored" and excess > 0 and work > p["floor"]
        raw.append((1 if m["halved"] else 2) * excess**2 * work ** p["exponent"] if counts else 0)
    total = sum(raw)
    return [w * 65535 // total if total else 0 for w in raw]


def case(name, miners, parameters):
    usual = usual_work(miners)
    works = [proof_of_work(m, usual, parameters) for m in miners]
    return {"name": name, "parameters": parameters, "usual": usual,
            "miners": [m | {"proofOfWorkAfter": w, "weight": v} for m, w, v in zip(miners, works, weights(miners, works, parameters))]}


DEFAULT = {"alpha": 50000, "margin": 250000, "gamma": 990000, "floor": 100000, "exponent": 8, "ordinalFloor": 0}


def miner(kind, own=0, rand=0, before=0, ordinal=0, had=False, halved=False, excluded=False):
    return {"kind": kind, "own": own, "random": rand, "proofOfWork": before, "ordinal": str(ordinal), "hadWeight": had, "halved": halved, "excluded": excluded}


def some(draw):
    kind = draw.choice(["scored"] * 6 + ["failed", "absent", "not_drawn"])
    rand = draw.randint(-4000, 6000)
    return miner(kind, rand + draw.randint(-2000, 9000), rand, draw.randint(-PPM, PPM), draw.randint(-60 * 10**9, 90 * 10**9), draw.random() < 0.6,
                 kind == "scored" and draw.random() < 0.1, kind == "failed" and draw.random() < 0.3)


def cases():
    yield case("half of the work", [miner("scored", 6000, 1000, 900000, 60 * 10**9, True), miner("scored", 3500, 1000, 450000, 60 * 10**9, True),
                                    miner("scored", 9000, 1000, 900000, 60 * 10**9, True)], DEFAULT)
    yield case("one batch that went well is worth one", [miner("scored", 10**6, 0, 500000, 10**9, True), miner("scored", 10, 0, 500000, 10**9, True)], DEFAULT)
    yield case("nobody works", [miner("scored", -5, 10, 0, 10**9), miner("scored", 10, 8, 950000, 10**9), miner("scored", 9, 7, 950000, 10**9, True)], DEFAULT)
    yield case("nobody is scored", [miner("failed", before=5, excluded=True), miner("absent", before=1), miner("absent", before=-1), miner("not_drawn", before=7)], DEFAULT)
    yield case("the ends of i32", [miner("scored", 2**31 - 1, -(2**31), PPM, 2**60, True), miner("scored", -(2**31), 2**31 - 1, -PPM, -(2**60), True)], DEFAULT)
    draw = random.Random(1)
    for n in range(40):
        parameters = DEFAULT if n % 2 else {"alpha": draw.randint(1, PPM), "margin": draw.randint(0, 2 * PPM), "gamma": draw.randint(0, PPM), "floor": draw.randint(0, 500000),
                                            "exponent": draw.randint(1, 16), "ordinalFloor": draw.randint(0, 20 * 10**9)}
        yield case(f"drawn {n}", [some(draw) for _ in range(draw.randint(1, 24))], parameters)


TEXT = json.dumps({"cases": list(cases())}, separators=(",", ":")) + "\n"
if "--check" in sys.argv: sys.exit(0 if PATH.read_text() == TEXT else "weights.json is not what make_weights.py writes")
PATH.write_text(TEXT)
