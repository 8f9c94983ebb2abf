"""Finds the files of a published data set, or fetches, checks and unpacks them."""

import hashlib
import os
import tarfile
from pathlib import Path

from cnnviz.core.errors import CancelledError, CnnvizError
from cnnviz.core.networks.download import Cancelled, OnProgress, download
from cnnviz.core.training.data.named import NamedSet, RemoteFile, data_cache
from cnnviz.core.training.errors import DataError

_CHUNK = 1 << 20
_MOST_UNPACKED = 64 * 2**30


def find_or_fetch(named: NamedSet, root: str, *, fetch: bool, tell: OnProgress, stop: Cancelled) -> Path:
    """The folder that holds the set's files.

    Archives are unpacked beside themselves, or in the cache folder where nothing can be written. Raises DataError: not
    there and not to be fetched, no connection, or damaged; CancelledError.
    """
    roots = [Path(root)] if root else [data_cache()]
    if root and not _is_writable(roots[0]):
        roots.append(data_cache())
    found = next(filter(None, (_found(named, each) for each in roots)), None)
    if found:
        return found
    _place_files(named, roots[0], roots[-1], fetch=fetch, tell=tell, stop=stop)
    found = _found(named, roots[-1])
    if found is None:
        raise DataError(
            f"The files of {named.title} in {roots[-1]} lack {named.probe[0]}: remove them and fetch again."
        )
    return found


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK) if folder.exists() else True


def _found(named: NamedSet, root: Path) -> Path | None:
    """The first folder that has all of the set, packed file by file (.gz) or not."""
    for folder in (root / each for each in named.folders):
        if all((folder / name).exists() or (folder / f"{name}.gz").exists() for name in named.probe):
            return folder
    return None


def _place_files(named: NamedSet, found: Path, target: Path, *, fetch: bool, tell: OnProgress, stop: Cancelled) -> None:
    """Brings every file to ``target``; archives that lie in ``found`` already are only unpacked."""
    for file in named.files:
        here = next((root / file.place for root in (found, target) if (root / file.place).is_file()), None)
        if here is None:
            if not fetch:
                raise DataError(
                    f"{named.title} is not in {found}: name the folder it is in (--data-root), "
                    f"or fetch its {named.megabytes} MB (--download)."
                )
            here = target / file.place
            _fetch(file, here, tell, stop)
        if here.name.endswith((".tgz", ".tar.gz")):
            _check_sum(here, file, tell, stop)
            _unpack(here, (target / file.place).parent, tell, stop)


def _fetch(file: RemoteFile, target: Path, tell: OnProgress, stop: Cancelled) -> None:
    try:
        download(file.url, target, on_progress=tell, cancelled=stop)
    except CancelledError:
        raise
    except CnnvizError as error:
        raise DataError(
            f"{target.name} cannot be fetched: go online, or put the file from {file.url} at {target}.",
            details=f"{error.message}\n{error.details}",
        ) from error
    try:
        _check_sum(target, file, tell, stop)
    except CnnvizError:
        target.unlink(missing_ok=True)
        raise


def _check_sum(path: Path, file: RemoteFile, tell: OnProgress, stop: Cancelled) -> None:
    """Raises DataError unless the file is the published one."""
    digest, done, size = hashlib.md5(usedforsecurity=False), 0, path.stat().st_size
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            _check_stop(stop)
            digest.update(chunk)
            done += len(chunk)
            tell(f"Checking {path.name}", done / size)
    if digest.hexdigest() != file.md5:
        raise DataError(
            f"{path.name} is damaged or another version: its MD5 is not {file.md5}; remove it and fetch it again.",
            details=f"MD5 {digest.hexdigest()} of {path}",
        )


def _unpack(archive: Path, folder: Path, tell: OnProgress, stop: Cancelled) -> None:
    """The content was checked before; still nothing may leave the folder or fill the disk."""
    tell(f"Unpacking {archive.name}", None)
    unpacked = 0
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                _check_stop(stop)
                unpacked += member.size
                if unpacked > _MOST_UNPACKED:
                    raise DataError(
                        f"{archive.name} unpacks to more than {_MOST_UNPACKED >> 30} GiB: it was not made so."
                    )
                tar.extract(member, folder, filter="data")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise DataError(f"{archive.name} cannot be unpacked in {folder}: {error}.", details=repr(error)) from error


def _check_stop(stop: Cancelled) -> None:
    if stop():
        raise CancelledError("Fetching the data was cancelled.")
