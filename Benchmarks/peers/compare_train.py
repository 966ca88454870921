#!/usr/bin/env python3
"""Martlet against PyTorch, training: interleaved runs, ratios pair by pair, as Markdown.

    python compare_train.py --preset char10m --batch 16 --context 256 --precision float32 --pairs 5

Runs A B A B …: A is `martlet bench train`, B is torch_train.py (A B C A B C … with more modes),
a process each, so that neither inherits the other's memory or clock. The probe (probe.c) says
before and after what the machine gave, because shared machines change speed. A ratio divides the
neighbours of one pair, Martlet's tokens per second by the peer's: above 1, Martlet is faster.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEER_MODES = {"float32": ["f32"], "bfloat16": ["bf16"]}
PROBED = {"avx2_f32_gflops": "AVX2 f32", "avx512_f32_gflops": "AVX-512 f32",
          "avx512bf16_gflops": "AVX-512 bf16", "amx_bf16_gflops": "AMX bf16",
          "dram_read_gb_per_s": "DRAM read"}


class Failure(Exception):
    pass


def json_from(command, environment=None):
    """Runs a command and returns the last JSON object among the lines of its output."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit status {done.returncode}")
    for line in reversed(done.stdout.splitlines()):
        if line.startswith("{"):
            return json.loads(line)
    raise Failure(f"{' '.join(map(str, command))}: no JSON on its output")


def build_probe(folder):
    compiler = os.environ.get("CC") or shutil.which("clang") or shutil.which("cc")
    if not compiler:
        return None
    binary = pathlib.Path(folder) / "probe"
    done = subprocess.run([compiler, "-O3", "-pthread", HERE / "probe.c", "-o", binary])
    return binary if done.returncode == 0 else None


def run_martlet(options):
    command = [options.martlet, "bench", "train", "--preset", options.preset,
               "--batch", options.batch, "--context", options.context,
               "--precision", options.precision, "--steps", options.steps,
               "--threads", options.threads, "--json"]
    result = json_from([str(part) for part in command])
    missing = {"tokens_per_s_median", "ms_per_step_median", "peak_rss_mb", "tier"} - set(result)
    if missing:
        raise Failure(f"martlet bench train: its JSON lacks {', '.join(sorted(missing))}")
    return result


def run_torch(mode, options):
    environment = {**os.environ, "OMP_NUM_THREADS": str(options.threads)}
    command = [sys.executable, HERE / "torch_train.py", "--preset", options.preset,
               "--batch", options.batch, "--context", options.context, "--modes", mode,
               "--steps", options.steps, "--threads", options.threads]
    return json_from([str(part) for part in command], environment)


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def table(header, rows):
    return [row(*header), row("---", *["---:"] * (len(header) - 1)), *(row(*r) for r in rows), ""]


def share_line(probes):
    """What changed between the two probes, as one sentence."""
    before, after = probes
    changes = [f"{label} {after[key] / before[key] - 1:+.0%}" for key, label in PROBED.items()
               if before.get(key) and after.get(key)]
    return "Between the probes: " + ", ".join(changes) + "."


def markdown(options, modes, pairs, probes):
    first = pairs[0]
    peer_version = first[modes[0]]["peer"]
    out = [f"## {options.preset}, batch {options.batch} × context {options.context}, "
           f"{options.precision}, {options.threads} threads", "",
           f"martlet (tier `{first['martlet']['tier']}`) against {peer_version}: "
           f"{len(pairs)} interleaved rounds of {options.steps} steps.", ""]
    header = ["round", "martlet tok/s"]
    for mode in modes:
        header += [f"{mode} tok/s", f"ratio to {mode}"]
    rows, ratios = [], {mode: [] for mode in modes}
    for number, pair in enumerate(pairs, 1):
        ours = pair["martlet"]["tokens_per_s_median"]
        cells = [number, f"{ours:,.0f}"]
        for mode in modes:
            theirs = pair[mode]["tokens_per_s_median"]
            ratios[mode].append(ours / theirs)
            cells += [f"{theirs:,.0f}", f"{ours / theirs:.3f}"]
        rows.append(cells)

    def median(who, key):
        return statistics.median(pair[who][key] for pair in pairs)

    cells = ["**median**", f"**{median('martlet', 'tokens_per_s_median'):,.0f}**"]
    for mode in modes:
        cells += [f"**{median(mode, 'tokens_per_s_median'):,.0f}**",
                  f"**{statistics.median(ratios[mode]):.3f}**"]
    out += table(header, [*rows, cells])
    out += table(["", "ms per step", "peak RSS, MB"],
                 [[who, f"{median(who, 'ms_per_step_median'):.1f}",
                   f"{median(who, 'peak_rss_mb'):,.0f}"] for who in ("martlet", *modes)])
    if probes:
        def figures(p):
            return [f"{p[k]:,.0f}" if p.get(k) else "–" for k in PROBED]
        out += table(["probe", *(f"{label}, {'GB/s' if 'DRAM' in label else 'GFLOP/s'}"
                                 for label in PROBED.values())],
                     [["before", *figures(probes[0])], ["after", *figures(probes[1])]])
        out += [f"CPU: {probes[0]['cpu']}. {share_line(probes)}", ""]
    return "\n".join(out), ratios


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--martlet", type=pathlib.Path, default=ROOT / ".build/release/martlet")
    parser.add_argument("--preset", default="char10m")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--precision", choices=PEER_MODES, default="float32")
    parser.add_argument("--modes", nargs="+", help="PyTorch's: f32 bf16 f32-compile bf16-compile")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path, help="write the Markdown here as well")
    parser.add_argument("--json", type=pathlib.Path, help="write every run's JSON here")
    parser.add_argument("--require", type=float, metavar="RATIO",
                        help="fail unless the median ratio to every mode is at least this")
    options = parser.parse_args()
    if options.pairs < 1:
        parser.error("--pairs must be at least 1")
    modes = options.modes or PEER_MODES[options.precision]

    with tempfile.TemporaryDirectory() as folder:
        probe = build_probe(folder)
        if not probe:
            print("no C compiler for the probe; going on without it", file=sys.stderr)

        def probed():
            return json_from([str(probe), str(options.threads)]) if probe else None

        try:
            before, pairs = probed(), []
            for number in range(options.pairs):
                pair = {"martlet": run_martlet(options)}
                pair |= {mode: run_torch(mode, options) for mode in modes}
                pairs.append(pair)
                print(f"round {number + 1} of {options.pairs}: " + ", ".join(
                    f"{who} {r['tokens_per_s_median']:,.0f}" for who, r in pair.items())
                    + " tokens/s", file=sys.stderr)
            after = probed()
        except (Failure, OSError) as error:
            print(f"compare_train: {error}", file=sys.stderr)
            return 1
    text, ratios = markdown(options, modes, pairs, (before, after) if probe else None)
    print(text)
    if options.output:
        options.output.write_text(text + "\n")
    if options.json:
        options.json.write_text(json.dumps({"probes": [before, after], "rounds": pairs}) + "\n")
    if options.require is not None:
        for mode, values in ratios.items():
            if statistics.median(values) < options.require:
                print(f"compare_train: {statistics.median(values):.3f} of {mode}, "
                      f"{options.require} was asked for", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
