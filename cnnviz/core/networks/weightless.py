"""Building a network without memory for its weights: for what can be told from shapes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_MAKERS = frozenset({torch.empty, torch.zeros, torch.ones, torch.full, torch.rand, torch.randn})
"""What layers make their weights and statistics with."""


@contextmanager
def weightless() -> Iterator[None]:
    """Networks built inside have their weights on the meta device, whatever device they are moved to; nothing is
    initialised.

    ``torch.device("meta")`` would also take the numbers away that some compute their widths from (RegNet).
    """
    with _Weightless():
        yield


class _Weightless(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        named = dict(kwargs or {})
        if func in _MAKERS and named.get("device") is None:
            named["device"] = "meta"
        target = next((value for value in (*args, *named.values()) if isinstance(value, Tensor)), None)
        if target is None or not target.is_meta:
            return func(*args, **named)
        if func is Tensor.to:
            return func(target, "meta", target.dtype)
        return target if _is_in_place(func) else func(*args, **named)


def _is_in_place(function: Callable[..., Any]) -> bool:
    name = str(getattr(function, "__name__", ""))
    return name.endswith("_") and not name.endswith("__")
