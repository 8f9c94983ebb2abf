"""Calls that read many places at once, or each place by itself: sums, norms, attention, arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.core.probing.calls import Call
from cnnviz.core.probing.fields.located import Located, UntraceableError, joined, only
from cnnviz.core.probing.fields.options import dims_of, option, output_shape


def cellwise(call: Call, inputs: Sequence[Located]) -> Located:
    """Each cell reads the same cell of every input."""
    shape = output_shape(call)
    if len(inputs) == 1 and call.input_shapes[0] == shape:
        return inputs[0]
    return joined(list(zip(inputs, call.input_shapes, strict=True)), shape)


def concatenation(call: Call, inputs: Sequence[Located]) -> Located:
    """Of channels, or of one row of tokens with tokens that see nothing (a class token)."""
    (dim,) = dims_of(call, "dim", len(output_shape(call))) if option(call, "dim") is not None else (0,)
    located = cellwise(call, inputs)
    if dim in located.dims and len(inputs) > 1:
        raise UntraceableError("it puts maps below or beside each other")
    return located


def reduction(call: Call, inputs: Sequence[Located]) -> Located:
    """``mean``, ``sum``, ``amax`` … over some dimensions."""
    located = only(inputs)
    old, new = call.input_shapes[0], output_shape(call)
    dims = dims_of(call, "dim", len(old)) if _tells_dims(call) else tuple(range(len(old)))
    left = located.without(dims)
    kept = len(new) == len(old)
    return left if kept else left.moved(lambda dim: dim - sum(each < dim for each in dims))


def _tells_dims(call: Call) -> bool:
    return option(call, "dim") is not None or bool(call.arguments.get("args"))


def over_positions(call: Call, inputs: Sequence[Located]) -> Located:
    """Every cell reads all others: statistics of whole maps, squeeze and excitation, attention."""
    located = cellwise(call, inputs)
    return located.gathered_along([dim for dim in located.dims if dim is not None])


def softmax(call: Call, inputs: Sequence[Located]) -> Located:
    located = only(inputs)
    return located.gathered_along(dims_of(call, "dim", len(output_shape(call))))


def layer_norm(call: Call, inputs: Sequence[Located]) -> Located:
    """Over the last dimensions, which may be the channels only."""
    located = only(inputs)
    ndim = len(output_shape(call))
    return located.gathered_along(range(ndim - len(option(call, "normalized_shape")), ndim))


def linear(call: Call, inputs: Sequence[Located]) -> Located:
    """Behind a flatten: the whole picture. On the channels of every place (H×W×C, tokens): that place."""
    located = only(inputs)
    ndim = len(output_shape(call))
    return located.one_cell() if ndim <= 2 else located.without([ndim - 1])
