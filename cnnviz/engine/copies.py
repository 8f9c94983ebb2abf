"""Copies of captured activations: the next in-place layer of the network may rewrite what was captured."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor


class Copies:
    """The copies of one frame. Their memory serves the next frame too, unless somebody else has them: fresh memory
    costs as much time as the copying.
    """

    def __init__(self) -> None:
        self._tensors: dict[str, Tensor] = {}
        self._spare: dict[str, Tensor] = {}
        self._shared = False

    def forget(self) -> None:
        """Before another frame."""
        self._spare = {} if self._shared else self._tensors
        self._tensors, self._shared = {}, False

    def add(self, layer: str, activation: Tensor) -> None:
        """Copies ``activation``, with its order in memory."""
        spare = self._spare.pop(layer, None)
        if spare is None or _form(spare) != _form(activation):
            self._tensors[layer] = activation.clone()
        else:
            self._tensors[layer] = spare.copy_(activation)

    def borrow(self, layer: str, copy: Tensor) -> None:
        """``copy`` was handed out before: it is not made again and never written."""
        self._shared = True
        self._tensors[layer] = copy

    def hand_out(self) -> dict[str, Tensor]:
        """All of them, for good."""
        self._shared = True
        return dict(self._tensors)

    def __iter__(self) -> Iterator[tuple[str, Tensor]]:
        return iter(self._tensors.items())


def _form(tensor: Tensor) -> tuple[object, ...]:
    return tensor.shape, tensor.stride(), tensor.dtype, tensor.device
