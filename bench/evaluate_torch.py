"""One miner's evaluation in PyTorch, in the arrangement named: own before, apply the gradient, own after, random after. Reads the plain arrays of a world
(bench/evaluate-world.ts); the gradient is there as arrays already, so nothing is parsed or checked here.

`python3 bench/evaluate_torch.py FOLDER ARRANGEMENT`, where ARRANGEMENT is one of:
  intra-N     one call a batch, N threads inside of operators
  workers-N   N Python threads with one thread inside of operators each, half a batch a call
and either of them followed by -compiled for torch.compile. For each uid on standard input one JSON line."""
import json, os, pathlib, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
import torch
import torch.nn.functional as F

folder = pathlib.Path(sys.argv[1])
kind, threads, *options = sys.argv[2].split("-")
threads = int(threads)
world = json.loads((folder / "world.json").read_text())
torch.set_num_threads(threads if kind == "intra" else 1)
T, WIDTH, HEADS, LAYERS = world["context"], world["width"], world["heads"], world["layers"]
CHUNK = 4096
#: Chunks transformed at a time: bounds the memory, and is enough work for a matrix product.
SEGMENT = 512


def array(name, dtype):
    data = bytearray((folder / name).read_bytes())
    return torch.frombuffer(data, dtype=dtype)


def sequences(name):
    return array(name, torch.uint8).long().view(-1, T + 1)


# θ with every tensor at the beginning of a chunk, so that an update is a few operations over the whole and the parameters are views.
shapes = [(p["name"], p["shape"]) for p in world["parameters"]]
sizes = [torch.Size(shape).numel() for _, shape in shapes]
padded = [-(-size // CHUNK) * CHUNK for size in sizes]
base = torch.zeros(sum(padded))
theta = array("theta.f32", torch.float32)
at = offset = 0
for size, room in zip(sizes, padded):
    base[offset : offset + size] = theta[at : at + size]
    at, offset = at + size, offset + room
del theta
moved = base.clone()


def views(flat):
    parameters, offset = {}, 0
    for (name, shape), size, room in zip(shapes, sizes, padded):
        parameters[name] = flat[offset : offset + size].view(shape)
        offset += room
    return parameters


before, after = views(base), views(moved)
starts = array("starts.u32", torch.int32).long()
indices = array("indices.i16", torch.int16)
values = array("values.f32", torch.float32)
u = torch.arange(64, dtype=torch.float64)
basis = (torch.cos(torch.pi * (2 * u[None, :] + 1) * u[:, None] / 128) * torch.where(u == 0, 0.125, 32**-0.5)[:, None]).float()


def update(first):
    """moved = base − rate · gradient for the chunks from `first` on."""
    last = min(first + SEGMENT, len(starts) - 1)
    a, b = int(starts[first]), int(starts[last])
    counts = starts[first + 1 : last + 1] - starts[first:last]
    where = torch.repeat_interleave(torch.arange(last - first) * CHUNK, counts, output_size=b - a) + indices[a:b]
    coefficients = torch.zeros((last - first) * CHUNK)
    coefficients[where] = values[a:b]
    samples = basis.T @ coefficients.view(-1, 64, 64) @ basis
    part = slice(first * CHUNK, last * CHUNK)
    torch.sub(base[part], samples.view(-1), alpha=world["rate"], out=moved[part])


def forward(p, tokens):
    """Σ of the log-probabilities of each sequence's targets, negative."""
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    count = len(inputs)
    x = F.embedding(inputs, p["wte"]) + p["wpe"]
    for layer in range(LAYERS):
        q = lambda name: p[f"h{layer}.{name}"]
        h = F.layer_norm(x, (WIDTH,), q("ln1.g"), q("ln1.b")).view(-1, WIDTH)
        heads = torch.addmm(q("qkv.b"), h, q("qkv.w")).view(count, T, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True).transpose(1, 2).reshape(-1, WIDTH)
        x = x + torch.addmm(q("out.b"), mixed, q("out.w")).view(count, T, WIDTH)
        h = F.gelu(torch.addmm(q("up.b"), F.layer_norm(x, (WIDTH,), q("ln2.g"), q("ln2.b")).view(-1, WIDTH), q("up.w")), approximate="tanh")
        x = x + torch.addmm(q("down.b"), h, q("down.w")).view(count, T, WIDTH)
    logits = F.layer_norm(x, (WIDTH,), p["lnf.g"], p["lnf.b"]).view(-1, WIDTH) @ p["wte"].T
    return F.cross_entropy(logits, targets.reshape(-1), reduction="none").view(count, T)


if "compiled" in options:
    forward = torch.compile(forward, dynamic=False)


def mean(parts):
    return float(torch.cat(parts).double().mean())


random = sequences("random")
pool = ThreadPoolExecutor(threads) if kind == "workers" else None


def in_mode(function):
    def run(*args):
        with torch.inference_mode():
            return function(*args)
    return run


def each(function, arguments):
    """In order of the arguments."""
    run = in_mode(function)
    return list(pool.map(run, arguments)) if pool else [run(argument) for argument in arguments]


def miner(own):
    parts = lambda rows: list(rows.split(len(rows) // threads)) if pool else [rows]
    halves = len(parts(own))
    was = each(lambda rows: forward(before, rows), parts(own))
    each(update, range(0, len(starts) - 1, SEGMENT))
    now = each(lambda rows: forward(after, rows), parts(own) + parts(random))
    return mean(was) - mean(now[:halves]), mean(now[halves:])


def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


# What torch is before it is given anything, for those who have a smaller build of it.
imported = resident() if not options else None
baseline = mean(each(lambda rows: forward(before, rows), [random] if not pool else list(random.split(len(random) // threads))))
print('{"ready":true}', flush=True)
for line in sys.stdin:
    own = sequences(f"own-{int(line)}")
    started = time.perf_counter()
    improvement, random_after = miner(own)
    ms = (time.perf_counter() - started) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": ms, "own": improvement, "random": baseline - random_after, "resident_mb": resident(), "peak_mb": peak}), flush=True)
