"""The builder dock: rows edited by mouse and keys, checked at every keystroke, opened, saved, run."""

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec import edit
from cnnviz.core.networks.spec.export import export_source
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec
from cnnviz.core.networks.spec.write import spec_text, write_spec
from cnnviz.gui.docks.builder import BuilderDock
from cnnviz.gui.widgets.builder_model import FIELD, MACS, MEMORY, NAME, OPTIONS, OUTPUT, PARAMETERS
from cnnviz.gui.widgets.builder_palette import KIND_MIME
from cnnviz.gui.widgets.builder_tree import ROWS_MIME, chosen_rows_data

Control = Qt.KeyboardModifier.ControlModifier
Shift = Qt.KeyboardModifier.ShiftModifier
Alt = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def dock(qtbot):
    made = BuilderDock()
    qtbot.addWidget(made)
    made.resize(900, 800)
    made.show_spec(CLASSICS["lenet5"].spec(), saved=True)
    made.show()
    made.tree.setFocus()
    return made


def row_names(dock):
    return [row.name for row in dock.spec.rows]


def cells(dock, *path):
    return [dock.tree.rows.index_at(path, column).data() for column in (OUTPUT, PARAMETERS, MACS, FIELD, MEMORY)]


def choose(dock, *paths):
    """As a user does: the first by a click, the others with Ctrl."""
    dock.tree.choose(paths)
    dock._choose(tuple(paths))


def field(dock, name):
    return dock.inspector.options.fields[name].editor


def type_into(qtbot, line, text):
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)


# ------------------------------------------------------------------------------------------------------------- showing


def test_rows_show_what_lecun_1998_has(dock):
    assert [cells(dock, place)[0] for place in (0, 2, 3, 5, 6, 7)] == [
        "6×28×28", "6×14×14", "16×10×10", "16×5×5", "400", "120",
    ]  # fmt: skip
    assert cells(dock, 3) == ["16×10×10", "2,416", "240 k", "14×14", "6.40 kB"]
    assert dock.footer.totals_label.text().startswith("61,706 parameters · 417 k mult-adds")


def test_the_chosen_row_shows_its_formulas(dock):
    choose(dock, (3,))
    words = dock.inspector.arithmetic.toPlainText()
    assert "⌊(14 − 5 + 2·0)/1⌋ + 1 = 10" in words
    assert "5·5·6·16 + 16 = 2,416" in words
    assert "14×14 pixels of the picture, 2×2 apart" in words


def test_an_impossible_row_is_marked_where_it_is_and_the_rest_goes_on(dock, qtbot):
    choose(dock, (5,))
    dock.editor.insert((layer("max_pool"), layer("conv", filters=32, kernel=5)))
    assert cells(dock, 7)[0] == "–"
    marked = dock.tree.rows.index_at((7,))
    assert marked.data(Qt.ItemDataRole.ToolTipRole) == "5×5 kernel on a 2×2 input: add padding 2 or remove a pool."
    assert dock.tree.visualRect(marked).height() > dock.tree.visualRect(dock.tree.rows.index_at((0,))).height()
    assert cells(dock, 8)[0] == "64"
    assert not dock.footer.run_button.isEnabled()
    choose(dock, (0,))
    qtbot.mouseClick(dock.footer.problem_button, Qt.MouseButton.LeftButton)
    assert dock.tree.chosen() == ((7,),)
    type_into(qtbot, field(dock, "padding"), "2")
    assert cells(dock, 7)[0] == "32×2×2"
    assert dock.footer.run_button.isEnabled()


def test_it_starts_with_the_network_that_runs_first(qtbot):
    made = BuilderDock()
    qtbot.addWidget(made)
    assert made.spec == CLASSICS["convnet-mnist"].spec()
    assert made.is_saved
    assert not made.actions_["undo"].isEnabled()


def test_setters_emit_nothing(dock, qtbot):
    with (
        qtbot.assertNotEmitted(dock.run_requested),
        qtbot.assertNotEmitted(dock.train_requested),
        qtbot.assertNotEmitted(dock.loaded_spec_wanted),
    ):
        dock.show_spec(CLASSICS["alexnet-2012"].spec())
        dock.show_message("No.")
    assert dock.spec.title == "AlexNet (2012)"


