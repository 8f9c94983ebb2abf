"""What is kept between starts: network, source, selection, docks. A file by hand-readable JSON; it never runs code."""

from __future__ import annotations

import base64
import binascii
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

from PySide6.QtCore import QStandardPaths

from cnnviz.core.errors import CnnvizError
from cnnviz.core.inside.interventions import Intervention, InterventionKind
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.ordinary_file import read_ordinary
from cnnviz.core.sources.values import SourceKind, SourceSpec
from cnnviz.core.views import ChannelOrder, Probe, Scaling, ScalingMode
from cnnviz.gui.theme import Scheme
from cnnviz.gui.widgets.interventions_list import ListedIntervention
from cnnviz.gui.widgets.maps_choices import MapsChoices
from cnnviz.gui.widgets.oscilloscope_pins import MOST_PINS

VERSION = 5
MOST_DOCKS = 32
MOST_WORKSPACES = 8
MOST_INTERVENTIONS = 1000
MOST_RUNS = 6
_MOST_BYTES = 1 << 20

SUFFIX = ".cnnviz"
"""Of sessions that the user saved."""

_Kind = TypeVar("_Kind", str, int, bool)


@dataclass(frozen=True)
class SavedMaps:
    """A feature-maps dock by the identity that ``SavedWorkspace.state`` knows it by."""

    view: str
    choices: MapsChoices = field(default_factory=MapsChoices)


@dataclass(frozen=True)
class SavedWorkspace:
    """``state`` is Qt's own, as base64. ``open``: docks made on demand that were open in it."""

    name: str
    state: str
    open: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """``geometry`` is Qt's own, as base64. ``rows`` and ``temperature``: of the predictions. ``workspace``: the present
    one's name. ``runs``: folders of those that were followed. ``training``: what was set up, as config.json has it.
    """

    network: NetworkChoice | None = None
    source: SourceSpec | None = None
    layer: str = ""
    channel: int | None = None
    cell: tuple[int, int] | None = None
    theme: Scheme = "system"
    larger_text: bool = False
    rows: int = 5
    temperature: float = 1.0
    geometry: str = ""
    workspace: str = "explore"
    workspaces: tuple[SavedWorkspace, ...] = field(default_factory=tuple)
    maps: tuple[SavedMaps, ...] = field(default_factory=tuple)
    interventions: tuple[ListedIntervention, ...] = ()
    pins: tuple[Probe, ...] = ()
    runs: tuple[str, ...] = ()
    training: str = ""


def session_path() -> Path:
    """In the user's own settings folder."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppConfigLocation)
    return Path(folder) / "session.json"


def load_session(path: Path | None = None) -> Session:
    """The last session, or a new one where there is none or it cannot be read: a lost layout must not stop the
    start.
    """
    try:
        return read_session_file(path or session_path())
    except CnnvizError:
        return Session()


def read_session_file(path: Path) -> Session:
    """A session that was saved.

    Raises:
        CnnvizError: there is none, or the file holds something else.
    """
    try:
        content = read_ordinary(path, _MOST_BYTES)
    except OSError as error:
        raise CnnvizError(f"The session {path} cannot be opened: {error.strerror or error}. Choose another.") from error
    try:
        return read_session(content.decode())
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        words = f"{path} is no session that this version of cnnviz can read: choose one saved by File, Save session…"
        raise CnnvizError(words, details=str(error)) from error


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
        ValueError: not a session of this version. TypeError, LookupError, AttributeError: a field of another kind.
    """
    values: dict[str, Any] = json.loads(text)
    if values["version"] != VERSION:
        raise ValueError("a session of another version")
    network, source, channel = values["network"], values["source"], values["channel"]
    return Session(
        network=_network(network) if network else None,
        source=_source(source) if source else None,
        layer=_of(str, values["layer"]),
        channel=None if channel is None else _of(int, channel),
        cell=_cell(values["cell"]) if values["cell"] else None,
        theme=_one_of(Scheme, values["theme"]),
        larger_text=_of(bool, values["larger_text"]),
        rows=_of(int, values["rows"]),
        temperature=_number(values["temperature"]),
        geometry=_base64(values["geometry"]),
        workspace=_of(str, values["workspace"]),
        workspaces=tuple(_workspace(each) for each in values["workspaces"][:MOST_WORKSPACES]),
        maps=tuple(_maps(each) for each in values["maps"][:MOST_DOCKS]),
        interventions=tuple(_intervention(each) for each in values["interventions"][:MOST_INTERVENTIONS]),
        pins=tuple(_probe(each) for each in values["pins"][:MOST_PINS]),
        runs=tuple(_of(str, each) for each in values["runs"][:MOST_RUNS]),
        training=_of(str, values["training"]),
    )


