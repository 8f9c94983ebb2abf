"""What the graph writes on its nodes and in their tooltips."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from cnnviz.core.graph.families import Family
from cnnviz.core.graph.folding import GraphNode
from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.gui.widgets.builder_text import count_text
from cnnviz.gui.widgets.number_text import shape_text

translate = QCoreApplication.translate


def family_names() -> dict[Family, str]:
    """The families as the legend calls them."""
    return {
        "convolution": translate("GraphView", "Convolution"),
        "linear": translate("GraphView", "Linear"),
        "normalization": translate("GraphView", "Normalization"),
        "activation": translate("GraphView", "Activation"),
        "pooling": translate("GraphView", "Pooling"),
        "join": translate("GraphView", "Join"),
        "attention": translate("GraphView", "Attention"),
        "other": translate("GraphView", "Other"),
    }


def end_name(node: GraphNode) -> str:
    """What an end of the network is called."""
    return translate("GraphView", "input") if node.kind == "input" else translate("GraphView", "output")


def short_name(layer: LayerInfo, around: LayerInfo | None) -> str:
    """Its name without that of the block around it: ``conv1`` of ``layer1.0.conv1``."""
    return layer.name.removeprefix(around.path + ".") if around is not None else layer.name


def kind_text(layer: LayerInfo) -> str:
    """``Conv2d 3×3, stride 2``; a function's name says its kind already."""
    if layer.function:
        return translate("GraphView", "function")
    return f"{layer.kind} {layer.detail}" if layer.detail else layer.kind


def parameters_text(layer: LayerInfo) -> str:
    """``36.9 k``; empty for none."""
    return count_text(layer.parameters) if layer.parameters else ""


def field_text(field: ReceptiveField | None) -> str:
    """``43×43``, and whether that is more than the picture; a dash where there is none."""
    if field is None or field.size is None:
        return "–" if field is None else translate("GraphView", "whole picture")
    larger = translate("GraphView", ", larger than the picture") if field.larger_than_picture else ""
    return shape_text(field.size) + larger


def tooltip(layer: LayerInfo) -> str:
    """All about a layer, as rich text."""
    rows = [
        (translate("GraphView", "Type"), kind_text(layer)),
        (translate("GraphView", "Output"), shape_text(layer.shape)),
    ]
    if layer.parameters:
        rows.append((translate("GraphView", "Parameters"), f"{layer.parameters:,}"))
    if layer.macs:
        rows.append((translate("GraphView", "Multiply-adds"), f"{layer.macs:,}"))
    if layer.receptive_field is not None:
        rows.append((translate("GraphView", "Receptive field"), field_text(layer.receptive_field)))
    lines = "".join(f"<tr><td>{escape(name)}&nbsp;</td><td>{escape(text)}</td></tr>" for name, text in rows)
    return f"<b>{escape(layer.name)}</b><table>{lines}</table>"
