"""How often timers on activities were armed, and how often they fired."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from poanalyzer.mine.mined import Mined


def build_timeouts(mined: Mined) -> ibis.Table | None:
    """Create and return ``m_timeouts``: ``case_ix, root_ix, process_ix, in_window, armed, fired``, a row a case in which
    a boundary timer was armed; None where no model has one.

    A boundary timer is armed each time that its activity begins (BPMN 2.0, 10.5.6): once for every recorded instance of
    the activity in cases whose own version has the timer. It fired where the log has a deadline exception handled by it; a
    timer that repeats counts once an instance.
    """
    import ibis

    log = mined.log
    events = log.coded("elements")
    events = events.filter(
        (events.element_type == "boundaryEvent") & (events.event_kind == "timer") & events.attached_to.notnull()
    )
    of = log.coded("d_process").select("process_ix", "process_key")
    timers = events.select("process_key", process_version="version", timer="element_id", host="attached_to").distinct()
    timers = timers.join(of, "process_key").drop("process_key")
    if not mined.scalar(timers.count()):
        return None
    versions = log.coded("c_cases").select("case_ix", "process_version")
    hosts = log.coded("d_step").filter(ibis._.element_id.notnull()).select("step_ix", host="element_id")
    acts = log.coded("c_acts").filter(ibis._.state != "skipped").select("case_ix", "process_ix", "step_ix")
    armed = acts.join(hosts, "step_ix").join(versions, "case_ix")
    armed = armed.join(timers, ["process_ix", "process_version", "host"])
    armed = armed.group_by(["case_ix", "timer"]).agg(armed=armed.count())
    raised = log.coded("exceptions")
    raised = raised.filter((raised.kind == "deadline") & raised.case_ix.notnull() & raised.handled_by.notnull())
    instance = ibis.coalesce(raised.activity_instance_id, raised.exception_id)
    fired = raised.group_by("case_ix", timer=raised.handled_by).agg(fired=instance.nunique())
    both = armed.left_join(fired, ["case_ix", "timer"]).drop("case_ix_right", "timer_right")
    both = both.mutate(fired=ibis.least(both.armed, ibis.coalesce(both.fired, 0)))
    per = both.group_by("case_ix").agg(armed=both.armed.sum(), fired=both.fired.sum())
    cases = mined.cases.select("case_ix", "case_id", "root_ix", "process_ix", "in_window", "start")
    return log.con.create_table("m_timeouts", per.join(cases, "case_ix"))