def _network(values: dict[str, Any]) -> NetworkChoice:
    # A preprocessing override belongs to one sitting: the weights' own is the safe start.
    # Code that was allowed to run once is asked about again.
    kept = ("name", "weights", "weights_file", "class_names_file", "file", "spec", "run", "checkpoint")
    return NetworkChoice(
        **{name: _of(str, values[name]) for name in kept},
        replace_head=_of(bool, values["replace_head"]),
        seed=_of(int, values["seed"]),
    )


def _source(values: dict[str, Any]) -> SourceSpec | None:
    kind = _one_of(SourceKind, values["kind"])
    if kind in ("pasted", "sketch"):
        return None  # their pixels are gone
    size, rate = values["size"], values["rate"]
    return SourceSpec(
        kind,
        _of(str, values["location"]),
        (_of(int, size[0]), _of(int, size[1])) if size else None,
        _number(rate) if rate else None,
    )


def _workspace(values: dict[str, Any]) -> SavedWorkspace:
    names = tuple(_of(str, name) for name in values["open"][:MOST_DOCKS])
    return SavedWorkspace(_of(str, values["name"]), _base64(values["state"]), names)


def _maps(values: dict[str, Any]) -> SavedMaps:
    choices = values["choices"]
    scaling = choices["scaling"]
    return SavedMaps(
        _of(str, values["view"]),
        MapsChoices(
            scaling=Scaling(_one_of(ScalingMode, scaling["mode"]), _number(scaling["low"]), _number(scaling["high"])),
            order=_one_of(ChannelOrder, choices["order"]),
            hide_dead=_of(bool, choices["hide_dead"]),
            sequential=_of(str, choices["sequential"]),
            diverging=_of(str, choices["diverging"]),
            strip=_of(int, choices["strip"]),
            picked=tuple(_of(str, name) for name in choices["picked"]),
            pinned=_of(str, choices["pinned"]),
        ),
    )


def _cell(values: list[Any]) -> tuple[int, int]:
    return _of(int, values[0]), _of(int, values[1])


def _probe(values: dict[str, Any]) -> Probe:
    return Probe(_of(str, values["layer"]), *(_of(int, values[name]) for name in ("channel", "y", "x")))


def _intervention(values: dict[str, Any]) -> ListedIntervention:
    what = values["intervention"]
    channels, other = what["channels"], what["other"]
    intervention = Intervention(
        _of(str, what["layer"]),
        _one_of(InterventionKind, what["kind"]),
        None if channels is None else tuple(_of(int, channel) for channel in channels),
        _number(what["value"]),
        None if other is None else _of(int, other),
    )
    return ListedIntervention(intervention, on=_of(bool, values["on"]))


def _of(kind: type[_Kind], value: object) -> _Kind:
    if type(value) is not kind:
        raise TypeError(f"{value!r} where {kind.__name__} is expected")
    return value


def _one_of(words: Any, value: object) -> Any:  # noqa: ANN401 - of the Literal type ``words``
    if value not in get_args(words):
        raise ValueError(f"{value!r} is none of {get_args(words)}")
    return value


def _number(value: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _base64(text: object) -> str:
    try:
        base64.b64decode(_of(str, text), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    return str(text)
