"""Which files make one export of tables ``ACT_*``, and which engine wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal

from poanalyzer.ingest.act.forms import held
from poanalyzer.ingest.files import InputFile

#: The tables without which nothing is known of what ran.
CENTRAL = ("HI_PROCINST", "HI_ACTINST")
#: Flowable and Activiti have tables of the same names. Columns that only Camunda 7 has in them …
_CAMUNDA7 = {
    "HI_PROCINST": {"PROC_DEF_KEY_", "STATE_", "ROOT_PROC_INST_ID_", "SUPER_CASE_INSTANCE_ID_"},
    "HI_ACTINST": {"PROC_DEF_KEY_", "PARENT_ACT_INST_ID_", "ACT_INST_STATE_", "SEQUENCE_COUNTER_"},
}
#: … and columns that, without those, mean one of the others.
_FLOWABLE = {
    "HI_PROCINST": {"REV_", "NAME_", "CALLBACK_ID_"},
    "HI_ACTINST": {"REV_", "TRANSACTION_ORDER_", "CALL_PROC_INST_ID_"},
}
#: Ids as the engines make them. Two folders that have some in common were written by one engine.
_ID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ENOUGH_IN_COMMON = 3
#: An answer without records has no ids: it belongs to what stands beside its folder.
_EMPTY = re.compile(rb"\s*\[\s*\]\s*")
#: Of each table of a folder so many files are looked at for ids.
_LOOKED_AT = 2


@dataclass(frozen=True)
class FoundExport:
    """The files of one export, and the models nearest to it.

    They are those of a folder, of folders that hold the same instances (in several forms, month by month, or a folder for each
    kind of answer), or one file with many tables.

    ``engine`` is ``camunda7`` or ``flowable`` (Activiti too); None where neither central table is there.
    """

    files: tuple[InputFile, ...]
    engine: Literal["camunda7", "flowable"] | None
    tables: int


def find_exports(files: Sequence[InputFile]) -> list[FoundExport]:
    """Group files into exports, in whatever forms they are; models go with the nearest that has instances."""
    folders: dict[str, list[InputFile]] = {}
    for file in files:
        if held(file):
            folders.setdefault(folder_of(file), []).append(file)
    groups = _joined(folders)
    engines = {folder: _engine(group) for folder, group in groups.items()}
    homes = sorted(folder for folder, engine in engines.items() if engine)
    for folder in [folder for folder in groups if folder not in homes]:
        nearest = _nearest(folder, homes)
        if nearest and all(_EMPTY.fullmatch(file.head) for file in groups[folder]):
            groups[nearest] += groups.pop(folder)
    tables = {folder: len({table for file in group for table in held(file)}) for folder, group in groups.items()}
    for file in files:
        if homes and (is_model(file) or file.suffix == ".dmn"):
            groups[max(homes, key=lambda folder: _shared(folder, folder_of(file)))].append(file)
    return [FoundExport(tuple(groups[folder]), engines[folder], tables[folder]) for folder in sorted(groups)]


def _joined(folders: dict[str, list[InputFile]]) -> dict[str, list[InputFile]]:
    """Join folders that hold records of one engine, by the ids they have in common; the first one names the whole."""
    groups: dict[str, list[InputFile]] = {}
    known: dict[str, set[bytes]] = {}
    for folder in sorted(folders):
        own = _ids_of(folders[folder]) if len(folders) > 1 else set()
        same = [other for other, ids in known.items() if len(own & ids) >= _ENOUGH_IN_COMMON]
        name = same[0] if same else folder
        for other in same[1:]:  # this folder shows that they are one
            groups[name] += groups.pop(other)
            own |= known.pop(other)
        groups.setdefault(name, []).extend(folders[folder])
        known[name] = known.get(name, set()) | own
    return groups


def _ids_of(group: Sequence[InputFile]) -> set[bytes]:
    seen: dict[str, int] = {}
    found: set[bytes] = set()
    for file in group:
        for table in held(file):
            seen[table] = seen.get(table, 0) + 1
        if min(seen[table] for table in held(file)) <= _LOOKED_AT:
            found |= _ids(file)
    return found


@lru_cache(maxsize=1024)
def _ids(file: InputFile) -> frozenset[bytes]:
    return frozenset(_ID.findall(file.head))


def _nearest(folder: str, homes: Sequence[str]) -> str | None:
    """Return the export that stands nearest to a folder; None where two are equally near."""
    near = sorted(((_shared(home, folder), home) for home in homes), reverse=True)
    return near[0][1] if near and (len(near) == 1 or near[0][0] > near[1][0]) else None


def is_model(file: InputFile) -> bool:
    """Whether a file is a BPMN model by its name."""
    return file.suffix == ".bpmn" or file.name.lower().endswith((".bpmn20.xml", ".bpmn.xml"))


def _engine(group: Sequence[InputFile]) -> Literal["camunda7", "flowable"] | None:
    central = [(t, names) for file in group for t, names in held(file).items() if t in CENTRAL]
    if not central:
        return None
    if any(names & _CAMUNDA7[t] for t, names in central):
        return "camunda7"
    return "flowable" if any(names & _FLOWABLE[t] for t, names in central) else "camunda7"


def folder_of(file: InputFile) -> str:
    """Return the folder of a file, an archive being one."""
    return str(PurePosixPath(file.name.replace("!", "!/")).parent)


def _shared(one: str, other: str) -> int:
    parts = zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False)
    return sum(1 for a, b in parts if a == b)