# ------------------------------------------------------------------------------------------------------------- editing


def test_every_keystroke_in_a_field_reaches_every_row(dock, qtbot):
    choose(dock, (0,))
    line = field(dock, "filters")
    type_into(qtbot, line, "1")
    assert cells(dock, 0)[0] == "1×28×28"
    qtbot.keyClicks(line, "2")
    assert cells(dock, 0)[0] == "12×28×28"
    assert cells(dock, 3)[1] == f"{5 * 5 * 12 * 16 + 16:,}"
    qtbot.keyClick(line, Qt.Key.Key_Z, Control)
    assert cells(dock, 0)[0] == "6×28×28"
    assert line.text() == "6"


def test_what_cannot_be_stays_in_its_field_with_a_reason(dock, qtbot):
    choose(dock, (0,))
    line = field(dock, "kernel")
    type_into(qtbot, line, "0")
    assert "kernel is 0" in dock.message_label.text()
    assert dock.spec.rows[0].options["kernel"] == (5, 5)
    dock.tree.setFocus()
    assert line.text() == "5"
    assert not dock.message_label.isVisible()


def test_enter_changes_options_and_escape_comes_back(dock, qtbot):
    choose(dock, (0,))
    qtbot.keyClick(dock.tree, Qt.Key.Key_Return)
    assert field(dock, "filters").hasFocus()
    qtbot.keyClick(field(dock, "filters"), Qt.Key.Key_Up)
    assert cells(dock, 0)[0] == "7×28×28"
    qtbot.keyClick(field(dock, "filters"), Qt.Key.Key_Escape)
    assert dock.tree.hasFocus()


def test_a_row_is_renamed_where_it_stands(dock, qtbot):
    choose(dock, (1,))
    qtbot.keyClick(dock.tree, Qt.Key.Key_F2)
    editor = QApplication.focusWidget()
    editor.selectAll()
    qtbot.keyClicks(editor, "squash")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(dock.tree.hasFocus)
    assert row_names(dock)[1] == "squash"


def test_options_are_typed_where_they_stand_and_tried_at_every_keystroke(dock, qtbot):
    choose(dock, (0,))
    qtbot.keyClick(dock.tree, Qt.Key.Key_F2, Shift)
    editor = QApplication.focusWidget()
    assert editor.text().startswith("filters=6 kernel=5 stride=1")
    editor.setText("")
    qtbot.keyClicks(editor, "filters=8 pad")
    assert cells(dock, 0)[0] == "8×28×28"
    assert "'pad' is no option" in dock.message_label.text()
    qtbot.keyClicks(editor, "ding=2")
    assert editor.text() == "filters=8 padding=2"
    assert cells(dock, 0)[0] == "8×32×32"
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(dock.tree.hasFocus)
    assert dock.spec.rows[0].options["padding"] == (2, 2)


def test_what_if_the_input_had_another_size(dock, qtbot):
    line = dock.header.input_box.lineEdit()
    type_into(qtbot, line, "28x28x1")
    assert [cells(dock, place)[0] for place in (0, 6)] == ["6×24×24", "256"]
    type_into(qtbot, line, "nothing")
    assert "height × width × channels" in dock.message_label.text()
    assert dock.spec.input_shape == (1, 28, 28)
    dock.actions_["undo"].trigger()
    assert line.text() == "32×32×1"


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, ["conv1", "pool1"]),
        (Qt.Key.Key_D, Control, ["conv1", "tanh1", "tanh5", "pool1"]),
        (Qt.Key.Key_Up, Alt, ["tanh1", "conv1", "pool1"]),
        (Qt.Key.Key_Down, Alt, ["conv1", "pool1", "tanh1"]),
        (Qt.Key.Key_G, Control, ["conv1", "stage1", "pool1"]),
    ],
)
def test_keys_edit_the_chosen_row(dock, qtbot, key, modifier, expected):
    choose(dock, (1,))
    qtbot.keyClick(dock.tree, key, modifier)
    assert row_names(dock)[: len(expected)] == expected
    assert not dock.is_saved
    assert dock.header.saved_label.isVisible()
    qtbot.keyClick(dock.tree, Qt.Key.Key_Z, Control)
    assert dock.spec == CLASSICS["lenet5"].spec()
    assert dock.is_saved
    qtbot.keyClick(dock.tree, Qt.Key.Key_Z, Control | Shift)
    assert row_names(dock)[: len(expected)] == expected


