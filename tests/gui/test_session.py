"""What is kept between starts comes back as it was; a damaged file is a fresh start and never an error."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import Probe, Scaling
from cnnviz.gui.session import VERSION, SavedMaps, SavedWorkspace, Session, load_session, read_session, save_session
from cnnviz.gui.widgets.interventions_list import ListedIntervention
from cnnviz.gui.widgets.maps_choices import PICK, MapsChoices

FULL = Session(
    network=NetworkChoice("resnet18", "none", "/a/ю.pth", replace_head=True, class_names_file="/n.txt", seed=7),
    source=SourceSpec("camera", "1", (480, 640), 29.97),
    layer="layer1.0.relu#2",
    channel=5,
    cell=(3, 0),
    theme="dark",
    larger_text=True,
    rows=7,
    temperature=0.25,
    geometry="AAEC",
    workspace="build",
    workspaces=(SavedWorkspace("explore", "AwQF"), SavedWorkspace("build", "AAEC", ("builder",))),
    interventions=(
        ListedIntervention(Intervention("conv1", "scale", (3, 7), 2.5)),
        ListedIntervention(Intervention("conv2", "freeze"), on=False),
        ListedIntervention(Intervention("conv2", "swap", (1,), other=4)),
    ),
    maps=(
        SavedMaps("maps-1", MapsChoices(Scaling("fixed", -1.0, 2.5), "change", hide_dead=True, sequential="magma")),
        SavedMaps("maps-3", MapsChoices(strip=PICK, picked=("conv1", "conv2"), pinned="conv9")),
    ),
    pins=(Probe("conv1", 3, 2, 1), Probe("fc", 9, -1, -1)),
    runs=("/runs/one", "/runs/ю"),
    training='{"epochs": 3}',
)


@pytest.mark.parametrize("session", [Session(), FULL])
def test_a_session_comes_back(tmp_path, session):
    path = tmp_path / "new" / "session.json"
    save_session(session, path)
    assert load_session(path) == session
    assert [each.name for each in path.parent.iterdir()] == ["session.json"]


def test_without_a_file_there_is_a_new_session(tmp_path):
    assert load_session(tmp_path / "none.json") == Session()


@pytest.mark.parametrize("kind", ["pasted", "sketch"])
def test_a_picture_whose_pixels_are_gone_is_no_source(tmp_path, kind):
    path = tmp_path / "session.json"
    save_session(Session(source=SourceSpec(kind)), path)
    assert load_session(path).source is None


def test_a_preprocessing_override_belongs_to_one_sitting(tmp_path):
    from cnnviz.core.networks.values import Preprocessing

    path = tmp_path / "session.json"
    save_session(Session(network=NetworkChoice("a", preprocessing=Preprocessing(fit="pad"))), path)
    assert load_session(path).network == NetworkChoice("a")


def damaged(**changes):
    path = changes.pop("path", ())
    values = json.loads(json.dumps(_as_json()))
    place = values
    for step in path:
        place = place[step]
    place.update(changes)
    return json.dumps(values)


def _as_json():
    from dataclasses import asdict

    return {"version": VERSION, **asdict(FULL)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        "[" * 100_000,
        damaged(version=VERSION - 1),
        damaged(theme="pink"),
        damaged(larger_text="yes"),
        damaged(rows="5"),
        damaged(temperature=float("nan")),
        damaged(path=("workspaces", 0), state="not base64!"),
        damaged(network=["resnet18"]),
        damaged(path=("network",), name=None),
        damaged(path=("source",), kind="keyboard"),
        damaged(path=("source",), size=[1]),
        damaged(maps={"a": 1}),
        damaged(runs=[1]),
        damaged(training={"epochs": 3}),
        damaged(path=("maps", 0, "choices"), order="beauty"),
        damaged(path=("maps", 0, "choices", "scaling"), low="0"),
        damaged(path=("maps", 0, "choices"), picked=[1]),
        damaged(path=("interventions", 0), on=1),
        damaged(path=("interventions", 0, "intervention"), kind="explode"),
        damaged(path=("interventions", 0, "intervention"), channels=["3"]),
        damaged(path=("interventions", 0, "intervention"), value=float("inf")),
        damaged(cell=[1]),
        damaged(cell=[1, 2.5]),
        damaged(path=("pins", 0), channel="3"),
        damaged(pins=[["conv1", 3, 2, 1]]),
    ],
)
def test_a_damaged_file_is_a_fresh_start(tmp_path, text):
    path = tmp_path / "session.json"
    path.write_text(text)
    assert load_session(path) == Session()


def test_bytes_and_sizes_that_are_no_session_are_a_fresh_start(tmp_path):
    path = tmp_path / "session.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert load_session(path) == Session()
    path.write_bytes(b" " * (2 << 20))
    assert load_session(path) == Session()
    assert load_session(tmp_path) == Session()


def test_the_unharmed_text_is_read():
    assert read_session(damaged()) == FULL


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists))
def test_any_value_in_any_field_is_read_or_refused(value):
    for name in _as_json():
        try:
            found = read_session(damaged(**{name: value}))
        except (ValueError, TypeError, LookupError, AttributeError):
            continue
        assert replace(found, **{name: getattr(FULL, name)}) == FULL
