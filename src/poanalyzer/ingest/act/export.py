"""The tables of one export, staged: rows as text in the store's back end, times as int64 microseconds UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.act.columns import COLUMNS
from poanalyzer.ingest.act.endings import with_end_elements
from poanalyzer.ingest.act.exports import CENTRAL
from poanalyzer.ingest.act.forms import held, parts
from poanalyzer.ingest.act.parts import Staged, TablePart, stage
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.times.local_clock import LocalClock
from poanalyzer.ingest.times.timestamps import decide_order, guess_format, text_to_micros
from poanalyzer.ingest.times.zones import is_utc, local_to_utc

if TYPE_CHECKING:
    import ibis

#: Bytes that say nothing: white space, zeros, marks of the byte order.
_BLANK = b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"


class Export:
    """The staged tables of one export."""

    def __init__(self, files: Sequence[InputFile], zone: str, sink: Sink) -> None:
        self.zone = zone
        self._sink = sink
        self._clock = LocalClock(zone)
        self._tables: dict[str, ibis.Table] = {}
        self._columns: dict[str, set[str]] = {}
        self.malformed: dict[str, int] = {}
        self.duplicates: dict[str, int] = {}
        #: The tables that are known from answers of a REST interface alone: those are empty too where nothing is recorded.
        self.answered: set[str] = set()
        #: Whether any time was read by the clock of :attr:`zone`; answers say their offset themselves.
        self.has_local_times = False
        self._copies: set[str] = set()
        by_table: dict[str, list[TablePart]] = {}
        files = [file for file in files if not self._is_blank(file)]
        for part in parts(files, sink):
            by_table.setdefault(part.table, []).append(part)
        for number, (table, group) in enumerate(sorted(by_table.items()), 1):
            self._load(table, group)
            sink.progress(0.8 * number / len(by_table))
        named = (table for file in files for table in held(file))
        self.named = frozenset(table for table in named if table not in COLUMNS or table in self._tables)
        self._finish()

    def _finish(self) -> None:
        """Complete what one table tells of another, and say what is worth knowing of the whole export."""
        if self.has("HI_ACTINST") and self.has("HI_PROCINST") and not self.has_column("HI_PROCINST", "END_ACT_ID_"):
            filled = with_end_elements(self._tables["HI_PROCINST"], self._tables["HI_ACTINST"])
            self._tables["HI_PROCINST"] = self.keep(filled, "ends")
        if self._copies:
            shown = ", ".join(sorted(self._copies)[:3]) + (" and others" if len(self._copies) > 3 else "")
            self._sink.note("note", f"rows that the export holds in several forms are read once; left out: {shown}")
        if self._clock.skipped:
            self._sink.note(
                "warning",
                f"{self._clock.skipped} times do not exist in {self.zone} (its clocks skip that hour): the engine ran in "
                "another zone",
                "Set timezone of this input to the zone of the engine's Java machine.",
            )

    def has(self, table: str) -> bool:
        """Whether the table was exported, be it without rows."""
        return table in self._tables

    def has_column(self, table: str, column: str) -> bool:
        """Whether the export's table has the column (older engines, selected columns)."""
        return column in self._columns.get(table, ())

    def table(self, table: str) -> ibis.Table:
        """Return a table with all of its :data:`COLUMNS`; without rows where it was not exported."""
        import ibis

        if table in self._tables:
            return self._tables[table]
        kinds = {c.lstrip("@"): "int64" if c.startswith("@") else "string" for c in COLUMNS[table]}
        return ibis.memtable([], schema=ibis.schema(kinds))

    def refuse_if_empty(self) -> None:
        """Raise :class:`InputError` where no table without which nothing is known has a row."""
        if not any(self.count(table) for table in CENTRAL):
            raise InputError(
                "ACT_HI_PROCINST and ACT_HI_ACTINST hold no rows",
                where=self._sink.record.path,
                fix="Export them again, from a database whose history was not cleaned up.",
            )

    def count(self, table: str) -> int:
        """Return the number of rows of a table, 0 where it was not exported."""
        return int(self._sink.con.execute(self._tables[table].count())) if table in self._tables else 0

    def size(self, rows: ibis.Table) -> int:
        """Return the number of rows of an expression."""
        return int(self._sink.con.execute(rows.count()))

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table of the store."""
        return self._sink.keep(rows, name)

    def note(self, severity: Literal["note", "warning"], text: str, fix: str = "") -> None:
        """Tell the reader something about this export."""
        self._sink.note(severity, text, fix)

    def _is_blank(self, file: InputFile) -> bool:
        """Whether a table's file holds nothing, not even a header: then the table was not exported. It is said, once.

        An empty file of a table without which nothing is known is left to its reader, which refuses it.
        """
        tables = held(file)
        if not tables or set(tables) & set(CENTRAL) or file.head.strip(_BLANK):
            return False
        names = " and ".join(f"ACT_{table}" for table in sorted(tables))
        self._sink.note(
            "warning",
            f"{file.name} is empty, without even a header: {names} counts as not exported",
            "Export it again.",
        )
        return True

    def _load(self, table: str, group: Sequence[TablePart]) -> None:
        import ibis

        loaded: list[tuple[TablePart, Staged, ibis.Table]] = []
        for part in sorted(group, key=lambda one: one.rank):
            staged = stage(part, self._clock, self._sink)
            rows = self._typed(table, staged)
            if not self._is_copy(part, rows, [(known.rank, one) for known, _, one in loaded]):
                loaded.append((part, staged, rows))
                self.has_local_times |= staged.is_local
        self._columns[table] = set.intersection(*(set(staged.columns) for _, staged, _ in loaded))
        self.malformed[table] = sum(staged.malformed for _, staged, _ in loaded)
        if all(part.answered for part, _, _ in loaded):
            self.answered.add(table)
        ranked = [rows.mutate(form_=ibis.literal(part.rank, "int64")) for part, _, rows in loaded]
        self._tables[table] = self._once(ranked[0] if len(ranked) == 1 else ibis.union(*ranked), table).drop("form_")

    def _is_copy(self, part: TablePart, rows: ibis.Table, before: Sequence[tuple[int, ibis.Table]]) -> bool:
        """Whether all of a part's rows are known already from another form of the same export."""
        import ibis

        others = [one for rank, one in before if rank != part.rank and "ID_" in one.columns]
        if not others:
            return False
        known = ibis.union(*others) if len(others) > 1 else others[0]
        new = rows.anti_join(known.select("ID_").distinct(), "ID_").count()
        if int(self._sink.con.execute(new)):
            return False
        self._copies.add(part.where)
        return True

    def _typed(self, table: str, part: Staged) -> ibis.Table:
        """Return a file's rows with every column of the table, times as microseconds UTC."""
        import ibis

        times = [c[1:] for c in COLUMNS[table] if c.startswith("@") and c[1:] in part.rows.columns]
        instants = self._instants(part.where, part.rows, [c for c in times if part.rows[c].type().is_string()])
        columns: dict[str, ibis.Value] = {}
        for declared in COLUMNS[table]:
            name = declared.lstrip("@")
            if name in instants:
                columns[name] = instants[name]
            elif name not in part.rows.columns:
                columns[name] = ibis.null("int64" if declared.startswith("@") else "string")
            else:
                columns[name] = part.rows[name] if name in times else part.rows[name].nullif("")
        rows = part.rows.select(**columns)
        return self.keep(rows, table) if instants else rows

    def _instants(self, where: str, rows: ibis.Table, columns: list[str]) -> dict[str, ibis.Value]:
        """Read times that are not written the plain way (spreadsheets, offsets), by the formats tables may have."""
        import ibis

        if not columns:
            return {}
        some = rows.select(columns).limit(2000).to_pyarrow()
        values = [value for column in columns for value in some[column].to_pylist()]
        found = guess_format(values, columns[0], where)
        if found is None:
            return dict.fromkeys(columns, ibis.null("int64"))
        family = decide_order(rows, columns, where) if found.family == "day" else found.family
        read = {c: text_to_micros(rows[c].strip(), family) for c in columns}
        ends = rows.aggregate(**{f"{at}_{c}": getattr(m, at)() for c, (m, _) in read.items() for at in ("min", "max")})
        known = [value for value in ends.to_pyarrow().to_pylist()[0].values() if value is not None]
        if not found.fixed_to_utc:
            local = [(micros.notnull() & ~zoned).any().fill_null(False) for micros, zoned in read.values()]
            self.has_local_times |= bool(self._sink.con.execute(ibis.or_(*local)))
        if not known or found.fixed_to_utc or is_utc(self.zone):
            return {c: micros for c, (micros, _) in read.items()}
        first, last = max(min(known), EARLIEST_US), min(max(known), LATEST_US)
        return {
            c: ibis.ifelse(zoned, micros, local_to_utc(micros, self.zone, first, last))
            for c, (micros, zoned) in read.items()
        }

    def _once(self, rows: ibis.Table, table: str) -> ibis.Table:
        """Drop rows that stand in the export twice (overlapping files): the one that ended, or was seen last, stays."""
        import ibis

        if "ID_" not in rows.columns:
            return rows
        counts = rows.aggregate(n=rows.ID_.count(), ids=rows.ID_.nunique()).to_pyarrow().to_pylist()[0]
        extra = int(counts["n"]) - int(counts["ids"])
        if not extra:
            return rows
        self._sink.note("note", f"{extra} rows of ACT_{table} stand in the export more than once; each is read once")
        self.duplicates[table] = extra
        # one that has ended is newer; of several forms of it the one that tells more
        late = [ibis.ifelse(rows.END_TIME_.notnull(), 0, 1)] if "END_TIME_" in rows.columns else []
        late += [rows.form_]
        late += [
            rows[c].desc(nulls_first=False) for c in ("END_TIME_", "TIMESTAMP_", "START_TIME_") if c in rows.columns
        ]
        order = ibis.row_number().over(group_by=rows.ID_, order_by=[*late, *(rows[c] for c in rows.columns)])
        ranked = rows.mutate(rank_=order)
        return ranked.filter((ranked.rank_ == 0) | ranked.ID_.isnull()).drop("rank_")


def staged_export(files: Sequence[InputFile], zone: str | None, sink: Sink) -> Export:
    """Stage an export whose local times are of ``zone``; where nobody named one and it matters, UTC is assumed, and said."""
    sink.record.timezone = zone or "UTC"
    export = Export(files, zone or "UTC", sink)
    if zone is None and export.has_local_times:
        sink.record.zone_assumed = True
        sink.note(
            "warning",
            "the tables hold times of the engine's local clock without a zone; they are read as UTC",
            "Set timezone under [project] or at this [[input]] to the zone of the engine's Java machine.",
        )
    return export
