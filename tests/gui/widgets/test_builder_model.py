"""The builder's rows for Qt's views: right at every edit, and only what changed is touched."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec import edit
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec
from cnnviz.gui.widgets.builder_model import COLUMNS, NAME, OPTIONS, OUTPUT, SAME_HEIGHT, BuilderModel

LENET = CLASSICS["lenet5"].spec()


def show(model, spec):
    model.show_rows(spec.rows, check(spec).rows)


def shown(model, index=None):
    """Names and outputs as a view reads them, groups nested."""
    index = index or QModelIndex()
    rows = [model.index(place, NAME, index) for place in range(model.rowCount(index))]
    return [(row.data(), row.siblingAtColumn(OUTPUT).data(), shown(model, row)) for row in rows]


def expected(reports):
    text = "×".join
    return [
        (one.name, text(map(str, one.shape)) if one.shape else "–", expected(one.inner)) for one in reports
    ]  # fmt: skip


@pytest.fixture
def model():
    made = BuilderModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    show(made, LENET)
    made.touched = []
    made.dataChanged.connect(
        lambda first, last, roles: made.touched.append((first.row(), last.row(), list(roles) == SAME_HEIGHT))
    )
    made.rowsInserted.connect(lambda _, first, last: made.touched.append(("in", first, last)))
    made.rowsRemoved.connect(lambda _, first, last: made.touched.append(("out", first, last)))
    yield made
    tester.deleteLater()


def test_rows_and_columns(model):
    assert shown(model) == expected(check(LENET).rows)
    assert model.columnCount() == COLUMNS
    assert model.index_at((3,)).siblingAtColumn(OPTIONS).data() == "Conv  5×5"
    assert model.index_at((99,)) == QModelIndex()
    assert model.path_of(model.index_at((3,))) == (3,)


def test_an_option_touches_its_row_and_those_that_follow_from_it(model):
    show(model, edit.change_options(LENET, (7,), features=121))
    assert model.touched == [(7, 9, True)]


def test_a_new_row_is_one_insertion(model):
    show(model, edit.insert(LENET, (4,), layer("dropout")))
    assert model.touched == [("in", 4, 4)] + [touched for touched in model.touched if touched[0] == 4]


def test_rows_taken_away_are_one_removal(model):
    show(model, edit.remove(LENET, (8,), 2))
    assert model.touched[0] == ("out", 8, 9)


def test_a_problem_tells_that_heights_change(model):
    model.set_row_heights(26, 44)
    show(model, edit.insert(LENET, (6,), layer("conv", kernel=9)))
    spec = edit.change_options(edit.insert(LENET, (6,), layer("conv", kernel=9)), (6,), padding=2)
    model.touched.clear()
    show(model, spec)
    assert not all(same_height for _, _, same_height in model.touched)
    assert model.index_at((6,)).data(Qt.ItemDataRole.SizeHintRole).height() == 26


def test_only_names_and_options_are_typed_into(model):
    asked = []
    model.renamed.connect(lambda path, name: asked.append((path, name)))
    model.options_typed.connect(lambda path, line: asked.append((path, line)))
    flags = [bool(model.flags(model.index_at((0,), column)) & Qt.ItemFlag.ItemIsEditable) for column in range(COLUMNS)]
    assert flags == [True, True] + [False] * 5
    model.setData(model.index_at((1,), NAME), "squash")
    model.setData(model.index_at((0,), OPTIONS), "filters=9")
    assert asked == [((1,), "squash"), ((0,), "filters=9")]
    assert model.index_at((1,)).data() == "tanh1"


def test_a_group_tells_its_repetitions_and_its_rows_hang_below_it(model):
    spec = edit.group(LENET, (0,), 3, 1, "features")
    show(model, spec)
    assert shown(model) == expected(check(spec).rows)
    assert model.index_at((0,), OPTIONS).data() == "× 1"
    assert [node.row.name for node in model.nodes()][:5] == ["features", "conv1", "tanh1", "pool1", "conv2"]


KINDS = st.sampled_from(["conv", "relu", "max_pool", "flatten", "linear"])
ROWS = st.recursive(
    st.builds(layer, KINDS),
    lambda inner: st.builds(
        lambda rows, repeat: GroupRow("", tuple(rows), repeat), st.lists(inner, max_size=3), st.integers(1, 3)
    ),
    max_leaves=8,
)
SPECS = st.lists(ROWS, max_size=6).map(lambda rows: NetworkSpec("Any", (1, 12, 12), named(tuple(rows))))


@settings(max_examples=25, deadline=None)
@given(st.lists(SPECS, min_size=2, max_size=4))
def test_any_network_may_follow_any_other(specs):
    model = BuilderModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for spec in specs:
        show(model, spec)
        assert shown(model) == expected(check(spec).rows)
    tester.deleteLater()
