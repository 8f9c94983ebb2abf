"""The builder's smaller parts: columns, header, palette, fields, icons, footer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.options import Option
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.gui.builder_timing import edit_times, long_network
from cnnviz.gui.theme import DARK, LIGHT, palette_of
from cnnviz.gui.widgets.builder_columns import column_widths
from cnnviz.gui.widgets.builder_fields import option_field
from cnnviz.gui.widgets.builder_footer import BuilderFooter
from cnnviz.gui.widgets.builder_header import BuilderHeader, input_text, read_input
from cnnviz.gui.widgets.builder_icons import GROUP, category_color, chip
from cnnviz.gui.widgets.builder_model import COLUMNS, MEMORY, NAME, OPTIONS, OUTPUT, PARAMETERS
from cnnviz.gui.widgets.builder_palette import KIND_MIME, BuilderPalette

WANTED = dict.fromkeys(range(COLUMNS), 100)


# ------------------------------------------------------------------------------------------------------------- columns


@given(st.integers(0, 3000))
def test_columns_fill_the_room_and_never_more_than_it(room):
    widths = column_widths(room, WANTED)
    assert NAME in widths
    assert sum(widths.values()) == max(room, 100)


def test_numbers_come_before_the_options_column():
    assert set(column_widths(320, WANTED)) == {NAME, OUTPUT, PARAMETERS}
    assert OPTIONS not in column_widths(699, WANTED)
    assert MEMORY in column_widths(699, WANTED)
    assert OPTIONS in column_widths(700, WANTED)


# -------------------------------------------------------------------------------------------------------------- header


def test_inputs_as_they_are_typed():
    assert [read_input(text) for text in ("227×227×3", "28x28", "32 , 48 , 3")] == [
        (3, 227, 227), (1, 28, 28), (3, 32, 48),
    ]  # fmt: skip
    for text in ("28", "", "28×28×1×1", "0×28×1", "20000×2×1", "16384×16384×2", "a×b×c"):
        assert read_input(text) is None


@given(st.tuples(st.integers(1, 16), st.integers(1, 4096), st.integers(1, 4096)))
def test_an_input_reads_back(shape):
    assert read_input(input_text(shape)) == shape


def test_height_and_width_count_together(qtbot):
    header = BuilderHeader()
    qtbot.addWidget(header)
    header.show_network("Net", (3, 64, 48), saved=True)
    with qtbot.waitSignal(header.input_changed) as changed:
        qtbot.keyClick(header.input_box.lineEdit(), Qt.Key.Key_Up)
    assert changed.args == [(3, 65, 49)]


def test_the_header_shows_without_emitting(qtbot):
    header = BuilderHeader()
    qtbot.addWidget(header)
    with qtbot.assertNotEmitted(header.title_changed), qtbot.assertNotEmitted(header.input_changed):
        header.show_network("Net", (3, 64, 64), saved=False)
    assert not header.saved_label.isHidden()
    with qtbot.waitSignal(header.title_changed) as changed:
        qtbot.keyClicks(header.title_field, "2")
    assert changed.args == ["Net2"]


# ------------------------------------------------------------------------------------------------------------- palette


@pytest.fixture
def palette(qtbot):
    made = BuilderPalette(tuple(KINDS.values()))
    qtbot.addWidget(made)
    made.show()
    return made


def test_every_kind_is_in_the_palette_under_its_category(palette):
    assert sorted(palette.shown_kinds()) == sorted(KINDS)
    assert palette.list.topLevelItemCount() == len({kind.category for kind in KINDS.values()})


@pytest.mark.parametrize(
    ("words", "found"),
    [("relu", {"relu", "leaky_relu"}), ("resid", {"residual_block"}), ("POOL max", {"max_pool"}), ("zzz", set())],
)
def test_words_find_kinds(palette, qtbot, words, found):
    qtbot.keyClicks(palette.search_field, words)
    assert found <= set(palette.shown_kinds())
    assert bool(palette.shown_kinds()) == bool(found)


def test_the_best_name_is_chosen_first_and_arrows_move_on(palette, qtbot):
    qtbot.keyClicks(palette.search_field, "relu")
    for expected in ("relu", "leaky_relu"):
        with qtbot.waitSignal(palette.kind_chosen) as chosen:
            qtbot.keyClick(palette.search_field, Qt.Key.Key_Return)
        assert chosen.args == [expected]
        qtbot.keyClick(palette.search_field, Qt.Key.Key_Down)


def test_nothing_found_is_nothing_added(palette, qtbot):
    qtbot.keyClicks(palette.search_field, "zzz")
    with qtbot.assertNotEmitted(palette.kind_chosen):
        qtbot.keyClick(palette.search_field, Qt.Key.Key_Return)
    assert palette.search_field.text() == "zzz"


def test_a_double_click_adds_and_a_drag_names_its_kind(palette, qtbot):
    item = palette.list.topLevelItem(0).child(1)
    place = palette.list.visualItemRect(item).center()
    qtbot.mouseClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    with qtbot.waitSignal(palette.kind_chosen) as chosen:
        qtbot.mouseDClick(palette.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == ["depthwise"]
    assert bytes(palette.list.drag_data(item).data(KIND_MIME).data()) == b"depthwise"


# -------------------------------------------------------------------------------------------------------------- fields


def test_a_number_counts_with_keys_within_its_bounds(qtbot):
    field = option_field(Option("filters", "int", 4, "", 1, 12))
    qtbot.addWidget(field)
    field.show_value(4)
    values = []
    field.changed.connect(lambda name, value: values.append((name, value)))
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
        qtbot.keyClick(field.editor, key)
    assert values == [("filters", 5), ("filters", 4), ("filters", 12), ("filters", 2)]


def test_a_pair_stays_what_it_is_and_an_empty_field_means_its_word(qtbot):
    option = Option("stride", "pair", None, "", 1, 9, empty_means="as the kernel")
    field = option_field(option)
    qtbot.addWidget(field)
    field.show_value((2, 3))
    assert field.editor.text() == "2×3"
    with qtbot.waitSignal(field.changed) as changed:
        qtbot.keyClick(field.editor, Qt.Key.Key_Up)
    assert changed.args == ["stride", (3, 4)]
    with qtbot.waitSignal(field.changed) as changed:
        field.editor.selectAll()
        qtbot.keyClick(field.editor, Qt.Key.Key_Delete)
    assert changed.args == ["stride", None]
    assert field.editor.placeholderText() == "as the kernel"


def test_switches_and_choices_hand_over_their_values(qtbot):
    flag = option_field(Option("bias", "flag", True, ""))
    choice = option_field(Option("mode", "choice", "zeros", "", words=("zeros", "reflect")))
    for field, value in ((flag, True), (choice, "zeros")):
        qtbot.addWidget(field)
        with qtbot.assertNotEmitted(field.changed):
            field.show_value(value)
    with qtbot.waitSignal(flag.changed) as changed:
        flag.editor.click()
    assert changed.args == ["bias", False]
    with qtbot.waitSignal(choice.changed) as changed:
        choice.editor.activated.emit(1)
    assert changed.args == ["mode", "reflect"]


# -------------------------------------------------------------------------------------------------------------- colours


def contrast(first, second):
    """WCAG 2: the ratio of relative luminances."""

    def luminance(color):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_signs_read_on_their_chips():
    categories = [*sorted({kind.category for kind in KINDS.values()}), GROUP]
    for dark, tones in ((False, LIGHT), (True, DARK)):
        for category in categories:
            ground = laid(chip(category, dark=dark, ratio=1.0).pixelColor(10, 1), QColor(tones.base))
            assert contrast(category_color(category, dark=dark), ground) >= 4.5, (category, dark)


def laid(over, under):
    """A translucent colour on an opaque one."""
    share = over.alphaF()
    parts = zip(over.getRgbF()[:3], under.getRgbF()[:3], strict=True)
    return QColor.fromRgbF(*(share * one + (1 - share) * other for one, other in parts))


def test_chips_follow_the_palette(palette):
    def first_chip():
        return palette.list.topLevelItem(0).child(0).icon(0).pixmap(20, 20).toImage()

    palette.setPalette(palette_of(LIGHT))
    light = first_chip()
    palette.setPalette(palette_of(DARK))
    assert first_chip() != light


# -------------------------------------------------------------------------------------------------------------- totals


def test_totals_and_problems_in_words(qtbot):
    footer = BuilderFooter()
    qtbot.addWidget(footer)
    footer.show_report(check(CLASSICS["alexnet-2012"].spec()), rows=20)
    assert footer.totals_label.text().startswith("62,378,344 parameters · 1.14 G mult-adds")
    assert "62,378,344 parameters" in footer.totals_label.toolTip()
    assert footer.problem_button.isHidden()
    broken = check(CLASSICS["alexnet-2012"].spec(), (20, 20))
    footer.show_report(broken, rows=20)
    assert footer.problem_button.text() == f"⚠ {len(broken.problems)} problems"
    assert not footer.train_button.isEnabled()
    palette = footer.problem_button.palette()
    assert palette.color(QPalette.ColorRole.ButtonText) == footer.palette().color(QPalette.ColorRole.BrightText)


def test_the_timing_makes_every_edit_on_as_many_rows_as_asked():
    assert len(long_network(200).rows) == 200
    assert check(long_network(200)).possible
    times = edit_times(rows=12, edits=2)
    assert len(times) == 5
    assert all(0 < time.median_ms <= time.worst_ms for time in times)
