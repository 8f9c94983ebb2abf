"""Fetches published weights into torch's own cache folder, so that every program on the machine shares them."""

import hashlib
import re
import uuid
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import torch

from cnnviz.core.errors import CancelledError, NetworkError

OnProgress = Callable[[str, float | None], None]
"""Called with what is going on and the fraction done (None: unknown)."""
Cancelled = Callable[[], bool]

_CHUNK = 1 << 18
_PATIENCE_S = 10.0
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,})\.[^.]+$")


def cached_file(url: str) -> Path:
    """Where torch keeps, or would keep, the file of this address."""
    return Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(url).path).name


def download(
    url: str, target: Path, *, on_progress: OnProgress | None = None, cancelled: Cancelled | None = None
) -> None:
    """Brings the file of ``url`` to ``target``, which appears only when it is complete.

    Where the file's name carries the start of its SHA-256, as torchvision's do, the content is checked against it.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(url, target, on_progress or ignore_progress, cancelled or never_cancelled)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()  # it is the server's answer too, with an open connection
        raise _failure(url, target, error) from error


def _download(url: str, target: Path, on_progress: OnProgress, cancelled: Cancelled) -> None:
    partial = target.with_name(f"{target.name}.{uuid.uuid4().hex}.partial")
    try:
        with partial.open("xb") as file:
            digest = _receive(url, file, on_progress, cancelled)
        _check_digest(url, digest)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _receive(url: str, file: BinaryIO, on_progress: OnProgress, cancelled: Cancelled) -> str:
    """Writes the answer's body to ``file``; its SHA-256."""
    digest, received, text = hashlib.sha256(), 0, f"Downloading {Path(urlsplit(url).path).name}"
    with _open(url) as answer:
        announced = int(answer.headers.get("Content-Length") or 0)
        while chunk := answer.read(_CHUNK):
            if cancelled():
                raise CancelledError(f"{text} was cancelled.")
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            on_progress(text, received / announced if announced else None)
    if received < announced:
        raise ConnectionError(f"the connection ended after {received} of {announced} bytes")
    return digest.hexdigest()


def _open(url: str) -> HTTPResponse:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise NetworkError(f"Weights are fetched from http and https addresses only, not from {url}.")
    answer = urlopen(Request(url, headers={"User-Agent": "cnnviz"}), timeout=_PATIENCE_S)  # noqa: S310 - checked above
    assert isinstance(answer, HTTPResponse)  # noqa: S101 - what urlopen gives for these two schemes
    return answer


def _check_digest(url: str, digest: str) -> None:
    expected = _HASH_IN_NAME.search(urlsplit(url).path)
    if expected and not digest.startswith(expected[1]):
        raise NetworkError(
            f"The file downloaded from {url} is damaged: its SHA-256 does not start with {expected[1]}; "
            "try again later.",
            details=f"SHA-256 {digest}",
        )


def _failure(url: str, target: Path, error: OSError | HTTPException) -> NetworkError:
    return NetworkError(
        f"{target.name} cannot be downloaded ({_reason(error)}): go online, or put the file from {url} at {target}, "
        "or open a weights file you have.",
        details=repr(error),
    )


def _reason(error: OSError | HTTPException) -> str:
    if isinstance(error, HTTPError):
        return f"the server answered {error.code}"
    cause = error.reason if isinstance(error, URLError) else error
    words = cause.strerror if isinstance(cause, OSError) else None
    return words or str(cause) or type(cause).__name__


def ignore_progress(_text: str, _fraction: float | None) -> None:
    """Nobody watches."""


def never_cancelled() -> bool:
    return False
