"""Data sets as a network gets them: named, from folders good and bad, from disk or memory, split class by class."""

import gzip
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cnnviz.core.errors import CancelledError
from cnnviz.core.training.data.idx import read_idx
from cnnviz.core.training.data.load import load_data
from cnnviz.core.training.data.named import DATA_NAMES, NAMED_SETS
from cnnviz.core.training.data.pictures import fitted
from cnnviz.core.training.data.shapes import SHAPE_NAMES, draw_shapes
from cnnviz.core.training.data.splits import held_out_count, stratified
from cnnviz.core.training.data.summary import mean_and_deviation, summarise
from cnnviz.core.training.errors import DataError
from cnnviz.core.training.values import DataChoice

CPU = torch.device("cpu")


def write_picture(path, shade, size=(12, 12)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), shade, np.uint8)).save(path)


@pytest.fixture
def class_folders(tmp_path):
    """Two classes of five pictures each, dark and light."""
    for label, name in enumerate(("cats", "dogs")):
        for number in range(5):
            write_picture(tmp_path / "animals" / name / f"{number}.png", 100 * label + 10 * number)
    return tmp_path / "animals"


def all_of(split):
    """Every picture of a split in order."""
    wanted = torch.arange(len(split.labels)).split(3)
    return torch.cat([batch.pictures for batch in split.pictures.batches(wanted, CPU)])


# --------------------------------------------------------------------------------------------------------------- files


def idx_bytes(values):
    return struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape) + values.tobytes()


def test_idx_files_are_read_packed_or_not(tmp_path):
    values = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "plain").write_bytes(idx_bytes(values))
    (tmp_path / "packed.gz").write_bytes(gzip.compress(idx_bytes(values)))
    for name in ("plain", "packed"):
        assert read_idx(tmp_path / name, 3).numpy().tolist() == values.tolist()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no IDX file of 3 dimensions"),
        (struct.pack(">I", 0x803), "is no IDX file of 3 dimensions"),
        (struct.pack(">4I", 0x801, 2, 3, 4), "is no IDX file of 3 dimensions"),
        (struct.pack(">4I", 0x803, 2, 3, 4) + bytes(23), "is cut off or too long: its header says 24 values"),
        (struct.pack(">4I", 0x803, 2, 3, 4) + bytes(25), "is cut off or too long: its header says 24 values"),
        (struct.pack(">4I", 0x803, 2**31, 2**31, 2**31), "claims 9,903,520,314,283,042,199,192,993,792 values"),
        (struct.pack(">4I", 0x803, 0, 3, 4), "claims 0 values"),
    ],
)
def test_idx_files_that_lie_are_refused(tmp_path, content, words):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_idx(tmp_path / "file", 3)


def test_a_cut_off_gzip_is_said(bad_files):
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte in .* is cut off or damaged: fetch it again"):
        read_idx(bad_files / "t10k-images-idx3-ubyte", 3)


def test_a_header_that_promises_gigabytes_costs_none(tmp_path):
    """A gzip of nothing but zeros is small: only what the header promises is unpacked."""
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(struct.pack(">4I", 0x803, 1, 2, 2) + bytes(50_000_000)))
    with pytest.raises(DataError, match="too long: its header says 4 values"):
        read_idx(tmp_path / "bomb", 3)


@pytest.fixture
def small_mnist(tmp_path):
    """Files of MNIST's names and form with 20 and 10 pictures."""
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, count in (("train", 20), ("t10k", 10)):
        pictures = np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8)
        (raw / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(pictures)))
        (raw / f"{name}-labels-idx1-ubyte.gz").write_bytes(
            gzip.compress(idx_bytes(np.arange(count, dtype=np.uint8) % 10))
        )
    return tmp_path


