"""A network from a Python file of the user's own: code, which runs only after it was allowed to."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from torch import nn

from cnnviz.core.errors import CodeConfirmationError, NetworkError
from cnnviz.core.networks.network_file import NetworkFile
from cnnviz.core.networks.values import NetworkChoice

FACTORIES = ("make_network", "network")
"""Names of a function without arguments that returns the network, or of the network itself."""

_MOST_BYTES = 4 * 2**20


def open_python(path: Path, choice: NetworkChoice) -> NetworkFile:
    """Runs the file, in the engine's process and with all it may do there, and makes the network it defines.

    That is what ``make_network`` (or ``network``) returns or is, or else the file's one ``torch.nn.Module`` class that
    needs no arguments. Raises CodeConfirmationError where nobody has allowed it.
    """
    if not choice.confirmed_code:
        raise CodeConfirmationError(
            f"{path.name} is Python code, which would run with all your rights: allow it only if you trust it."
        )
    if path.stat().st_size > _MOST_BYTES:
        raise NetworkError(f"{path.name} is larger than {_MOST_BYTES >> 20} MiB, too large for Python code.")
    code = _run(path)
    factory, name = _factory(path, code)
    module = _made(path, factory, name)
    return NetworkFile(module, f"{name} of Python file", title=type(module).__name__, untrained=True)


def _run(path: Path) -> ModuleType:
    """The file as a module of its own; modules beside it can be imported, as Python scripts may."""
    name = f"cnnviz_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NetworkError(f"{path.name} cannot be read as a Python module.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look a class's module up by its name
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise _failed(path, error, "stopped") from error
    finally:
        sys.path.remove(str(path.parent))
    return module


def _factory(path: Path, code: ModuleType) -> tuple[object, str]:
    for name in FACTORIES:
        if hasattr(code, name):
            return getattr(code, name), name
    classes = [value for value in vars(code).values() if _is_own_network(value, code)]
    free = [kind for kind in classes if _needs_nothing(kind)]
    used = {child for kind in free for child in _mentioned(kind)}
    candidates = [kind for kind in free if kind.__name__ not in used] or free
    if len(candidates) == 1:
        return candidates[0], candidates[0].__name__
    found = ", ".join(kind.__name__ for kind in candidates or classes) or "none"
    why = "has several networks" if candidates else "has no network that can be made without arguments"
    raise NetworkError(
        f"{path.name} {why} (torch.nn.Module classes: {found}): add a function make_network() that returns the one "
        "to show."
    )


def _is_own_network(value: object, code: ModuleType) -> bool:
    return inspect.isclass(value) and issubclass(value, nn.Module) and value.__module__ == code.__name__


def _needs_nothing(kind: type[nn.Module]) -> bool:
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(each.default is not each.empty or each.kind in optional for each in parameters)


def _mentioned(kind: type[nn.Module]) -> frozenset[str]:
    """Names its methods use: a class that another one uses is a part of it."""
    codes = (value.__code__ for value in vars(kind).values() if inspect.isfunction(value))
    return frozenset(name for code in codes for name in code.co_names)


def _made(path: Path, factory: object, name: str) -> nn.Module:
    if isinstance(factory, nn.Module):
        return factory
    if not callable(factory):
        raise NetworkError(f"{name} in {path.name} is {type(factory).__name__}, but must be a network or a function.")
    made = _called(path, factory, name)
    if not isinstance(made, nn.Module):
        raise NetworkError(
            f"{name}() in {path.name} returned {type(made).__name__}, but must return a torch.nn.Module."
        )
    return made


def _called(path: Path, factory: Callable[[], object], name: str) -> object:
    try:
        return factory()
    except (Exception, SystemExit) as error:
        raise _failed(path, error, f"stopped in {name}()") from error


def _failed(path: Path, error: BaseException, where: str) -> NetworkError:
    """The file's own last line that was running, and the whole trace behind it."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == path]
    number = frames[-1].lineno if frames else getattr(error, "lineno", None)
    place = f" at line {number}" if number else ""
    words = str(error).strip().split("\n")[0][:160]
    return NetworkError(
        f"{path.name} {where}{place}: {type(error).__name__}{f': {words}' if words else ''}. Correct it and try again.",
        details="".join(traceback.format_exception(error)),
    )
