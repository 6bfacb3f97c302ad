"""Which adapter reads which of the given files; and what a file is that none of them reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from poanalyzer.config import InputSettings
from poanalyzer.errors import InputError
from poanalyzer.ingest.adapter import Adapter, Claim, adapter, adapters
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.tables.dialect import encoding_of
from poanalyzer.results import Problem

#: Claims below this are a last resort: used only where the file is all there is, or the adapter was asked for.
LAST_RESORT = 0.4
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file, perhaps Excel (.xls)"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"ARROW1", "an Arrow file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "bzip2-compressed data"),
    (b"\xfd7zXZ\x00", "xz-compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"\x1f\x8b", "gzip-compressed data"),
)
_ADVICE = (
    ("Camunda", "Export at least these two tables as CSV, and give the whole folder."),
    ("Excel", "Save the sheet as CSV (UTF-8) and give that file."),
    ("SQLite", "Export the tables of the engine's history as CSV and give the folder."),
    ("archive", "Unpack it and give the folder."),
    ("compressed", "Unpack it, or pack it with gzip or zip."),
    ("JSON", "Give the whole folder of the engine's export, or name the reader with adapter in [[input]]."),
    ("BPMN", "Give it together with the log that it models, or as model in [[process]]."),
    ("table", "Name its columns: --map case=COLUMN activity=COLUMN end=COLUMN."),
)


def plan_inputs(
    files: Sequence[InputFile], settings: InputSettings, *, problems: list[Problem] | None = None
) -> list[tuple[Adapter, Claim]]:
    """Decide which adapter reads which of ``files``; every file is read at most once.

    All adapters (or the one ``settings.adapter`` names) claim files; where claims overlap the surest wins. What is
    left over in a folder or archive is added to ``problems``. Raises :class:`InputError` where nothing can be read,
    :class:`~poanalyzer.errors.UsageError` where the adapter that was asked for does not exist.
    """
    wanted = settings.adapter or ("table" if settings.columns and "table" in adapters() else None)
    readers = [adapter(wanted)] if wanted else list(adapters().values())
    plan: list[tuple[Adapter, Claim]] = []
    used: set[str] = set()
    reasons: dict[str, str] = {}
    queue = [(reader, claim) for reader in readers for claim in reader.claim(files, settings)]
    while queue:
        queue.sort(key=_rank)
        reader, claim = queue.pop(0)
        taken = [file for file in claim.files if file.name in used]
        if taken:
            rest = [file for file in claim.files if file.name not in used]
            # the claim was made for all of its files: what is left must be judged anew
            queue += [(reader, again) for again in reader.claim(rest, settings)] if rest else []
            continue
        if claim.confidence < LAST_RESORT and not wanted and len(files) > 1:
            for file in claim.files:
                reasons.setdefault(file.name, claim.why)  # the surest claim comes first
            continue
        plan.append((reader, claim))
        used.update(file.name for file in claim.files)
    left = [file for file in files if file.name not in used]
    if not plan:
        raise _nothing(left, reasons, wanted)
    if left and problems is not None:
        shown = ", ".join(f"{file.name} ({reasons.get(file.name) or file_kind(file.head)})" for file in left[:8])
        more = f" and {len(left) - 8} more" if len(left) > 8 else ""
        problems.append(Problem(severity="note", text=f"files not read: {shown}{more}", where=settings.path))
    return sorted(plan, key=lambda pair: [file.name for file in pair[1].files])


def _rank(pair: tuple[Adapter, Claim]) -> tuple[float, str, list[str]]:
    return -pair[1].confidence, pair[0].id, [file.name for file in pair[1].files]


def _nothing(left: Sequence[InputFile], reasons: dict[str, str], wanted: str | None) -> InputError:
    first = left[0]
    kind = file_kind(first.head)
    if wanted:
        return InputError(
            f"the adapter “{wanted}” does not recognise {'this' if len(left) == 1 else 'these files'}: "
            f"{first.name} looks like {kind}",
            where=first.name,
            fix="Leave the adapter out to let it be detected; poanalyzer list adapters shows them.",
        )
    if len(left) == 1:
        return InputError(
            f"not an event log that can be read: it looks like {kind}", where=first.name, fix=_advice(kind)
        )
    why = f"is {reasons[first.name]}" if first.name in reasons else f"looks like {kind}"
    return InputError(
        f"none of the {len(left)} files is an event log that can be read; the first one {why}",
        where=first.name,
        fix=_advice(why if "Camunda" in why else kind),
    )


def _advice(kind: str) -> str:
    general = "Give an XES log, a CSV or Parquet table of events, or an engine's export (poanalyzer list adapters)."
    return next((advice for word, advice in _ADVICE if word in kind), general)


def file_kind(head: bytes) -> str:
    """Say in words what a file is whose first bytes are ``head``."""
    if not head.strip():
        return "an empty file"
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    if head.startswith(b"PK\x03\x04"):
        office = b"xl/" in head or b"[Content_Types].xml" in head
        return "an Excel workbook (.xlsx) or another Office file" if office else "a zip archive"
    try:
        encoding, _ = encoding_of(head)
    except ValueError:
        return "binary data"
    text = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    lowered = text[:4096].lower()
    if lowered.startswith(("<!doctype html", "<html")):
        return "a web page (HTML)"
    if text.startswith("<"):
        root = re.search(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]", re.sub(r"<[?!][^>]*>", "", text[:65_536]))
        name = root.group(1) if root else ""
        if name == "log":
            return "an XES log"
        if name == "definitions" and "bpmn" in lowered:
            return "a BPMN model"
        return f"XML with the root element <{name}>, which is no log" if name else "broken XML"
    if text.startswith(("{", "[")):
        lines = text.split("\n", 2)
        several = len(lines) > 1 and lines[0].rstrip().endswith("}") and lines[1].startswith("{")
        return "JSON lines" if several else "JSON"
    lines = [line for line in text.splitlines()[:4] if line.strip()]
    if any(len({line.count(sign) for line in lines}) == 1 and sign in lines[0] for sign in ",;\t|"):
        return "a table of text"
    return "plain text"