@pytest.mark.parametrize("below", ["", "MNIST", "MNIST/raw"])
def test_mnist_is_found_packed_at_any_of_its_places_and_nothing_is_written(small_mnist, below):
    before = sorted(small_mnist.rglob("*"))
    data = load_data(DataChoice("mnist", str(small_mnist / below)), 1, (28, 28))
    assert {name: len(split.labels) for name, split in data.splits.items()} == {"train": 20, "validation": 10}
    assert data.classes == tuple("0123456789")
    assert sorted(small_mnist.rglob("*")) == before


def test_labels_that_do_not_fit_are_refused(small_mnist):
    labels = small_mnist / "MNIST" / "raw" / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(idx_bytes(np.full(20, 10, np.uint8))))
    with pytest.raises(DataError, match="The labels of MNIST do not fit its pictures"):
        load_data(DataChoice("mnist", str(small_mnist)), 1, (28, 28))


def test_the_real_mnist(shared_data):
    data = load_data(DataChoice("mnist", str(shared_data)), 1, (28, 28))
    train = data.splits["train"]
    assert (len(train.labels), len(data.splits["validation"].labels)) == (60_000, 10_000)
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    summary = summarise(data)
    assert summary.mean[0] == pytest.approx(0.1307, abs=0.002)
    assert summary.std[0] == pytest.approx(0.3081, abs=0.002)
    assert summary.splits[0].counts == (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)


def test_a_set_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(DataError, match=r"CIFAR-10 is not in .*: name the folder it is in .* 163 MB \(--download\)"):
        load_data(DataChoice("cifar10", str(tmp_path)), 3, (32, 32))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(DataError, match="There is no data set 'imagenet': choose one of mnist, fashion-mnist, kmnist"):
        load_data(DataChoice("imagenet"), 3, (32, 32))


def test_the_table_agrees_with_torchvision():
    from torchvision import datasets

    for name, kind in (("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")):
        files = {file.place.rpartition("/")[2]: file.md5 for file in NAMED_SETS[name].files}
        assert files == dict(getattr(datasets, kind).resources)
    for name, kind in (("cifar10", "CIFAR10"), ("cifar100", "CIFAR100"), ("stl10", "STL10")):
        (file,) = NAMED_SETS[name].files
        theirs = getattr(datasets, kind)
        assert (file.url, file.md5) == (theirs.url, theirs.tgz_md5)
    svhn = [(file.url, file.md5) for file in NAMED_SETS["svhn"].files]
    assert svhn == [(url, md5) for url, _, md5 in (datasets.SVHN.split_list[name] for name in ("train", "test"))]
    assert datasets.FashionMNIST.classes == list(NAMED_SETS["fashion-mnist"].class_names)
    assert set(DATA_NAMES) == {*NAMED_SETS, "folder", "shapes"}


# ------------------------------------------------------------------------------------------------------------- folders


def test_class_folders_are_split_class_by_class(class_folders):
    data = load_data(DataChoice("folder", str(class_folders), validation=0.4), 3, (12, 12))
    assert data.classes == ("cats", "dogs")
    assert data.splits["train"].labels.bincount().tolist() == [3, 3]
    assert data.splits["validation"].labels.bincount().tolist() == [2, 2]
    names = [split.name_of(row) for split in data.splits.values() for row in range(len(split.labels))]
    assert sorted(names) == sorted(f"{name}/{number}.png" for name in data.classes for number in range(5))
    for split in data.splits.values():
        shades = [100 * label + 10 * int(name[-5]) for label, name in zip(split.labels, split.files, strict=True)]
        assert all_of(split)[:, 0, 0, 0].tolist() == shades


def test_given_folders_are_the_splits(tmp_path):
    for part, count in (("Train", 3), ("val", 2), ("test", 1)):
        for name in ("a", "b"):
            for number in range(count):
                write_picture(tmp_path / part / name / f"{number}.png", 10 * number)
    data = load_data(DataChoice("folder", str(tmp_path)), 3, (12, 12))
    assert {name: len(split.labels) for name, split in data.splits.items()} == {"train": 6, "validation": 4, "test": 2}
    held_out = load_data(DataChoice("folder", str(tmp_path), validation=0.5), 3, (12, 12))
    assert len(held_out.splits["train"].labels) == 3


