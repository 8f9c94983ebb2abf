"""Arithmetic of rows, against numbers worked out by hand; the builder's reports."""

import time

import pytest

from cnnviz.core.networks.spec import edit
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec


def network(*rows, shape=(1, 28, 28)):
    return NetworkSpec("Test", shape, named(rows))


def report_of(row, shape=(1, 28, 28)):
    return check(network(row, shape=shape)).rows[0]


@pytest.mark.parametrize(
    ("side", "options", "output"),
    [
        (224, {"kernel": 3, "padding": 1}, 224),
        (224, {"kernel": 3}, 222),
        (224, {"kernel": 7, "padding": 3, "stride": 2}, 112),
        (224, {"kernel": 5, "padding": 2}, 224),
        (128, {"kernel": 3, "stride": 2}, 63),
        (224, {"kernel": 5, "padding": "same"}, 224),
        (224, {"kernel": 5, "padding": "valid"}, 220),
        (10, {"kernel": 3, "dilation": 2}, 6),
    ],
)
def test_output_sizes_of_the_course(side, options, output):
    assert report_of(layer("conv", filters=2, **options), (3, side, side)).shape == (2, output, output)


def test_a_pool_halves():
    assert report_of(layer("max_pool"), (3, 112, 112)).shape == (3, 56, 56)


def test_formulas_show_their_numbers():
    report = report_of(layer("conv", filters=32))
    assert report.formula == "⌊(28 − 3 + 2·0)/1⌋ + 1 = 26"
    assert report.parameter_formula == "3·3·1·32 + 32 = 320"
    assert report.macs_formula == "3·3·1·32·26·26 = 194,688"


def test_formulas_of_uneven_windows_name_both_sides():
    report = report_of(layer("conv", filters=1, kernel=(3, 4), padding="same", dilation=(1, 3)))
    assert report.formula == ("height ⌊(28 − 3 + 2·1)/1⌋ + 1 = 28, width ⌊(28 − (3·(4 − 1) + 1) + 4 + 5)/1⌋ + 1 = 28")


def test_formulas_of_other_layers():
    assert report_of(layer("transposed", filters=1), (1, 5, 5)).formula == "(5 − 1)·2 − 2·0 + 1·(2 − 1) + 0 + 1 = 10"
    assert report_of(layer("flatten"), (128, 3, 3)).formula == "128·3·3 = 1,152"
    assert report_of(layer("linear"), (1152,)).parameter_formula == "1152·10 + 10 = 11,530"
    assert report_of(layer("batch_norm"), (16, 4, 4)).parameter_formula == "2·16 = 32"
    grouped = report_of(layer("conv", filters=8, groups=2, bias=False), (4, 5, 5))
    assert grouped.parameter_formula == "3·3·(4/2)·8 = 144"
    inception = report_of(layer("inception_block"), (192, 28, 28))
    assert inception.shape == (64 + 128 + 32 + 32, 28, 28)
    assert inception.formula == "64 + 128 + 32 + 32 = 256 maps"


def test_ceil_mode_says_when_a_window_is_left_out():
    """Of 5 cells, padded by 1: windows of 2 start at −1, 1, 3; the one at 5 would see padding only."""
    report = report_of(layer("max_pool", padding=1, ceil=True), (1, 5, 5))
    assert report.shape == (1, 3, 3)
    assert report.formula == "⌈(5 − 2 + 2·1)/2⌉ + 1 = 3 (the last starts in the padding: left out)"
    assert report_of(layer("max_pool", ceil=True), (1, 5, 5)).formula == "⌈(5 − 2 + 2·0)/2⌉ + 1 = 3"


def test_the_course_conv_layer_has_its_parameters():
    assert report_of(layer("conv", filters=64), (3, 224, 224)).parameters == 1792
    assert report_of(layer("linear", features=1000), (224 * 224 * 3,)).parameters == 150_528_000 + 1000


@pytest.mark.parametrize(("count", "side"), [(1, 3), (2, 5), (3, 7)])
def test_three_by_three_layers_see_more_the_deeper_they_are(count, side):
    report = check(network(*(layer("conv", filters=1) for _ in range(count))))
    assert report.rows[-1].receptive_field.size == (side, side)


