#!/usr/bin/env python3
"""Martlet beside the peers on this machine, at this hour: docs/benchmarks.md and its picture.

    python run_table.py --pairs 5 --output docs/benchmarks.md

Every job runs as A B A B …, a process each: A is `martlet bench`, B is the peer (torch_train.py or
llama_bench.py). A ratio divides the neighbours of one pair; the table has the median pair with the
smallest and the largest. PyTorch's bfloat16 modes are each tried once, and the better one is the
peer. The probe runs before, between and after. `--jobs` chooses some of them. The page ends with
what must hold (THRESHOLDS), figure by figure; `--check` makes the exit status say so.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import sys
import tempfile

from compare_train import HERE, PROBED, ROOT, build_probe, json_from

# What must hold: speed over the peer's and, where it counts, peak memory over the peer's, by job.
THRESHOLDS = {
    "char10m-bf16": (2.0, 0.7), "gpt2-bf16": (1.8, 0.7), "char10m-f32": (1.1, 0.7),
    "gpt2-f32": (1.1, 0.7), "prefill": (2.0, None), "decode": (1.0, None), "decode32": (2.5, None)}
# Products' shares of the probe, the reads of one stream over the probe's, the worst shape's time over
# the best's, and two threads over one.
HALF_SHARE, SINGLE_SHARE, READ_SHARE, SPREAD, SCALING = 0.45, 0.75, 0.8, 1.5, 1.7

PRODUCTS = ["1024x768x768", "1024x2304x768", "1024x3072x768", "1024x50304x768", "1024x768x3072"]


class Bench:
    """Runs both sides' commands."""

    def __init__(self, options):
        self.options = options
        self.environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}

    def martlet(self, *arguments, threads=None):
        threads = threads or self.options.threads
        return json_from([str(self.options.martlet), "bench", *map(str, arguments),
                          "--threads", str(threads), "--json"])

    def python(self, script, *arguments):
        return json_from([sys.executable, str(HERE / script), *map(str, arguments),
                          "--threads", str(self.options.threads)], self.environment)

    def train(self, preset, batch, precision, steps):
        size = ["--preset", preset, "--batch", batch, "--context", 256, "--steps", steps]
        modes = ["f32"] if precision == "float32" else ["bf16", "bf16-compile"]

        def theirs(mode):
            return self.python("torch_train.py", *size, "--modes", mode)

        best = modes[0]
        if len(modes) > 1:
            tried = {mode: theirs(mode)["tokens_per_s_median"] for mode in modes}
            best = max(tried, key=tried.get)
            print(f"{preset}: " + ", ".join(f"{m} {v:,.0f}" for m, v in tried.items()),
                  file=sys.stderr)
        return (lambda: self.martlet("train", *size, "--precision", precision),
                lambda: theirs(best), f"PyTorch {best}")

    def generate(self, job, *arguments):
        ours = [job, "--preset", "gpt2-124m", "--precision", "bfloat16", *arguments]
        return (lambda: self.martlet(*ours),
                lambda: self.python("llama_bench.py", "--job", job, "--model",
                                    self.options.gguf, *arguments), "llama.cpp bf16")


def jobs(bench):
    """name -> (label, command, how to make both sides)"""
    return {
        "char10m-bf16": ("train char10m, 16 × 256, bfloat16",
                         lambda: bench.train("char10m", 16, "bfloat16", 8)),
        "gpt2-bf16": ("train gpt2-124m, 4 × 256, bfloat16",
                      lambda: bench.train("gpt2-124m", 4, "bfloat16", 4)),
        "char10m-f32": ("train char10m, 16 × 256, float32",
                        lambda: bench.train("char10m", 16, "float32", 4)),
        "gpt2-f32": ("train gpt2-124m, 4 × 256, float32",
                     lambda: bench.train("gpt2-124m", 4, "float32", 3)),
        "prefill": ("prefill 512, gpt2-124m bfloat16",
                    lambda: bench.generate("prefill", "--prompt", 512)),
        "decode": ("decode 1 stream, prompt 32, 128 new",
                   lambda: bench.generate("decode", "--steps", 128)),
        "decode32": ("decode 32 streams, prompt 32, 128 new",
                     lambda: bench.generate("decode", "--streams", 32, "--steps", 128)),
    }