def test_broken_files_and_empty_classes_are_named_and_left_out(bad_files):
    data = load_data(DataChoice("folder", str(bad_files / "imagefolder_mixed")), 3, (24, 24))
    summary = summarise(data)
    assert summary.classes == ("broken", "empty_class", "good")
    assert summary.empty_classes == ("empty_class",)
    assert [(file.name, summary.broken_count) for file in summary.broken] == [("broken/b.jpg", 1)]
    assert "cut off or damaged" in summary.broken[0].reason
    assert sum(split.total for split in summary.splits) == 3


def test_from_disk_and_from_memory_are_the_same_pictures(class_folders):
    (class_folders / "cats" / "2.png").write_bytes(b"no picture")
    memory = load_data(DataChoice("folder", str(class_folders), validation=0.2), 1, (8, 8))
    disk = load_data(DataChoice("folder", str(class_folders), validation=0.2, memory_limit=0), 1, (8, 8))
    assert (memory.splits["train"].pictures.in_memory, disk.splits["train"].pictures.in_memory) == (True, False)
    split, broken = disk.splits["train"], []
    for positions in torch.arange(len(split.labels)).split(4):
        (batch,) = split.pictures.batches([positions], CPU)
        rows = positions if batch.rows is None else positions[batch.rows]
        for picture, row in zip(batch.pictures, rows.tolist(), strict=True):
            same = (
                memory.splits["train"].files.index(split.files[row])
                if split.files[row] in memory.splits["train"].files
                else None
            )
            if same is not None:
                assert torch.equal(picture, all_of(memory.splits["train"])[same])
        broken += [] if batch.rows is None else [split.files[row] for row in positions.tolist() if row not in rows]
    assert broken == [file.name for file in split.pictures.broken] == ["cats/2.png"]


@pytest.mark.slow
def test_worker_processes_read_the_same_and_draw_no_random_numbers(class_folders):
    choices = [DataChoice("folder", str(class_folders), memory_limit=0, workers=count) for count in (0, 2)]
    before = torch.get_rng_state()
    alone, helped = (all_of(load_data(choice, 3, (8, 8)).splits["train"]) for choice in choices)
    assert torch.equal(alone, helped)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder.rmdir(), "There is no data folder"),
        (lambda _: None, "has pictures of 0 classes"),
        (lambda folder: write_picture(folder / "cats" / "a.png", 1), "has pictures of 1 class:"),
        (lambda folder: [write_picture(folder / part / name / "a.png", 1) for part in ("train", "val")
                         for name in ("a", "b", part)], "has the class val, which the training pictures lack"),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_trained_on_say_why(tmp_path, make, words):
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder)
    with pytest.raises(DataError, match=words):
        load_data(DataChoice("folder", str(folder)), 3, (12, 12))


def test_reading_can_be_cancelled(class_folders):
    seen = []
    with pytest.raises(CancelledError, match="Reading the data was cancelled"):
        load_data(
            DataChoice("folder", str(class_folders)),
            3,
            (12, 12),
            on_progress=lambda _text, fraction: seen.append(fraction),
            cancelled=lambda: len(seen) > 2,
        )
    assert seen == [0.1, 0.2, 0.3]


# -------------------------------------------------------------------------------------------------------------- shapes


def test_shapes_are_the_same_for_the_same_seed_and_differ_for_others():
    one, labels = draw_shapes(12, (20, 24), 3, 5)
    assert torch.equal(one, draw_shapes(12, (20, 24), 3, 5)[0])
    assert not torch.equal(one, draw_shapes(12, (20, 24), 3, 6)[0])
    assert one.shape == (12, 3, 20, 24)
    assert labels.tolist() == [0, 1, 2, 3, 4, 5] * 2
    assert len(SHAPE_NAMES) == 6


