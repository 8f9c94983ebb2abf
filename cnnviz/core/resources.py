"""Finds the files that ship with the program: pictures, trained networks, class names, icons."""

from pathlib import Path

from cnnviz.core.errors import CnnvizError

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "_resources", _PACKAGE.parent / "resources")  # in an installed wheel; in a checkout


def resource_path(*parts: str) -> Path:
    """The file or folder ``parts`` below the program's resources; it exists."""
    candidates = [folder.joinpath(*parts) for folder in _FOLDERS]
    found = next((path for path in candidates if path.exists()), None)
    if found is None:
        raise CnnvizError(
            f"The program's own file {'/'.join(parts)} is missing: "
            "install cnnviz again, or start it from a complete checkout.",
            details="looked for " + " and ".join(str(path) for path in candidates),
        )
    return found
