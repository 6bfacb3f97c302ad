"""The forms in which tables ``ACT_*`` are exported, and which of them a file has.

A form is a module with ``held(file)`` (the tables in a file with their columns' names, found quickly, nothing where the file
is none of its own) and ``parts(files, sink)`` (the rows in those of an export's files that have this form).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from types import ModuleType

from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act import csvtables, parquettables, resttables, sqldump
from poanalyzer.ingest.act.parts import TablePart
from poanalyzer.ingest.files import InputFile

#: Where several forms hold a table, those that come first tell more.
_FORMS: tuple[ModuleType, ...] = (csvtables, parquettables, sqldump, resttables)


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


def parts(files: Sequence[InputFile], sink: Sink) -> list[TablePart]:
    """Return the rows of the tables in an export's files that are read, form by form."""
    forms = {file: found[0] for file in files if (found := _form_of(file))}
    rows: list[TablePart] = []
    for rank, form in enumerate(_FORMS):
        own = [file for file, its in forms.items() if its is form]
        rows += [replace(part, rank=rank) for part in form.parts(own, sink)] if own else []
    return rows
