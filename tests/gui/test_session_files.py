"""Sessions in files: what was saved comes back in a running window; what cannot be read changes nothing."""

import json
from dataclasses import replace

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QFileDialog

from cnnviz.core.inside.interventions import Intervention
from cnnviz.core.networks.values import NetworkChoice
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.views import Probe
from cnnviz.engine.commands import OpenNetwork, OpenSource
from cnnviz.gui.controllers.interventions import InterventionsSubject
from cnnviz.gui.controllers.unit import UnitSubject
from cnnviz.gui.session import SavedMaps, Session, read_session_file, save_session
from cnnviz.gui.session_files import for_this_desk
from cnnviz.gui.widgets.interventions_list import ListedIntervention
from cnnviz.gui.widgets.maps_choices import MapsChoices

MUTED = ListedIntervention(Intervention("conv1", "mute", (3,)))
LESSON = Session(
    network=NetworkChoice("lenet5", seed=4),
    source=SourceSpec("test-card", rate=30.0),
    rows=7,
    temperature=2.0,
    theme="dark",
    larger_text=True,
    maps=(
        SavedMaps("maps-1"),
        SavedMaps("maps-2", MapsChoices(strip=6)),
        SavedMaps("maps-3", MapsChoices(pinned="conv2")),
    ),
    interventions=(MUTED,),
    pins=(Probe("conv2", 1, 0, 0),),
)


@pytest.fixture
def lesson(program, tmp_path):
    """With three docks of feature maps, of which two are there."""
    path = tmp_path / "lesson.cnnviz"
    third = program.window.add_maps_dock()
    save_session(replace(LESSON, workspaces=program.window.session().workspaces), path)
    program.window.remove_maps_dock(third)
    return path


def drop(program, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    program.window.take(data)


def test_a_dropped_session_takes_the_place_of_what_is_shown(program, lesson):
    program.controller.start(None, None)
    program.controller.subject(UnitSubject).restore((Probe("block1.conv1", 0, 0, 0),))
    drop(program, lesson)
    assert program.link.of(OpenNetwork)[-1].choice == LESSON.network
    assert program.link.of(OpenSource)[-1].spec == LESSON.source
    assert program.controller.subject(InterventionsSubject).listed == (MUTED,)
    assert program.controller.subject(UnitSubject).pinned == LESSON.pins
    window = program.window
    assert window.predictions.rows_box.value() == 7
    assert window.predictions.temperature_slider.temperature == pytest.approx(2.0, rel=0.02)
    assert [dock.choices for dock in window.maps.values()] == [each.choices for each in LESSON.maps]


def test_docks_that_the_session_does_not_have_go(program, lesson):
    program.controller.start(None, None)
    drop(program, lesson)
    fewer = lesson.with_name("fewer.cnnviz")
    save_session(replace(LESSON, maps=LESSON.maps[:1], workspaces=program.window.session().workspaces), fewer)
    drop(program, fewer)
    assert list(program.window.maps) == ["maps-1"]


def test_colours_text_and_window_stay_those_of_who_opens_it(program, lesson):
    before = program.window.session()
    drop(program, lesson)
    after = program.window.session()
    assert after.rows == 7
    assert (after.theme, after.larger_text) == (before.theme, before.larger_text) == ("system", False)
    assert for_this_desk(LESSON, before).geometry == ""


def test_what_was_saved_is_what_was_set_up(program, tmp_path, monkeypatch, lesson):
    program.controller.start(LESSON.network, LESSON.source)
    drop(program, lesson)
    asked = []

    def choose(*words):
        asked.append(words[2])
        return str(tmp_path / "mine"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    program.window.menus.actions["save-session"].trigger()
    saved = read_session_file(tmp_path / "mine.cnnviz")
    assert (saved.network, saved.source, saved.interventions) == (LESSON.network, LESSON.source, LESSON.interventions)
    assert (saved.pins, saved.rows, saved.maps) == (LESSON.pins, LESSON.rows, LESSON.maps)
    assert asked == [str(lesson)]  # the one that is open
    program.window.menus.actions["save-session"].trigger()
    assert asked[1] == str(tmp_path / "mine.cnnviz")


def test_the_dialog_opens_a_session(program, lesson, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(lesson), ""))
    program.window.menus.actions["open-session"].trigger()
    assert program.link.of(OpenNetwork)[-1].choice == LESSON.network
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    program.window.menus.actions["open-session"].trigger()
    assert len(program.link.of(OpenNetwork)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no session that this version of cnnviz can read"),
        (b"\xff\xfe", "is no session that this version of cnnviz can read"),
        (b'{"version": 1}', "is no session that this version of cnnviz can read"),
        (b"[" * 100_000, "is no session that this version of cnnviz can read"),
        (b" " * (1 << 20) + b"{}", "it is larger than 1 MiB"),
        (None, "No such file or directory"),
    ],
)
def test_what_is_no_session_is_one_sentence_and_changes_nothing(program, tmp_path, content, words):
    path = tmp_path / "bad.cnnviz"
    if content is not None:
        path.write_bytes(content)
    before = replace(program.controller.session(), workspaces=())  # the sentence takes some of the docks' height
    drop(program, path)
    assert words in program.window.message.problem_line.sentence.text()
    assert str(path) in program.window.message.problem_line.sentence.text()
    assert replace(program.controller.session(), workspaces=()) == before
    assert program.link.sent == []


def test_a_session_with_one_bad_field_is_refused_whole(program, lesson):
    values = json.loads(lesson.read_text())
    values["pins"][0]["channel"] = "first"
    lesson.write_text(json.dumps(values))
    drop(program, lesson)
    assert "is no session" in program.window.message.problem_line.sentence.text()
    assert program.link.sent == []


def test_a_folder_that_cannot_be_written_is_a_sentence(program, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "file" / "mine.cnnviz"), ""))
    program.window.menus.actions["save-session"].trigger()
    assert "was not saved in" in program.window.message.problem_line.sentence.text()
    assert "choose another folder" in program.window.message.problem_line.sentence.text()


def test_a_file_that_nobody_was_asked_about_is_not_replaced(program, lesson, monkeypatch):
    before = lesson.read_bytes()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(lesson.with_suffix("")), ""))
    program.window.menus.actions["save-session"].trigger()
    assert "is there already" in program.window.message.problem_line.sentence.text()
    assert lesson.read_bytes() == before
