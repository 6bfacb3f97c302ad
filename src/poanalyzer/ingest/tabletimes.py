"""The time columns of a plain table: their format, their zone, and the rows whose times cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from poanalyzer.config import Config, InputSettings
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.ingest.tablefiles import TableHead
from poanalyzer.ingest.timestamps import (
    MISSING,
    TimeFormat,
    decide_order,
    guess_format,
    text_to_micros,
    typed_to_micros,
)
from poanalyzer.ingest.zones import doubtful, is_utc, local_to_utc

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.sink import Sink

ROLES = ("start", "end", "due")


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
    those of the input's or the project's zone, else UTC with a warning.
    """
    roles = {role: columns[role] for role in ROLES if role in columns}
    where = sink.record.path
    formats: dict[str, TimeFormat | None] = {}
    for role, column in roles.items():
        if column in head.times or not table[column].type().is_string():
            formats[role] = _numeric_format(table, column, head, where)
        else:
            formats[role] = guess_format((row.get(column, "") for row in head.rows), column, where)
    undecided = [roles[r] for r, f in formats.items() if f is not None and f.family == "day"]
    if undecided:
        order = decide_order(table, undecided, where)
        formats = {r: (TimeFormat(order, f.share) if f and f.family == "day" else f) for r, f in formats.items()}
    raw: dict[str, ibis.Value] = {}
    for role, column in roles.items():
        micros, zoned, written = _micros(table[column], formats[role], typed=column in head.times)
        raw |= {f"raw_{role}": micros, f"zoned_{role}": zoned, f"written_{role}": written}
    staged = table.mutate(**raw)
    return _in_utc(staged, roles, settings, config, sink)


def _numeric_format(table: ibis.Table, column: str, head: TableHead, where: str) -> TimeFormat | None:
    if column in head.times:
        return None
    texts = (row.get(column, "").removesuffix(".0") for row in head.rows)
    return guess_format(texts, column, where)


def _micros(column: ibis.Value, found: TimeFormat | None, *, typed: bool) -> tuple[ibis.Value, ibis.Value, ibis.Value]:
    """Return (µs, whether they are UTC, whether anything is written there)."""
    kind = column.type()
    if typed or kind.is_timestamp() or kind.is_date():
        micros, zoned = typed_to_micros(column)
        return micros, zoned, column.notnull()
    text = column.cast("string") if not kind.is_string() else column
    if kind.is_floating():
        text = text.re_replace(r"\.0$", "")
    text = text.strip()
    micros, zoned = text_to_micros(text, found.family if found else "iso")
    return micros, zoned, text.notnull() & ~text.lower().isin(list(MISSING))


def _in_utc(
    staged: ibis.Table, roles: Mapping[str, str], settings: InputSettings, config: Config, sink: Sink
) -> ibis.Table:
    import ibis

    declared = settings.timezone or config.project.timezone
    zone = declared or "UTC"
    sink.record.timezone = zone
    counts: dict[str, ibis.Value] = {}
    for role in roles:
        micros, zoned, written = (staged[f"{part}_{role}"] for part in ("raw", "zoned", "written"))
        unread = written & micros.isnull()
        local = micros.between(EARLIEST_US, LATEST_US) & ~zoned
        counts |= {
            f"local_{role}": local.sum().fill_null(0),
            f"unread_{role}": unread.sum().fill_null(0),
            f"example_{role}": staged[roles[role]].cast("string").min(where=unread),
            f"first_{role}": micros.min(where=local),
            f"last_{role}": micros.max(where=local),
        }
    seen = sink.con.to_pyarrow(staged.aggregate(**counts)).to_pylist()[0]
    local_roles = [role for role in roles if seen[f"local_{role}"]]
    named = ", ".join(f"“{roles[role]}”" for role in local_roles)
    if local_roles and declared is None:
        sink.note(
            "warning",
            f"the times of {named} have no time zone and are taken as UTC",
            fix="Set timezone in [project] or [[input]], for example Europe/Berlin.",
        )
    times: dict[str, ibis.Value] = {}
    odd: dict[str, ibis.Value] = {}
    for role in roles:
        micros, zoned = staged[f"raw_{role}"], staged[f"zoned_{role}"]
        if role in local_roles and not is_utc(zone):
            span = (seen[f"first_{role}"], seen[f"last_{role}"])
            times[f"time_{role}"] = zoned.ifelse(micros, local_to_utc(micros, zone, *span))
            twice, never = doubtful(micros, zone, *span)
            odd |= {f"twice_{role}": (twice & ~zoned).sum(), f"never_{role}": (never & ~zoned).sum()}
        else:
            times[f"time_{role}"] = micros
    if odd:
        hours = sink.con.to_pyarrow(staged.aggregate(**odd)).to_pylist()[0]
        twice_count = sum(n or 0 for key, n in hours.items() if key.startswith("twice"))
        never_count = sum(n or 0 for key, n in hours.items() if key.startswith("never"))
        if twice_count or never_count:
            sink.note(
                "note",
                f"around clock changes in {zone}, {twice_count} times can mean two instants (the earlier one is taken) "
                f"and {never_count} never were (read as before the change)",
            )
    unread_row = ibis.literal(False)
    for role in ("start", "end"):
        if role in roles:
            unread_row = unread_row | (staged[f"written_{role}"] & staged[f"raw_{role}"].isnull())
    bad_roles = [role for role in ("start", "end") if role in roles and seen[f"unread_{role}"]]
    result = staged.mutate(**times)
    if bad_roles:
        role = bad_roles[0]
        count = int(sink.con.execute(staged.filter(unread_row).count()))
        sink.read(count)
        sink.reject("time cannot be read", count, f"“{str(seen[f'example_{role}'])[:60]}” in “{roles[role]}”")
        result = result.filter(~unread_row)
    if "due" in roles and seen["unread_due"]:
        sink.note("warning", f"{seen['unread_due']} due dates in “{roles['due']}” cannot be read and are ignored")
    return result
