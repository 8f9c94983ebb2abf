"""Receptive fields of rows, against the program's exact arithmetic on every cell and against gradients."""

from fractions import Fraction

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.networks.build import build
from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.field import RowField, Span, joined
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.networks.spec.rows import NetworkSpec

SIDE = 61


def field_of(*rows, side=SIDE):
    return check(NetworkSpec("x", (1, side, side), named(rows))).rows[-1].receptive_field


def seen_by(*rows):
    """Along both axes, what each cell of the last map really depends on: [first, one after the last) by gradients.

    Positive weights on a positive picture: no gradient is zero by chance.
    """
    spec = NetworkSpec("x", (1, SIDE, SIDE), named(rows))
    network = build(spec).double().eval()
    for parameter in network.parameters():
        nn.init.ones_(parameter)
    picture = torch.rand(1, 1, SIDE, SIDE, dtype=torch.float64, requires_grad=True)
    output = network(picture)[0, 0]
    middle = output.shape[0] // 2
    spans = {}
    for cell in range(output.shape[0]):
        (gradient,) = torch.autograd.grad(output[cell, middle], picture, retain_graph=True)
        touched = gradient[0, 0].abs().sum(1).nonzero().flatten()
        spans[cell] = (int(touched[0]), int(touched[-1]) + 1) if len(touched) else (0, 0)
    return spans


WINDOWS = st.one_of(
    st.builds(lambda k, s, p, d: layer("conv", filters=1, kernel=k, stride=s, padding=p, dilation=d, bias=False),
              st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)),
    st.builds(lambda k, s: layer("average_pool", kernel=k, stride=s), st.integers(1, 3), st.integers(1, 3)),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(WINDOWS, min_size=1, max_size=4))
def test_windows_see_what_gradients_say(rows):
    """Cell by cell, where a field does not reach over the picture's edge; dilation leaves gaps, not at the ends."""
    report = check(NetworkSpec("x", (1, SIDE, SIDE), named(rows)))
    if not report.possible:
        return
    field = report.rows[-1].receptive_field
    for cell, (first, end) in seen_by(*rows).items():
        start = field.offset[0] + cell * field.stride[0]
        if start >= 0 and start + field.size[0] <= SIDE:
            assert (first, end) == (start, start + field.size[0])


@pytest.mark.parametrize(
    "rows",
    [
        (layer("max_pool"), layer("upsample", factor=2)),
        (layer("upsample", factor=3), layer("conv", filters=1, kernel=4, bias=False)),
        (layer("upsample", factor=2, mode="bilinear"),),
        (layer("conv", filters=1, kernel=3, stride=2), layer("upsample", factor=2, mode="bicubic")),
        (layer("transposed", filters=1, kernel=3, stride=2, bias=False),),
        (layer("average_pool"), layer("transposed", filters=1, kernel=4, stride=2, padding=1, bias=False)),
        (layer("adaptive_pool", size=7),),
        (layer("adaptive_pool", size=61),),
    ],
)
def test_behind_upsampling_the_largest_field_is_given(rows):
    """Neighbours see different amounts; away from the edges none sees more, and one sees as much."""
    rows = tuple(
        layer("average_pool", kernel=row.options.pair("kernel")) if row.kind == "max_pool" else row for row in rows
    )
    sizes = [end - first for first, end in seen_by(*rows).values() if first > 4 and end < SIDE - 4]
    assert max(sizes) == field_of(*rows).size[0]


def test_known_receptive_fields():
    """By hand, ResNet-50's: 7, the pool 11; then its 3×3 kernels add twice the step they slide by: 3·8, 8 + 3·16,
    16 + 5·32, 32 + 2·64. (483 is that of the first version, which strides before its 3×3 kernels.)
    """
    assert seen(CLASSICS["alexnet-2012"].spec(), "pool3") == ((195, 195), (32, 32))
    assert seen(PRESETS["vgg-16"](), "block5") == ((212, 212), (32, 32))
    assert seen(PRESETS["resnet-50"](), "stage4") == ((427, 427), (32, 32))


def seen(spec, name):
    field = next(row for row in check(spec).rows if row.name == name).receptive_field
    return field.size, field.stride


@pytest.mark.parametrize(
    "row",
    [
        *(layer(kind) for kind in ("global_pool", "flatten", "layer_norm", "instance_norm", "squeeze_excitation")),
        layer("group_norm", groups=1),
    ],
)
def test_what_mixes_all_cells_sees_the_whole_picture(row):
    assert field_of(layer("conv", filters=4), row).size is None
    assert field_of(layer("conv", filters=4), row, layer("relu")).size is None


def test_padding_begins_before_the_picture():
    field = field_of(layer("conv", filters=1, kernel=5, padding=2), layer("max_pool"))
    assert (field.size, field.stride, field.offset) == ((6, 6), (2, 2), (-2, -2))


def test_steps_may_be_fractions():
    field = field_of(layer("upsample", factor=2))
    assert field.stride == (Fraction(1, 2), Fraction(1, 2))
    assert field_of(layer("max_pool"), layer("upsample", factor=2)).stride == (1, 1)


def test_branches_see_their_union():
    inner, outer = Span(3, 2, -1), Span(7, 2, -3)
    both = joined((RowField(inner, inner), RowField(outer, inner)))
    assert (both.rows, both.columns) == (outer, inner)
    uneven = joined((RowField(Span(3, 1, 0), inner), RowField(Span(3, 1, 2), inner)))
    assert uneven.rows == Span(5, 1, 0)
