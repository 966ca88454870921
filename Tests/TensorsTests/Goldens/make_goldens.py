#!/usr/bin/env python3
"""Writes primitives.json: values and gradients of every primitive, from PyTorch in float64.

    python make_goldens.py            # needs torch; see Benchmarks/peers/setup.sh

Inputs and upstream gradients are multiples of 1/64 with at most eight significant bits, so they are
exact in float64, float32, float16 and bfloat16 and a test may convert them without an error of its
own. Outputs and gradients are rounded to 9 significant digits; where PyTorch itself cancels (gelu
far below zero) fewer are meaningful, so compare with an absolute tolerance beside the relative one.

One case:
    op          the primitive; several cases share one op
    name        unique
    attributes  everything that is not a tensor; axes may be negative where the name says so
    inputs      [{name, shape, dtype: float64|int32|bool, values}], row-major; bool is 0 or 1
    output      {shape, dtype, values}
    upstream    {shape, values}: the gradient that arrives; null if the output has no gradient
    gradients   one per input, in their order: {name, shape, values}, or null
"""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20240917)
torch.set_num_threads(1)
CASES = []


def grid(*shape, low=-2.0, high=2.0, distinct=False):
    """Random non-zero multiples of 1/64; `distinct` draws without repetition, so nothing ties."""
    choices = [k for k in range(math.ceil(low * 64), math.floor(high * 64) + 1)
               if k != 0 and abs(k) < 256]
    count = math.prod(shape)
    if distinct:
        picked = torch.randperm(len(choices))[:count]
        assert len(picked) == count, "more distinct values asked for than there are"
    else:
        picked = torch.randint(len(choices), (count,))
    return (torch.tensor(choices, dtype=torch.float64)[picked] / 64).reshape(shape)


def ids(*shape, below, low=0):
    return torch.randint(low, below, shape, dtype=torch.int32)


def number(x):
    x = float(f"{float(x):.9g}")
    return int(x) if x == int(x) and abs(x) < 1e15 else x


def packed(tensor, **more):
    values = [number(v) for v in tensor.detach().reshape(-1).tolist()]
    return {**more, "shape": list(tensor.shape), "values": values}


def dtype_name(tensor):
    return {torch.float64: "float64", torch.int32: "int32", torch.bool: "bool"}[tensor.dtype]


def case(op, label, function, inputs, **attributes):
    """Runs `function` on the input tensors and records value and gradients."""
    assert all(torch.equal(t, t.bfloat16().double()) for t in inputs.values()
               if t.is_floating_point()), f"{op}_{label}: an input is not exact in bfloat16"
    leaves = {n: t.clone().requires_grad_(t.is_floating_point()) for n, t in inputs.items()}
    output = function(*leaves.values())
    upstream, gradients = None, [None] * len(leaves)
    if output.is_floating_point():
        upstream = grid(*output.shape)
        wanted = [t for t in leaves.values() if t.requires_grad]
        found = iter(torch.autograd.grad(output, wanted, upstream))
        gradients = [packed(next(found), name=n) if t.requires_grad else None
                     for n, t in leaves.items()]
    elif output.dtype == torch.int64:
        output = output.to(torch.int32)
    CASES.append({
        "op": op, "name": f"{op}_{label}", "attributes": attributes,
        "inputs": [packed(t, name=n, dtype=dtype_name(t)) for n, t in inputs.items()],
        "output": packed(output, dtype=dtype_name(output)),
        "upstream": None if upstream is None else packed(upstream), "gradients": gradients})


def shapes(*parts):
    return "_".join("x".join(map(str, s)) or "scalar" for s in parts)


# MARK: Element by element

def binary_cases():
    pairs = [((3, 5), (3, 5)), ((2, 3, 1), (5,)), ((7,), ())]
    operations = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul,
                  "divide": torch.div, "maximum": torch.maximum, "minimum": torch.minimum,
                  "less": torch.lt, "greater": torch.gt, "equal": torch.eq}
    for op, function in operations.items():
        for left, right in pairs:
            a, b = grid(*left), grid(*right, low=0.5 if op == "divide" else -2.0)
            if op == "equal":
                a, b = ids(*left, below=3).double() / 2, ids(*right, below=3).double() / 2
            elif op in ("maximum", "minimum", "less", "greater"):  # odd and even never tie
                a, b = a.mul(32).round() / 32, b.mul(32).floor() / 32 + 1 / 64
            case(op, shapes(left, right), function, {"a": a, "b": b})


