"""Whether a ``torch.export`` archive may be read at all.

``torch.export.load`` is not made for files nobody vouches for: it falls back to unpickling anything, evaluates text as
expressions and looks up any name below ``torch``. So everything that could run code is refused here first, by what the
archive says in JSON, and everything that could claim memory by the sizes of its records.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import torch

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.archives import Archive, check_unpacked_size
from cnnviz.core.networks.aten import overload_of
from cnnviz.core.networks.network_file import damaged

MODEL = "models/model.json"
KIND = "a torch.export program"
_SAMPLE_INPUTS = "data/sample_inputs/model.pt"
_CONFIGURATIONS = {"data/weights/": "model_weights_config.json", "data/constants/": "model_constants_config.json"}
_COMPILED = ("data/aotinductor/", "data/executorch/")
_MOST_JSON_BYTES = 32 * 2**20
_MOST_SAMPLE_BYTES = 256 * 2**20

_ATEN = re.compile(r"torch\.ops\.aten\.(\w+\.\w+)")
_ON_NUMBERS = re.compile(
    r"_operator\.(add|sub|mul|floordiv|truediv|mod|neg|eq|ne|lt|le|gt|ge|getitem|and_|or_)"
    r"|math\.(ceil|floor|trunc)|torch\.sym_(int|float|max|min|not|ite|sum)"
)
_EXPRESSION = re.compile(
    r"(?:(?:Add|Mul|Min|Max|Mod|PythonMod|FloorDiv|CeilDiv|CleanDiv|Integer|Rational|Symbol)\("
    r"|'[suz]\d+'|(?:positive|nonnegative|integer|real)=True|-?\d{1,19}|[ ,)])*"
)
_REFUSED_ARGUMENTS = frozenset({"as_custom_obj", "as_operator", "as_graph"})


def check_exported_program(archive: Archive) -> None:
    """Refuses with the place and the reason; nothing of the archive is unpickled or evaluated."""
    _check_layout(archive)
    _check_model(archive)
    for folder, name in _CONFIGURATIONS.items():
        _check_tensors(archive, folder, name)
    _check_sample_inputs(archive)


def _check_layout(archive: Archive) -> None:
    check_unpacked_size(archive, (), most=0)
    compiled = next((name for name in archive.sizes if name.startswith(_COMPILED)), None)
    if compiled:
        raise NetworkError(
            f"{archive.path.name} holds compiled code ({compiled}), which would run when it is opened: "
            "save the program with torch.export.save instead of compiling it."
        )
    if set(archive.under("models/")) != {MODEL}:
        raise NetworkError(
            f"{archive.path.name} is a zip archive without {MODEL}, which torch.export.save writes since PyTorch 2.8: "
            "save it again with a newer PyTorch."
        )


def _json(archive: Archive, name: str) -> Any:  # noqa: ANN401 - whatever the JSON holds
    if name not in archive.sizes:
        raise NetworkError(f"{archive.path.name} has no {name}: it is damaged, get it again from where it came.")
    try:
        return json.loads(archive.read(name, most=_MOST_JSON_BYTES))
    except NetworkError:
        raise
    except Exception as error:
        raise damaged(archive.path, f"{KIND} ({name})")(error) from error


# --------------------------------------------------------------------------------------------------------------- model


def _check_model(archive: Archive) -> None:
    model = _json(archive, MODEL)
    if not isinstance(model, dict):
        raise NetworkError(f"{archive.path.name} cannot be read as {KIND}: its {MODEL} is no object.")
    try:
        for mapping in _mappings(model):
            _check_mapping(mapping)
    except NetworkError as error:
        raise NetworkError(f"{archive.path.name} was not opened. {error.message}") from error


def _mappings(value: object) -> Iterator[dict[str, Any]]:
    """Every JSON object in it, however deep, without recursion."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            yield each
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)


