"""Class names from a text file the user gives."""

from pathlib import Path

from cnnviz.core.errors import NetworkError

_MOST_BYTES = 16 * 2**20
_LONGEST_NAME = 200


def numbered_names(count: int) -> tuple[str, ...]:
    """Names for classes nobody has named."""
    return tuple(f"class {index}" for index in range(count))


def read_class_names(path: Path, count: int) -> tuple[str, ...]:
    """One name a line, UTF-8, exactly ``count`` of them; empty lines at the end do not count."""
    names = tuple(line.strip() for line in _text_of(path).rstrip().split("\n"))
    if len(names) != count:
        raise NetworkError(
            f"The class names file {path.name} has {len(names)} lines, but the network has {count} classes: "
            "give one name a line, one line a class."
        )
    bad = next((number for number, name in enumerate(names, start=1) if not 0 < len(name) <= _LONGEST_NAME), None)
    if bad is not None:
        raise NetworkError(
            f"Line {bad} of the class names file {path.name} is empty or longer than {_LONGEST_NAME} characters."
        )
    return names


def _text_of(path: Path) -> str:
    try:
        if not path.is_file():
            raise NetworkError(f"The class names file {path} is not there, or is no file.")
        if path.stat().st_size > _MOST_BYTES:
            raise NetworkError(
                f"The class names file {path.name} is larger than {_MOST_BYTES >> 20} MiB, too large for one."
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NetworkError(f"The class names file {path.name} is not UTF-8 text.", details=str(error)) from error
    except OSError as error:
        raise NetworkError(
            f"The class names file {path.name} cannot be read: {error.strerror}.", details=str(error)
        ) from error
