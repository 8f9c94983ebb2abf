"""The first forward pass of a network that nobody vouches for: no operation may claim memory out of proportion."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from cnnviz.core.networks.network_file import InputShape, RefusedError
from cnnviz.core.probing.evaluation import evaluation
from cnnviz.core.probing.functions import tensors_in

MOST_BYTES = 2 * 2**30
"""Of one operation's output for one picture."""

_NO_LARGER = frozenset(
    {"relu", "relu6", "hardtanh", "leaky_relu", "elu", "gelu", "silu", "mish", "sigmoid", "tanh", "hardswish"}
    | {"hardsigmoid", "softmax", "_softmax", "_log_softmax", "neg", "exp", "sqrt", "rsqrt", "abs", "clone", "_to_copy"}
    | {"native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training", "cudnn_batch_norm"}
    | {"native_layer_norm", "native_group_norm", "native_dropout", "bernoulli", "mean", "sum", "amax", "max", "argmax"}
    | {"_adaptive_avg_pool2d", "clamp", "clamp_min", "permute", "contiguous", "copy_"}
)
"""Their output has no more values than their largest input; asking torch for shapes alone takes seconds at first."""
_BROADCAST = frozenset({"add", "sub", "mul", "div", "rsub", "where", "pow", "maximum", "minimum", "addmm", "mm", "bmm"})
_CONVOLUTIONS = frozenset({"convolution", "_convolution", "conv2d", "cudnn_convolution", "mkldnn_convolution"})
_INPUT, _WEIGHT, _PADDING, _TRANSPOSED = 0, 1, 4, 6  # of convolution's arguments


def first_run(module: nn.Module, input_shape: InputShape, *, deadline: float = math.inf) -> object:
    """The output of one pass on zeros, on the CPU in evaluation mode. None where the network threw: the structure pass
    tells where and why.

    Raises RefusedError for an operation whose output would not fit, before it is made, and for the first one after
    ``deadline`` (seconds of ``time.monotonic``).
    """
    zeros = torch.zeros(1, *input_shape)
    try:
        with evaluation(module), torch.no_grad(), _Guard(deadline):
            return module(zeros)
    except RefusedError:
        raise
    except Exception:  # noqa: BLE001 - anybody's code; the structure pass meets it again and explains it
        return None


class _Guard(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Knows the size of every new tensor before it is made, and when to stop."""

    def __init__(self, deadline: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._deadline = deadline

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - torch's operation
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> object:
        named = dict(kwargs or {})
        if time.monotonic() > self._deadline:
            raise RefusedError("It takes too long for one picture, and was stopped.")
        if not func.is_view and not _writes_in_place(func):
            _check(func, _most_bytes(func, args, named))
        return func(*args, **named)


def _writes_in_place(func: Any) -> bool:  # noqa: ANN401
    return any(each.alias_info is not None and each.alias_info.is_write for each in func._schema.arguments)  # noqa: SLF001


def _check(func: Any, size: int) -> None:  # noqa: ANN401
    if size > MOST_BYTES:
        raise RefusedError(
            f"Its operation {func.overloadpacket.__name__} would make {size / 2**30:,.1f} GiB for one picture; "
            f"{MOST_BYTES >> 30} GiB are allowed: choose a smaller input, or correct the network there."
        )


def _most_bytes(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int:  # noqa: ANN401
    """Of the output: an upper bound that costs nothing where there is one, else what torch's rules for shapes say."""
    name = func.overloadpacket.__name__
    tensors = list(tensors_in((args, kwargs)))
    quick = _quick_bound(name, args, tensors)
    if quick is not None and quick * 8 <= MOST_BYTES:
        return quick * 8
    return _exact_bytes(func, args, kwargs)


def _quick_bound(name: str, args: tuple[Any, ...], tensors: Sequence[Tensor]) -> int | None:
    if name in _NO_LARGER:
        return max((tensor.numel() for tensor in tensors), default=0)
    if name in _BROADCAST:
        return math.prod(max(tensor.numel(), 1) for tensor in tensors) if len(tensors) < 3 else None
    if name == "cat":
        return sum(tensor.numel() for tensor in tensors)
    if name in _CONVOLUTIONS and len(args) > _TRANSPOSED and not args[_TRANSPOSED]:
        picture, weight, padding = args[_INPUT], args[_WEIGHT], args[_PADDING]
        sides = [side + 2 * pad for side, pad in zip(picture.shape[2:], padding, strict=False)]
        return int(math.prod((picture.shape[0], weight.shape[0], *sides)))
    return None


def _exact_bytes(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> int:
    def without_values(value: object) -> object:
        if not isinstance(value, Tensor):
            return value
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")

    named: dict[str, Any] = tree_map(without_values, dict(kwargs))
    if named.get("device") is not None:
        named["device"] = torch.device("meta")
    try:
        made = func(*tree_map(without_values, args), **named)
    except (
        NotImplementedError,
        RuntimeError,
    ):  # reads values, such as item(): what it makes is no larger than they are
        return 0
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors_in(made))
