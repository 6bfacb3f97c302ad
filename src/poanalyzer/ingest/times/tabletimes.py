"""The time columns of a plain table: their format, their zone, and the rows whose times cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.ingest.tables.tablefiles import TableHead
from poanalyzer.ingest.times.timestamps import (
    MISSING,
    TimeFormat,
    decide_order,
    guess_format,
    is_missing_time,
    text_to_micros,
    typed_to_micros,
)
from poanalyzer.ingest.times.zones import doubtful, is_utc, local_to_utc

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.sink import Sink

TIME_ROLES = ("start", "end", "due")


@dataclass(frozen=True)
class _TimeColumn:
    """A column of times as expressions over the staged table.

    ``micros`` are UTC where ``zoned`` is true and the local clock's elsewhere; ``unread`` marks values that are
    written but are no time. ``naive`` is False where a typed column says its zone.
    """

    role: str
    name: str
    typed: bool
    naive: bool
    micros: ibis.Value
    zoned: ibis.Value
    unread: ibis.Value


def read_times(
    table: ibis.Table,
    columns: Mapping[str, str],
    head: TableHead,
    settings: InputSettings,
    config: Config,
    sink: Sink,
) -> ibis.Table:
    """Add ``time_start``, ``time_end`` and ``time_due`` (µs UTC), as far as ``columns`` has them, to ``table``.

    Rows with a start or end that is written but cannot be read are counted and left out. Times without a zone are
    those of the input's or the project's zone, else UTC with a warning. Raises
    :class:`~poanalyzer.errors.InputError` where the format of a column is unknown or ambiguous.
    """
    declared = settings.timezone or config.project.timezone
    zone = declared or "UTC"
    sink.record.timezone = zone
    roles = {role: columns[role] for role in TIME_ROLES if role in columns}
    staged, times = _staged(table, roles, _formats(table, roles, head, sink.record.path), head)
    seen = _count(staged, times, zone, sink)
    _tell(times, seen, head, declared, sink)
    made = {f"time_{t.role}": _in_utc(t, zone, seen) for t in times}
    _tell_clock_changes(staged, times, zone, seen, sink)
    return _without_unread(staged, times, seen, sink).mutate(**made)


def _formats(table: ibis.Table, roles: Mapping[str, str], head: TableHead, where: str) -> dict[str, TimeFormat | None]:
    """Return the format of each role's column, None for typed and for empty ones."""
    formats: dict[str, TimeFormat | None] = {}
    for role, column in roles.items():
        texts = (row.get(column, "") for row in head.rows)
        if not table[column].type().is_string():
            texts = (text.removesuffix(".0") for text in texts)
        formats[role] = None if column in head.times else guess_format(texts, column, where)
    undecided = [roles[role] for role, found in formats.items() if found and found.family == "day"]
    if undecided:
        order = decide_order(table, undecided, where)
        formats = {r: (TimeFormat(order, f.share) if f and f.family == "day" else f) for r, f in formats.items()}
    return formats


def _staged(
    table: ibis.Table, roles: Mapping[str, str], formats: Mapping[str, TimeFormat | None], head: TableHead
) -> tuple[ibis.Table, list[_TimeColumn]]:
    """Add the parts of each time as columns, so that what follows refers to them by name."""
    import ibis

    raw: dict[str, ibis.Value] = {}
    for role, name in roles.items():
        column = table[name]
        if name in head.times:
            micros, zoned = typed_to_micros(column)
            written = ibis.literal(False)
        else:
            text = column if column.type().is_string() else column.cast("string")
            if column.type().is_floating():
                text = text.re_replace(r"\.0$", "")
            found = formats[role]
            micros, zoned = text_to_micros(text, found.family if found else "iso")
            # only short texts can stand for "no time": long ones need not be folded
            written = (text.length() < 8).ifelse(~text.lower().isin(list(MISSING)), text.notnull())
        raw |= {f"micros_{role}": micros, f"zoned_{role}": zoned, f"written_{role}": written}
    staged = table.mutate(**raw)
    times = []
    for role, name in roles.items():
        kind = table[name].type()
        typed = name in head.times
        times.append(
            _TimeColumn(
                role=role,
                name=name,
                typed=typed,
                naive=not (typed and kind.is_timestamp() and kind.timezone is not None),
                micros=staged[f"micros_{role}"],
                zoned=staged[f"zoned_{role}"],
                unread=staged[f"written_{role}"] & staged[f"micros_{role}"].isnull(),
            )
        )
    return staged, times


