"""Evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation(module: nn.Module) -> Iterator[None]:
    """Evaluation mode; every module's own flag comes back.

    The flags are set one by one: ``module.eval()`` calls ``train`` methods, which networks override with side effects.
    Those that are down already are left alone: another thread may raise them meanwhile.
    """
    training = [child for child in module.modules() if child.training]
    try:
        for child in training:
            child.training = False
        yield
    finally:
        for child in training:
            child.training = True
