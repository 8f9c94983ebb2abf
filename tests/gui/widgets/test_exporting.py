"""Asking where to save never stops the event loop, and the answer is used."""

from PySide6.QtWidgets import QFileDialog, QWidget

from cnnviz.gui.widgets.bar_view import BarView
from cnnviz.gui.widgets.exporting import ask_where


def test_the_answer_reaches_the_saver_with_its_suffix(qtbot, tmp_path):
    parent, saved = QWidget(), []
    qtbot.addWidget(parent)
    dialog = ask_where(parent, "Save picture", "Pictures", "png", saved.append)
    assert isinstance(dialog, QFileDialog)
    assert dialog.isVisible()
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile("maps")
    dialog.accept()
    assert saved == [tmp_path / "maps.png"]


def test_a_plot_offers_all_its_ways_out_in_the_context_menu(qtbot):
    plot = BarView()
    qtbot.addWidget(plot)
    names = [action.text() for action in plot.actions()]
    assert names == ["Copy picture", "Save as PNG…", "Save as SVG…", "Save as CSV…", "Reset zoom"]
    plot.actions()[3].trigger()
    (dialog,) = plot.findChildren(QFileDialog)
    assert dialog.defaultSuffix() == "csv"
    dialog.reject()
