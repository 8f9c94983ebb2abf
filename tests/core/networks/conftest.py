"""Random networks for the tests of specs."""

import pytest
from hypothesis import strategies as st

from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec

SMALL = 6  # kernels, filters and the like: large ones teach nothing new and take longer


def values(option):
    """What one option may be, small numbers first."""
    low, high = int(option.low), int(min(option.high, option.low + SMALL))
    numbers = {
        "int": st.integers(low, high),
        "float": st.floats(max(option.low, 1e-3), min(option.high, 1.0)),
        "flag": st.booleans(),
        "pair": st.one_of(st.integers(low, high), st.tuples(st.integers(low, high), st.integers(low, high))),
        "choice": st.nothing(),
    }[option.type]
    words = st.sampled_from(option.words) if option.words else st.nothing()
    return st.one_of(numbers, words, st.none() if option.empty_means else st.nothing())


def rows_of(kind):
    """Rows of one kind; each option has its default now and then."""
    options = st.fixed_dictionaries({}, optional={option.name: values(option) for option in kind.options})
    return options.map(lambda chosen: kind.row("", **chosen))


@st.composite
def networks(draw, *, depth=1, most=8):
    """Networks whose rows all are possible: those that are not are left out."""
    channels, height, width = draw(st.tuples(st.integers(1, 4), st.integers(1, 20), st.integers(1, 20)))
    spec = NetworkSpec("Random network", (channels, height, width), named(draw(row_lists(depth, most))))
    return without_problems(spec)


def row_lists(depth, most):
    layers = st.sampled_from(list(KINDS.values())).flatmap(rows_of)
    if not depth:
        return st.lists(layers, max_size=most)
    groups = st.builds(
        lambda rows, repeat: GroupRow("", named(rows), repeat), row_lists(depth - 1, 3), st.integers(1, 3)
    )
    return st.lists(st.one_of(layers, layers, layers, groups), max_size=most)


def without_problems(spec):
    """Left out one by one, as each changes what is possible below."""
    rows = ()
    for row in spec.rows:
        tried = NetworkSpec(spec.title, spec.input_shape, (*rows, row))
        rows = tried.rows if check(tried).possible else rows
    return NetworkSpec(spec.title, spec.input_shape, rows)


@pytest.fixture(scope="session")
def random_networks():
    """A strategy of possible networks, groups and blocks among their rows."""
    return networks()


@pytest.fixture(scope="session")
def random_rows():
    """A strategy of lists of rows, possible or not."""
    return row_lists(2, 5)


@pytest.fixture(scope="session")
def rows_of_kind():
    """Strategies of rows of one kind."""
    return rows_of
