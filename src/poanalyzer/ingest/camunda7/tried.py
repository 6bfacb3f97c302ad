"""Which activity instance the tries of a Camunda 7 job belong to.

A job waits for one instance, which begins in the transaction that succeeds; until then nothing of it is in
ACT_HI_ACTINST. What happened to the job stands in its log: between its last failure and its success the instance began,
and that of a job that never succeeded never did. It is then known by the job alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poanalyzer.ingest.act.export import Export

if TYPE_CHECKING:
    import ibis

_CREATED, _FAILED, _SUCCESSFUL, _DELETED = "0", "1", "2", "3"
#: JOB_DEF_TYPE_ of jobs that begin an activity; those of timers belong to one that began before.
_CONTINUES = "async-continuation"


def tried_instances(export: Export, acts: ibis.Table) -> ibis.Table:
    """Return ``job, element, instance``, for each job that failed and each element it failed at; kept in the store.

    ``instance`` is ``job:`` and the job's id where none ever began (with the element, where that is not the one the job
    begins), and null where the log does not tell (it lacks the job's creation and end, or continues what had ended).
    """
    import ibis

    log = export.table("HI_JOB_LOG")
    log = log.filter(log.JOB_ID_.notnull() & log.PROCESS_INSTANCE_ID_.notnull() & log.TIMESTAMP_.notnull())
    failed = log.filter(log.JOB_STATE_ == _FAILED)
    places = failed.select(job="JOB_ID_", element=ibis.coalesce(failed.FAILED_ACT_ID_, failed.ACT_ID_))
    stuck = export.table("HI_INCIDENT")
    stuck = stuck.filter(stuck.CONFIGURATION_.notnull() & (stuck.INCIDENT_TYPE_ == "failedJob"))
    stuck = stuck.select(job="CONFIGURATION_", element=ibis.coalesce(stuck.FAILED_ACTIVITY_ID_, stuck.ACTIVITY_ID_))
    places = places.union(stuck.semi_join(places, "job")).filter(ibis._.element.notnull()).distinct()

    state = log.JOB_STATE_
    jobs = log.semi_join(failed, "JOB_ID_").group_by(j_id="JOB_ID_").agg(
        case=log.PROCESS_INSTANCE_ID_.max(),
        execution=log.EXECUTION_ID_.max(),
        own=log.ACT_ID_.max(),
        first=log.TIMESTAMP_.min(where=state == _FAILED),
        last=log.TIMESTAMP_.max(where=state == _FAILED),
        done=log.TIMESTAMP_.max(where=state == _SUCCESSFUL),
        told=(state == _CREATED).max() | (state == _SUCCESSFUL).max() | (state == _DELETED).max(),
        begins=(log.JOB_DEF_TYPE_ == _CONTINUES).fill_null(True).min(),
        after=(log.JOB_DEF_CONFIGURATION_ == "async-after").fill_null(False).max(),
    )  # fmt: skip
    jobs = jobs.filter(jobs.told & ~jobs.after)
    rows = places.join(jobs, [("job", "j_id")]).drop("j_id")
    best = _best(rows, acts).select(b_job="job", b_element="element", b_instance="a_id")
    rows = rows.left_join(best, [("job", "b_job"), ("element", "b_element")])
    place = ibis.ifelse((rows.element == rows.own).fill_null(True), "", ibis.literal("/") + rows.element)
    never = ibis.ifelse(rows.done.isnull(), ibis.literal("job:") + rows.job + place, ibis.null("string"))
    return export.keep(rows.select("job", "element", instance=ibis.coalesce(rows.b_instance, never)), "tried")


def _best(rows: ibis.Table, acts: ibis.Table) -> ibis.Table:
    """Return of each job and element the instance that began when the job succeeded, or waited for it.

    Where several began between failure and success (instances of a multi-instance), one of the job's own execution; else
    that of which the last thing known stands nearest before the success: activities with boundary events get an
    execution of their own after their job.
    """
    import ibis

    pairs = rows.join(_instances(acts), [("case", "a_case"), ("element", "a_element")])
    begun, lasts = pairs.a_start >= pairs["last"], pairs.a_end.isnull() | (pairs.a_end >= pairs["last"])
    through = pairs.done.notnull() & (pairs.a_start <= pairs.done) & ibis.ifelse(pairs.begins, begun, lasts)
    waits = pairs.done.isnull() & ~pairs.begins & (pairs.a_start <= pairs["first"]) & lasts
    pairs = pairs.filter(through.fill_null(False) | waits.fill_null(False))
    over = (pairs.a_end <= pairs.done).fill_null(False)
    rank = ibis.row_number().over(
        group_by=[pairs.job, pairs.element],
        order_by=[
            ibis.ifelse((pairs.a_execution == pairs.execution).fill_null(False), 0, 1),
            ibis.ifelse(pairs.a_start >= pairs["last"], 0, 1),
            ibis.ifelse(over, pairs.a_end, pairs.a_start).desc(),
            pairs.a_id,
        ],
    )
    return pairs.mutate(place=rank).filter(ibis._.place == 0)


def _instances(acts: ibis.Table) -> ibis.Table:
    return acts.select(a_case="PROC_INST_ID_", a_element="element_id", a_id="ID_", a_start="START_TIME_",
                       a_end="END_TIME_", a_execution="EXECUTION_ID_")  # fmt: skip


def with_instance(rows: ibis.Table, tried: ibis.Table, acts: ibis.Table, export: Export) -> ibis.Table:
    """Add ``instance``: the activity instance that a failure belongs to, by its ``job, element, case, at``.

    Where no log tells what became of the job: of the instances of the element that had not ended before, one of the same
    execution first, then the next that begins. What another execution had under way is none of it.
    """
    import ibis

    tried = tried.filter(tried.instance.notnull())
    tried = tried.select(t_job="job", t_element="element", told="instance")
    rows = rows.left_join(tried, [("job", "t_job"), ("element", "t_element")])
    untold = rows.filter(rows.told.isnull())
    untold = export.keep(untold.select("case", "element", "at", f_id="ID_", execution="EXECUTION_ID_"), "untold")
    if not export.size(untold):
        return rows.mutate(instance=rows.told)
    pairs = untold.join(_instances(acts), [("case", "a_case"), ("element", "a_element")])
    same, begun = pairs.a_execution == pairs.execution, pairs.a_start >= pairs["at"]
    lasts = pairs.a_end.isnull() | (pairs.a_end >= pairs["at"])
    pairs = pairs.filter(lasts & (same.fill_null(True) | begun))
    rank = ibis.row_number().over(
        group_by=pairs.f_id,
        order_by=[
            ibis.ifelse((pairs.a_execution == pairs.execution).fill_null(False), 0, 1),
            ibis.ifelse(pairs.a_start >= pairs["at"], 0, 1),
            pairs.a_start,
            pairs.a_id,
        ],
    )
    best = pairs.mutate(place=rank).filter(ibis._.place == 0).select("f_id", guess="a_id")
    rows = rows.left_join(best, [("ID_", "f_id")])
    return rows.mutate(instance=ibis.coalesce(rows.told, rows.guess))
