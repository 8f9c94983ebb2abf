"""A file of class names."""

import pytest

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.class_names import numbered_names, read_class_names


def write(folder, content):
    path = folder / "names.txt"
    path.write_bytes(content)
    return path


def test_one_name_a_line(tmp_path):
    path = write(tmp_path, "Egyptian cat\nмак \r\nσ\n\n".encode())
    assert read_class_names(path, 3) == ("Egyptian cat", "мак", "σ")


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert read_class_names(write(tmp_path, b"\xef\xbb\xbfcat\ndog\n"), 2) == ("cat", "dog")


def test_the_count_must_agree(tmp_path):
    with pytest.raises(NetworkError, match=r"names\.txt has 2 lines, but the network has 10 classes"):
        read_class_names(write(tmp_path, b"cat\ndog\n"), 10)


@pytest.mark.parametrize("content", [b"cat\n\ndog\n", b"cat\n" + b"x" * 201 + b"\ndog"])
def test_a_line_that_is_no_name_is_named(tmp_path, content):
    with pytest.raises(NetworkError, match=r"Line 2 of .* is empty or longer than 200 characters"):
        read_class_names(write(tmp_path, content), 3)


def test_other_encodings_are_refused(tmp_path):
    with pytest.raises(NetworkError, match="not UTF-8"):
        read_class_names(write(tmp_path, "мак".encode("cp1251")), 1)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "names.txt"
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole: it takes no space
    with pytest.raises(NetworkError, match="larger than 16 MiB"):
        read_class_names(path, 3)


def test_a_missing_file(tmp_path):
    with pytest.raises(NetworkError, match="is not there, or is no file"):
        read_class_names(tmp_path / "none.txt", 3)


def test_a_folder(tmp_path):
    with pytest.raises(NetworkError, match="is not there, or is no file"):
        read_class_names(tmp_path, 3)


def test_classes_nobody_named():
    assert numbered_names(3) == ("class 0", "class 1", "class 2")


def test_the_lecture_file_of_imagenet(shared_data):
    names = read_class_names(shared_data / "imagenet_classes.txt", 1000)
    assert names[0] == "tench"
    assert names[285] == "Egyptian cat"