def _count(staged: ibis.Table, times: Sequence[_TimeColumn], zone: str, sink: Sink) -> dict[str, Any]:
    """Count in one scan what cannot be read and what has no zone; a clean typed column needs no scan."""
    counts: dict[str, ibis.Value] = {}
    seen: dict[str, Any] = {}
    for t in times:
        seen |= {f"unread_{t.role}": 0, f"local_{t.role}": int(t.typed and t.naive)}
        if t.typed and (not t.naive or is_utc(zone)):
            continue
        local = t.micros.between(EARLIEST_US, LATEST_US) & ~t.zoned
        counts |= {
            f"local_{t.role}": local.sum(),
            f"unread_{t.role}": t.unread.sum(),
            f"example_{t.role}": staged[t.name].cast("string").min(where=t.unread),
            f"first_{t.role}": t.micros.min(where=local),
            f"last_{t.role}": t.micros.max(where=local),
        }
    if counts:
        found = sink.con.to_pyarrow(staged.aggregate(**counts)).to_pylist()[0]
        seen |= {key: value or 0 if key.startswith(("local", "unread")) else value for key, value in found.items()}
    return seen


def _tell(
    times: Sequence[_TimeColumn], seen: Mapping[str, Any], head: TableHead, declared: str | None, sink: Sink
) -> None:
    local = ", ".join(f"“{t.name}”" for t in times if seen[f"local_{t.role}"])
    if local and declared is None:
        sink.record.zone_assumed = True
        sink.note(
            "warning",
            f"the times of {local} have no time zone and are taken as UTC",
            fix="Set timezone in [project] or [[input]], for example Europe/Berlin.",
        )
    for t in times:
        texts = [row.get(t.name, "") for row in head.rows]
        written = [text for text in texts if not is_missing_time(text)]
        dates = all(text.strip().endswith("00:00:00") or (":" not in text and len(text) == 10) for text in written)
        if t.role != "due" and written and dates:
            sink.note(
                "warning",
                f"the times of “{t.name}” are dates without a clock: nothing below a day can be measured",
                fix="Export the full times, in one column.",
            )
    for t in times:
        if t.role == "due" and seen["unread_due"]:
            sink.note("warning", f"{seen['unread_due']} due dates in “{t.name}” cannot be read and are ignored")


def _in_utc(t: _TimeColumn, zone: str, seen: Mapping[str, Any]) -> ibis.Value:
    first, last = seen.get(f"first_{t.role}"), seen.get(f"last_{t.role}")
    if is_utc(zone) or first is None or last is None:
        return t.micros
    return t.zoned.ifelse(t.micros, local_to_utc(t.micros, zone, first, last))


def _tell_clock_changes(
    staged: ibis.Table, times: Sequence[_TimeColumn], zone: str, seen: Mapping[str, Any], sink: Sink
) -> None:
    """Count the local times that a clock change makes doubtful."""
    odd: dict[str, ibis.Value] = {}
    for t in times:
        first, last = seen.get(f"first_{t.role}"), seen.get(f"last_{t.role}")
        if not is_utc(zone) and first is not None and last is not None:
            twice, never = doubtful(t.micros, zone, first, last)
            odd |= {f"twice_{t.role}": (twice & ~t.zoned).sum(), f"never_{t.role}": (never & ~t.zoned).sum()}
    if not odd:
        return
    found = sink.con.to_pyarrow(staged.aggregate(**odd)).to_pylist()[0]
    twice_count = sum(count or 0 for key, count in found.items() if key.startswith("twice"))
    never_count = sum(count or 0 for key, count in found.items() if key.startswith("never"))
    if twice_count or never_count:
        sink.note(
            "note",
            f"around clock changes in {zone}, {twice_count} times can mean two instants (the earlier one is taken) "
            f"and {never_count} never were (read as before the change)",
        )


def _without_unread(
    staged: ibis.Table, times: Sequence[_TimeColumn], seen: Mapping[str, Any], sink: Sink
) -> ibis.Table:
    """Reject the rows whose start or end is written but is no time: half of a row would be a wrong row."""
    bad = [t for t in times if t.role != "due" and seen[f"unread_{t.role}"]]
    if not bad:
        return staged
    unread = bad[0].unread
    for t in bad[1:]:
        unread = unread | t.unread
    count = int(sink.con.to_pyarrow(staged.aggregate(n=unread.sum()))["n"][0].as_py())
    sink.read(count)
    example = str(seen[f"example_{bad[0].role}"])[:60]
    sink.reject("time cannot be read", count, f"“{example}” in “{bad[0].name}”")
    return staged.filter(~unread.fill_null(False))
