"""The table of receptive fields: its second route on networks worked out by hand, and its words."""

from torch import nn

from cnnviz.bench import field_table
from cnnviz.bench.field_table import AlongRows, measured


def test_gradients_tell_size_stride_and_offset():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 11, 4, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2), nn.Conv2d(4, 2, 3, padding=2, dilation=2)
    )
    assert measured(network, ["0", "2", "3"]) == {
        "0": AlongRows(11, 4, -2),
        "2": AlongRows(19, 8, -2),
        "3": AlongRows(19 + 4 * 8, 8, -2 - 2 * 8),
    }


def test_a_field_that_fits_in_no_picture_is_left_out(monkeypatch):
    monkeypatch.setattr(field_table, "_TALLEST", 256)
    assert measured(nn.Sequential(nn.Conv2d(3, 1, (301, 1), padding=(150, 0))), ["0"]) == {}


def test_the_table_says_where_both_routes_agree(capsys):
    field_table.main(["alexnet"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["alexnet", "features.0", "11", "4", "-2", "yes"]
    assert [line.split()[-1] for line in lines[1:]] == ["yes"] * 7