def _check_mapping(mapping: dict[str, Any]) -> None:
    target, expression = mapping.get("target"), mapping.get("expr_str")
    if isinstance(target, str):
        _check_target(target)
    if isinstance(expression, str) and not _EXPRESSION.fullmatch(expression):
        raise NetworkError(f"Its size {expression[:80]!r} is an expression that could run code when it is read.")
    if mapping.get("guards_code") or mapping.get("treespec_namedtuple_fields"):
        raise NetworkError("It holds Python code (guards), which is not run: export it without guards.")
    refused = _REFUSED_ARGUMENTS & mapping.keys()
    if any(isinstance(mapping[name], dict | str) for name in refused):
        raise NetworkError(
            f"A call in it takes {min(refused).removeprefix('as_')}, which could run code: only tensors may be given."
        )


def _check_target(target: str) -> None:
    """A node's function: torch's own operations on tensors, and arithmetic on sizes."""
    aten = _ATEN.fullmatch(target)
    if aten and overload_of(aten[1]) is None:
        raise NetworkError(f"It calls {target[:80]}, which this version of torch does not have.")
    if not aten and not _ON_NUMBERS.fullmatch(target):
        raise NetworkError(f"It calls {target[:80]}, which is none of torch's own operations on tensors.")


# ------------------------------------------------------------------------------------------------------------- tensors


def _check_tensors(archive: Archive, folder: str, name: str) -> None:
    configuration = _json(archive, folder + name)
    tensors = configuration.get("config") if isinstance(configuration, dict) else None
    if not isinstance(tensors, dict):
        raise NetworkError(f"{archive.path.name} was not opened: {folder}{name} lists no tensors.")
    for key, payload in tensors.items():
        words = _unusual(payload, archive, folder)
        if words:
            raise NetworkError(f"{archive.path.name} was not opened: its tensor {key[:80]} {words}.")


def _unusual(payload: Any, archive: Archive, folder: str) -> str:  # noqa: ANN401 - as the JSON has it
    """Why a tensor cannot be read safely; empty if it can."""
    if not isinstance(payload, dict) or payload.get("use_pickle") is not False:
        return "is pickled, and reading that could run code"
    path, meta = payload.get("path_name"), payload.get("tensor_meta")
    if not isinstance(path, str) or f"{folder}{path}" not in archive.sizes or not isinstance(meta, dict):
        return "is not in the file"
    if folder.endswith("constants/") and not path.startswith("tensor_"):
        return "is no tensor but an object, and reading that could run code"
    if meta.get("device", {}).get("type") != "cpu":
        return "was saved on another device: move the program to the CPU before it is saved"
    try:
        sizes = [int(size["as_int"]) for size in meta["sizes"]]
    except (KeyError, TypeError, ValueError):
        return "has no plain sizes"
    if min(sizes, default=1) < 0 or math.prod(sizes) > archive.sizes[f"{folder}{path}"]:
        return f"claims {'×'.join(map(str, sizes))} values, more than the file holds"
    return ""


def _check_sample_inputs(archive: Archive) -> None:
    """torch would unpickle anything here if it is no plain tensors; so it must be that."""
    if _SAMPLE_INPUTS not in archive.sizes:
        raise NetworkError(
            f"{archive.path.name} has no {_SAMPLE_INPUTS}: it is damaged, get it again from where it came."
        )
    data = archive.read(_SAMPLE_INPUTS, most=_MOST_SAMPLE_BYTES)
    if not data:
        return
    try:
        if _is_stored(data):
            torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
            return
    except Exception as error:
        raise _no_samples(archive, error) from error
    raise _no_samples(archive, "its records are compressed")


def _is_stored(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as records:
        return all(record.compress_type == zipfile.ZIP_STORED for record in records.infolist())


def _no_samples(archive: Archive, reason: object) -> NetworkError:
    return NetworkError(
        f"{archive.path.name} was not opened: its example inputs hold more than tensors, which could run code.",
        details=str(reason),
    )
