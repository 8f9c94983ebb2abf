"""The feature maps of one picture as files: the whole program without a window."""

from __future__ import annotations

import difflib
import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from cnnviz.core.arrays import Bytes
from cnnviz.core.errors import CnnvizError, LayerError, SourceError
from cnnviz.core.networks.catalog import LoadedNetwork, load_network
from cnnviz.core.networks.spread import spread_layers
from cnnviz.core.networks.structure import layers_of
from cnnviz.core.networks.values import LayerInfo, NetworkChoice
from cnnviz.core.predictions import top_k
from cnnviz.core.probing.capture import Capture
from cnnviz.core.rendering.colormaps import SEQUENTIAL, palette
from cnnviz.core.rendering.maps import as_maps, draw_maps
from cnnviz.core.rendering.png import write_indices
from cnnviz.core.rendering.statistics import LayerHistory
from cnnviz.core.sources.kinds import source_kind_of
from cnnviz.core.sources.picture import read_picture
from cnnviz.core.sources.preprocessing import prepare
from cnnviz.core.sources.video import VideoReel
from cnnviz.core.views import MapsView, MosaicPicture, Scaling

ALL_LAYERS = "all"

_T = TypeVar("_T")
_MOSAIC_SIZE = (1024, 1024)
_COLOURS = palette(SEQUENTIAL[0], gap=(32, 32, 32), dead=(72, 72, 72))
_LONGEST_NAME = 80


def take_snapshot(
    choice: NetworkChoice, input_path: Path, layers: Sequence[str], device: str, out: Path
) -> dict[str, Any]:
    """Runs the network once on a picture, or a video's first frame, and writes what it saw into the folder ``out``.

    ``layers``: names of calls; "all"; or none at all for a handful spread through the network. Each gets a mosaic of
    all its channels. Returns what is written to ``snapshot.json`` beside them; times in milliseconds.

    Raises a CnnvizError for a picture, network, weights file, layer, device or folder that will not do.
    """
    watch = _Stopwatch()
    pixels = watch.time("read", lambda: _first_frame(input_path))
    _make_folder(out)
    network = watch.time("load", lambda: load_network(choice, device=device))
    chosen = _chosen_layers(layers_of(network.module, network.input_shape), layers)
    inputs = watch.time("prepare", lambda: prepare(pixels, network.preprocessing, device=network.device))
    logits = watch.time("forward", lambda: _logits(network, inputs))
    written = watch.time("draw", lambda: _draw_layers(network, inputs, chosen, out))
    result = {
        "network": choice.name,
        "weights": network.weights,
        "device": network.device,
        "input": str(input_path),
        "top5": _top5(logits, network.class_names),
        "layers": written,
        "timings": watch.milliseconds,
    }
    _write(out / "snapshot.json", json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    return result


class _Stopwatch:
    """Milliseconds of each named step."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    def time(self, step: str, work: Callable[[], _T]) -> _T:
        started = time.perf_counter()
        result = work()
        self.milliseconds[step] = round(1000 * (time.perf_counter() - started), 3)
        return result


# -------------------------------------------------------------------------------------------------------------- input


def _first_frame(path: Path) -> Bytes:
    if path.is_dir():
        raise SourceError(f"{path} is a folder: a snapshot takes one picture or video file.")
    spec = source_kind_of(str(path))
    return _first_video_frame(path) if spec is not None and spec.kind == "video" else read_picture(path)


def _first_video_frame(path: Path) -> Bytes:
    reel = VideoReel(str(path))
    try:
        first = reel.read(0, 1)
    finally:
        reel.close()
    if first is None:
        raise SourceError(f"{path.name} holds no frame that can be read: open another video.")
    return first[1]


def _chosen_layers(known: Sequence[LayerInfo], names: Sequence[str]) -> list[LayerInfo]:
    """In the order they run, each once."""
    if ALL_LAYERS in names:
        return list(known)
    wanted = set(names or spread_layers(known))
    unknown = sorted(wanted - {layer.name for layer in known})
    if unknown:
        near = difflib.get_close_matches(unknown[0], [layer.name for layer in known], n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "use `all` to see every name."
        raise LayerError(f"This network has no layer {unknown[0][:_LONGEST_NAME]!r}: {hint}")
    return [layer for layer in known if layer.name in wanted]


# ------------------------------------------------------------------------------------------------------------- output


def _logits(network: LoadedNetwork, inputs: Tensor) -> Tensor:
    with torch.inference_mode():
        output: Tensor = network.module(inputs)
        return output[0].float().cpu()


def _top5(logits: Tensor, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """Empty where the network gives no numbers (NaN in its weights)."""
    best = top_k(np.asarray(logits), 5)
    if not np.isfinite(best.probabilities).all():
        return []
    return [
        {"label": class_names[index], "index": int(index), "probability": float(probability)}
        for index, probability in zip(best.indices, best.probabilities, strict=True)
    ]


def _draw_layers(
    network: LoadedNetwork, inputs: Tensor, layers: Sequence[LayerInfo], out: Path
) -> list[dict[str, Any]]:
    """Each layer is drawn as it runs, so that only one activation is held at a time."""
    by_name = {layer.name: layer for layer in layers}
    entries = {layer.name: _entry(layer) for layer in layers}

    def draw(name: str, activation: Tensor) -> None:
        layer = by_name[name]
        picture = _mosaic(layer, as_maps(activation, layer.map_axes))
        entries[name]["file"] = file = f"{layer.order:03d}-{_safe(name)}.png"
        _write_picture(out / file, picture)

    with Capture(network.module, draw) as capture, torch.inference_mode():
        capture.watch([layer.name for layer in layers if layer.map_axes])
        network.module(inputs)
    return list(entries.values())


def _entry(layer: LayerInfo) -> dict[str, Any]:
    shape = None if layer.shape is None else list(layer.shape)
    entry = {"name": layer.name, "kind": layer.kind, "shape": shape, "axes": layer.map_axes, "file": None}
    if not layer.map_axes:
        entry["note"] = "gives no tensor" if shape is None else "has no channels with rows and columns, so no maps"
    return entry


def _mosaic(layer: LayerInfo, maps: Tensor) -> MosaicPicture:
    """All channels, each scaled by itself; of a vector one cell each, scaled together."""
    vector = maps.dim() == 1
    if vector:
        maps = maps[:, None, None]
    view = MapsView("snapshot", (layer.name,), _MOSAIC_SIZE, Scaling("layer" if vector else "channel"))
    picture = draw_maps(view, layer.name, maps, LayerHistory().measure(maps, 0))
    assert isinstance(picture, MosaicPicture)  # noqa: S101 - what maps with rows and columns give
    return picture


def _safe(name: str) -> str:
    """A layer's name as part of a file name on every system."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:_LONGEST_NAME]


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(out, error) from error


def _write_picture(path: Path, picture: MosaicPicture) -> None:
    try:
        write_indices(path, picture.indices, _COLOURS)
    except OSError as error:
        raise _cannot_write(path, error) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _cannot_write(path, error) from error


def _cannot_write(path: Path, error: OSError) -> CnnvizError:
    return CnnvizError(
        f"{path} cannot be written ({error.strerror}): give another folder for the output.", details=str(error)
    )