def median(values):
    return statistics.median(values)


def measure(bench, name, label, make, pairs):
    ours, theirs, peer = make()
    rows = []
    for number in range(pairs):
        rows.append((ours(), theirs()))
        a, b = (row["tokens_per_s_median"] for row in rows[-1])
        print(f"{label}: pair {number + 1} of {pairs}: {a:,.0f} against {b:,.0f}, {a / b:.2f}",
              file=sys.stderr)
    ratios = [a["tokens_per_s_median"] / b["tokens_per_s_median"] for a, b in rows]
    return {
        "name": name, "label": label, "peer": peer, "ratio": median(ratios), "low": min(ratios),
        "high": max(ratios), "ours": median(a["tokens_per_s_median"] for a, _ in rows),
        "theirs": median(b["tokens_per_s_median"] for _, b in rows),
        "memory": median(a["peak_rss_mb"] for a, _ in rows),
        "peer_memory": median(b["peak_rss_mb"] for _, b in rows),
        "tier": rows[0][0]["tier"], "weight_bytes": rows[0][0].get("weight_bytes")}


def picture(results):
    """Bars of speed over the peer's, one self-contained SVG for light and dark pages."""
    height, left, wide = 34, 300, 380
    top = max(2.0, *(r["high"] for r in results)) * 1.05
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + wide + 90} '
           f'{height * len(results) + 46}" font-family="system-ui, sans-serif" font-size="13">',
           "<style>text{fill:#333}.bar{fill:#2f6f9f}.line{stroke:#999}"
           "@media(prefers-color-scheme:dark){text{fill:#ddd}.bar{fill:#6cb3e0}}</style>",
           f'<text x="{left}" y="18">speed over the peer\'s (bar: median pair, line: range)</text>']
    one = left + wide / top
    for i, r in enumerate(results):
        y = 30 + i * height
        out.append(f'<text x="{left - 10}" y="{y + 17}" text-anchor="end">{r["label"]}</text>')
        out.append(f'<rect class="bar" x="{left}" y="{y + 4}" rx="2" height="18" '
                   f'width="{wide * r["ratio"] / top:.1f}"/>')
        a, b = (left + wide * r[k] / top for k in ("low", "high"))
        out.append(f'<line class="line" x1="{a:.1f}" x2="{b:.1f}" y1="{y + 13}" y2="{y + 13}" '
                   'stroke-width="2"/>')
        out.append(f'<text x="{left + wide * r["high"] / top + 8:.1f}" y="{y + 17}">'
                   f'{r["ratio"]:.2f} ×</text>')
    bottom = 30 + height * len(results)
    out.append(f'<line class="line" x1="{one:.1f}" x2="{one:.1f}" y1="26" y2="{bottom}" '
               'stroke-dasharray="3 3"/>')
    out.append(f'<text x="{one:.1f}" y="{bottom + 14}" text-anchor="middle">peer</text></svg>')
    return "\n".join(out) + "\n"


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def report(options, results, products, extra, probes, name):
    peak = lambda key: max(p[key] or 0 for p in probes)
    low = lambda key: min(p[key] or 0 for p in probes)
    out = ["# Benchmarks", "",
           f"Written by `Benchmarks/peers/run_table.py --pairs {options.pairs}` on "
           f"{datetime.date.today()}: {probes[0]['cpu']}, {options.threads} threads, tier "
           f"`{extra['tier']}`. Ratios are medians of interleaved pairs; in brackets the smallest "
           "and the largest.", "", f"![speed over the peer's]({name})", ""]
    out += [row("job", "martlet, tokens/s", "peer", "tokens/s", "ratio", "peak memory, MB"),
            row("---", "---:", "---", "---:", "---:", "---:")]
    for r in results:
        out.append(row(
            r["label"], f"{r['ours']:,.0f}", r["peer"], f"{r['theirs']:,.0f}",
            f"**{r['ratio']:.2f}** ({r['low']:.2f}–{r['high']:.2f})",
            f"{r['memory']:,.0f} against {r['peer_memory']:,.0f} "
            f"({r['memory'] / r['peer_memory']:.2f})"))
    out += ["", "PyTorch's memory includes its libraries.", ""]
    if products:
        out += ["## Products", "",
                "`bench matmul`, the weight packed before, as a share of what the probe reads for "
                "the same arithmetic in this run.", "",
                row("M×N×K", "bfloat16, GFLOP/s", "share", "float32, GFLOP/s", "share"),
                row("---", "---:", "---:", "---:", "---:")]
        for (shape, half, single), shares in zip(products, product_shares(products, extra, probes)):
            half_share, single_share = (f"{s:.0%}" if s else "–" for s in shares)
            out.append(row(shape, f"{half:,.0f}", half_share, f"{single:,.0f}", single_share))
        out.append("")
    if extra.get("lines"):
        out += ["## Shapes and threads", "", *extra["lines"], ""]
    out += ["## The machine meanwhile", "", row("probe", *PROBED.values()),
            row("---", *["---:"] * len(PROBED))]
    for number, p in enumerate(probes):
        out.append(row(number + 1, *(f"{p[k]:,.0f}" if p[k] else "–" for k in PROBED)))
    decode = next((r for r in results if r["name"] == "decode"), None)
    if decode:
        bandwidth = decode["ours"] * decode["weight_bytes"] / 1e9
        out += ["", f"One stream reads {decode['weight_bytes'] / 1e6:,.0f} MB of weights a token: "
                f"{bandwidth:.0f} GB/s, against {low('dram_read_gb_per_s'):.0f} to "
                f"{peak('dram_read_gb_per_s'):.0f} in the probes."]
    out += ["", "## What must hold", "", row("figure", "measured", "must", ""),
            row("---", "---:", "---:", "---")]
    for what, got, must, holds in checks(results, products, extra, probes):
        out.append(row(what, got, must, "holds" if holds else "**missed**"))
    return "\n".join(out) + "\n"


