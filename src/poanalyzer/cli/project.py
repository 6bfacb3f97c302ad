"""Which project file counts, and which inputs are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from poanalyzer.errors import UsageError

if TYPE_CHECKING:
    from poanalyzer.config import Config

FILE_NAME = "poanalyzer.toml"


@dataclass(frozen=True)
class Project:
    """What to read, under which project file (if any); ``note`` says where that was found unless it was named.

    The inputs of the project file are read beside ``inputs``.
    """

    inputs: tuple[str, ...]
    config: Config | None
    note: str = ""


def find_project(inputs: Sequence[str], config_path: Path | None) -> Project:
    """Return the project that the command line means.

    Without ``config_path``, the project file of the current folder counts; where the single input is a folder with a
    project file of its own, that one does, and its inputs are read.

    Raises:
        UsageError: there is neither an input nor a project file that names one.
        ConfigError: the project file is wrong.
    """
    from poanalyzer.config import load_config

    given = tuple(inputs)
    note = ""
    if config_path is None and len(given) == 1 and (inside := Path(given[0]) / FILE_NAME).is_file():
        config = load_config(inside)
        note = f"Using {inside}."
        if config.input:
            given = ()
    elif config_path is None and Path(FILE_NAME).is_file():
        config = load_config(Path(FILE_NAME))
        note = f"Using {FILE_NAME}" + (", whose inputs are read too." if given and config.input else ".")
    elif config_path is not None:
        config = load_config(config_path / FILE_NAME if config_path.is_dir() else config_path)
    else:
        config = None
    if not given and not (config and config.input):
        raise UsageError(
            "nothing to read: no INPUT given" + ("" if config is None else ", and the project file names none"),
            fix="Give a file or folder of an export, or name it under [[input]] in poanalyzer.toml.",
        )
    return Project(given, config, note)
