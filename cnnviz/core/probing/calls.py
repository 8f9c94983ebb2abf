"""What one forward pass consists of: calls of modules and of functions, and which takes whose output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a module, or of a torch function outside torch's own layers.

    ``name``: the module's path, ``layer1.0.relu#2`` for its second call; a function's is the path of the module around
    it and its own with brackets: ``layer1.0.add()``, ``layer1.0.add()#2``; ``flatten()`` in the network's own forward.
    ``path``: the module's, or of the module around a function; "" for the network. ``kind``: ``Conv2d``, ``add``,
    ``max_pool2d``. ``module``: None for a function. ``parent``: name of the call around it; "" for the network.
    ``depth``: calls around this one. ``leaf``: nothing is recorded inside it.

    Of leaves only: ``inputs``, the leaf calls whose outputs it takes, NETWORK_INPUT among them, in the order of its
    arguments (parameters and constants are none); ``input_shapes`` beside them. ``shape`` and ``dtype`` are of its
    first output, None where it has no tensor or did not end. Shapes include the batch.

    Of functions only: ``arguments`` that are no tensors, by name, and the shapes of ``weight`` and ``bias``;
    ``parameters``: the network's parameters among its arguments, by name.
    """

    name: str
    path: str
    kind: str
    module: nn.Module | None
    parent: str
    depth: int
    leaf: bool
    inputs: tuple[str, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...] | None
    dtype: torch.dtype | None
    arguments: Mapping[str, object]
    parameters: tuple[str, ...] = ()