def product_shares(products, extra, probes):
    """Each product's bfloat16 and float32 figure over the most the probe read for the tier's
    instructions; None where the machine has no such instruction."""
    half = {"amx": "amx_bf16_gflops", "avx512bf16": "avx512bf16_gflops"}.get(extra["tier"])
    single = "avx2_f32_gflops" if extra["tier"] == "avx2" else "avx512_f32_gflops"

    def share(figure, key):
        most = max(p[key] or 0 for p in probes) if key else 0
        return figure / most if most else None

    return [(share(h, half), share(s, single)) for _, h, s in products]


def checks(results, products, extra, probes):
    """What must hold, as (figure, measured, must, whether it does)."""
    for r in results:
        speed, memory = THRESHOLDS[r["name"]]
        yield f"{r['label']}: speed", f"{r['ratio']:.2f}", f"{speed}", r["ratio"] >= speed
        if memory:
            used = r["memory"] / r["peer_memory"]
            yield f"{r['label']}: memory", f"{used:.2f}", f"{memory} at most", used <= memory
        if r["name"] == "decode":
            reads = [p["dram_read_gb_per_s"] for p in probes]
            share = r["ours"] * r["weight_bytes"] / 1e9 / median(reads)
            yield "decode 1 stream: share of the probe's reads", f"{share:.0%}", \
                f"{READ_SHARE:.0%}", share >= READ_SHARE
    for (shape, *_), shares in zip(products, product_shares(products, extra, probes)):
        for kind, share, must in zip(("bfloat16", "float32"), shares, (HALF_SHARE, SINGLE_SHARE)):
            if share:
                yield f"{shape} {kind}: share of the probe", f"{share:.0%}", f"{must:.0%}", \
                    share >= must
    if "spread" in extra:
        yield "shapes: worst over best", f"{extra['spread']:.2f}", f"{SPREAD} at most", \
            extra["spread"] <= SPREAD
        for job, ratio in extra["scaling"].items():
            if job == "train":
                yield "2 threads over 1", f"{ratio:.2f}", f"{SCALING}", ratio >= SCALING


