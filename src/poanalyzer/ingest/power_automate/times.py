"""Times of records: UTC in answers, the clock of whoever exported a table in CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from poanalyzer.config import Config, InputSettings
from poanalyzer.errors import InputError
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.times.timestamps import TimeFormat, decide_order, guess_format, text_to_micros
from poanalyzer.ingest.times.zones import is_utc, local_to_utc

if TYPE_CHECKING:
    import ibis

_SAMPLE = 1_000


def json_moment(text: ibis.Value) -> ibis.Value:
    """Return ISO 8601 text as microseconds UTC: what says no zone is UTC, what is finer than a microsecond is cut off.

    Date-times of .NET's own JSON (``/Date(1700000000000)/``) count milliseconds.
    """
    import ibis

    ticks = text.re_extract(r"^/Date\((-?\d+)", 1).nullif("").try_cast("int64") * 1000
    return ibis.coalesce(text_to_micros(text, "iso")[0], ticks)


def csv_moments(
    rows: ibis.Table,
    names: Sequence[str],
    headers: Mapping[str, str],
    settings: InputSettings,
    config: Config,
    sink: Sink,
) -> dict[str, ibis.Value]:
    """Return the columns ``names`` of text as microseconds UTC.

    Without an offset they are the clock of the zone in the project file, else UTC with a warning. Raises
    :class:`~poanalyzer.errors.InputError` where day and month cannot be told apart; a column in no known format is left
    out with a warning.
    """
    import ibis

    declared = settings.timezone or config.project.timezone
    zone = declared or "UTC"
    sink.record.timezone = zone
    formats: dict[str, TimeFormat] = {}
    for name in names:
        filled = rows.filter(rows[name].notnull()).select(name).distinct().order_by(name).limit(_SAMPLE)
        try:
            found = guess_format(filled[name].to_pyarrow().to_pylist(), headers.get(name, name), sink.record.path)
        except InputError as error:
            sink.note("warning", error.what, error.fix)
            continue
        if found:
            formats[name] = found
    undecided = [name for name, found in formats.items() if found.family == "day"]
    family = decide_order(rows, undecided, sink.record.path) if undecided else None
    read: dict[str, ibis.Value] = {}
    local: dict[str, tuple[ibis.Value, ibis.Value]] = {}
    for name in names:
        if name not in formats:
            read[name] = ibis.null("int64")
            continue
        kind = formats[name].family
        micros, zoned = text_to_micros(rows[name], family if kind == "day" and family else kind)
        read[name], local[name] = micros, (micros, zoned)
    bounds = _bounds(rows, local)
    naive = [name for name in local if bounds[name][0] is not None]
    if naive and declared is None:
        sink.record.zone_assumed = True
        shown = ", ".join(f"“{headers.get(name, name)}”" for name in naive)
        sink.note(
            "warning",
            f"the times of {shown} have no time zone and are taken as UTC",
            fix="Set timezone in [project] or [[input]] to the zone of the user who exported, for example Europe/Berlin.",
        )
    if not is_utc(zone):
        for name in naive:
            (micros, zoned), (first, last) = local[name], bounds[name]
            if first is not None and last is not None:
                read[name] = ibis.ifelse(zoned, micros, local_to_utc(micros, zone, first, last))
    return read


def _bounds(
    rows: ibis.Table, local: Mapping[str, tuple[ibis.Value, ibis.Value]]
) -> dict[str, tuple[int | None, int | None]]:
    """Return the first and last time without an offset of each column."""
    if not local:
        return {}
    asked: dict[str, ibis.Value] = {}
    for name, (micros, zoned) in local.items():
        asked |= {f"{name}_a": micros.min(where=~zoned), f"{name}_b": micros.max(where=~zoned)}
    row = rows.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return {name: (row[f"{name}_a"], row[f"{name}_b"]) for name in local}
