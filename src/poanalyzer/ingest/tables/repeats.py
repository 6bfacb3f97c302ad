"""Rows of a plain table that are there twice: an export that was joined with itself, or appended to, adds up otherwise.

Rows that are equal in every column may be one row written twice, or two things that happened alike. Public logs and
engines' own tables have the latter: up to 0.6 % of the rows where the clock shows minutes, up to 0.04 % where it shows
milliseconds (siblings of a multi-instance task that are cancelled together). So rows are one row only

* where they share the id of an event,
* where their times are finer than a second, if that is so of more rows than chance explains (:data:`BY_CHANCE`),
* or where nearly every row is there equally often: then the whole export is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.tables.tablefiles import TableHead, is_parquet, open_parquet, stage_csv
from poanalyzer.ingest.times.timestamps import typed_to_micros

if TYPE_CHECKING:
    import ibis

    from poanalyzer.eventlog.sink import Sink

#: What of all rows may repeat another to the millisecond and be real.
BY_CHANCE = 0.01
#: The whole export is repeated where this part of the different rows is there equally often, twice at least …
WHOLE = 0.95
#: … of this many different ones.
MIN_ROWS = 20
#: Different rows are first estimated, within some per cent: with more than this part of all, none is the whole repeated.
_ESTIMATED = 0.6
_FRACTION = r":\d\d[.,]\d*[1-9]"
_REASON = "row exported twice"


def without_repeats(
    table: ibis.Table, columns: Mapping[str, str], files: Sequence[InputFile], head: TableHead, sink: Sink
) -> ibis.Table:
    """Return ``table`` with one of the rows that are one row; the others are read and rejected.

    Args:
        table: the columns that the analyser uses, as they are in the files.
        columns: role → column.
        files: of the table: where two rows are equal in ``table``, all their columns decide.
        head: the sampled rows, which tell how fine the clock is.
        sink: takes the account.
    """
    import ibis

    times = [columns[r] for r in ("start", "end") if r in columns]
    key = columns.get("row_key")
    if not _suspicious(table, times, key, head, sink):
        return table
    whole = _all_columns(table, columns, files, head, sink)
    used = list(table.columns)
    groups = sink.keep(whole.group_by(whole.columns).agg(copies_=whole.count()), "rows")
    fine = ibis.or_(*(_has_fraction(groups[t]).fill_null(False) for t in times))
    often, rows = _often(groups, sink)
    fine_extra = int(sink.con.execute(ibis.ifelse(fine, groups.copies_ - 1, 0).sum()) or 0)
    one = fine if fine_extra > BY_CHANCE * rows else ibis.literal(False)
    if key:
        one = one | groups[key].notnull()
    left = ibis.ifelse(one, 1, ibis.greatest(1, groups.copies_ // often))
    groups = groups.mutate(left_=left.cast("int64"))
    gone = int(sink.con.execute((groups.copies_ - groups.left_).sum()) or 0)
    if not gone:
        return table
    sink.read(gone)
    sink.reject(_REASON, gone, _example(groups, columns, sink))
    copies = groups.select(*used, copy_=ibis.range(0, groups.left_).unnest())
    return sink.keep(copies.drop("copy_"), "rows")


def _suspicious(table: ibis.Table, times: Sequence[str], key: str | None, head: TableHead, sink: Sink) -> bool:
    """Look at single columns first: rows that are equal have equal times, and an id that is there twice."""
    import ibis

    finest = any(re.search(_FRACTION, row.get(t, "")) for row in head.rows for t in times)
    clock = table[times[-1]]
    measures = {"rows": table.count(), "about": clock.approx_nunique()}
    if finest:
        measures |= {"moments": clock.nunique(), "timed": clock.count()}
    if key:
        measures |= {"keys": table[key].nunique(), "keyed": table[key].count()}
    seen = sink.con.to_pyarrow(table.aggregate(**measures)).to_pylist()[0]
    if finest and seen["timed"] - seen["moments"] > BY_CHANCE * seen["rows"]:
        return True
    if key and seen["keyed"] > seen["keys"]:
        return True
    if seen["rows"] < 2 * MIN_ROWS or seen["about"] > _ESTIMATED * seen["rows"]:
        return False
    row = ibis.struct({c: table[c] for c in table.columns})
    return bool(sink.con.execute(row.hash().approx_nunique()) <= _ESTIMATED * seen["rows"])


def _all_columns(
    table: ibis.Table, columns: Mapping[str, str], files: Sequence[InputFile], head: TableHead, sink: Sink
) -> ibis.Table:
    """Return the rows with every column of the files, those with one name for two left out."""
    names = [n for n in head.names if n not in head.duplicates or n in table.columns]
    if is_parquet(files[0]):
        return open_parquet(files, sink).select(*names)
    said = len(sink.problems)
    whole, _, _ = stage_csv(files, names, sink, trimmed=[columns[r] for r in ("start", "end", "due") if r in columns])
    del sink.problems[said:]  # said when the files were read for the first time
    return whole


def _often(groups: ibis.Table, sink: Sink) -> tuple[int, int]:
    """Return how often the whole export is there (1 where it is not), and how many rows there are."""
    counts = sink.con.to_pyarrow(groups.group_by("copies_").agg(n=groups.count())).to_pylist()
    rows, different = sum(c["copies_"] * c["n"] for c in counts), sum(c["n"] for c in counts)
    common = max(counts, key=lambda c: (c["n"], -c["copies_"]))
    # a row that was there twice before is there four times in an export that was doubled
    whole = sum(c["n"] for c in counts if c["copies_"] % common["copies_"] == 0)
    return (common["copies_"] if different >= MIN_ROWS and whole >= WHOLE * different else 1), rows


def _has_fraction(column: ibis.Value) -> ibis.Value:
    """Return whether a time is finer than a second; numbers are milliseconds, or no times that can tell."""
    import ibis

    kind = column.type()
    if kind.is_string():
        return column.re_search(_FRACTION)
    if kind.is_timestamp():
        return typed_to_micros(column)[0] % 1_000_000 != 0
    return ibis.literal(False)


def _example(groups: ibis.Table, columns: Mapping[str, str], sink: Sink) -> str:
    """Return the first of the rows that were there too often, as text."""
    shown = [columns[r] for r in ("case", "activity", "start", "end") if r in columns]
    first = groups.filter(groups.copies_ > groups.left_).select(*shown).order_by(shown).limit(1)
    row = sink.con.to_pyarrow(first).to_pylist()[0]
    return ", ".join(f"{name} “{str(value)[:60]}”" for name, value in row.items() if value not in (None, ""))