def unary_cases():
    operations = {
        "negate": torch.neg, "exp": torch.exp, "tanh": torch.tanh, "sigmoid": torch.sigmoid,
        "relu": torch.relu, "silu": F.silu, "gelu": F.gelu,
        "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "erf": torch.erf, "abs": torch.abs,
        "sin": torch.sin, "cos": torch.cos}
    for op, function in operations.items():
        for shape, reach in [((3, 5), 3.9), ((2, 1, 7), 1.0)]:
            case(op, shapes(shape), function, {"x": grid(*shape, low=-reach, high=reach)})
    far = torch.tensor([-30.0, -12.0, -6.0, -4.5, 4.5, 6.0, 12.0, 30.0], dtype=torch.float64)
    for op in ("tanh", "sigmoid", "silu", "gelu", "gelu_tanh", "erf"):
        case(op, "far", operations[op], {"x": far})
    positive = {"log": torch.log, "sqrt": torch.sqrt, "reciprocal": torch.reciprocal}
    for op, function in positive.items():
        for shape in [(3, 5), (11,)]:
            case(op, shapes(shape), function, {"x": grid(*shape, low=0.1, high=3.9)})
    for exponent, low in [(2.0, -2), (3.0, -2), (-0.5, 0.25), (1.7, 0.25)]:
        case("power", f"{exponent}_3x5", lambda x, e=exponent: x.pow(e),
             {"x": grid(3, 5, low=low)}, exponent=exponent)


def where_cases():
    for c, a, b in [((3, 5), (3, 5), (3, 5)), ((4, 1), (1, 3), ())]:
        case("where", shapes(c, a, b), torch.where,
             {"condition": torch.rand(c) < 0.5, "a": grid(*a), "b": grid(*b)})


# MARK: Reductions

def reduction_cases():
    cases = [((3, 5), [1], False), ((2, 3, 5), [0, 2], True), ((2, 3, 5), [0, 1, 2], False)]
    for op, function in {"sum": torch.sum, "mean": torch.mean, "maximum_of": torch.amax}.items():
        for shape, axes, keep in cases:
            label = f"{shapes(shape)}_axes{''.join(map(str, axes))}{'_keep' if keep else ''}"
            case(op, label, lambda x, f=function, d=axes, k=keep: f(x, dim=d, keepdim=k),
                 {"x": grid(*shape, distinct=True)}, axes=axes, keep=keep)
    for shape, axis in [((3, 5), -1), ((4, 3, 2), 1)]:
        case("argmax", f"axis{axis}_{shapes(shape)}", lambda x, d=axis: x.argmax(dim=d),
             {"x": grid(*shape, distinct=True)}, axis=axis)
    for op, function in {"softmax": F.softmax, "log_softmax": F.log_softmax}.items():
        for shape, axis in [((3, 5), -1), ((2, 4, 3), 1), ((17,), 0)]:
            case(op, f"axis{axis}_{shapes(shape)}", lambda x, f=function, d=axis: f(x, dim=d),
                 {"x": grid(*shape)}, axis=axis)
        case(op, "large_axis-1_2x5", lambda x, f=function: f(x, dim=-1),
             {"x": torch.cat([ids(1, 5, below=8) / 2.0 + 120, 16 * grid(1, 5)]).double()}, axis=-1)


# MARK: Matrices

def matmul_cases():
    cases = [((3, 5), (5, 2), False, False), ((1, 7), (7, 1), False, False),
             ((2, 3, 5), (2, 5, 4), False, False), ((2, 1, 3, 4), (3, 4, 2), False, False),
             ((3, 5), (2, 5), False, True), ((2, 5, 3), (2, 5, 4), True, False),
             ((2, 4, 3), (5, 3), False, True), ((5, 3), (2, 5), True, True)]
    for left, right, flip_left, flip_right in cases:
        def multiply(a, b, fl=flip_left, fr=flip_right):
            return (a.mT if fl else a) @ (b.mT if fr else b)
        marks = ("_left" if flip_left else "") + ("_right" if flip_right else "")
        case("matmul", shapes(left, right) + (f"_transposed{marks}" if marks else ""), multiply,
             {"a": grid(*left), "b": grid(*right)},
             transposeLeft=flip_left, transposeRight=flip_right)


