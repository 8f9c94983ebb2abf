"""What is kept between starts: network, source, selection, docks. A file by hand-readable JSON; it never runs code."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from PySide6.QtCore import QStandardPaths

from cnnviz.core.values import NetworkChoice, SourceKind, SourceSpec
from cnnviz.gui.theme import Scheme

VERSION = 1
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Session:
    """``geometry`` and ``docks`` are Qt's own, as base64. ``map_docks``: the identities of the feature-map docks."""

    network: NetworkChoice | None = None
    source: SourceSpec | None = None
    layer: str = ""
    theme: Scheme = "system"
    larger_text: bool = False
    geometry: str = ""
    docks: str = ""
    map_docks: tuple[str, ...] = field(default_factory=tuple)


def session_path() -> Path:
    """In the user's own settings folder."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "session.json"


def load_session(path: Path | None = None) -> Session:
    """The last session, or a new one where there is none or it cannot be read: a lost layout must not stop the
    start.
    """
    path = path or session_path()
    try:
        if path.stat().st_size > _MOST_BYTES:
            return Session()
        return read_session(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError):
        return Session()


def save_session(session: Session, path: Path | None = None) -> None:
    """Written to a temporary name and renamed, so that a crash leaves the old one."""
    path = path or session_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps({"version": VERSION, **asdict(session)}, indent=1), encoding="utf-8")
    temporary.replace(path)


def read_session(text: str) -> Session:
    """Checks every field's kind: the file may have been edited.

    Raises:
        ValueError: not a session of this version. TypeError, KeyError: a field of another kind.
    """
    values: dict[str, Any] = json.loads(text)
    if values.pop("version") != VERSION:
        raise ValueError("a session of another version")
    network, source = values.pop("network"), values.pop("source")
    return Session(
        network=_network(network) if network else None,
        source=_source(source) if source else None,
        layer=str(values["layer"]),
        theme=values["theme"] if values["theme"] in get_args(Scheme) else "system",
        larger_text=bool(values["larger_text"]),
        geometry=_base64(values["geometry"]),
        docks=_base64(values["docks"]),
        map_docks=tuple(str(name) for name in values["map_docks"])[:32],
    )


def _network(values: dict[str, Any]) -> NetworkChoice:
    # A preprocessing override belongs to one sitting: the weights' own is the safe start.
    kept = ("name", "weights", "weights_file", "class_names_file")
    return NetworkChoice(
        **{name: str(values[name]) for name in kept},
        replace_head=bool(values["replace_head"]),
        seed=int(values["seed"]),
    )


def _source(values: dict[str, Any]) -> SourceSpec | None:
    if values["kind"] not in get_args(SourceKind) or values["kind"] in ("pasted", "sketch"):
        return None
    size = values["size"]
    return SourceSpec(
        values["kind"],
        str(values["location"]),
        (int(size[0]), int(size[1])) if size else None,
        float(values["rate"]) if values["rate"] else None,
    )


def _base64(text: object) -> str:
    try:
        base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    return str(text)
