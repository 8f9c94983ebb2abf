"""What the summary says of a chosen layer: where its parameters come from, in words and numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from cnnviz.core.graph.families import family
from cnnviz.core.graph.folding import CallTree
from cnnviz.core.graph.formulas import ConvolutionParameters, Shape, convolution_parameters, dense_beside
from cnnviz.core.graph.totals import Totals
from cnnviz.core.networks.values import NETWORK_INPUT, LayerInfo
from cnnviz.gui.widgets.builder_text import bytes_text
from cnnviz.gui.widgets.number_text import shape_text
from cnnviz.gui.widgets.placeholders import filled

translate = QCoreApplication.translate


def totals_text(totals: Totals, unreached: Sequence[str] = ()) -> str:
    """All calls together, in one line, and which modules none of them comes to."""
    words = translate(
        "SummaryDock", "%1 layers · %2 parameters, %3 trainable · %4 buffers · %5 multiply-adds · %6 of outputs"
    )
    counts = (totals.calls, totals.parameters, totals.trainable, totals.buffers, totals.macs)
    text = filled(words, *(f"{count:,}" for count in counts), bytes_text(totals.memory))
    return text + filled(translate("SummaryDock", " · never reached: %1"), ", ".join(unreached)) * bool(unreached)


def explanation(tree: CallTree, layer: LayerInfo) -> str:
    """Where a layer's parameters come from, as rich text."""
    found = convolution_parameters(layer)
    if found is not None:
        return _convolution(found, _input_shape(tree, layer))
    if not layer.leaf:
        return filled(
            translate("SummaryDock", "<p>A block of %1 calls, with %2 parameters.</p>"),
            len(tree.children(layer.name)),
            f"{layer.parameters:,}",
        )
    return _other(layer)


def _input_shape(tree: CallTree, layer: LayerInfo) -> Shape | None:
    name = next(iter(layer.inputs), "")
    if name in tree.layers:
        return tree.layers[name].shape
    return tree.input_shape if name == NETWORK_INPUT else None


def _convolution(found: ConvolutionParameters, input_shape: Shape | None) -> str:
    height, width = found.kernel
    inputs = f"{found.inputs}/{found.groups}" if found.groups > 1 else f"{found.inputs}"
    bias = f" + {found.outputs:,}" if found.bias else ""
    formula = f"{height}·{width}·{inputs}·{found.outputs}{bias} = <b>{found.total:,}</b>"
    parts = [filled(translate("SummaryDock", "<p>Parameters: %1</p>"), formula), f"<p>{_filters(found)}</p>"]
    if input_shape is not None:
        parts.append(f"<p>{_dense(found, input_shape)}</p>")
    return "".join(parts)


def _filters(found: ConvolutionParameters) -> str:
    each = found.inputs // found.groups
    words = (
        translate("SummaryDock", "%1 filters of %2×%3 over %4 channels each")
        if each > 1
        else translate("SummaryDock", "%1 filters of %2×%3 over one channel each")
    )
    sentence = filled(words, f"{found.outputs:,}", *found.kernel, f"{each:,}")
    if found.bias:
        sentence += filled(translate("SummaryDock", ", and one bias for each: + %1"), f"{found.outputs:,}")
    if found.groups > 1:
        sentence += filled(
            translate("SummaryDock", ". The channels are split into %1 groups that do not see each other"),
            f"{found.groups:,}",
        )
    return sentence + translate(
        "SummaryDock", ". The size of the picture does not matter: every place uses the same filters."
    )


def _dense(found: ConvolutionParameters, input_shape: Shape) -> str:
    dense = dense_beside(input_shape)
    words = translate(
        "SummaryDock",
        "A dense layer of %1 units on the same input would join every unit to every number of %2: "
        "%3·%1 + %1 = <b>%4</b> parameters, %5 times as many.",
    )
    times = dense.total / found.total
    many = f"{times:,.0f}" if times >= 10 else f"{times:.2g}"
    return filled(words, f"{dense.units:,}", shape_text(input_shape), f"{dense.inputs:,}", f"{dense.total:,}", many)


def _other(layer: LayerInfo) -> str:
    if layer.weight is not None and family(layer) == "linear":
        outputs, inputs = layer.weight[0], math.prod(layer.weight[1:])
        bias = f" + {outputs:,}" if layer.bias else ""
        formula = f"{inputs:,}·{outputs:,}{bias} = <b>{inputs * outputs + (outputs if layer.bias else 0):,}</b>"
        words = translate(
            "SummaryDock", "<p>Parameters: %1</p><p>Every one of %2 outputs is joined to every one of %3 inputs.</p>"
        )
        return filled(words, formula, f"{outputs:,}", f"{inputs:,}")
    if not layer.parameters and layer.learning in {"nothing", "statistics"}:
        return translate(
            "SummaryDock",
            "<p>Nothing to learn here: what it does is fixed, so backpropagation only passes through.</p>",
        )
    if family(layer) == "normalization" and layer.parameters:
        words = translate(
            "SummaryDock",
            "<p>Parameters: <b>%1</b>, a scale γ and a shift β for every channel.</p>",
        )
        return filled(words, f"{layer.parameters:,}") + (_statistics(layer) if layer.buffers else "")
    return filled(translate("SummaryDock", "<p>Parameters: <b>%1</b></p>"), f"{layer.parameters:,}")


def _statistics(layer: LayerInfo) -> str:
    words = translate(
        "SummaryDock",
        "<p>Its %1 buffers, the running mean and variance, are kept in training mode without gradients.</p>",
    )
    return filled(words, f"{layer.buffers:,}")