def linear_cases():
    for x, bias in [((4, 5), True), ((2, 3, 7), True), ((3, 5), False)]:
        inputs = {"x": grid(*x), "weight": grid(3, x[-1])}
        if bias:
            inputs["bias"] = grid(3)
        case("linear", f"{shapes(x)}_to3{'' if bias else '_no_bias'}", F.linear, inputs, bias=bias)


# MARK: Shapes

def shape_cases():
    for shape, target in [((3, 4), [2, 6]), ((2, 3, 5), [30]), ((6,), [1, 2, 3])]:
        case("reshape", shapes(shape, target), lambda x, t=target: x.reshape(t),
             {"x": grid(*shape)}, shape=target)
    for shape, order in [((3, 5), [1, 0]), ((2, 3, 4), [2, 0, 1]), ((2, 3, 1, 4), [0, 2, 1, 3])]:
        case("transpose", f"{shapes(shape)}_to{''.join(map(str, order))}",
             lambda x, p=order: x.permute(p), {"x": grid(*shape)}, permutation=order)
    for shape, starts, ends in [((5, 7), [1, 2], [4, 7]), ((2, 3, 5), [0, 1, 1], [2, 2, 4]),
                                ((9,), [3], [8])]:
        case("slice", shapes(shape),
             lambda x, s=starts, e=ends: x[tuple(slice(i, j) for i, j in zip(s, e))],
             {"x": grid(*shape)}, starts=starts, ends=ends)
    for axis, parts in [(0, [(2, 3), (1, 3)]), (1, [(2, 3), (2, 1), (2, 4)]),
                        (-1, [(2, 1, 3), (2, 1, 2)])]:
        case("concatenate", f"axis{axis}_{shapes(*parts)}",
             lambda *t, d=axis: torch.cat(t, dim=d),
             {f"x{i}": grid(*p) for i, p in enumerate(parts)}, axis=axis)
    for shape, target in [((5,), [3, 5]), ((2, 1, 3), [2, 4, 3]), ((), [2, 3])]:
        case("broadcast", shapes(shape, target), lambda x, t=target: x.broadcast_to(t),
             {"x": grid(*shape)}, shape=target)


def gather_cases():
    for index in [(7,), (2, 3)]:  # ids repeat, so gradients add up
        case("gather", f"5x3_ids{shapes(index)}", lambda t, i: F.embedding(i, t),
             {"table": grid(5, 3), "ids": ids(*index, below=4)})
    for shape, index in [((3, 5), (3, 2)), ((2, 3, 4), (2, 3, 1))]:
        case("take_along", shapes(shape, index), lambda x, i: x.gather(-1, i.long()),
             {"x": grid(*shape), "ids": ids(*index, below=shape[-1])})
    for base in (grid(5, 3), torch.zeros(5, 3, dtype=torch.float64)):
        case("scatter_add", "5x3_zeros" if not base.any() else "5x3",
             lambda x, i, rows: x.index_add(0, i, rows),
             {"base": base, "ids": ids(7, below=4), "rows": grid(7, 3)})


# MARK: Normalisations

def norm_cases():
    for shape in [(3, 5), (2, 3, 17), (1, 8)]:
        width = shape[-1:]
        x, weight, bias = grid(*shape), grid(*width), grid(*width)
        case("layer_norm", shapes(shape), lambda x, w, b: F.layer_norm(x, w.shape, w, b, 1e-5),
             {"x": x, "weight": weight, "bias": bias}, epsilon=1e-5)
        case("rms_norm", shapes(shape), lambda x, w: F.rms_norm(x, w.shape, w, 1e-6),
             {"x": x, "weight": weight}, epsilon=1e-6)
    case("layer_norm", "offset_2x9", lambda x, w, b: F.layer_norm(x, w.shape, w, b, 1e-5),
         {"x": ids(2, 9, below=12).double() / 4 + 60, "weight": grid(9), "bias": grid(9)},
         epsilon=1e-5)
    for shape in [(7, 3), (4, 5)]:
        mean, variance = grid(shape[1]), grid(shape[1], low=0.5)
        x, weight, bias = grid(*shape), grid(shape[1]), grid(shape[1])
        new_mean, new_variance = mean.clone(), variance.clone()
        F.batch_norm(x, new_mean, new_variance, weight, bias, True, 0.1, 1e-5)
        case("batch_norm", shapes(shape),
             lambda x, w, b: F.batch_norm(x, None, None, w, b, True, 0.1, 1e-5),
             {"x": x, "weight": weight, "bias": bias}, epsilon=1e-5, momentum=0.1,
             runningMeanBefore=packed(mean)["values"],
             runningVarianceBefore=packed(variance)["values"],
             runningMeanAfter=packed(new_mean)["values"],
             runningVarianceAfter=packed(new_variance)["values"])


