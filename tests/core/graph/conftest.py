"""Networks written as a few lines of text, small enough to check on paper."""

import pytest

from cnnviz.core.graph.folding import CallTree
from cnnviz.core.networks.values import LayerInfo

RESIDUAL = """
stem Conv2d 16x8x8 < input
stage Stage 16x8x8
stage.0 Block 16x8x8
stage.0.conv1 Conv2d 16x8x8 < stem
stage.0.bn1 BatchNorm2d 16x8x8 < stage.0.conv1
stage.0.relu ReLU 16x8x8 < stage.0.bn1
stage.0.conv2 Conv2d 16x8x8 < stage.0.relu
stage.0.bn2 BatchNorm2d 16x8x8 < stage.0.conv2
stage.0.add() add 16x8x8 < stage.0.bn2 stem
stage.0.relu#2 ReLU 16x8x8 < stage.0.add()
fc Linear 10 < stage.0.relu#2
"""

BRANCHES = """
stem Conv2d 16x8x8 < input
mixed Inception 64x8x8
mixed.a Branch 32x8x8
mixed.a.conv Conv2d 32x8x8 < stem
mixed.a.relu ReLU 32x8x8 < mixed.a.conv
mixed.b Branch 32x8x8
mixed.b.pool MaxPool2d 16x8x8 < stem
mixed.b.conv Conv2d 32x8x8 < mixed.b.pool
mixed.cat() cat 64x8x8 < mixed.a.relu mixed.b.conv
fc Linear 10 < mixed.cat()
"""


def parsed(text):
    """Calls from lines ``name kind shape [< inputs]``; one without inputs is a block around those of its path."""
    layers, blocks = [], []
    for order, line in enumerate(text.strip().splitlines()):
        head, _, inputs = line.partition("<")
        name, kind, shape = head.split()
        sizes = tuple(int(size) for size in shape.split("x"))
        parent = next((block for block in reversed(blocks) if name.startswith(block + ".")), "network")
        block = not inputs
        layers.append(
            LayerInfo(name, name.partition("#")[0], kind, order, name.count("."), leaf=not block, shape=sizes,
                      parameters=0, trainable=0, map_axes="chw" if len(sizes) == 3 else "vector",
                      function=name.endswith("()"), parent=parent, inputs=tuple(inputs.split()))
        )  # fmt: skip
        if block:
            blocks.append(name)
    return tuple(layers)


def dense_text(layers, growth=4):
    """A dense block: every layer's concatenation takes the stem and all layers before it."""
    lines = ["stem Conv2d 8x8x8 < input", "dense Dense 8x8x8"]
    sources = ["stem"]
    for number in range(layers):
        name = f"dense.{number}"
        lines += [
            f"{name} Layer {growth}x8x8",
            f"{name}.cat() cat 8x8x8 < {' '.join(sources)}",
            f"{name}.norm BatchNorm2d 8x8x8 < {name}.cat()",
            f"{name}.conv Conv2d {growth}x8x8 < {name}.norm",
        ]
        sources.append(f"{name}.conv")
    return "\n".join([*lines, f"dense.cat() cat 8x8x8 < {' '.join(sources)}"])


def tree_of(text):
    return CallTree(parsed(text), (3, 8, 8))


@pytest.fixture
def make_tree():
    """From text as in ``RESIDUAL``."""
    return tree_of


@pytest.fixture
def residual():
    return tree_of(RESIDUAL)


@pytest.fixture
def branches():
    return tree_of(BRANCHES)


@pytest.fixture
def make_dense():
    """A dense block of so many layers."""
    return lambda layers: tree_of(dense_text(layers))
