"""Which pictures are trained on and which are held out, class by class."""

import torch
from torch import Tensor

from cnnviz.core.training.errors import DataError


def stratified(labels: Tensor, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """``count`` positions, every class in its proportion, and the others; both ascending.

    Of a class with at least two pictures, one at least is in each part where ``count`` allows.
    """
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator)
    chosen = [positions[:share] for positions, share in zip(*_shares(labels[order], order, count), strict=True)]
    picked = torch.zeros(len(labels), dtype=torch.bool)
    picked[torch.cat(chosen)] = True
    return picked.nonzero().flatten(), (~picked).nonzero().flatten()


def _shares(labels: Tensor, order: Tensor, count: int) -> tuple[list[Tensor], list[int]]:
    """The shuffled positions of each class that occurs, and how many of them are chosen: largest remainders."""
    groups = [order[labels == label] for label in torch.unique(labels)]
    exact = [count * len(group) / len(labels) for group in groups]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(groups)), key=lambda index: shares[index] - exact[index])
    for index in by_remainder[: count - sum(shares)]:
        shares[index] += 1
    return groups, _without_gaps(shares, [len(group) for group in groups])


def _without_gaps(shares: list[int], sizes: list[int]) -> list[int]:
    """Moves single pictures from the fullest class to those that would have none."""
    shares = list(shares)
    for index, size in enumerate(sizes):
        fullest = max(range(len(shares)), key=shares.__getitem__)
        if shares[index] == 0 and size > 1 and shares[fullest] > 1:
            shares[index], shares[fullest] = 1, shares[fullest] - 1
    return shares


def held_out_count(total: int, fraction: float) -> int:
    """How many of ``total`` pictures a fraction is: at least one, and at least one is left."""
    if total < 2:
        raise DataError("One picture cannot be split into training and validation: add pictures.")
    return min(total - 1, max(1, round(total * fraction)))
