#!/usr/bin/env python3
"""Writes Tests/CheckpointsTests/ReferenceFiles.swift: small files as Python's writers make them.

Needs safetensors, torch and transformers. Run from the repository root:
    python3 Tools/make_checkpoint_goldens.py
"""
import os
import tempfile

import safetensors
import safetensors.torch
import torch
import transformers

OUTPUT = "Tests/CheckpointsTests/ReferenceFiles.swift"


def hexadecimal(name, comment, data):
    digits = data.hex()
    lines = [digits[i : i + 88] for i in range(0, len(digits), 88)]
    body = "\n".join("        " + line for line in lines)
    return f'    /// {comment}\n    static let {name} = bytes(\n        """\n{body}\n        """)\n'


def every_type():
    numbers = torch.tensor([-2.0, 0.5, 3.0])
    tensors = {
        "float32": numbers,
        "bfloat16": numbers.to(torch.bfloat16),
        "float16": numbers.to(torch.float16),
        "float64": numbers.to(torch.float64),
        "int8": torch.tensor([-128, 127, 1], dtype=torch.int8),
        "int32": torch.tensor([-7, 2**31 - 1], dtype=torch.int32),
        "int64": torch.tensor([[-7], [2**62]], dtype=torch.int64),
        "uint8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
    }
    return safetensors.torch.save(tensors, {"format": "pt"})


def odd_names():
    tensors = {
        name: torch.tensor([number], dtype=torch.uint8)
        for number, name in enumerate(
            ["", "\u00e9", "e\u0301", 'q"\\/\b\f\n\r\t\x01\x7f', "\u2028", "\U0001f426"])
    }
    return safetensors.torch.save(tensors)


def sharded(folder):
    torch.manual_seed(1)
    config = transformers.GPT2Config(
        n_embd=4, n_layer=1, n_head=1, vocab_size=5, n_positions=4, bos_token_id=0, eos_token_id=0)
    model = transformers.GPT2LMHeadModel(config)
    model.save_pretrained(folder, max_shard_size=400)
    # The order in which the tensors were dealt to the shards; the tied head is not saved.
    return [name for name in model.state_dict() if name != "lm_head.weight"]


def main():
    parts = [
        hexadecimal("everyType", "torch: every type we have, a scalar, an empty one.", every_type()),
        hexadecimal("oddNames", "torch: names that need care, no metadata.", odd_names()),
        hexadecimal(
            "unsigned16", "torch: a sound file with a type we have not.",
            safetensors.torch.save(
                {"a": torch.zeros(2), "wide": torch.tensor([1], dtype=torch.uint16)})),
        hexadecimal(
            "empty", "A file of metadata alone.",
            safetensors.serialize({}, {"format": "pt"})),
    ]
    with tempfile.TemporaryDirectory() as folder:
        names = sharded(folder)
        listed = "\n".join(f'        "{name}",' for name in names)
        parts.append(
            "    /// transformers: the tensors of a tiny GPT-2 in the order it deals them out.\n"
            f"    static let shardedNames = [\n{listed}\n    ]\n")
        files = sorted(name for name in os.listdir(folder) if name.startswith("model"))
        for number, name in enumerate(name for name in files if name.endswith(".safetensors")):
            with open(os.path.join(folder, name), "rb") as file:
                parts.append(hexadecimal(f"shard{number + 1}", f"`{name}`.", file.read()))
        with open(os.path.join(folder, "model.safetensors.index.json")) as file:
            text = "".join("        " + line for line in file)
        parts.append(
            "    /// `model.safetensors.index.json` of a shard size of 400 bytes.\n"
            f'    static let index = """\n{text}\n        """\n')
    with open(OUTPUT, "w") as file:
        file.write(
            "// Made by Tools/make_checkpoint_goldens.py with "
            f"safetensors {safetensors.__version__}, torch {torch.__version__.split('+')[0]},\n"
            f"// transformers {transformers.__version__}. Do not edit.\n\n"
            "/// Files as Python's writers make them.\nenum ReferenceFiles {\n")
        file.write("\n".join(parts))
        file.write(
            "\n    /// The bytes that hexadecimal digits stand for; line ends do not count.\n"
            "    private static func bytes(_ text: String) -> [UInt8] {\n"
            "        let digits = text.utf8.compactMap { UInt8(hexadecimal: $0) }\n"
            "        return stride(from: 0, to: digits.count - 1, by: 2).map {\n"
            "            digits[$0] << 4 | digits[$0 + 1]\n        }\n    }\n}\n\n"
            "extension UInt8 {\n    fileprivate init?(hexadecimal digit: UInt8) {\n"
            "        switch digit {\n"
            '        case UInt8(ascii: "0")...UInt8(ascii: "9"): self = digit - UInt8(ascii: "0")\n'
            '        case UInt8(ascii: "a")...UInt8(ascii: "f"): self = digit - UInt8(ascii: "a") + 10\n'
            "        default: return nil\n        }\n    }\n}\n")


main()
