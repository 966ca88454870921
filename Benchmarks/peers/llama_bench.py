#!/usr/bin/env python3
"""Generation speed of a GPT-2 of 124 million random weights in llama.cpp: the figure to beat.

    python llama_bench.py --job prefill --prompt 512
    python llama_bench.py --job decode --streams 32 --prompt 32 --steps 128

One JSON line. llama.cpp comes with the package llama-cpp-python (setup.sh builds it). The model is
written once to --model as GGUF with bfloat16 matrices; random weights do for timing. Greedy sampling
is part of a decode step on both sides.
"""
import argparse
import ctypes
import json
import pathlib
import resource
import time

import numpy as np

WIDTH, DEPTH, HEADS, CONTEXT, VOCABULARY = 768, 12, 12, 1024, 50257


def write_model(path):
    import gguf
    random = np.random.default_rng(0)
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(DEPTH)
    writer.add_feed_forward_length(4 * WIDTH)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("none")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)

    def matrix(name, rows, columns):
        values = (random.standard_normal((rows, columns)) * 0.02).astype(np.float32)
        halves = gguf.quants.quantize(values, gguf.GGMLQuantizationType.BF16)
        writer.add_tensor(name, halves, raw_dtype=gguf.GGMLQuantizationType.BF16)

    def vector(name, count, value):
        writer.add_tensor(name, np.full(count, value, np.float32))

    matrix("token_embd.weight", VOCABULARY, WIDTH)
    writer.add_tensor("position_embd.weight",
                      (random.standard_normal((CONTEXT, WIDTH)) * 0.02).astype(np.float32))
    for norm in ["output_norm"] + [f"blk.{i}.{n}" for i in range(DEPTH)
                                   for n in ("attn_norm", "ffn_norm")]:
        vector(f"{norm}.weight", WIDTH, 1)
        vector(f"{norm}.bias", WIDTH, 0)
    for i in range(DEPTH):
        for name, rows, columns in (("attn_qkv", 3 * WIDTH, WIDTH), ("attn_output", WIDTH, WIDTH),
                                    ("ffn_up", 4 * WIDTH, WIDTH), ("ffn_down", WIDTH, 4 * WIDTH)):
            matrix(f"blk.{i}.{name}.weight", rows, columns)
            vector(f"blk.{i}.{name}.bias", rows, 0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Session:
    """A loaded model with a context for some streams."""

    def __init__(self, path, threads, streams, positions):
        import llama_cpp as api
        self.api = api
        self.quiet = api.llama_log_callback(lambda level, text, data: None)
        api.llama_log_set(self.quiet, ctypes.c_void_p(0))
        api.llama_backend_init()
        self.model = api.llama_model_load_from_file(
            str(path).encode(), api.llama_model_default_params())
        parameters = api.llama_context_default_params()
        parameters.n_ctx = positions * streams
        parameters.n_batch = parameters.n_ubatch = max(512, streams)
        parameters.n_seq_max = streams
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = api.llama_init_from_model(self.model, parameters)
        if not self.context:
            raise SystemExit("llama_bench: llama.cpp could not make a context")
        self.batch = api.llama_batch_init(max(512, streams), 0, 1)

    def clear(self):
        self.api.llama_memory_clear(self.api.llama_get_memory(self.context), True)

    def run(self, tokens):
        """tokens: (token, position, stream, wants logits) each. Likeliest next tokens."""
        batch = self.batch
        batch.n_tokens = len(tokens)
        wanted = []
        for i, (token, position, stream, logits) in enumerate(tokens):
            batch.token[i], batch.pos[i] = token, position
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, stream
            batch.logits[i] = logits
            if logits:
                wanted.append(i)
        if self.api.llama_decode(self.context, batch) != 0:
            raise SystemExit("llama_bench: llama_decode failed")
        rows = [np.ctypeslib.as_array(self.api.llama_get_logits_ith(self.context, i),
                                      (VOCABULARY,)) for i in wanted]
        return [int(row.argmax()) for row in rows]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--job", choices=["prefill", "decode"], required=True)
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("/tmp/gpt2-124m.gguf"))
    parser.add_argument("--prompt", type=int, default=32)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--steps", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if not options.model.exists():
        write_model(options.model)
    random = np.random.default_rng(1)
    steps = options.steps if options.job == "decode" else 5
    session = Session(options.model, options.threads, options.streams,
                      options.prompt + (steps + 2 if options.job == "decode" else 0))

    def prompt(stream):
        ids = random.integers(0, VOCABULARY, options.prompt)
        return session.run([(int(t), i, stream, i == options.prompt - 1)
                            for i, t in enumerate(ids)])[0]

    times = []
    if options.job == "prefill":
        tokens = options.prompt
        for _ in range(steps + 2):
            session.clear()
            start = time.perf_counter()
            prompt(0)
            times.append(time.perf_counter() - start)
    else:
        tokens = options.streams
        last = [prompt(stream) for stream in range(options.streams)]
        for step in range(steps + 2):
            start = time.perf_counter()
            last = session.run([(token, options.prompt + step, stream, True)
                                for stream, token in enumerate(last)])
            times.append(time.perf_counter() - start)
    times = sorted(times[2:])
    median = times[len(times) // 2]
    import llama_cpp
    print(json.dumps({
        "peer": "llama.cpp in llama-cpp-python " + llama_cpp.__version__, "job": options.job,
        "streams": options.streams, "prompt": options.prompt, "threads": options.threads,
        "ms_per_step_median": median * 1e3, "tokens_per_s_median": tokens / median,
        "tokens_per_s_best": tokens / times[0],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