def test_rows_are_grouped_repeated_and_ungrouped(dock, qtbot):
    dock.show_spec(NetworkSpec("Net", (8, 16, 16), named((layer("conv", filters=8, padding=1), layer("relu")))))
    choose(dock, (0,), (1,))
    qtbot.keyClick(dock.tree, Qt.Key.Key_G, Control)
    assert dock.spec.rows[0].repeat == 2
    assert dock.tree.isExpanded(dock.tree.rows.index_at((0,)))
    type_into(qtbot, field(dock, "repeat"), "3")
    assert cells(dock, 0)[1] == f"{3 * (9 * 8 * 8 + 8):,}"
    qtbot.keyClick(field(dock, "repeat"), Qt.Key.Key_Escape)
    qtbot.keyClick(dock.tree, Qt.Key.Key_G, Control | Shift)
    assert row_names(dock) == ["conv1", "relu1", "conv2", "relu2", "conv3", "relu3"]
    assert len(dock.tree.chosen()) == 6


def test_rows_are_copied_and_pasted_even_from_another_builder(dock, qtbot):
    choose(dock, (0,), (2,))
    qtbot.keyClick(dock.tree, Qt.Key.Key_C, Control)
    other = BuilderDock()
    qtbot.addWidget(other)
    other.show_spec(NetworkSpec("Other", (1, 32, 32)))
    other.actions_["paste"].trigger()
    assert row_names(other) == ["conv1", "pool1"]
    assert other.spec.rows[0].options == dock.spec.rows[0].options
    qtbot.keyClick(dock.tree, Qt.Key.Key_X, Control)
    assert row_names(dock)[0] == "tanh1"


def test_what_is_no_row_cannot_be_pasted(dock, qtbot):
    QGuiApplication.clipboard().setText("just words")
    qtbot.keyClick(dock.tree, Qt.Key.Key_V, Control)
    assert dock.message_label.text().startswith("The clipboard holds no rows")
    assert dock.spec == CLASSICS["lenet5"].spec()


def test_several_rows_of_a_kind_are_changed_together(dock, qtbot):
    choose(dock, (0,), (3,))
    type_into(qtbot, field(dock, "stride"), "2")
    assert [dock.spec.rows[place].options["stride"] for place in (0, 3)] == [(2, 2), (2, 2)]
    choose(dock, (0,), (1,))
    assert dock.inspector.options.fields == {}


# ------------------------------------------------------------------------------------------------------------- palette


def test_a_layer_is_found_by_typing_and_added_with_enter(dock, qtbot):
    choose(dock, (0,))
    qtbot.keyClick(dock.tree, Qt.Key.Key_Slash)
    search = dock.palette_.search_field
    assert search.hasFocus()
    qtbot.keyClicks(search, "batch")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert row_names(dock)[:2] == ["conv1", "norm1"]
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert dock.tree.hasFocus()


def drag_events(widget, data, point, *kinds):
    """As Qt delivers them."""
    actions = Qt.DropAction.MoveAction | Qt.DropAction.CopyAction
    for kind in kinds:
        place = QPointF(point) if kind is QDropEvent else point
        event = kind(place, actions, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)


def drag(widget, data, point):
    drag_events(widget, data, point, QDragEnterEvent, QDragMoveEvent, QDropEvent)


def kind_data(kind):
    data = QMimeData()
    data.setData(KIND_MIME, kind.encode())
    return data


def edge(dock, path, share):
    box = dock.tree.visualRect(dock.tree.rows.index_at(path))
    return QPoint(box.left() + 40, box.top() + int(share * box.height()))


