"""The graph dock: folding by mouse and keys, selection both ways, search, thumbnails, files, and speed."""

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent

from cnnviz.core.networks.values import LayerInfo, NetworkChoice, NetworkOffer, Preprocessing
from cnnviz.gui.docks.graph import GraphDock
from cnnviz.gui.widgets.graph_view import MOST_THUMBNAILS

FOLDABLE = """
stem Conv2d 16x8x8 < input
stage Stage 16x8x8
stage.0 Block 16x8x8
stage.0.conv1 Conv2d 16x8x8 < stem
stage.0.bn1 BatchNorm2d 16x8x8 < stage.0.conv1
stage.0.conv2 Conv2d 16x8x8 < stage.0.bn1
stage.0.add() add 16x8x8 < stage.0.conv2 stem
stage.1 Block 16x8x8
stage.1.conv1 Conv2d 16x8x8 < stage.0.add()
stage.1.add() add 16x8x8 < stage.1.conv1 stage.0.add()
fc Linear 10 < stage.1.add()
"""


def parsed(text):
    layers, blocks = [], []
    for order, line in enumerate(text.strip().splitlines()):
        head, _, inputs = line.partition("<")
        name, kind, shape = head.split()
        sizes = tuple(map(int, shape.split("x")))
        parent = next((block for block in reversed(blocks) if name.startswith(block + ".")), "network")
        layers.append(
            LayerInfo(name, name.partition("#")[0], kind, order, name.count("."), leaf=bool(inputs), shape=sizes,
                      parameters=12_345, trainable=0, map_axes="chw" if len(sizes) == 3 else "vector", macs=77,
                      function=name.endswith("()"), parent=parent, inputs=tuple(inputs.split()))
        )  # fmt: skip
        blocks += [] if inputs else [name]
    return tuple(layers)