def shapes(bench):
    """Equal tokens in other shapes, and one thread against two."""
    lines, times, scaling = [], {}, {}
    for batch, context in [(16, 256), (4, 1024), (1, 4096)]:
        r = bench.martlet("train", "--preset", "char10m", "--batch", batch, "--context", context,
                          "--precision", "bfloat16", "--steps", 6)
        # 6 per product parameter and 12 depth width context for attention, as `info` counts.
        flops = 4096 * (6 * 10.65e6 + 12 * 6 * 384 * context)
        times[(batch, context)] = flops / r["ms_per_step_median"] / 1e6
        lines.append(f"- char10m, {batch} × {context}: {r['ms_per_step_median']:,.0f} ms a step, "
                     f"{times[(batch, context)]:,.0f} GFLOP/s")
    spread = max(times.values()) / min(times.values())
    lines.append(f"- best over worst of these: {spread:.2f}")
    for job in (["train", "--preset", "char10m", "--steps", 6],
                ["decode", "--preset", "gpt2-124m"], ["prefill", "--preset", "gpt2-124m",
                                                      "--prompt", 512]):
        one, two = (bench.martlet(*job, "--precision", "bfloat16", threads=n)
                    ["tokens_per_s_median"] for n in (1, 2))
        scaling[job[0]] = two / one
        lines.append(f"- {job[0]}: 2 threads over 1: {two / one:.2f}")
    return {"lines": lines, "spread": spread, "scaling": scaling}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--martlet", type=pathlib.Path, default=ROOT / ".build/release/martlet")
    parser.add_argument("--gguf", type=pathlib.Path,
                        default=pathlib.Path(tempfile.gettempdir()) / "gpt2-124m.gguf")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--jobs", nargs="+", help="some of the jobs; all by default")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--check", action="store_true",
                        help="exit status 1 if something that must hold does not")
    options = parser.parse_args()
    bench = Bench(options)
    everything = jobs(bench)
    chosen = options.jobs or list(everything)
    if unknown := set(chosen) - set(everything):
        parser.error(f"no job {', '.join(unknown)}; jobs: {', '.join(everything)}")
    with tempfile.TemporaryDirectory() as folder:
        probe = build_probe(folder)
        if not probe:
            parser.error("the probe needs a C compiler")
        probes = []

        def look():
            probes.append(json_from([str(probe), str(options.threads)]))

        look()
        results = []
        for name in chosen:
            results.append(measure(bench, name, *everything[name], options.pairs))
            look()
        products = []
        for shape in PRODUCTS:
            figures = [bench.martlet("matmul", "--shape", shape, "--precision", precision)
                       ["gflops_median"] for precision in ("bfloat16", "float32")]
            products.append((shape, *figures))
        extra = {"tier": results[0]["tier"], **shapes(bench)}
        look()
    name = options.output.with_suffix(".svg").name
    options.output.with_name(name).write_text(picture(results))
    options.output.write_text(report(options, results, products, extra, probes, name))
    print(json.dumps({r["label"]: round(r["ratio"], 3) for r in results}))
    missed = [f"{what}: {got}, must be {must}"
              for what, got, must, holds in checks(results, products, extra, probes) if not holds]
    if options.check and missed:
        print("\n".join(missed), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
