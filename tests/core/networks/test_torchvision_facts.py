"""Years and depths of torchvision's networks."""

import pytest
from torchvision import models

from cnnviz.core.networks.torchvision_facts import depth_of, year_of


@pytest.mark.parametrize(
    ("name", "year", "depth"),
    [
        ("alexnet", 2014, 8),
        ("vgg16_bn", 2014, 16),
        ("googlenet", 2014, 22),
        ("resnet152", 2015, 152),
        ("resnext101_32x8d", 2016, 101),
        ("wide_resnet50_2", 2016, 50),
        ("densenet201", 2016, 201),
        ("efficientnet_b7", 2019, None),
        ("efficientnet_v2_s", 2021, None),
        ("mobilenet_v3_small", 2019, None),
        ("vit_h_14", 2020, 32),
        ("of_tomorrow", None, None),
    ],
)
def test_year_and_depth(name, year, depth):
    assert (year_of(name), depth_of(name)) == (year, depth)


def test_every_network_has_a_year():
    assert [name for name in models.list_models(module=models) if year_of(name) is None] == []
