"""The published data sets that go by a name: what they are and where their files come from. Imports nothing heavy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

SHAPES: Final = "shapes"
FOLDER: Final = "folder"

Kind = Literal["idx", "cifar", "svhn", "stl", "flowers", "pets"]


@dataclass(frozen=True)
class RemoteFile:
    """``place``: its folder and name below the data root. An archive is unpacked beside itself."""

    url: str
    md5: str
    place: str


@dataclass(frozen=True)
class NamedSet:
    """``folders``: below the root, where its files may lie, the usual one first. ``probe``: there if it is complete.

    ``size`` None: its pictures differ. ``scipy``: its labels are MATLAB files, which need that package.
    """

    name: str
    title: str
    kind: Kind
    classes: int
    channels: Literal[1, 3]
    size: tuple[int, int] | None
    pictures: tuple[int, int]  # for training and for testing
    megabytes: int
    files: tuple[RemoteFile, ...]
    folders: tuple[str, ...]
    probe: tuple[str, ...]
    scipy: bool = False
    class_names: tuple[str, ...] = ()


_IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_DIGITS = tuple(map(str, range(10)))


def _idx_set(
    name: str,
    title: str,
    folder: str,
    address: str,
    sums: tuple[str, ...],
    megabytes: int,
    class_names: tuple[str, ...],
) -> NamedSet:
    """MNIST and those made in its likeness."""
    files = tuple(
        RemoteFile(f"{address}{file}.gz", md5, f"{folder}/raw/{file}.gz")
        for file, md5 in zip(_IDX_NAMES, sums, strict=True)
    )
    folders = (f"{folder}/raw", "raw", folder, "")
    return NamedSet(
        name, title, "idx", 10, 1, (28, 28), (60_000, 10_000), megabytes, files, folders, _IDX_NAMES,
        class_names=class_names,
    )  # fmt: skip


def _cifar(name: str, classes: int, folder: str, file: str, md5: str, probe: str) -> NamedSet:
    files = (RemoteFile(f"https://www.cs.toronto.edu/~kriz/{file}", md5, file),)
    title = f"CIFAR-{classes}"
    return NamedSet(
        name, title, "cifar", classes, 3, (32, 32), (50_000, 10_000), 163, files, ("", title), (f"{folder}/{probe}",)
    )


_SETS = (
    _idx_set(
        "mnist", "MNIST", "MNIST", "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
         "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"),
        11, _DIGITS,
    ),
    _idx_set(
        "fashion-mnist", "Fashion-MNIST", "FashionMNIST", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
         "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"),
        30, ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    _idx_set(
        "kmnist", "KMNIST", "KMNIST", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ("bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
         "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134"),
        20, ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    _cifar(
        "cifar10", 10, "cifar-10-batches-py", "cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a", "batches.meta",
    ),
    _cifar(
        "cifar100", 100, "cifar-100-python", "cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85", "meta"
    ),
    NamedSet(
        "svhn", "SVHN", "svhn", 10, 3, (32, 32), (73_257, 26_032), 246,
        (RemoteFile("http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
                    "e26dedcc434d2e4c54c9b2d4a06d8373", "train_32x32.mat"),
         RemoteFile("http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
                    "eb5a983be6a315427106f1b164d9cef3", "test_32x32.mat")),
        ("", "SVHN"), ("train_32x32.mat", "test_32x32.mat"), scipy=True, class_names=_DIGITS,
    ),
    NamedSet(
        "stl10", "STL-10", "stl", 10, 3, (96, 96), (5_000, 8_000), 2_640,
        (RemoteFile("http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
                    "91f7769df0f17e558f3565bffb0c7dfb", "stl10_binary.tar.gz"),),
        ("", "STL10"), ("stl10_binary/train_X.bin", "stl10_binary/test_X.bin"),
    ),
    NamedSet(
        "flowers102", "Flowers-102", "flowers", 102, 3, None, (1_020, 6_149), 345,
        (RemoteFile("https://www.robots.ox.ac.uk/~vgg/data/flowers/102/102flowers.tgz",
                    "52808999861908f626f3c1f4e79d11fa", "flowers-102/102flowers.tgz"),
         RemoteFile("https://www.robots.ox.ac.uk/~vgg/data/flowers/102/imagelabels.mat",
                    "e0620be6f572b9609742df49c70aed4d", "flowers-102/imagelabels.mat"),
         RemoteFile("https://www.robots.ox.ac.uk/~vgg/data/flowers/102/setid.mat",
                    "a5357ecc9cb78c4bef273ce3793fc85c", "flowers-102/setid.mat")),
        ("",), ("flowers-102/jpg", "flowers-102/imagelabels.mat", "flowers-102/setid.mat"), scipy=True,
    ),
    NamedSet(
        "oxford-pets", "Oxford-IIIT Pets", "pets", 37, 3, None, (3_680, 3_669), 811,
        (RemoteFile("https://www.robots.ox.ac.uk/~vgg/data/pets/data/images.tar.gz",
                    "5c4f3ee8e5d25df40f4fd59a7f44e54c", "oxford-iiit-pet/images.tar.gz"),
         RemoteFile("https://www.robots.ox.ac.uk/~vgg/data/pets/data/annotations.tar.gz",
                    "95a8c909bbe2e81eed6a22bccdf3f68f", "oxford-iiit-pet/annotations.tar.gz")),
        ("",), ("oxford-iiit-pet/images", "oxford-iiit-pet/annotations/trainval.txt"),
    ),
)  # fmt: skip

NAMED_SETS: Final = {each.name: each for each in _SETS}
DATA_NAMES: Final = (*NAMED_SETS, FOLDER, SHAPES)
"""Everything ``DataChoice.name`` may be."""


def data_cache() -> Path:
    """Where data sets are kept when no folder is named."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cnnviz" / "data"
