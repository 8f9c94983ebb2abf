import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnviz.core.errors import SourceError
from cnnviz.core.sources.folder import natural_key, open_player, picture_files
from cnnviz.core.sources.values import SourceCommand, SourceSpec


@pytest.fixture
def pictures(tmp_path):
    """Greys of 10 · number: p1, p2, p10, and one in a folder below."""
    (tmp_path / "sub").mkdir()
    for name, grey in [("p10.png", 100), ("p2.png", 20), ("P1.PNG", 10), ("sub/p3.png", 30)]:
        Image.new("L", (4, 3), grey).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    return tmp_path


@pytest.fixture
def show(pictures, watch):
    source = open_player(SourceSpec("folder", str(pictures)), watch.told)
    yield source
    source.close()


def grey(source) -> int:
    return int(source.latest().pixels[0, 0, 0])


def test_pictures_are_found_below_in_the_order_a_person_counts(pictures):
    assert [name.replace("\\", "/") for name in picture_files(pictures)] == [
        "P1.PNG",
        "p2.png",
        "p10.png",
        "sub/p3.png",
    ]


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_names_can_be_sorted(names):
    assert sorted(sorted(names, key=natural_key)) == sorted(names)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_sort_by_value(first, second):
    assert (natural_key(f"a{first}") < natural_key(f"a{second}")) == (first < second)


def test_it_waits_on_its_first_picture(show, pictures):
    assert show.state.frame_count == 4
    assert not show.state.playing
    assert show.state.title == f"{pictures.name}: P1.PNG"
    assert grey(show) == 10


def test_steps(show, watch):
    for action, expected in [
        ("step", 20),
        ("step", 100),
        ("step-back", 20),
        ("step-back", 10),
        ("step-back", 30),
        ("step", 10),
    ]:
        before = show.latest().number
        show.control(SourceCommand(action))
        watch.until(lambda before=before: show.latest().number > before)
        assert grey(show) == expected


def test_a_slide_show_goes_round(show, watch):
    show.control(SourceCommand("speed", 32))
    show.control(SourceCommand("play"))
    watch.until(lambda: show.state.frame_index == 3)
    watch.until(lambda: show.state.frame_index == 0)
    assert show.state.playing


def test_unreadable_files_are_skipped_and_named(pictures, watch):
    (pictures / "p0.png").write_text("no picture")
    (pictures / "p5.png").write_text("no picture")
    source = open_player(SourceSpec("folder", str(pictures)), watch.told)
    assert grey(source) == 10
    assert source.state.notice.startswith("1 file is skipped: p0.png is not a picture")
    source.control(SourceCommand("step"))
    source.control(SourceCommand("step"))
    watch.until(lambda: source.state.frame_index == 4)
    assert source.state.notice == "2 files cannot be read and are skipped: p0.png, p5.png"
    source.control(SourceCommand("step-back"))
    watch.until(lambda: source.state.frame_index == 2)
    source.close()


def test_a_picture_that_goes_away_is_skipped(show, watch, pictures):
    (pictures / "p2.png").unlink()
    show.control(SourceCommand("step"))
    watch.until(lambda: show.state.frame_index == 2)
    assert "p2.png" in show.state.notice


def test_when_all_pictures_go_away_it_says_so_and_stops(show, watch, pictures):
    for name in picture_files(pictures):
        (pictures / name).unlink()
    show.control(SourceCommand("speed", 32))
    show.control(SourceCommand("play"))
    watch.until(lambda: "cannot be read any more" in show.state.notice)
    assert not show.state.playing


def test_folders_without_a_readable_picture_are_refused(tmp_path, watch):
    with pytest.raises(SourceError, match="there is no folder"):
        open_player(SourceSpec("folder", str(tmp_path / "none")), watch.told)
    with pytest.raises(SourceError, match="holds no pictures"):
        open_player(SourceSpec("folder", str(tmp_path)), watch.told)
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(SourceError, match="holds no picture that can be read"):
        open_player(SourceSpec("folder", str(tmp_path)), watch.told)


def test_a_folder_with_trouble(shared_data, watch):
    source = open_player(SourceSpec("folder", str(shared_data / "bad" / "imagefolder_mixed")), watch.told)
    source.control(SourceCommand("step"))
    watch.until(lambda: "b.jpg" in source.state.notice)
    assert source.latest() is not None  # the picture that can be read stays
    source.close()
