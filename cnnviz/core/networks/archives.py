"""What a zip archive that torch wrote holds, looked at before torch does: names and sizes, nothing unpacked unasked."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cnnviz.core.errors import NetworkError

_MOST_RECORDS = 200_000
_TAIL_BYTES = 1 << 20
_MAGIC = b"PK\x03\x04"
_END = b"PK\x05\x06"
_END_BYTES = 22  # of the record at an archive's end, a comment of the length it names left out
_ZIP64_BYTES = 76  # what may stand between the directory and that record


@dataclass(frozen=True)
class Archive:
    """The records of an archive by their names without the top folder, and how to read one."""

    path: Path
    sizes: dict[str, int]
    packed: frozenset[str]
    """Records that are compressed."""
    top: str

    def records(self, names: Iterable[str], *, most: int) -> Iterator[tuple[str, bytes]]:
        """These records one after the other, each of at most so many bytes."""
        with zipfile.ZipFile(self.path) as archive:
            for name in names:
                if self.sizes[name] > most:
                    raise NetworkError(
                        f"{self.path.name} has a record {name} of {self.sizes[name]:,} bytes, more than the {most:,} "
                        "it may have: it was not opened."
                    )
                yield name, archive.read(f"{self.top}/{name}")

    def read(self, name: str, *, most: int) -> bytes:
        """One record of at most so many bytes."""
        return next(self.records((name,), most=most))[1]

    def under(self, folder: str) -> tuple[str, ...]:
        return tuple(name for name in self.sizes if name.startswith(folder))


def is_archive(head: bytes) -> bool:
    return head.startswith(_MAGIC)


def mentions_record(path: Path, name: str) -> bool:
    """Whether the archive's directory, at its end, names such a record. Reads a MiB at most."""
    return f"/{name}".encode() in directory_of(path)


def directory_of(path: Path) -> bytes:
    """The last MiB of the archive's directory as it is; empty where the end of the file is missing."""
    with path.open("rb") as file:
        if not is_archive(file.read(4)):
            return b""
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or end + _END_BYTES + int.from_bytes(tail[end + 20 : end + 22], "little") != len(tail):
        return b""
    size = int.from_bytes(tail[end + 12 : end + 16], "little")
    return tail[max(end - size - _ZIP64_BYTES, 0) : end]


def read_archive(path: Path, damaged: Callable[[Exception], NetworkError]) -> Archive:
    """Refuses what cannot be torch's: records under several top folders or twice the same."""
    try:
        with zipfile.ZipFile(path) as archive:
            records = archive.infolist()
    except Exception as error:
        raise damaged(error) from error
    tops = {record.filename.partition("/")[0] for record in records}
    names = [record.filename.partition("/")[2] for record in records]
    if len(records) > _MOST_RECORDS or len(tops) != 1 or len(set(names)) != len(names):
        raise NetworkError(
            f"{path.name} is a zip archive, but not laid out as torch does: get it again from where it came."
        )
    sizes = dict(zip(names, (record.file_size for record in records), strict=True))
    packed = (name for name, record in zip(names, records, strict=True) if record.compress_type != zipfile.ZIP_STORED)
    return Archive(path, sizes, frozenset(packed), tops.pop())


def check_unpacked_size(archive: Archive, compressible: Iterable[str], *, most: int) -> None:
    """torch stores tensors as they are: only ``compressible`` records may unpack to more, and to ``most`` at most."""
    allowed = frozenset(compressible)
    stray = next((name for name in archive.packed if name not in allowed), None)
    if stray is not None or sum(archive.sizes[name] for name in allowed) > most:
        raise NetworkError(
            f"{archive.path.name} would unpack to far more than it holds ({stray or 'its code'}): "
            "torch does not write such files, so it was not opened."
        )
    stored = sum(size for name, size in archive.sizes.items() if name not in archive.packed)
    if stored > archive.path.stat().st_size:
        raise NetworkError(f"{archive.path.name} claims more bytes than it has, so it was not opened.")
