"""Muon for the matrices of the blocks (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/).

The update is the momentum with its singular values brought near one by five Newton-Schulz steps, scaled so that its
root mean square matches AdamW's (arXiv 2502.16982).
"""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim import Optimizer


def orthogonalized(matrices: Tensor, steps: int = 5) -> Tensor:
    """(count, rows, columns) -> the same with singular values near one, computed in bfloat16."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.bfloat16()
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    if tall:
        x = x.mT
    near_one: Tensor = x.float()
    return near_one


class Muon(Optimizer):
    """Nesterov momentum, orthogonalised; matrices of one shape are worked on together."""

    def __init__(self, matrices: Iterable[Tensor], lr: float, weight_decay: float, momentum: float = 0.95) -> None:
        super().__init__(list(matrices), {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every matrix."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                by_shape[matrix.shape].append(matrix)
            for shape, matrices in by_shape.items():
                update = orthogonalized(torch.stack([self.direction(matrix, group["momentum"]) for matrix in matrices]))
                scale = 0.2 * math.sqrt(max(shape))
                for matrix, change in zip(matrices, update, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(change, alpha=-group["lr"] * scale)

    def direction(self, matrix: Tensor, momentum: float) -> Tensor:
        """The gradient with Nesterov momentum."""
        state = self.state[matrix]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(matrix)
        assert matrix.grad is not None
        state["momentum"].lerp_(matrix.grad, 1 - momentum)
        nesterov: Tensor = matrix.grad.lerp(state["momentum"], momentum)
        return nesterov
