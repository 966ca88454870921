#!/usr/bin/env python3
"""Writes muon.json: three steps of torch.optim.Muon on a wide and a tall matrix.

    python make_muon_golden.py          # needs torch

Gradients are fixed; decay 0.1, rate 0.02, momentum 0.95 with Nesterov, the update scaled to match
AdamW's size. PyTorch orthogonalizes in bfloat16, so agreement is to some percent of an update.
"""
import json
import pathlib

import torch

HERE = pathlib.Path(__file__).parent


def main():
    torch.manual_seed(3)
    cases = []
    for shape in ((4, 6), (9, 5)):
        weight = torch.nn.Parameter(torch.randn(shape))
        start = weight.detach().clone()
        gradients = [torch.randn(shape) for _ in range(3)]
        optimizer = torch.optim.Muon([weight], lr=0.02, weight_decay=0.1, momentum=0.95,
                                     nesterov=True, adjust_lr_fn="match_rms_adamw")
        after = []
        for gradient in gradients:
            weight.grad = gradient.clone()
            optimizer.step()
            after.append(weight.detach().flatten().tolist())
        cases.append({"shape": shape, "start": start.flatten().tolist(),
                      "gradients": [g.flatten().tolist() for g in gradients], "after": after})
    (HERE / "muon.json").write_text(json.dumps({"torch": torch.__version__.split("+")[0],
                                                "cases": cases}, indent=1) + "\n")


if __name__ == "__main__":
    main()
