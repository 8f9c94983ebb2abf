"""The summary of a network: its layers as rows whose numbers add up to the network's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from cnnviz.core.arrays import Size
from cnnviz.core.networks.catalog import LoadedNetwork, load_network
from cnnviz.core.networks.structure import Structure, structure_of
from cnnviz.core.networks.values import LayerInfo, NetworkChoice, Window
from cnnviz.core.networks.weightless import weightless
from cnnviz.core.receptive_field import ReceptiveField
from cnnviz.core.sources.kinds import NETWORK_SUFFIXES

_WITH_WEIGHTS = NETWORK_SUFFIXES - {".json"}
"""Files whose network cannot be built without reading its weights."""


def summarise(name: str, input_size: Size | None = None, *, run_code: bool = False) -> dict[str, Any]:
    """Of a network of the registry or of a file, as ``cnnviz summary --json`` prints it: docs in the README.

    Networks of the registry are built without memory for their weights. ``run_code``: that of a Python file.

    Raises:
        NetworkError: there is no such network, or it cannot be built for this ``input_size``.
    """
    network = _built(NetworkChoice(name, weights="none", confirmed_code=run_code))
    if input_size is not None:
        preprocessing = replace(network.preprocessing, input_size=input_size)
        network = _built(replace(network.choice, preprocessing=preprocessing))
    return summary_of(name, network.input_shape, structure_of(network.module, network.input_shape))


def _built(choice: NetworkChoice) -> LoadedNetwork:
    if Path(choice.name).suffix.lower() in _WITH_WEIGHTS:
        return load_network(choice, device="cpu")
    with weightless():
        network = load_network(choice, device="cpu")
    network.module.to("meta")
    return network


def summary_of(name: str, input_shape: tuple[int, int, int], structure: Structure) -> dict[str, Any]:
    """The same of a structure that is already known."""
    layers = structure.layers
    whole = layers[0] if layers else None
    return {
        "network": name,
        "input_shape": list(input_shape),
        "total_params": whole.parameters if whole else 0,
        "trainable_params": whole.trainable if whole else 0,
        "buffers": whole.buffers if whole else 0,
        "macs": whole.macs if whole else 0,
        "memory": sum(layer.memory for layer in layers if layer.leaf),
        "layers": _rows(layers),
        "complete": structure.complete,
        "problem": structure.problem,
        "unreached": list(structure.unreached),
    }


def _rows(layers: Sequence[LayerInfo]) -> list[dict[str, Any]]:
    """Every leaf, and every other layer with parameters that no leaf inside it uses: these alone stand in its row."""
    params = _own(layers, [layer.parameters for layer in layers])
    trainable = _own(layers, [layer.trainable for layer in layers])
    return [
        _row(layer, params[layer.name], trainable[layer.name]) for layer in layers if layer.leaf or params[layer.name]
    ]


def _own(layers: Sequence[LayerInfo], counts: Sequence[int]) -> dict[str, int]:
    """Of each layer's count what is not counted in the layers inside it."""
    inside: Counter[str] = Counter()
    own: dict[str, int] = {}
    for layer, count in zip(reversed(layers), reversed(counts), strict=True):  # what is inside starts later
        own[layer.name] = max(0, count - inside[layer.name])
        inside[layer.parent] += max(count, inside[layer.name])
    return own


def _row(layer: LayerInfo, params: int, trainable: int) -> dict[str, Any]:
    return {
        "name": layer.name,
        "type": layer.kind,
        "output_shape": None if layer.shape is None else list(layer.shape),
        "params": params,
        "trainable_params": trainable,
        "macs": layer.macs if layer.leaf else 0,
        "receptive_field": None if layer.receptive_field is None else _field(layer.receptive_field),
        "inputs": list(layer.inputs),
        "window": None if layer.window is None else _window(layer.window),
        "memory": layer.memory,
        "learning": layer.learning,
    }


def _window(window: Window) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(window).items()}


def _field(field: ReceptiveField) -> dict[str, Any]:
    """(height, width) each; ``size`` null: the whole picture."""
    return {
        "size": None if field.size is None else list(field.size),
        "stride": [int(side) if side == int(side) else float(side) for side in field.stride],
        "offset": list(field.offset),
    }


# ------------------------------------------------------------------------------------------------------------ in words


def table_of(summary: Mapping[str, Any]) -> str:
    """The summary for reading: a line for each row, and the totals."""
    head = ("layer", "type", "output", "parameters", "multiply-adds", "receptive field")
    cells = [head, *(_cells(row) for row in summary["layers"])]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(_padded(row, widths)).rstrip() for row in cells]
    lines.insert(1, "─" * max(map(len, lines)))
    return "\n".join([*lines, lines[1], _totals(summary)])


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    field = row["receptive_field"]
    seen = "" if field is None else _sides(field["size"]) if field["size"] else "whole picture"
    return (
        row["name"],
        row["type"],
        "–" if row["output_shape"] is None else "×".join(map(str, row["output_shape"])),
        f"{row['params']:,}" if row["params"] else "",
        f"{row['macs']:,}" if row["macs"] else "",
        seen,
    )


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Numbers stand to the right."""
    numbers = {3, 4}
    return [
        text.rjust(width) if column in numbers else text.ljust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]


def _sides(sides: Sequence[int]) -> str:
    return "×".join(map(str, sides))


def _totals(summary: Mapping[str, Any]) -> str:
    frozen = summary["total_params"] - summary["trainable_params"]
    return (
        f"{summary['network']} on {'×'.join(map(str, summary['input_shape']))}: {summary['total_params']:,} parameters"
        f"{f' ({frozen:,} frozen)' if frozen else ''}, {summary['macs']:,} multiply-adds, "
        f"{summary['memory'] / 2**20:.1f} MiB of outputs"
        f"{_unreached(summary)}"
    )


def _unreached(summary: Mapping[str, Any]) -> str:
    return f"\nnever reached: {', '.join(summary['unreached'])}" if summary["unreached"] else ""