def dense(layers):
    lines, sources = ["stem Conv2d 8x8x8 < input", "dense Dense 8x8x8"], ["stem"]
    for number in range(layers):
        name = f"dense.{number}"
        lines.append(f"{name} Layer 4x8x8")
        lines.append(f"{name}.cat() cat 8x8x8 < {' '.join(sources)}")
        for place, kind in enumerate(("BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "ReLU", "Conv2d")):
            lines.append(f"{name}.{place} {kind} 4x8x8 < {name}.{place - 1 if place else 'cat()'}")
        sources.append(f"{name}.5")
    return parsed("\n".join([*lines, f"dense.cat() cat 8x8x8 < {' '.join(sources)}"]))


def offer(layers, name="net"):
    return NetworkOffer(NetworkChoice(name), name, "", "cpu", half=False, input_shape=(3, 8, 8),
                        preprocessing=Preprocessing(), class_names=(), layers=tuple(layers), parameters=0,
                        trainable=0)  # fmt: skip


@pytest.fixture
def dock(qtbot):
    made = GraphDock()
    qtbot.addWidget(made)
    made.resize(420, 700)
    made.show_network(offer(parsed(FOLDABLE)))
    made.show()
    qtbot.waitExposed(made)
    return made


def point(dock, layer, *, switch=False):
    """Where a layer's row lies in the view, or the sign that opens or folds it."""
    scene, placement = dock.view.scene, dock.view.placement
    box = scene.box_of(layer)
    frame = next((frame for frame in scene.graph.frames if frame.block.name == layer), None)
    line = box if frame is None else scene.header(frame)
    x, y = scene.switch(line).centre if switch else (line.right - 4, line.centre[1])
    y, x = placement.to_view(y, x)
    return QPoint(round(x), round(y))


def shown(dock):
    return [placed.node.name for placed in dock.view.scene.graph.nodes]


def fold_all(dock):
    dock.view.fold_all()
    return dock


# ---------------------------------------------------------------------------------------------------------- selection


def test_a_click_chooses_a_layer_and_only_then_the_others_hear_of_it(dock, qtbot):
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.mouseClick(dock.view, Qt.MouseButton.LeftButton, pos=point(dock, "stage.0.bn1"))
    assert chosen.args == ["stage.0.bn1"]
    assert dock.view.marked == "stage.0.bn1"


def test_setters_emit_nothing(dock, qtbot):
    with qtbot.assertNotEmitted(dock.layer_selected), qtbot.assertNotEmitted(dock.thumbnails_wanted_changed):
        dock.show_layer("stage.0.conv2")
        dock.show_layer("no such layer")
        dock.show_network(offer(parsed(FOLDABLE)))
        dock.show_thumbnails({"stem": np.zeros((4, 4), np.uint8)})
    assert dock.view.marked == ""


def test_showing_a_hidden_layer_opens_all_around_it_and_brings_it_into_view(dock):
    fold_all(dock).show_layer("stage.1.conv1")
    assert dock.view.opened == {"stage", "stage.1"}
    box, placement = dock.view.scene.box_of("stage.1.conv1"), dock.view.placement
    assert dock.view.marked == "stage.1.conv1"
    assert 0 <= placement.to_view(box.top, box.left)[0] < dock.view.height()


def test_showing_a_far_layer_glides_there(dock, qtbot):
    dock.resize(420, 260)
    dock.show_layer("fc")

    def in_view():
        box, placement = dock.view.scene.box_of("fc"), dock.view.placement
        top, bottom = (placement.to_view(y, box.left)[0] for y in (box.top, box.bottom))
        assert top >= 0
        assert bottom <= dock.view.height()

    qtbot.waitUntil(lambda: in_view() is None)


def test_another_layer_marked_is_another_picture(dock):
    dock.show_layer("stem")
    first = dock.view.grab().toImage()
    dock.show_layer("stage.0.conv1")
    assert dock.view.grab().toImage() != first


# ------------------------------------------------------------------------------------------------------------ folding


def test_the_sign_folds_and_unfolds_and_stays_under_the_mouse(dock, qtbot):
    place = point(dock, "stage.0", switch=True)
    qtbot.mouseClick(dock.view, Qt.MouseButton.LeftButton, pos=place)
    assert "stage.0" in shown(dock)
    assert (point(dock, "stage.0", switch=True) - place).manhattanLength() <= 6
    qtbot.mouseClick(dock.view, Qt.MouseButton.LeftButton, pos=point(dock, "stage.0", switch=True))
    assert "stage.0" not in shown(dock)


def test_a_double_click_opens_a_block_and_folds_a_frame(dock, qtbot):
    fold_all(dock)
    qtbot.mouseDClick(dock.view, Qt.MouseButton.LeftButton, pos=point(dock, "stage"))
    assert dock.view.opened == {"stage"}
    qtbot.mouseDClick(dock.view, Qt.MouseButton.LeftButton, pos=point(dock, "stage"))
    assert dock.view.opened == set()


def test_enter_opens_a_block_and_folds_the_block_around_a_layer(dock, qtbot):
    fold_all(dock).show_layer("stage")
    qtbot.keyClick(dock.view, Qt.Key.Key_Return)
    assert dock.view.opened == {"stage"}
    dock.show_layer("stage.0.conv1")
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.keyClick(dock.view, Qt.Key.Key_Return)
    assert chosen.args == ["stage.0"]
    assert dock.view.opened == {"stage"}


def test_the_buttons_unfold_all_and_fold_as_at_first(dock, qtbot):
    fold_all(dock)
    qtbot.mouseClick(dock.unfold_button, Qt.MouseButton.LeftButton)
    assert dock.view.opened == {"stage", "stage.0", "stage.1"}
    dock.show_network(offer(dense(30), "other"))
    qtbot.mouseClick(dock.unfold_button, Qt.MouseButton.LeftButton)
    assert len(dock.view.opened) == 31
    qtbot.mouseClick(dock.fold_button, Qt.MouseButton.LeftButton)
    assert dock.view.opened == {"dense"}


def test_the_same_network_again_keeps_what_is_open(dock):
    fold_all(dock)
    dock.show_network(offer(parsed(FOLDABLE)))
    assert dock.view.opened == set()
    dock.show_network(offer(parsed(FOLDABLE)[:1]))
    assert shown(dock) == ["<input>", "stem", "<output>"]


def test_what_cannot_be_drawn_unfolded_stays_folded(dock, qtbot):
    lines = ["all Block 1x1x1", *(f"all.{n} Conv2d 1x1x1 < {f'all.{n - 1}' if n else 'input'}" for n in range(3001))]
    dock.show_network(offer(parsed("\n".join(lines)), "huge"))
    with qtbot.waitSignal(dock.problem_met) as told:
        qtbot.mouseClick(dock.unfold_button, Qt.MouseButton.LeftButton)
    assert "at most 3,000 can be drawn" in told.args[0]
    assert shown(dock) == ["<input>", "all", "<output>"]


def test_a_network_that_cannot_be_drawn_at_all_says_so_in_its_place(dock):
    before = dock.view.grab().toImage()
    lines = [f"{n} Conv2d 1x1x1 < {n - 1 if n else 'input'}" for n in range(3001)]
    dock.show_network(offer(parsed("\n".join(lines)), "huge"))
    assert dock.view.scene is None
    assert dock.view.grab().toImage() != before
    dock.show_network(offer(parsed(FOLDABLE)))
    assert dock.view.grab().toImage() == before


# --------------------------------------------------------------------------------------------------- moving and walking


def wheel(view, notches, modifiers=Qt.KeyboardModifier.NoModifier):
    middle = QPointF(view.rect().center())
    view.wheelEvent(
        QWheelEvent(middle, view.mapToGlobal(middle), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
                    modifiers, Qt.ScrollPhase.NoScrollPhase, False)
    )  # fmt: skip


def test_the_wheel_scrolls_and_with_ctrl_zooms(dock):
    dock.resize(420, 260)
    view = dock.view
    scale, top = view.placement.scale, view.placement.top
    wheel(view, -1)
    assert view.placement.scale == scale
    assert view.placement.top < top
    wheel(view, 2, Qt.KeyboardModifier.ControlModifier)
    assert view.placement.scale == pytest.approx(scale * 1.25**2)


def test_a_double_click_beside_all_begins_anew_and_f_shows_everything(dock, qtbot):
    dock.resize(420, 260)
    view = dock.view
    began = view.placement
    view.zoom(1.5)
    qtbot.keyClick(view, Qt.Key.Key_F)
    view.show_whole()
    assert view.placement.scale < began.scale
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(3, view.height() - 3))
    assert view.placement == began


def test_arrows_move_along_the_lines(dock, qtbot):
    dock.show_layer("stem")
    for wanted in ("stage.0.conv1", "stage.0.bn1", "stage.0.conv2", "stage.0.add()"):
        with qtbot.waitSignal(dock.layer_selected) as chosen:
            qtbot.keyClick(dock.view, Qt.Key.Key_Down)
        assert chosen.args == [wanted]
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.keyClick(dock.view, Qt.Key.Key_Up)
    assert chosen.args == ["stage.0.conv2"]


def test_the_network_may_flow_to_the_right(dock, qtbot):
    qtbot.mouseClick(dock.direction_button, Qt.MouseButton.LeftButton)
    boxes = [placed.box for placed in dock.view.scene.graph.nodes]
    assert boxes[0].right < boxes[1].left
    dock.show_layer("stem")
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.keyClick(dock.view, Qt.Key.Key_Right)
    assert chosen.args == ["stage.0.conv1"]


def test_a_click_in_the_minimap_goes_there(dock, qtbot):
    dock.resize(420, 260)
    minimap = dock.view.minimap
    assert minimap.isVisible()
    qtbot.mouseClick(minimap, Qt.MouseButton.LeftButton, pos=QPoint(minimap.width() // 2, minimap.height() - 2))
    bottom = dock.view.placement.to_view(dock.view.scene.graph.height, 0)[0]
    assert bottom == pytest.approx(dock.view.height(), abs=1.5)


# ------------------------------------------------------------------------------------------------------------- search


def test_typing_shows_the_first_match_and_enter_chooses_one_after_the_other(dock, qtbot):
    fold_all(dock)
    with qtbot.assertNotEmitted(dock.layer_selected):
        qtbot.keyClicks(dock.search.field, "conv")
    assert dock.search.matches == ("stem", "stage.0.conv1", "stage.0.conv2", "stage.1.conv1")
    assert dock.search.count_label.text() == "1 of 4"
    for wanted in ("stem", "stage.0.conv1", "stage.0.conv2"):
        with qtbot.waitSignal(dock.layer_selected) as chosen:
            qtbot.keyClick(dock.search.field, Qt.Key.Key_Return)
        assert chosen.args == [wanted]
    with qtbot.waitSignal(dock.layer_selected) as chosen:
        qtbot.keyClick(dock.search.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert chosen.args == ["stage.0.conv1"]
    assert "stage.0" in dock.view.opened


def test_a_search_without_an_answer_says_so(dock, qtbot):
    qtbot.keyClicks(dock.search.field, "zzz")
    assert dock.search.count_label.text() == "none"
    qtbot.keyClick(dock.search.field, Qt.Key.Key_Return)
    qtbot.keyClick(dock.search.field, Qt.Key.Key_Escape)
    assert dock.search.count_label.text() == ""


# --------------------------------------------------------------------------------------------------- words and colours


def test_the_tooltip_says_all_about_the_layer_under_the_mouse(dock):
    target = dock.view.target_at(QPointF(point(dock, "stage.0.conv1")))
    from cnnviz.gui.widgets.graph_words import tooltip

    text = tooltip(dock.view.tree.layers[target.layer])
    for words in ("stage.0.conv1", "Conv2d", "16×8×8", "12,345", "77"):
        assert words in text


def test_the_legend_names_the_families_in_the_graph(dock):
    assert dock.legend.families == ("convolution", "linear", "normalization", "join")
    fold_all(dock)
    assert dock.legend.families == ("convolution", "linear")
    assert dock.legend.heightForWidth(60) > dock.legend.heightForWidth(400)


def test_a_convolution_is_blue_and_a_normalization_yellow(dock):
    image = dock.view.grab().toImage()
    scene, placement = dock.view.scene, dock.view.placement
    colors = {}
    for layer in ("stage.0.conv1", "stage.0.bn1"):
        box = scene.box_of(layer)
        y, x = placement.to_view(box.centre[1], box.left + 2)
        colors[layer] = QColor(image.pixel(round(x), round(y))).getRgb()[:3]
    assert colors["stage.0.conv1"] == (68, 119, 170)
    assert colors["stage.0.bn1"] == (204, 187, 68)


# --------------------------------------------------------------------------------------------------------- thumbnails


def test_thumbnails_are_wanted_of_what_is_on_view_while_the_switch_is_on(dock, qtbot):
    assert dock.thumbnail_layers == ()
    with qtbot.waitSignal(dock.thumbnails_wanted_changed):
        qtbot.mouseClick(dock.maps_button, Qt.MouseButton.LeftButton)
    assert "stage.0.bn1" in dock.thumbnail_layers
    assert "stage.0.conv1" not in dock.thumbnail_layers  # a stack shows its output
    assert dock.thumbnail_side > 20
    with qtbot.waitSignal(dock.thumbnails_wanted_changed):
        qtbot.mouseClick(dock.maps_button, Qt.MouseButton.LeftButton)
    assert dock.thumbnail_layers == ()


def test_a_hidden_dock_wants_no_thumbnails_and_no_view_more_than_forty(dock, qtbot):
    dock.show_network(offer(dense(60), "other"))
    dock.view.unfold_all()
    with qtbot.waitSignal(dock.thumbnails_wanted_changed):
        dock.maps_button.setChecked(True)
    dock.view.zoom(0.5)
    qtbot.waitUntil(lambda: len(dock.thumbnail_layers) > 5)
    assert len(dock.thumbnail_layers) <= MOST_THUMBNAILS
    with qtbot.waitSignal(dock.thumbnails_wanted_changed):
        dock.hide()
    assert dock.thumbnail_layers == ()


def test_a_thumbnail_is_drawn_in_its_nodes_place(dock, qtbot):
    with qtbot.waitSignal(dock.thumbnails_wanted_changed):
        dock.maps_button.setChecked(True)
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 200
    dock.show_thumbnails({"stem": red, "stage.0.bn1": np.full((4, 4), 249, np.uint8)})
    image = dock.view.grab().toImage()
    found = {}
    for name in ("stem", "stage.0.bn1"):
        box = dock.view.scene.picture(dock.view.scene.node_of(name))
        y, x = dock.view.placement.to_view(box.centre[1], box.centre[0])
        found[name] = QColor(image.pixel(round(x), round(y))).getRgb()[:3]
    assert found["stem"] == (200, 0, 0)
    assert found["stage.0.bn1"] == (253, 231, 37)  # the last shade of viridis


# ---------------------------------------------------------------------------------------------------------------- files


def test_the_svg_holds_the_whole_graph_as_text_and_lines(dock, tmp_path):
    dock.view.save_svg(tmp_path / "graph.svg")
    root = ET.parse(tmp_path / "graph.svg").getroot()  # noqa: S314 -- just written here
    texts = {node.text.strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"conv1", "fc", "input", "16×8×8", "BatchNorm2d"} <= texts
    assert not list(root.iter("{http://www.w3.org/2000/svg}image"))


def test_the_png_holds_the_whole_graph_at_twice_its_size(dock, tmp_path):
    dock.view.save_png(tmp_path / "graph.png")
    image = QImage(str(tmp_path / "graph.png"))
    assert image.height() == pytest.approx(2 * dock.view.scene.graph.height, abs=2)
    assert len({image.pixel(x, image.height() // 2) for x in range(image.width())}) > 3


def test_a_file_that_cannot_be_written_is_told(dock, qtbot, tmp_path):
    with qtbot.waitSignal(dock.problem_met) as told:
        dock.view.save_png(tmp_path / "no folder" / "graph.png")
    assert "could not be written" in told.args[0]
