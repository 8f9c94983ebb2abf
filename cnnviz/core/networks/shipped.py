"""The two small networks that ship with the program, trained by ``resources/make``."""

from collections import OrderedDict

from torch import nn


def convnet_mnist() -> nn.Sequential:
    """The lecture's convnet for 28×28×1 digits: 104,202 parameters (320 + 18,496 + 73,856 + 11,530)."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 32, 3),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(32, 64, 3),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(64, 128, 3),
            relu3=nn.ReLU(),
            flatten=nn.Flatten(),
            linear=nn.Linear(1152, 10),
        )
    )


def _block(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3×3 convolutions, each with batch norm and ReLU, then a pool that halves the map."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            norm1=nn.BatchNorm2d(outputs),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            norm2=nn.BatchNorm2d(outputs),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
        )
    )


def cifar10_small() -> nn.Sequential:
    """A small VGG-like network for 32×32×3 pictures of CIFAR-10's ten classes."""
    return nn.Sequential(
        OrderedDict(
            block1=_block(3, 32),
            block2=_block(32, 64),
            block3=_block(64, 128),
            conv4=nn.Conv2d(128, 192, 3, padding=1, bias=False),
            norm4=nn.BatchNorm2d(192),
            relu4=nn.ReLU(),
            pool4=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(0.3),
            linear=nn.Linear(192, 10),
        )
    )