# MARK: Attention, rotary, loss

def attention(query, key, value, causal, scale):
    """Query head h reads key-value head h / (H / Hkv); causal means key j <= i + (S - T)."""
    group = query.shape[1] // key.shape[1]
    key, value = (t.repeat_interleave(group, dim=1) for t in (key, value))
    scores = query @ key.mT * scale
    if causal:
        t, s = scores.shape[-2:]
        allowed = torch.ones(t, s, dtype=torch.bool).tril(s - t)
        scores = scores.masked_fill(~allowed, -math.inf)
        if s == t:
            reference = F.scaled_dot_product_attention(
                query, key, value, is_causal=True, scale=scale)
            assert torch.allclose(reference, scores.softmax(-1) @ value, rtol=0, atol=1e-12)
    return scores.softmax(-1) @ value


def attention_cases():
    #        B  H  Hkv T  S  D  causal
    cases = [(1, 2, 2, 5, 5, 3, True), (2, 2, 2, 3, 4, 3, False), (1, 4, 2, 4, 4, 3, True),
             (1, 3, 1, 2, 5, 2, True), (1, 2, 1, 1, 7, 5, False), (1, 1, 1, 9, 9, 4, True)]
    for b, h, kv, t, s, d, causal in cases:
        scale = number(1 / math.sqrt(d))
        label = f"B{b}_H{h}_KV{kv}_T{t}_S{s}_D{d}" + ("_causal" if causal else "")
        case("attention", label,
             lambda q, k, v, c=causal, x=scale: attention(q, k, v, c, x),
             {"query": grid(b, h, t, d), "key": grid(b, kv, s, d), "value": grid(b, kv, s, d)},
             causal=causal, scale=scale)


def rotary(x, base, positions, interleaved):
    """Pair p of D/2 turns by position · base^(-2p/D): (x[p], x[p+D/2]), or (x[2p], x[2p+1])."""
    half = x.shape[-1] // 2
    frequency = base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.tensor(positions, dtype=torch.float64)[:, None] * frequency
    a, b = (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
    turned = a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()
    return torch.stack(turned, -1).flatten(-2) if interleaved else torch.cat(turned, -1)


def rotary_cases():
    for interleaved in (False, True):
        for shape, base, positions in [((1, 2, 3, 4), 10000.0, [0, 1, 2]),
                                       ((2, 1, 2, 6), 500000.0, [5, 131])]:
            kind = "interleaved" if interleaved else "halves"
            case("rotary", f"{kind}_{shapes(shape)}",
                 lambda x, b=base, p=positions, i=interleaved: rotary(x, b, p, i),
                 {"x": grid(*shape)}, base=base, positions=positions, interleaved=interleaved)


def cross_entropy_cases():
    for rows, vocabulary, ignored in [(5, 7, [1]), (4, 3, []), (6, 17, [0, 4, 5])]:
        logits, targets = grid(rows, vocabulary), ids(rows, below=vocabulary)
        targets[ignored] = -1
        for reduction in ("mean", "none"):
            case("cross_entropy", f"{reduction}_{rows}x{vocabulary}_ignored{len(ignored)}",
                 lambda x, t, r=reduction: F.cross_entropy(
                     x, t.long(), ignore_index=-1, reduction=r),
                 {"logits": logits, "targets": targets}, reduction=reduction, ignored=-1,
                 counted=rows - len(ignored))


def main():
    for build in (binary_cases, unary_cases, where_cases, reduction_cases, matmul_cases,
                  linear_cases, shape_cases, gather_cases, norm_cases, attention_cases,
                  rotary_cases, cross_entropy_cases):
        build()
    names = [c["name"] for c in CASES]
    assert len(set(names)) == len(names), "case names must be unique"
    path = pathlib.Path(__file__).with_name("primitives.json")
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in CASES)
    header = json.dumps({"made_by": "make_goldens.py",
                         "torch": torch.__version__.split("+")[0]})[1:-1]
    path.write_text("{" + header + ',"cases":[\n' + lines + "\n]}\n")
    print(f"{len(CASES)} cases of {len({c['op'] for c in CASES})} operations, "
          f"{path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
