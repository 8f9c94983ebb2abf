"""Workspaces: arrangements a key apart, each remembered as it was left; docks that are made when they are wanted."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QTabBar

from cnnviz.gui.dock_catalog import ON_DEMAND
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import SavedWorkspace, Session
from cnnviz.gui.theme import LARGER_TEXT, Theme
from cnnviz.gui.workspaces import ARRANGEMENTS, BUILD, EXPLORE, TRAIN

DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


@pytest.fixture
def window(qapp, qtbot):
    made = MainWindow(Theme(qapp))
    qtbot.addWidget(made)
    made.restore(Session())
    made.show()
    return made


def shown(window):
    return {dock.objectName() for dock in window.all_docks() if dock.toggleViewAction().isChecked()}


def test_the_first_start_explores_and_makes_no_dock_it_does_not_show(window):
    assert window.workspaces.current == EXPLORE
    assert {"input", "predictions", "network", "sketch"} <= shown(window)
    assert set(window.on_demand) <= shown(window)


def test_tabs_of_many_docks_keep_their_whole_titles(window):
    for name in ("unit", "filters", "statistics", "interventions", "separation"):
        window.open_dock(name)
    QApplication.processEvents()
    bars = [bar for bar in window.findChildren(QTabBar, options=DIRECT) if bar.isVisible()]
    long = next(bar for bar in bars if bar.count() > 4)
    text = long.tabText(0)
    assert long.tabRect(0).width() > long.fontMetrics().horizontalAdvance(text)
    assert {bar.elideMode() for bar in bars} == {Qt.TextElideMode.ElideNone}


def test_every_workspace_can_be_arranged(window):
    for name in ARRANGEMENTS:
        window.workspaces.switch(name)
        assert window.workspaces.current == name
        assert len(shown(window)) >= 4
        assert "log" not in shown(window)


@pytest.fixture
def larger_window(qapp, qtbot):
    theme = Theme(qapp)
    theme.set_text_factor(LARGER_TEXT)
    made = MainWindow(theme)
    qtbot.addWidget(made)
    made.restore(Session())
    yield made
    theme.set_text_factor(1.0)


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_every_workspace_fits_1280_by_800_with_larger_text(larger_window, name):
    larger_window.workspaces.switch(name)
    larger_window.show()
    QApplication.processEvents()
    least = larger_window.minimumSizeHint()
    assert least.width() <= 1280
    assert least.height() <= 800


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_every_column_gets_its_share_of_a_larger_window(window, name):
    def widths(whole):
        window.resize(whole, 800)
        QApplication.processEvents()
        docks = (dock for dock in window.all_docks() if not dock.visibleRegion().isEmpty())
        return {dock.objectName(): dock.width() for dock in docks}

    window.workspaces.switch(name)
    widths(1200)
    narrow = widths(1300)
    assert len(narrow) >= 4
    assert widths(1950) == {dock: pytest.approx(1.5 * width, rel=0.05) for dock, width in narrow.items()}


def test_a_workspace_comes_back_as_it_was_left(window):
    window.predictions.hide()
    before = shown(window)
    window.workspaces.switch(BUILD)
    assert "builder" in shown(window)
    window.workspaces.switch(EXPLORE)
    assert shown(window) == before
    window.workspaces.arrange()
    assert "predictions" in shown(window)


def test_workspaces_come_back_with_the_session(window, qapp, qtbot):
    window.workspaces.switch(BUILD)
    window.dock("graph").hide()
    left = shown(window)
    again = MainWindow(Theme(qapp))
    qtbot.addWidget(again)
    again.restore(window.session())
    again.show()
    assert again.workspaces.current == BUILD
    assert shown(again) == left


def test_a_dock_made_on_demand_comes_back_though_the_session_is_kept_after_the_window_closed(window, qapp, qtbot):
    window.open_dock("interventions")
    window.dock("filters", hidden=True)
    window.close()
    again = MainWindow(Theme(qapp))
    qtbot.addWidget(again)
    again.restore(window.session())
    again.show()
    assert "interventions" in shown(again)
    assert "filters" not in shown(again)


def test_a_dock_that_the_last_session_closed_opens_in_front(window, qapp, qtbot):
    window.open_dock("interventions").hide()
    again = MainWindow(Theme(qapp))
    qtbot.addWidget(again)
    again.restore(window.session())
    again.show()
    QApplication.processEvents()
    assert again.open_dock("interventions").is_shown


def test_a_session_of_docks_and_workspaces_that_are_no_more_is_no_error(qapp, qtbot):
    strange = (SavedWorkspace(EXPLORE, "AAEC", ("gone",)), SavedWorkspace("nowhere", "AAEC"))
    again = MainWindow(Theme(qapp))
    qtbot.addWidget(again)
    again.restore(replace(Session(), workspace="nowhere", workspaces=strange))
    again.show()
    assert again.workspaces.current == EXPLORE
    assert "input" in shown(again)


@pytest.mark.parametrize("row", ON_DEMAND.values(), ids=lambda row: row.name)
def test_a_dock_is_made_when_it_is_first_wanted_and_bears_its_name(window, qtbot, row):
    if row.name not in window.on_demand:
        with qtbot.waitSignal(window.dock_made) as made:
            window.open_dock(row.name)
        assert made.args == [row.name, window.on_demand[row.name]]
    dock = window.open_dock(row.name)
    assert dock.windowTitle() == row.title
    assert window._switches[row.name].isChecked()
    window._switches[row.name].trigger()
    assert row.name not in shown(window)
    assert not window._switches[row.name].isChecked()
    assert window.dock(row.name) is dock


def switch_named(window, title):
    return next(action for action in window.menus.view.actions() if action.text() == title)


def test_a_switch_brings_a_dock_from_behind_a_tab_and_closes_the_one_that_is_seen(window):
    unit, filters = window.open_dock("unit"), window.open_dock("filters")
    QApplication.processEvents()
    assert (unit.is_shown, filters.is_shown) == (False, True)
    for title, dock in (("Unit", unit), ("Network", window.network)):
        switch_named(window, title).trigger()
        QApplication.processEvents()
        assert (dock.is_shown, switch_named(window, title).isChecked()) == (True, True)
    switch_named(window, "Network").trigger()
    assert window.network.isHidden()
    assert not switch_named(window, "Network").isChecked()
    assert switch_named(window, "Unit").isChecked()


def test_the_switch_of_a_maps_dock_bears_its_title_and_goes_with_it(window):
    dock = window.add_maps_dock()
    dock.setWindowTitle("Third maps")
    QApplication.processEvents()
    assert switch_named(window, "Third maps").isChecked()
    window.remove_maps_dock(dock)
    QApplication.sendPostedEvents(dock, QEvent.Type.DeferredDelete)
    assert "Third maps" not in {action.text() for action in window.menus.view.actions()}


def test_a_dock_whose_neighbour_is_closed_takes_its_place_and_adds_no_column(window):
    window.network.close()
    unit = window.open_dock("unit")
    statistics = window.open_dock("statistics")
    assert statistics in window.tabifiedDockWidgets(unit)
    window.network.show()
    assert set(window.tabifiedDockWidgets(window.network)) == {unit, statistics}


def test_docks_that_a_workspace_was_arranged_without_open_in_a_tab_and_not_across_the_window(window):
    window.open_dock("unit")
    window.workspaces.switch(TRAIN)
    network = next(switch for switch in window.menus.view.actions() if switch.text() == window.network.windowTitle())
    network.trigger()
    unit = window.open_dock("unit")
    maps = next(iter(window.maps.values()))
    assert {window.network, unit} <= {*window.tabifiedDockWidgets(maps), *window.tabifiedDockWidgets(window.network)}
    assert window.network in window.tabifiedDockWidgets(maps)


def test_a_dock_stands_with_its_like_where_its_neighbour_floats(window):
    window.network.setFloating(True)
    statistics = window.open_dock("statistics")
    unit = window.open_dock("unit")
    assert unit in window.tabifiedDockWidgets(statistics)
    assert not unit.isFloating()


def test_a_floating_dock_floats_again_at_the_next_start(window, qapp, qtbot):
    for dock in (window.open_dock("unit"), window.predictions):
        dock.setFloating(True)
    window.close()
    again = MainWindow(Theme(qapp))
    qtbot.addWidget(again)
    again.restore(window.session())
    again.show()
    for dock in (again.dock("unit"), again.predictions):
        assert (dock.isFloating(), dock.isVisible()) == (True, True)