@pytest.mark.parametrize(
    ("row", "shape", "reason", "fix"),
    [
        (layer("conv", kernel=5), (1, 3, 3), "5×5 kernel on a 3×3 input", "add padding 1 or remove a pool"),
        (layer("conv", kernel=5), (1, 3, 9), "5×5 kernel on a 3×9 input", "add padding 1×0 or remove a pool"),
        (layer("max_pool"), (1, 1, 1), "2×2 kernel on a 1×1 input", "add padding 1 or remove a pool"),
        (
            layer("conv", dilation=4),
            (1, 8, 8),
            "3×3 kernel that dilation spreads to 9×9 on a 8×8 input",
            "add padding 1 or remove a pool",
        ),
        (
            layer("conv", kernel=5, padding="same", stride=2),
            (1, 9, 9),
            'padding "same" with stride 2',
            "use stride 1 or padding 2",
        ),
        (layer("conv", groups=2), (3, 9, 9), "2 groups do not divide 3 input channels", "choose one of 1, 3 groups"),
        (layer("group_norm"), (6, 9, 9), "8 groups do not divide 6 channels", "choose one of 1, 2, 3, 6 groups"),
        (layer("linear"), (4, 3, 3), "a linear layer needs a vector, but its input is 4×3×3", "add flatten above it"),
        (layer("conv"), (10,), "A convolution needs maps, but its input is a vector of 10", "move it above flatten"),
        (
            layer("max_pool", padding=2),
            (1, 9, 9),
            "a pool with padding 2 could see nothing but padding",
            "use padding 1 at most",
        ),
        (
            layer("conv", kernel=1, padding=3, padding_mode="reflect"),
            (1, 3, 3),
            "padding 3 in mode reflect on 3 cells",
            "padding 2 at most",
        ),
        (
            layer("transposed", output_padding=2),
            (1, 3, 3),
            "output padding 2 is not smaller than stride",
            "less output padding",
        ),
        (
            layer("transposed", kernel=1, stride=1, padding=1),
            (1, 2, 2),
            "padding 1 cuts all of the output away",
            "less padding",
        ),
        (layer("instance_norm"), (4, 1, 1), "instance norm of 1×1 maps, whose variance is 0", "above the last pool"),
        (layer("group_norm", groups=4), (4, 1, 1), "each group has a single value", "use 2 groups or fewer"),
        (
            layer("residual_block", filters=8, projection="never"),
            (4, 9, 9),
            "cannot turn 4 maps into 8",
            "use 4 filters and stride 1",
        ),
        (layer("vgg_block", kernel=4), (4, 9, 9), "a 4×4 kernel, whose output has another size", "use 5×5"),
        (layer("linear", features=65536), (40_000,), "2,621,505,536 parameters", "at most 2,000,000,000"),
        (layer("conv", filters=65536, kernel=1), (1, 1024, 1024), "68,719,476,736 values for one picture", "at most"),
    ],
)
def test_an_impossible_row_says_why_and_what_would_fix_it(row, shape, reason, fix):
    report = report_of(row, shape)
    assert report.shape is None
    assert report.problem.reason.startswith(reason) or reason in report.problem.reason
    assert fix in report.problem.fix


@pytest.mark.parametrize(
    ("row", "shape"),
    [(layer("conv", kernel=5), (1, 3, 3)), (layer("conv", kernel=(2, 9)), (1, 5, 4)), (layer("max_pool"), (1, 1, 1))],
)
def test_the_padding_it_proposes_is_enough_and_one_less_is_not(row, shape):
    proposed = report_of(row, shape).problem.fix.split()[2].split("×")
    padding = (int(proposed[0]), int(proposed[-1]))
    spec = network(row, shape=shape)
    assert check(edit.change_options(spec, (0,), padding=padding)).possible
    less = tuple(max(0, pad - 1) for pad in padding)
    assert not check(edit.change_options(spec, (0,), padding=less)).possible


def test_rows_below_an_impossible_one_are_computed_without_it():
    spec = network(layer("conv", filters=4), layer("conv", "wide", kernel=30), layer("max_pool"), layer("flatten"))
    report = check(spec)
    assert [row.shape for row in report.rows] == [(4, 26, 26), None, (4, 13, 13), (4 * 13 * 13,)]
    assert [row.assumes for row in report.rows] == ["", "", "wide", "wide"]
    assert [(path, problem.reason) for path, problem in report.problems] == [((1,), "30×30 kernel on a 26×26 input")]
    assert report.output_shape == (676,)
    assert report.parameters == 40
    assert not report.possible


