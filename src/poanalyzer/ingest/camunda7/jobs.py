"""When work was handed to the job executor, or a timer was to fire: the creation rows of Camunda 7's job log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    import ibis

_CREATED = "0"
#: ACT_TYPE_ that begin when a timer fires. (An intermediate timer event begins when the waiting does.)
_TIMERS = ("boundaryTimer", "startTimerEvent")


def with_jobs(rows: ibis.Table, acts: ibis.Table, export: Export) -> ibis.Table:
    """Add ``job_created``: when the job was created that began the activity; of timers, when it was due.

    It is the latest before the activity began, of the same execution if there is one: activities with boundary events
    and multi-instance bodies get an execution of their own after their job.
    """
    import ibis

    log = export.table("HI_JOB_LOG")
    timers = acts.filter(acts.ACT_TYPE_.isin(_TIMERS)).select("ACT_ID_").distinct()
    made = log.filter(
        (log.JOB_STATE_ == _CREATED)
        & log.PROCESS_INSTANCE_ID_.notnull()
        & log.ACT_ID_.notnull()
        # continues after the activity: it began long before
        & (log.JOB_DEF_CONFIGURATION_ != "async-after").fill_null(True)
    )
    made = made.left_join(timers.select(timer="ACT_ID_"), [("ACT_ID_", "timer")])
    made = made.select(
        case="PROCESS_INSTANCE_ID_",
        element="ACT_ID_",
        execution="EXECUTION_ID_",
        at=ibis.ifelse(made.timer.notnull(), made.JOB_DUEDATE_, made.TIMESTAMP_),
    )
    made = made.filter(made.at.notnull())
    began = acts.filter(~acts.ACT_TYPE_.startswith("intermediate").fill_null(False)).select(
        case="PROC_INST_ID_", element="ACT_ID_", execution="EXECUTION_ID_", at="START_TIME_", began="ID_"
    )
    # most elements had one job in a case: only the others need to be told apart
    alone = export.keep(made.group_by("case", "element").agg(jobs=made.count(), at=made.at.max()), "jobs")
    one = began.inner_join(alone.filter(alone.jobs == 1), ["case", "element"])
    one = one.filter(one.at_right <= one.at).select("began", job_created="at_right")
    several = alone.filter(alone.jobs > 1).select("case", "element")
    known = _latest(made.semi_join(several, ["case", "element"]), began.semi_join(several, ["case", "element"]))
    return rows.left_join(one.union(known), [("ID_", "began")])


def _latest(made: ibis.Table, began: ibis.Table) -> ibis.Table:
    """Return for each activity that began (``began``) the latest job created before: ``job_created``."""
    import ibis

    # both in one sequence: what was created last before an activity began is the running maximum there
    both = made.mutate(began=ibis.null("string"), created=made.at).union(began.mutate(created=ibis.null("int64")))
    order = [both.at, ibis.ifelse(both.began.isnull(), 0, 1)]
    upto = {"order_by": order, "preceding": None, "following": 0}
    own = both.created.max().over(
        ibis.window(group_by=["case", "element", "execution", both.execution.isnull()], **upto)
    )
    known = both.mutate(
        own=ibis.ifelse(both.execution.isnull(), ibis.null("int64"), own),
        any=both.created.max().over(ibis.window(group_by=["case", "element"], **upto)),
    )
    known = known.filter(known.began.notnull())
    return known.select("began", job_created=ibis.coalesce(known.own, known.any))