def test_a_layer_is_dragged_from_the_palette_to_its_place(dock):
    drag(dock.tree.viewport(), kind_data("dropout"), edge(dock, (2,), 0.2))
    assert row_names(dock)[:4] == ["conv1", "tanh1", "dropout1", "pool1"]
    drag(dock.tree.viewport(), kind_data("dropout"), edge(dock, (2,), 0.9))
    assert row_names(dock)[:4] == ["conv1", "tanh1", "dropout1", "dropout2"]


def test_rows_are_dragged_to_another_place_and_into_a_group(dock):
    group = GroupRow("stage", (layer("conv", "inner", padding=1),), 2)
    dock.show_spec(edit.insert(CLASSICS["lenet5"].spec(), (2,), group))
    choose(dock, (1,))
    drag(dock.tree.viewport(), chosen_rows_data(), edge(dock, (2,), 0.9))
    assert [row.name for row in dock.spec.rows[1].rows] == ["tanh1", "inner"]
    assert dock.tree.chosen() == ((1, 0),)
    choose(dock, (1, 1))
    drag(dock.tree.viewport(), chosen_rows_data(), edge(dock, (0,), 0.1))
    assert row_names(dock)[:2] == ["inner", "conv1"]


def test_an_unknown_kind_that_is_dropped_is_refused(dock):
    drag(dock.tree.viewport(), kind_data("no such kind"), edge(dock, (0,), 0.2))
    assert dock.spec == CLASSICS["lenet5"].spec()
    assert "no kind of layer" in dock.message_label.text()


def test_foreign_drags_are_left_alone(dock):
    data = QMimeData()
    data.setText("words")
    event = QDragEnterEvent(QPoint(50, 50), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                            Qt.KeyboardModifier.NoModifier)  # fmt: skip
    QApplication.sendEvent(dock.tree.viewport(), event)
    assert not event.isAccepted()
    assert not data.hasFormat(ROWS_MIME)


def test_the_line_where_rows_would_land_is_drawn_and_goes_again(dock):
    before = dock.tree.grab().toImage()
    data = kind_data("relu")
    drag_events(dock.tree.viewport(), data, edge(dock, (2,), 0.1), QDragEnterEvent, QDragMoveEvent)
    assert dock.tree.grab().toImage() != before
    QApplication.sendEvent(dock.tree.viewport(), QDragLeaveEvent())
    assert dock.tree.grab().toImage() == before


# --------------------------------------------------------------------------------------------------------------- files


def test_save_and_open_give_back_the_same_network(dock, qtbot, tmp_path):
    choose(dock, (0,))
    dock.editor.insert_kind("dropout")
    file = tmp_path / "net.json"
    dialog = dock.save_as()
    dialog.selectFile(str(file))
    dialog.accept()
    assert read_spec(file) == dock.spec
    assert dock.is_saved
    assert not dock.header.saved_label.isVisible()
    saved = dock.spec
    dock.editor.delete()
    qtbot.keyClick(dock.tree, Qt.Key.Key_S, Control)
    assert read_spec(file) == dock.spec != saved


def test_a_spec_that_is_dropped_is_opened(dock, tmp_path):
    file = tmp_path / "alexnet.json"
    write_spec(CLASSICS["alexnet-2012"].spec(), file)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    drag(dock, data, QPoint(20, 60))
    assert dock.spec == CLASSICS["alexnet-2012"].spec()
    assert dock.is_saved
    dock.actions_["undo"].trigger()
    assert dock.spec == CLASSICS["lenet5"].spec()


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '{"format": "other"}'])
def test_a_file_that_is_no_spec_is_a_sentence(dock, tmp_path, text):
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    dock.open_spec(str(file))
    assert dock.message_label.isVisible()
    assert dock.spec == CLASSICS["lenet5"].spec()


def test_a_folder_that_cannot_be_written_is_a_sentence(dock, tmp_path):
    dock.save_to(tmp_path / "nowhere" / "net.json")
    assert "cannot be written" in dock.message_label.text()
    assert dock.is_saved