@pytest.mark.parametrize(("name", "low", "high"), [("circle", 0.7, 0.9), ("square", 0.5, 0.8), ("ring", 0.3, 0.6)])
def test_shapes_cover_their_part_of_the_square_around_them(name, low, high):
    """A disc of radius 0.9 covers 0.64 of the square of side 2, and so on: by counting bright pixels."""
    pictures, labels = draw_shapes(600, (48, 48), 1, 0)
    chosen = pictures[labels == SHAPE_NAMES.index(name)].float()
    bright = (chosen > (chosen.amin((1, 2, 3), keepdim=True) + chosen.amax((1, 2, 3), keepdim=True)) / 2).float()
    side = torch.tensor([0.29 * 48 * 2 * 0.9])
    assert low < float(bright.sum((1, 2, 3)).mean() / side**2) < high


def test_a_network_tells_them_apart_only_by_what_is_drawn():
    """Brightness alone gives no class away."""
    pictures, labels = draw_shapes(600, (16, 16), 1, 1)
    means = [float(pictures[labels == label].float().mean()) for label in range(6)]
    assert max(means) < 1.4 * min(means)


# -------------------------------------------------------------------------------------------------------------- splits


LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=60).map(torch.tensor)


@given(LABELS, st.data())
def test_a_stratified_choice_is_a_choice_in_proportion(labels, data):
    count = data.draw(st.integers(1, len(labels) - 1))
    chosen, others = stratified(labels, count, seed=3)
    assert sorted([*chosen.tolist(), *others.tolist()]) == list(range(len(labels)))
    assert len(chosen) == count
    for label in labels.unique().tolist():
        share = count * int((labels == label).sum()) / len(labels)
        assert abs(int((labels[chosen] == label).sum()) - share) <= 5
    assert torch.equal(chosen, stratified(labels, count, seed=3)[0])


def test_every_class_with_two_pictures_is_in_both_parts():
    labels = torch.tensor([0] * 50 + [1] * 3 + [2] * 2)
    chosen, others = stratified(labels, 6, seed=0)
    assert set(labels[chosen].tolist()) == set(labels[others].tolist()) == {0, 1, 2}


def test_at_least_one_picture_is_on_either_side():
    assert [held_out_count(10, fraction) for fraction in (0.001, 0.25, 0.9999)] == [1, 2, 9]
    with pytest.raises(DataError, match="One picture cannot be split"):
        held_out_count(1, 0.5)


def test_limits_leave_validation_alone():
    data = load_data(DataChoice("shapes", limit=60, validation=0.25), 1, (12, 12))
    assert data.splits["train"].labels.bincount().tolist() == [10] * 6
    assert len(data.splits["validation"].labels) == 600
    assert len(load_data(DataChoice("shapes", fraction=0.5), 1, (12, 12)).splits["train"].labels) == 1200


# ------------------------------------------------------------------------------------------------------------- fitting


def test_grey_and_colour():
    colour = torch.tensor([100, 200, 50], dtype=torch.uint8).view(1, 3, 1, 1)
    assert fitted(colour, 1, (1, 1)).flatten().tolist() == [round(0.299 * 100 + 0.587 * 200 + 0.114 * 50)]
    assert fitted(colour[:, :1], 3, (1, 1)).flatten().tolist() == [100, 100, 100]


def test_a_wide_picture_is_resized_and_its_middle_kept():
    wide = torch.zeros(1, 1, 4, 12, dtype=torch.uint8)
    wide[..., 4:8] = 90
    found = fitted(wide, 1, (8, 8))
    assert found.shape == (1, 1, 8, 8)
    assert found[0, 0, 4, 2:6].tolist() == [90] * 4
    assert fitted(wide, 1, (4, 12)) is wide


def test_mean_and_deviation_by_hand(class_folders):
    data = load_data(DataChoice("folder", str(class_folders), validation=0.2), 3, (12, 12))
    shades = all_of(data.splits["train"])[:, 0, 0, 0].double() / 255
    mean, std = mean_and_deviation(data.splits["train"].pictures)
    assert mean == pytest.approx([float(shades.mean())] * 3)
    assert std == pytest.approx([float(shades.std(correction=0))] * 3)
