"""What an adapter hands its rows to, and what it must say about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

from poanalyzer.eventlog.schema import CAPABILITIES, NAMES, TABLES, UNSAID, ibis_type
from poanalyzer.results import Capability, Problem

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa


@dataclass
class InputRecord:
    """The account of one input: what was read, kept and rejected, and what it can show."""

    path: str
    adapter: str
    engine: str
    #: “delivery”: no log of a process, but of how the processes of the other inputs are deployed.
    role: Literal["engine", "outside", "delivery"]
    role_declared: bool
    sha256: str
    engine_version: str | None = None
    timezone: str = "UTC"
    history_level: str | None = None
    window_start: int | None = None
    window_end: int | None = None
    plain_log: bool = False
    #: Whether only the names of a delivery input's workflows say that they deploy.
    deploys_by_name: bool = False
    #: Whose deployments a delivery input holds, as a pattern of process keys; None where nothing says it.
    carries: str | None = None
    #: Whether times without a zone were read in one that nobody named.
    zone_assumed: bool = False
    #: How many days after their end the engine deletes finished cases, where the export says so.
    retention_days: int | None = None
    rows_read: int = 0
    rows_kept: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    capabilities: dict[str, Capability] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    #: What stands before an activity's own id in its ``raw_ref``, where every row's is made so: then none is stored.
    activity_refs: str = ""


class Sink:
    """Takes the canonical rows of one input.

    An adapter calls :meth:`put` for each table it fills (rows as an Ibis expression on :attr:`con`, or as Arrow),
    accounts for every source row with :meth:`read`, :meth:`kept` and :meth:`reject`, and says with
    :meth:`capability` what the export can and cannot show. ``source`` and ``raw_ref`` columns: ``source`` is filled
    here; ``raw_ref`` is the adapter's (file and key).
    """

    def __init__(
        self,
        con: ibis.BaseBackend,
        record: InputRecord,
        workdir: Path,
        progress: Callable[[str, float], None] | None = None,
    ) -> None:
        self.con = con
        self.record = record
        self.workdir = workdir
        self.tables: list[tuple[str, ibis.Table]] = []
        self._constants: dict[int, dict[str, object]] = {}
        self._names: dict[int, ibis.Table] = {}
        self.problems: list[Problem] = []
        self._kept: list[str] = []
        self._progress = progress

    def put(self, table: str, rows: ibis.Table | pa.Table, *, names: ibis.Table | None = None) -> None:
        """Add rows of a canonical table. Columns that are absent become NULL; unknown ones are an error.

        Times are int64 microseconds UTC. Expressions stay lazy: they are run when the log is sealed. ``names`` has the
        names that rows of activities bear (:data:`~poanalyzer.eventlog.schema.NAMES`), where these are known without
        running all of what the rows need.
        """
        import ibis
        import pyarrow as pa

        expr = self.stage(rows) if isinstance(rows, pa.Table) else rows
        unknown = set(expr.columns) - set(TABLES[table])
        if unknown:
            raise ValueError(f"columns {sorted(unknown)} are not in the canonical table “{table}”")
        filled = {
            name: expr[name].cast(ibis_type(kind))
            if name in expr.columns
            else ibis.literal(UNSAID.get(name), ibis_type(kind))
            for name, kind in TABLES[table].items()
        }
        filled["source"] = ibis.literal(self.record.path)
        rows_out = expr.select(**filled)
        self._constants[id(rows_out)] = _constants(expr, table)
        if names is not None:
            self._names[id(rows_out)] = names.select(**{c: names[c].cast("string") for c in NAMES})
        self.tables.append((table, rows_out))

    def constants(self, rows: ibis.Table) -> dict[str, object]:
        """Return the columns of a table put here that have one value throughout (absent ones: None), with the value.

        They need no join and no storage: on ten million rows that is a third of the time.
        """
        return self._constants[id(rows)]

    def names(self, rows: ibis.Table) -> ibis.Table | None:
        """Return what was put as the names that rows put here bear."""
        return self._names.get(id(rows))

    def stage(self, rows: pa.Table, name: str = "rows") -> ibis.Table:
        """Keep Arrow rows in the store's back end under a fresh name and return them as an Ibis table."""
        import ibis

        return self.keep(ibis.memtable(rows), name)

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table.

        It is a temporary table, which the back end neither compresses nor writes to the work file, and goes when the
        log is sealed.
        """
        table = f"kept_{name}_{uuid4().hex}"
        self._kept.append(table)
        return self.con.create_table(table, rows, temp=True)

    def keep_named(
        self, rows: ibis.Table, names: Sequence[str], name: str, told: Callable[[ibis.Table], ibis.Table] | None = None
    ) -> ibis.Table:
        """Keep rows of which the columns ``names`` have few values together: each combination once, and rows point to it.

        ``told`` adds columns that follow from the names alone; it is asked once for each combination, not once a row.
        """
        import ibis

        kinds = rows.select(*names).distinct()
        kinds = kinds.mutate(kind_=ibis.row_number().over(order_by=[kinds[c] for c in names]).cast("int32"))
        kinds = self.keep(told(kinds) if told else kinds, f"{name}_kinds")
        keys = kinds.select("kind_", **{f"k_{c}": kinds[c] for c in names})
        found = rows.join(keys, [rows[c].identical_to(keys[f"k_{c}"]) for c in names])
        kept = self.keep(found.drop(*names, *(f"k_{c}" for c in names)), name)
        return kept.join(kinds, "kind_").drop("kind_")

    def once(self, rows: ibis.Table) -> ibis.Table:
        """Return rows put here, run and kept if joins made them: who reads them twice must not pay twice."""
        import ibis.expr.operations as ops

        if not rows.op().find(ops.JoinChain):
            return rows
        kept = self.keep(rows, "rows")
        self._constants[id(kept)] = self.constants(rows)
        self.tables = [(table, kept if one is rows else one) for table, one in self.tables]
        return kept

    def sealed(self) -> None:
        """Drop what was kept: the log is coded now."""
        while self._kept:
            self.con.drop_table(self._kept.pop())

    def read(self, rows: int) -> None:
        """Count rows (events, records) found in the source, as the source counts them."""
        self.record.rows_read += rows

    def kept(self, rows: int) -> None:
        """Count source rows that went into the log."""
        self.record.rows_kept += rows

    def reject(self, reason: str, rows: int, example: str = "") -> None:
        """Count source rows that cannot be used. ``reason`` is a short phrase; it is shown with the count."""
        if rows:
            self.record.rejected[reason] = self.record.rejected.get(reason, 0) + rows
            if example:
                self.note(
                    "warning", f"{rows:,} row{'' if rows == 1 else 's'} rejected: {reason} (for example {example})"
                )

    def capability(self, name: str, available: Literal["yes", "partial", "no"], why: str, unlock: str = "") -> None:
        """Say what the export can show. With "no", an empty ``unlock`` means that the engine cannot record it."""
        if name not in CAPABILITIES:
            raise ValueError(f"unknown capability “{name}”")
        self.record.capabilities[name] = Capability(capability=name, available=available, why=why, unlock=unlock)

    def note(self, severity: Literal["note", "warning", "error"], text: str, fix: str = "") -> None:
        """Record something the reader must know about this input."""
        self.problems.append(Problem(severity=severity, text=text, where=self.record.path, fix=fix))

    def progress(self, share: float) -> None:
        """Tell how much of the input has been read, 0 to 1."""
        if self._progress:
            self._progress(self.record.path, share)


def _constants(expr: ibis.Table, table: str) -> dict[str, object]:
    import ibis.expr.operations as ops

    values = expr.op().values if isinstance(expr.op(), ops.Project) else {}
    literal = {name: value.value for name, value in values.items() if isinstance(value, ops.Literal)}
    return {
        name: literal.get(name, UNSAID.get(name))
        for name in TABLES[table]
        if name not in expr.columns or name in literal
    }