def test_open_asks_without_blocking(dock, tmp_path):
    file = tmp_path / "net.json"
    file.write_text(spec_text(CLASSICS["simplecnn"].spec()), encoding="utf-8")
    dialog = dock.ask_what_to_open()
    dialog.selectFile(str(file))
    dialog.accept()
    assert dock.spec == CLASSICS["simplecnn"].spec()


# ------------------------------------------------------------------------------------------------------ what it is for


def test_every_classic_is_in_the_menu_and_works(dock):
    actions = [action for action in dock.tools.new_button.menu().actions() if action.text() and not action.menu()]
    assert len(actions) == 2 + len(CLASSICS)
    for action in actions[2:]:
        action.trigger()
        assert dock.editor.report.possible
        assert dock.is_saved


def test_known_families_are_a_menu_beside_and_work(dock):
    families = next(action.menu() for action in dock.tools.new_button.menu().actions() if action.menu())
    families.aboutToShow.emit()
    families.aboutToShow.emit()  # opened twice it lists each once
    assert len(families.actions()) == len(PRESETS)
    for action in families.actions():
        action.trigger()
        assert dock.spec.title == action.text()
        assert dock.editor.report.possible


def test_the_loaded_network_is_asked_for(dock, qtbot):
    with qtbot.waitSignal(dock.loaded_spec_wanted):
        dock.tools.new_button.menu().actions()[1].trigger()


def test_run_and_train_hand_over_the_network(dock, qtbot):
    dock.footer.seed_box.setValue(7)
    with qtbot.waitSignal(dock.run_requested) as asked:
        qtbot.keyClick(dock.tree, Qt.Key.Key_Return, Control)
    assert asked.args == [dock.spec, 7]
    with qtbot.waitSignal(dock.train_requested) as asked:
        qtbot.mouseClick(dock.footer.train_button, Qt.MouseButton.LeftButton)
    assert asked.args == [CLASSICS["lenet5"].spec()]


def test_an_empty_network_neither_runs_nor_breaks(dock, qtbot):
    dock.show_spec(NetworkSpec("Nothing", (1, 8, 8)))
    assert not dock.footer.run_button.isEnabled()
    with qtbot.assertNotEmitted(dock.run_requested):
        qtbot.keyClick(dock.tree, Qt.Key.Key_Return, Control)
    for name in ("delete", "copy", "duplicate", "group", "rename", "options"):
        assert not dock.actions_[name].isEnabled()


def test_the_source_follows_the_edits(dock, tmp_path):
    window = dock.show_source()
    assert window.text.toPlainText() == export_source(dock.spec)
    choose(dock, (0,))
    dock.editor.change_options(((0,),), {"filters": 9})
    assert window.text.toPlainText() == export_source(dock.spec)
    window.copy()
    assert QGuiApplication.clipboard().text() == export_source(dock.spec)
    window.save(tmp_path / "net.py")
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == export_source(dock.spec)
    window.close()


# --------------------------------------------------------------------------------------------------------------- sizes


def test_a_narrow_dock_keeps_names_outputs_and_parameters(dock, qtbot):
    dock.resize(420, 800)
    tree = dock.tree
    assert not any(tree.isColumnHidden(column) for column in (NAME, OUTPUT, PARAMETERS))
    assert tree.isColumnHidden(OPTIONS)
    assert sum(tree.columnWidth(column) for column in range(7)) <= tree.viewport().width()
    assert not dock.palette_.isVisible()
    qtbot.keyClick(tree, Qt.Key.Key_Slash)
    assert dock.palette_.isVisible()
    assert not dock.inspector.isVisible()
    qtbot.keyClick(dock.palette_.search_field, Qt.Key.Key_Escape)
    assert dock.inspector.isVisible()


def test_a_wide_dock_shows_every_column(dock):
    assert not any(dock.tree.isColumnHidden(column) for column in range(7))


def test_a_larger_text_size_reaches_the_rows(dock):
    before = dock.tree.visualRect(dock.tree.rows.index_at((0,))).height()
    font = dock.font()
    font.setPointSizeF(font.pointSizeF() * 2)
    dock.setFont(font)
    assert dock.tree.visualRect(dock.tree.rows.index_at((0,))).height() > before
