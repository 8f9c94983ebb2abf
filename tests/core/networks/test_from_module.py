"""Loaded networks as specs: the same sums, or a sentence that names the first layer in the way."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import nn
from torchvision import models

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.build import build
from cnnviz.core.networks.from_module import spec_of
from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.kinds import LayerKind
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.core.networks.spec.rows import GroupRow

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")  # torch copies: it may


@pytest.mark.parametrize(("make", "shape"), [(convnet_mnist, (1, 28, 28)), (cifar10_small, (3, 32, 32))])
def test_shipped_networks_keep_their_names(make, shape):
    module = make()
    rebuilt = build(spec_of(module, shape))
    assert list(rebuilt.state_dict()) == list(module.state_dict())
    rebuilt.load_state_dict(module.state_dict())
    picture = torch.rand(2, *shape)
    assert torch.equal(rebuilt.eval()(picture), module.eval()(picture))


@pytest.mark.parametrize("name", ["alexnet", "vgg11_bn"])
def test_torchvisions_straight_networks_become_rows(name):
    """They flatten in forward, where no module says so."""
    with torch.device("meta"):
        spec = spec_of(models.get_model(name), (3, 224, 224), name)
    assert [row.name for row in spec.rows] == ["features", "avgpool", "flatten", "classifier"]
    assert check(spec).parameters == models.get_model_weights(name).DEFAULT.meta["num_params"]


def without_blocks(rows):
    return all(
        without_blocks(row.rows) if isinstance(row, GroupRow) else isinstance(KINDS[row.kind], LayerKind)
        for row in rows
    )


def test_built_networks_become_specs_of_the_same_cost(random_networks):
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(random_networks.filter(lambda spec: spec.rows and without_blocks(spec.rows)))
    def check_one(spec):
        report, found = check(spec), check(spec_of(build(spec), spec.input_shape))
        assert (found.output_shape, found.parameters, found.macs) == (
            report.output_shape,
            report.parameters,
            report.macs,
        )

    check_one()


def test_the_modes_of_all_modules_stay_as_they_were():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout())
    module.train()
    module[1].eval()
    before = module[1].running_mean.clone()
    spec_of(module, (1, 8, 8))
    assert [each.training for each in module.modules()] == [True, True, False, True]
    assert torch.equal(module[1].running_mean, before)


class Swish(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return x + self.conv(x)


class Scaled(Residual):
    def __init__(self):
        super().__init__()
        self.factor = nn.Parameter(torch.ones(1))


class Several(Residual):
    def forward(self, x):
        return {"logits": self.conv(x)}


class Fails(Residual):
    def forward(self, x):
        return self.conv(x[:, :2])


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Sequential(nn.ReLU(), nn.Sequential(nn.ReLU(), Swish())), r"1\.1 is a Swish with no row of the builder"),
        (models.resnet18(), r"layer1\.0 is a BasicBlock with no row"),
        (
            nn.Sequential(nn.MaxPool2d(2, return_indices=True)),
            r"0 is a MaxPool2d with a setting that no row has \(return_ind",
        ),
        (
            nn.Sequential(nn.AvgPool2d(2, divisor_override=3)),
            r"AvgPool2d with a setting that no row has \(divisor_override",
        ),
        (nn.Sequential(nn.Softmax(-1)), r"Softmax with a setting that no row has \(dim -1\)"),
        (nn.Sequential(nn.Flatten(0)), r"Flatten with a setting that no row has \(dimensions 0 to -1\)"),
        (nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False)), "no running statistics"),
        (nn.Sequential(nn.BatchNorm2d(3, momentum=None)), "momentum is None"),
        (nn.Sequential(nn.Upsample(size=9)), "a size instead of a whole factor"),
        (nn.Sequential(nn.Upsample(scale_factor=1.5)), "a size instead of a whole factor"),
        (nn.Sequential(nn.Conv2d(3, 3, 300)), r"kernel is \(300, 300\)|kernel is tuple"),
        (nn.ReLU(), "ReLU has no layers of its own"),
        (Residual(), "Residual does not run its layers simply one after the other"),
        (Scaled(), "Scaled has parameters outside of its layers"),
        (Several(), "Several returns a dict, but rows make one tensor"),
        (Fails(), "Fails does not run on 3×8×8 pictures"),
        (nn.Sequential(nn.Conv2d(3, 2, 9)), r"conv1: 9×9 kernel on a 8×8 input"),
    ],
)
def test_what_rows_cannot_express_is_named(module, words):
    with pytest.raises(NetworkError, match=words):
        spec_of(module, (3, 8, 8))
