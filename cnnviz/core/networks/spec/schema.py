"""The JSON Schema of a spec file, made from the palette. ``resources/schemas/spec.schema.json`` is its text."""

from __future__ import annotations

import json
from typing import Any

from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.json_layout import FITS, FORMAT, INTERPOLATIONS, VERSION
from cnnviz.core.networks.spec.kinds import Kind
from cnnviz.core.networks.spec.names import RESERVED
from cnnviz.core.networks.spec.options import Option
from cnnviz.core.networks.spec.palette import KINDS

_WIDTH = 120
_DESCRIPTION = (
    "A convolutional network as rows, one below the other. Options that are left out have their default. Rows beside "
    f"each other have different names; a file has at most {limits.ROWS} rows, {limits.LAYERS} with repetitions, groups "
    f"at most {limits.GROUP_DEPTH} deep, and {limits.FILE_BYTES >> 20} MiB."
)


def schema_text() -> str:
    """The schema as it stands in the resources."""
    return _laid_out(schema(), "") + "\n"


def _laid_out(value: object, indent: str) -> str:
    """JSON with what fits on a line on one line."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or len(indent) + len(line) <= _WIDTH:
        return line
    inside = f"{indent}  "
    fields = [f"{inside}{json.dumps(name)}: {_laid_out(field, inside)}" for name, field in value.items()]
    return "{\n" + ",\n".join(fields) + f"\n{indent}}}"


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{FORMAT}, version {VERSION}",
        "description": _DESCRIPTION,
        **_closed(
            {
                "format": {"const": FORMAT},
                "version": {"const": VERSION},
                "title": _text(200),
                "input": _input(),
                "rows": {"$ref": "#/$defs/rows"},
                "preprocessing": _preprocessing(),
                "class_names": {"type": "array", "items": _text(1000), "maxItems": limits.CLASS_NAMES},
                "notes": _text(limits.TEXT_LENGTH),
            },
            required=("format", "version", "title", "input", "rows"),
        ),
        "$defs": {
            "name": _name(),
            "rows": _rows(),
            "group": _group(),
            **{name: _row(kind) for name, kind in KINDS.items()},
        },
    }


def _closed(properties: dict[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these fields and no others."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def _whole(low: float, high: float) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _input() -> dict[str, Any]:
    sides = {"height": _whole(1, limits.SIDE), "width": _whole(1, limits.SIDE)}
    fields = {"channels": _whole(1, limits.CHANNELS), **sides}
    return {"description": "The shape of one picture.", **_closed(fields, tuple(fields))}


def _preprocessing() -> dict[str, Any]:
    fields = {
        "mean": {"type": "array", "items": {"type": "number", "minimum": -1e6, "maximum": 1e6}},
        "std": {"type": "array", "items": {"type": "number", "minimum": 1e-6, "maximum": 1e6}},
        "resize": {"anyOf": [_whole(1, limits.SIDE), {"type": "null"}], "default": None},
        "fit": {"enum": list(FITS), "default": "crop"},
        "interpolation": {"enum": list(INTERPOLATIONS), "default": "bilinear"},
        "invert": {"type": "boolean", "default": False},
    }
    text = "How a picture becomes the input; mean and std have a number for each input channel."
    return {"description": text, **_closed(fields, ("mean", "std"))}


def _name() -> dict[str, Any]:
    return {
        "description": "Becomes the module's name. No word of Python's either.",
        "type": "string",
        "pattern": "^[A-Za-z][A-Za-z0-9_]*$",
        "maxLength": limits.NAME_LENGTH,
        "not": {"enum": sorted(RESERVED)},
    }


def _rows() -> dict[str, Any]:
    references = [{"$ref": f"#/$defs/{name}"} for name in ("group", *KINDS)]
    return {"type": "array", "maxItems": limits.ROWS, "items": {"anyOf": references}}


def _group() -> dict[str, Any]:
    fields = {
        "name": {"$ref": "#/$defs/name"},
        "repeat": {**_whole(1, limits.REPEAT), "default": 1},
        "rows": {"$ref": "#/$defs/rows"},
    }
    text = "Rows that are repeated, each time with weights of their own."
    return {"description": text, **_closed(fields, ("name", "rows"))}


def _row(kind: Kind) -> dict[str, Any]:
    fields = {
        "name": {"$ref": "#/$defs/name"},
        "kind": {"const": kind.name},
        "options": _closed({option.name: _option(option) for option in kind.options}),
    }
    return {"description": f"{kind.title}. {kind.help}", **_closed(fields, ("name", "kind"))}


def _option(option: Option) -> dict[str, Any]:
    choices = _choices(option)
    shape = choices[0] if len(choices) == 1 else {"anyOf": choices}
    return {"description": option.help, **shape, "default": option.default}


def _choices(option: Option) -> list[dict[str, Any]]:
    whole = _whole(option.low, option.high)
    numbers: dict[str, list[dict[str, Any]]] = {
        "int": [whole],
        "float": [{"type": "number", "minimum": option.low, "maximum": option.high}],
        "flag": [{"type": "boolean"}],
        "pair": [whole, {"type": "array", "items": whole, "minItems": 2, "maxItems": 2}],
        "choice": [],
    }
    words = [{"enum": list(option.words)}] if option.words else []
    return numbers[option.type] + words + ([{"type": "null"}] if option.empty_means else [])