def test_a_group_is_marked_where_a_later_repetition_is_impossible():
    """28 → 14 → 7 → 3 → 1: the fifth pool has nothing left."""
    report = check(network(GroupRow("halved", (layer("relu", "relu"), layer("max_pool", "pool")), 5)))
    row = report.rows[0]
    assert row.repetition == 4
    assert row.inner[1].input_shape == (1, 1, 1)
    assert str(row.problem) == "pool: 2×2 kernel on a 1×1 input: add padding 1 or remove a pool"
    assert report.problems == (((0, 1), row.inner[1].problem),)
    assert report.at((0, 1)) is row.inner[1]


def test_repeating_is_writing_it_out():
    """Also where the repetitions stop to change."""
    rows = (layer("conv", "conv", filters=4, padding=1), layer("relu", "relu"))
    repeated = check(network(GroupRow("stage", rows, 5)))
    flat = check(edit.ungroup(network(GroupRow("stage", rows, 5)), (0,)))
    assert len(flat.rows) == 10
    assert (repeated.parameters, repeated.macs, repeated.memory) == (flat.parameters, flat.macs, flat.memory)
    assert repeated.rows[-1].receptive_field == flat.rows[-1].receptive_field
    assert repeated.parameters == 40 + 4 * 148


def test_totals_are_sums_of_the_rows():
    report = check(network(layer("conv", filters=4), layer("batch_norm"), layer("relu"), layer("vgg_block")))
    for name in ("parameters", "macs", "memory", "buffers"):
        assert getattr(report, name) == sum(getattr(row, name) for row in report.rows)
    assert report.rows[0].memory == 4 * 4 * 26 * 26
    assert report.buffers == 2 * 4 + 1


def test_another_input_size_is_only_tried_out():
    spec = network(layer("conv", filters=2), layer("flatten"), layer("linear"))
    assert check(spec, (5, 9)).rows[0].shape == (2, 3, 7)
    assert check(spec, (5, 9)).parameters == 20 + 2 * 3 * 7 * 10 + 10
    assert check(spec).rows[0].shape == (2, 26, 26)
    assert not check(spec, (2, 2)).possible


def test_a_block_lists_the_layers_it_is_made_of():
    report = report_of(layer("residual_block", filters=8, stride=2), (4, 8, 8))
    names = [each.name for each in report.layers]
    assert names == [
        *(f"sum.main.{name}" for name in ("conv1", "norm1", "relu1", "conv2", "norm2")),
        *("sum.shortcut.conv", "sum.shortcut.norm", "sum", "relu"),
    ]
    assert [each.shape for each in report.layers] == [(8, 4, 4)] * 9
    leaves = [each for each in report.layers if each.name != "sum"]
    assert sum(each.parameters for each in leaves) == report.parameters == 9 * 4 * 8 + 9 * 8 * 8 + 4 * 8 + 3 * 16
    assert report.layers[3].receptive_field.size == (7, 7)


def test_two_rows_of_one_name_are_a_problem_that_costs_no_sizes():
    report = check(NetworkSpec("x", (1, 8, 8), (layer("relu", "a"), layer("relu", "a"), layer("relu", "for"))))
    assert [row.shape for row in report.rows] == [(1, 8, 8)] * 3
    assert str(report.rows[1].problem) == "a row above is called a too: give it a name of its own"
    assert report.rows[2].problem.reason == "already means something else to Python or PyTorch"


def test_a_network_of_too_many_layers_is_a_problem_and_no_long_wait():
    inner = GroupRow("inner", (layer("relu", "relu"),), 1000)
    start = time.process_time()
    report = check(network(GroupRow("outer", (inner,), 1000)))
    assert time.process_time() - start < 1
    path, problem = report.problems[0]
    assert path == ()
    assert str(problem) == "1,000,000 layers, repetitions counted: at most 20,000 can be built"


def test_an_empty_network_hands_its_input_on():
    report = check(network())
    assert (report.output_shape, report.parameters, report.possible) == ((1, 28, 28), 0, True)


def test_an_edit_of_200_rows_is_answered_within_16_ms():
    """Each edit changes all sizes below it, so that hardly anything is remembered."""
    block = (
        layer("conv", filters=16, padding=1),
        layer("batch_norm"),
        layer("relu"),
        layer("residual_block", filters=16),
    )
    spec = network(*(block * 50), shape=(3, 96, 96))
    check(spec)
    times = []
    for padding in range(2, 12):
        edited = edit.change_options(spec, (0,), padding=padding)
        start = time.process_time()
        report = check(edited)
        times.append(time.process_time() - start)
        assert report.rows[-1].shape == (16, 94 + 2 * padding, 94 + 2 * padding)
    assert len(spec.rows) == 200
    assert sorted(times)[len(times) // 2] < 0.016
