"""Specs as networks: a JSON file, or the text that the builder hands over."""

from __future__ import annotations

from pathlib import Path

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.build import build, preprocessing_of
from cnnviz.core.networks.network_file import NetworkFile
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.networks.spec.rows import NetworkSpec, Size
from cnnviz.core.networks.values import NetworkChoice


def open_spec(path: Path, choice: NetworkChoice) -> NetworkFile:
    """A file in the format of the builder, with initial weights."""
    try:
        return of_spec(read_spec(path), _asked_size(choice), f"spec {path.name}")
    except NetworkError as error:
        raise NetworkError(f"{path.name}: {error.message}", details=error.details) from error


def of_text(choice: NetworkChoice) -> NetworkFile:
    """The spec that the choice carries."""
    return of_spec(read_spec(choice.spec), _asked_size(choice), "spec")


def of_spec(spec: NetworkSpec, input_size: Size | None, origin: str) -> NetworkFile:
    """Built for its own input, or for pictures of another size."""
    module = build(spec, input_size)
    return NetworkFile(
        module,
        origin,
        input_shape=spec.input_shape,
        preprocessing=preprocessing_of(spec),
        class_names=spec.class_names,
        title=spec.title,
        classes=_classes(spec, input_size),
        untrained=True,
    )


def _classes(spec: NetworkSpec, input_size: Size | None) -> int:
    """Values of a vector, or maps of a map: what the predictions show."""
    return check(spec, input_size).output_shape[0]


def _asked_size(choice: NetworkChoice) -> Size | None:
    return choice.preprocessing.input_size if choice.preprocessing else None
