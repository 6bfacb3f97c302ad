"""The events of one export, each run once, with typed numbers and times, and what the runs are that they belong to.

A history belongs to the run that its last reset made, else to the run that was started: a reset copies what came before into a
new run. Two exports of one run tell the same events; the longer one stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poanalyzer.errors import InputError
from poanalyzer.eventlog.schema import EARLIEST_US, LATEST_US
from poanalyzer.eventlog.sink import Sink
from poanalyzer.ingest.engine.accounting import reject_rows
from poanalyzer.ingest.files import InputFile
from poanalyzer.ingest.temporal.histories import read_histories
from poanalyzer.ingest.times.timestamps import text_to_micros

if TYPE_CHECKING:
    import ibis

_NUMBERS = ("id", "of_event", "by_task", "parent_event", "attempt")
#: Names of enumerations, new and old: ``RETRY_STATE_TIMEOUT`` and ``Timeout`` are both ``timeout``.
_ENUMS = {
    "type": "EVENT_TYPE_", "retry_state": "RETRY_STATE_", "timeout": "TIMEOUT_TYPE_", "initiator": "CONTINUE_AS_NEW_INITIATOR_",
}  # fmt: skip
_ENDS = (
    "workflowexecutioncompleted", "workflowexecutionfailed", "workflowexecutiontimedout", "workflowexecutioncanceled",
    "workflowexecutionterminated", "workflowexecutioncontinuedasnew",
)  # fmt: skip
#: Search attributes that the service and the SDKs set themselves, beside those that begin with “Temporal”.
_SERVERS_OWN = ("BuildIds", "BinaryChecksums")


class Events:
    """The events of an export. ``rows``: all of them, with ``run``; ``runs``: one row a run.

    ``attributes``: search attributes of the workflows' own: ``run, id`` (of the event), ``name, told`` (as JSON), ``declared``
    (its type).
    """

    def __init__(self, files: Sequence[InputFile], sink: Sink) -> None:
        self.sink = sink
        told = read_histories(files, sink)
        sink.reject("document or line is no history", told.malformed)
        sink.read(told.malformed)
        typed = self.keep(_typed(told.rows), "told")
        histories = self.keep(_histories(typed, files), "histories")
        self.rows = self.keep(self._account(typed, histories), "events")
        self.attributes = _attributes(told.attributes, histories)
        self.runs = self.keep(_runs(self.rows, histories), "runs")

    def of(self, *kinds: str) -> ibis.Table:
        """Return the events of some kinds (``activitytaskscheduled``)."""
        return self.rows.filter(self.rows.type.isin(list(kinds)))

    def keep(self, rows: ibis.Table, name: str) -> ibis.Table:
        """Run an expression that is used more than once, and return its result as a table of the store."""
        return self.sink.keep(rows, name)

    def _account(self, typed: ibis.Table, histories: ibis.Table) -> ibis.Table:
        import ibis

        known = histories.select("file", "part", "run", "workflow", "whole")
        rows = typed.left_join(known, ["file", "part"]).drop("file_right", "part_right")
        again = ibis.row_number().over(group_by=["file", "part", "id"], order_by=[rows["at"], rows.type])
        reason = ibis.cases(
            (rows.id.isnull() | rows.type.isnull(), "no event of a history"),
            (rows["at"].isnull(), "no time that can be read"),
            (~rows["at"].between(EARLIEST_US, LATEST_US), "time outside 1950–2150"),
            (rows.run.isnull(), "history without its beginning"),
            (~rows.whole, "run exported twice"),
            (again > 0, "event exported twice"),
            else_="",
        )
        judged = self.keep(rows.mutate(reason=reason), "judged")
        counts = reject_rows(judged, self.sink, "file", "{}")
        self.sink.read(sum(counts.values()))
        self.sink.kept(counts.get("", 0))
        if not counts.get(""):
            reasons = ", ".join(f"{n:,} {why}" for why, n in sorted(counts.items()))
            raise InputError(
                f"no workflow run in the histories{': ' + reasons if reasons else ''}", where=self.sink.record.path,
                fix="Export whole histories: temporal workflow show --workflow-id ID --output json.",
            )  # fmt: skip
        return judged.filter(judged.reason == "").drop("reason", "told_at", "whole", "part")


def _typed(rows: ibis.Table) -> ibis.Table:
    """Return the rows with numbers as such, times in microseconds, and enumerations in small letters."""
    numbers = {name: rows[name].try_cast("int64") for name in _NUMBERS}
    enums = {
        name: rows[name].re_replace(f"^{prefix}", "").replace("_", "").lower() for name, prefix in _ENUMS.items()
    }  # fmt: skip
    return rows.mutate(
        **numbers, **enums, at=text_to_micros(rows.told_at, "iso")[0], cause=rows.cause.replace("_", "").lower()
    )


def _histories(rows: ibis.Table, files: Sequence[InputFile]) -> ibis.Table:
    """Return ``file, part, run, workflow, n, last, whole``: which run each history is of, and whether it is the one to read.

    Old servers do not write the workflow's id into its history: the file is named after it.
    """
    import ibis

    names = ibis.memtable({"named_file": [f.name for f in files], "stem": [f.stem for f in files]})
    begun = rows.type == "workflowexecutionstarted"
    reset = (rows.type == "workflowtaskfailed") & rows.new_run.notnull()
    per = rows.group_by(["file", "part"]).agg(
        n=rows.id.nunique(),
        last=rows.id.max(),
        begins=begun.any(),
        original=rows.original_run.max(where=begun),
        reset_run=rows.new_run.argmax(rows.id, where=reset),
        workflow=rows.workflow_id.max(where=begun),
    )
    per = per.left_join(names, [("file", "named_file")]).drop("named_file")
    run = ibis.coalesce(
        per.reset_run, per.original, per.stem + ibis.ifelse(per.part == "", "", ibis.literal(":") + per.part)
    )
    per = per.mutate(
        run=ibis.ifelse(per.begins, run, ibis.null("string")),
        named=per.workflow.isnull(),
        workflow=ibis.coalesce(per.workflow, per.stem),
    )
    rank = ibis.row_number().over(group_by="run", order_by=[per.n.desc(), per["last"].desc(), per.file, per.part])
    return per.mutate(whole=(rank == 0) & per.run.notnull()).drop("stem", "original", "reset_run", "begins")


def _attributes(rows: ibis.Table, histories: ibis.Table) -> ibis.Table:
    known = histories.filter(histories.whole).select("file", "part", "run")
    rows = rows.mutate(id=rows.id.try_cast("int64")).join(known, ["file", "part"])
    own = rows.name.startswith("Temporal") | rows.name.isin(_SERVERS_OWN)
    return (
        rows.filter(rows.id.notnull() & rows.told.notnull() & ~own)
        .select("run", "id", "name", "told", "declared")
        .distinct()
    )


def _runs(rows: ibis.Table, histories: ibis.Table) -> ibis.Table:
    """Return one row a run: how it began, how it ended, on which build, and what it goes on from."""
    begun = rows.type == "workflowexecutionstarted"
    ended = rows.type.isin(_ENDS)
    reset = (rows.type == "workflowtaskfailed") & rows.new_run.notnull()
    per = rows.group_by("run").agg(
        **{
            name: rows[name].max(where=begun)
            for name in ("workflow_type", "first_run", "continued_run", "cron", "parent_run", "parent_event", "initiator")
        },
        started_by=rows.identity.max(where=begun),
        scheduled=rows.scheduled.max(where=begun),
        start=rows["at"].min(where=begun),
        end=rows["at"].max(where=ended),
        how=rows.type.argmax(rows.id, where=ended),
        end_id=rows.id.max(where=ended),
        by_task=rows.by_task.argmax(rows.id, where=ended),
        new_run=rows.new_run.argmax(rows.id, where=ended),
        going_on=rows.initiator.argmax(rows.id, where=ended),
        because=rows.cause.argmax(rows.id, where=ended),
        retry_state=rows.retry_state.argmax(rows.id, where=ended),
        failure_type=rows.failure_type.argmax(rows.id, where=ended),
        reset_id=rows.id.max(where=reset),
        reset_at=rows["at"].max(where=reset),
        base_run=rows.base_run.argmax(rows.id, where=reset),
        build=rows.build.argmin(rows.id, where=rows.build.notnull()),
        last_record=rows["at"].max(),
        signalled=(rows.id.min(where=rows.type == "workflowexecutionsignaled") == 2),
        n=rows.count(),
        last_id=rows.id.max(),
    )  # fmt: skip
    told = histories.filter(histories.whole).select("run", "workflow", "named", "file")
    return per.join(told, "run")
