"""Multiply-adds of a call, from its weights and shapes."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor, nn

from cnnviz.core.probing.calls import Call

Shape = tuple[int, ...]

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_WEIGHED = frozenset({"linear", "conv1d", "conv2d", "conv3d"})
_TRANSPOSED_FUNCTIONS = frozenset({"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})


def weight_shape(call: Call) -> Shape | None:
    """Of a kernel (outputs, inputs of a group, height, width), or of a linear layer's matrix (outputs, inputs)."""
    if call.module is None:
        shape = call.arguments.get("weight") if call.kind in _WEIGHED | _TRANSPOSED_FUNCTIONS else None
        return shape if isinstance(shape, tuple) else None
    if not isinstance(call.module, (*_CONVOLUTIONS, *_TRANSPOSED, nn.Linear)):
        return None
    weight: object = call.module.weight  # a method in torch's quantised layers
    return tuple(weight.shape) if isinstance(weight, Tensor) else None


def multiply_adds(call: Call) -> int:
    """Multiplications of a convolution, a linear layer or a product of matrices for one picture; 0 of all else."""
    if call.shape is None:
        return 0
    weight = weight_shape(call)
    if weight is not None and not _is_transposed(call):
        return math.prod(call.shape) * math.prod(weight[1:])
    if not call.input_shapes:
        return 0
    if weight is not None:  # each of its values is used once for every cell of the input that it spreads
        return math.prod(call.input_shapes[0]) * math.prod(weight[1:])
    if isinstance(call.module, nn.MultiheadAttention):
        return _of_attention_layer(call, call.module)
    product = _PRODUCTS.get(call.kind) if call.module is None else None
    return product(call, call.shape) if product else 0


def _is_transposed(call: Call) -> bool:
    return isinstance(call.module, _TRANSPOSED) or (call.module is None and call.kind in _TRANSPOSED_FUNCTIONS)


def _of_attention_layer(call: Call, layer: nn.MultiheadAttention) -> int:
    """The projections of queries, keys and values, their two products, and the projection of the sum."""
    length = int(layer.batch_first)
    query, key = call.input_shapes[0], call.input_shapes[min(1, len(call.input_shapes) - 1)]
    batch = math.prod(query[:-1]) // query[length] if len(query) == 3 else 1
    queries, keys = (shape[length if len(shape) == 3 else 0] for shape in (query, key))
    width = int(layer.embed_dim)
    kdim, vdim = int(layer.kdim or width), int(layer.vdim or width)
    return batch * width * (2 * queries * width + keys * (kdim + vdim) + 2 * queries * keys)


# ------------------------------------------------------------------------------------------------ products of matrices


def _of_product(call: Call, shape: Shape) -> int:
    """Of the last two inputs; where one of them is constant, its place is seen from the shapes."""
    if len(call.input_shapes) > 1:
        return math.prod(shape) * call.input_shapes[-2][-1]
    given = call.input_shapes[0]
    is_second = len(given) > 1 and len(shape) > 1 and given[-2] != shape[-2]
    return math.prod(shape) * given[-2 if is_second else -1]


def _of_attention(call: Call, _shape: Shape) -> int:
    if len(call.input_shapes) < 3:
        return 0
    query, key, value = call.input_shapes[:3]
    return math.prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _of_einsum(call: Call, shape: Shape) -> int:
    """One for each output value and each combination of the labels that are summed over."""
    terms, _, output = str(call.arguments.get("equation", "")).replace(" ", "").partition("->")
    sizes: dict[str, int] = {}
    for term, given in zip(terms.split(","), call.input_shapes, strict=False):
        before, _, after = term.partition("...")
        sizes.update(zip(before, given, strict=False))
        sizes.update(zip(reversed(after), reversed(given), strict=False))
    several = len(terms.split(",")) > 1
    return several * math.prod(shape) * math.prod(size for label, size in sizes.items() if label not in output)


_PRODUCTS: dict[str, Callable[[Call, Shape], int]] = {
    **dict.fromkeys(("matmul", "mm", "bmm", "addmm", "baddbmm", "addbmm"), _of_product),
    "scaled_dot_product_attention": _of_attention,
    "einsum": _of_einsum,
}
