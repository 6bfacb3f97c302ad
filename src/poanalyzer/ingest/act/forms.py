"""The forms in which tables ``ACT_*`` are exported, and which of them a file has.

A form is a module with ``held(file)`` (the tables in a file with their columns' names, found quickly, nothing where the file
is none of its own) and ``parts(file)`` (their rows).
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

from poanalyzer.ingest.act import csvtables
from poanalyzer.ingest.act.parts import TablePart
from poanalyzer.ingest.files import InputFile

_FORMS: tuple[ModuleType, ...] = (csvtables,)


@lru_cache(maxsize=4096)
def _form_of(file: InputFile) -> tuple[ModuleType, dict[str, frozenset[str]]] | None:
    for form in _FORMS:
        if found := form.held(file):
            return form, found
    return None


def held(file: InputFile) -> dict[str, frozenset[str]]:
    """Return the tables in a file (``HI_PROCINST`` …), each with the names of the columns it has."""
    found = _form_of(file)
    return found[1] if found else {}


def parts(file: InputFile) -> list[TablePart]:
    """Return the rows of the tables in a file that are read."""
    found = _form_of(file)
    if found is None:
        return []
    rows: list[TablePart] = found[0].parts(file)
    return rows
